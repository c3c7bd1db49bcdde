"""Programs for sweeps: short enough that a fault is tried at each of their steps."""

from __future__ import annotations

from dataclasses import replace

from chatd.testing.program import DiskFault, Join, Leave, LetPass, Program, Restart, Type

ROOM = "den"
"""A room that is on disk alone, where a program has one."""
READER = "rita"
"""Who reads it."""
GUEST = "guest-eve"
"""Who has a private room that goes with them."""
BREATH = 20
"""Notices that reach one screen at once."""

_HERE = (Join("bob", "events"), Join("alice", "screen"))
_WORDS = "\u65e5\u672c\u8a9e na\u00efve \U0001f469\u200d\U0001f467 \u0645\u0631\u062d\u0628\u0627 e\u0301 " * 40
"""Wide, joined, composed and right-to-left characters: cut anywhere between two bytes."""
_MADE = (Join("carol", "lines"), Type("carol", f"/join {ROOM}\nhello there\n", 0), LetPass(1.0), Restart(killed=False))
_GUEST_HERE = (Join(GUEST, "lines"), Type(GUEST, f"/join ~{GUEST}\nnobody reads this\n", 0), LetPass(0.5))
_MANY = tuple(f"neighbour{number}" for number in range(BREATH))

SCENARIOS = {
    "tools": Program(11, (*_HERE, Type("alice", "@bot hello\r", 0), LetPass(3.0))),
    "side by side": Program(5, (*_HERE, Type("alice", "@bot,sage hello\r", 0), LetPass(3.0))),
    "slow disk": Program(6, (*_HERE, DiskFault("slow"), Type("alice", "@bot hello\r", 0), LetPass(10.0))),
    "loading": Program(1, (*_MADE, Join("alice", "screen"), Type("alice", f"/join {ROOM}\r", 0), LetPass(1.0))),
    "guest": Program(
        2,
        (*_GUEST_HERE, Type(GUEST, "@echo who hears this?\n", 0), LetPass(0.1), Leave(GUEST, "hangs up"), LetPass(1.0)),
    ),
    "notices": Program(
        3,
        (
            Join("alice", "screen"),
            *(Join(who, "lines") for who in _MANY),
            LetPass(1.0),
            *(Type(who, "/msg alice are you there?\n", 0) for who in _MANY),
            LetPass(1.0),
        ),
    ),
    "not ascii": Program(4, (Join("alice", "screen"), Type("alice", f"@echo {_WORDS}\r", 0), LetPass(2.0))),
    "one line": Program(1, (Join("alice", "lines"), Type("alice", "@echo hi\n", 0), LetPass(0.2))),
}
"""By name. Their seeds are such that the models do what the name says."""


def room_on_disk(program: Program) -> Program:
    """The program on a server that has begun anew, with a room that nobody has asked for since."""
    return program if any(isinstance(act, Restart) for act in program.acts) else _after(program, _MADE)


def guest_comes(program: Program) -> Program:
    """The program while a guest is in their private room. It must be prepared for a guest before it is for a room."""
    if any(isinstance(act, Join) and act.who == GUEST for act in program.acts):
        return program
    cut = max((i + 1 for i, act in enumerate(program.acts) if isinstance(act, Restart)), default=0)
    return replace(program, acts=(*program.acts[:cut], *_GUEST_HERE, *program.acts[cut:]))


def _after(program: Program, acts: tuple[Join | Type | LetPass | Restart, ...]) -> Program:
    return replace(program, acts=(*acts, *program.acts))

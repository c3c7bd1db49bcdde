"""What happens in a world, as data: a list of acts, drawn from a seed. Being data, it can be shortened and replayed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import assert_never

NAMES = ("alice", "bob", "carol", "dave", "guest-eve")
MODELS = ("bot", "sage", "eliza", "echo")
ROOMS = ("lobby", "den")
SIZES = ((80, 24), (40, 12), (18, 4), (1, 1), (0, 0), (200, 50))
TEXTS = (
    "hello",
    "how are you",
    "naïve café 日本語",
    "\x1b[31mred\x1b[0m",
    "x" * 300,
    "/me waves",
    "👩‍👩‍👧 family",
    "a\nb",
)
COMMANDS = (
    "ask @bot hi", "ask @bot,sage hi", "ask --json @sage,bot,echo hello", "ask --room lobby @bot go", "ask @nobody hi",
    "say --room lobby hello", "say --room nowhere hello", "history --json", "history lobby --limit 3", "cancel --all",
    "rooms --json", "who", "models --json", "health", "search hello", "whoami", "tail lobby -n 5",
)  # fmt: skip
"""`stats` is not among them: it tells of the real process."""
KEYS = (
    "\x1b[A",
    "\x1b[B",
    "\x1b[5~",
    "\x1b[6~",
    "\x1b[F",
    "\x0c",
    "\x14",
    "\t",
    "\x15",
    "\x1b",
    "\x1b[200~paste\x1b[201~",
)


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody comes: with a screen, in line mode, or as a bot that follows the lobby's events."""

    who: str
    how: str
    size: tuple[int, int] = (80, 24)


@dataclass(frozen=True, slots=True)
class Run:
    """Somebody runs a command over ssh; perhaps their connection goes while it runs, after so many seconds."""

    who: str
    line: str
    gone_after: float | None = None


@dataclass(frozen=True, slots=True)
class Type:
    """Somebody types, in packets of these sizes (an escape sequence may be split anywhere)."""

    who: str
    text: str
    cut: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody goes: hangs up, or has no more input."""

    who: str
    how: str


@dataclass(frozen=True, slots=True)
class Window:
    """Somebody's terminal has another size, stops taking output, or takes it again."""

    who: str
    how: str
    size: tuple[int, int] = (80, 24)


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk becomes slow, full, read-only, or works again."""

    how: str


@dataclass(frozen=True, slots=True)
class Crash:
    """What a `kill -9` here would leave is recovered, in a copy, and looked at."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes, in seconds."""

    seconds: float


Act = Join | Run | Type | Leave | Window | Disk | Crash | Wait

FAULTS = (Leave, Disk, Crash)
"""The acts that are counted as faults; what models do wrong is counted by them."""


@dataclass(frozen=True, slots=True)
class Program:
    """The acts of a world, in order, and the seed of everything that is not an act."""

    seed: int
    acts: tuple[Act, ...]


def draw(seed: int, length: int = 30) -> Program:
    """A program of up to `length` acts. A function of its arguments."""
    source = random.Random(f"program {seed}")
    first: list[Act] = [Join("alice", "screen"), Join("bob", source.choice(("screen", "lines", "events")))]
    return Program(seed, tuple(first + [_act(source) for _ in range(source.randrange(4, length))]))


def _act(source: random.Random) -> Act:
    who = source.choice(NAMES)
    kind = source.choices(
        ("ask", "say", "key", "run", "join", "leave", "window", "disk", "crash", "wait"),
        (8, 4, 4, 3, 3, 2, 2, 1, 1, 6),
    )[0]
    match kind:
        case "ask":
            asked = ",".join(source.sample(MODELS, source.choice((1, 1, 1, 2))))
            return Type(who, f"@{asked} {source.choice(TEXTS[:4])}\r", source.choice((0, 1, 3)))
        case "say":
            line = source.choice((*TEXTS, f"/join {source.choice(ROOMS)}", "/retry", "/continue", "/cancel", "/nope"))
            return Type(who, line + "\r", source.choice((0, 1, 3)))
        case "key":
            return Type(who, source.choice((*KEYS, "\x03", "\x03")), source.choice((0, 1)))
        case "run":
            return Run(who, source.choice(COMMANDS), source.choice((None, None, None, 0.0, 0.02, 1.0)))
        case "join":
            return Join(who, source.choice(("screen", "screen", "lines", "events")), source.choice(SIZES))
        case "leave":
            return Leave(who, source.choice(("hangs up", "ends input")))
        case "window":
            return Window(who, source.choice(("resizes", "stops reading", "reads on")), source.choice(SIZES))
        case "disk":
            return Disk(source.choice(("slow", "full", "read-only", "works", "works")))
        case "crash":
            return Crash()
        case _:
            return Wait(source.choice((0.0, 0.001, 0.05, 0.4, 3.0)))


def describe(act: Act) -> str:
    """The act as a line of the trace."""
    match act:
        case Join(who=who, how=how, size=size):
            return f"{who} joins: {how} {size[0]}x{size[1]}"
        case Run(who=who, line=line, gone_after=gone):
            return f"{who} runs {line}" + (f" and is gone after {gone:g} s" if gone is not None else "")
        case Type(who=who, text=text, cut=cut):
            return f"{who} types {text!a}" + (f" in packets of {cut}" if cut else "")
        case Leave(who=who, how=how):
            return f"{who} {how}"
        case Window(who=who, how=how, size=size):
            return f"{who} {how}" + (f" to {size[0]}x{size[1]}" if how == "resizes" else "")
        case Disk(how=how):
            return f"the disk: {how}"
        case Crash():
            return "a kill here"
        case Wait(seconds=seconds):
            return f"{seconds:g} s pass"
        case _:
            assert_never(act)

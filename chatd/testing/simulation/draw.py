"""Programs drawn from a seed: who comes, what they do, and what goes wrong."""

from __future__ import annotations

import random

from chatd.testing.program import (
    Act,
    Crash,
    DiskFault,
    Flood,
    HangUp,
    Join,
    Leave,
    LetPass,
    Program,
    RunCommand,
    Stop,
    Type,
    Window,
)

NAMES = ("alice", "bob", "carol", "dave", "guest-eve")
MODELS = ("bot", "sage", "llama", "eliza", "echo")
ROOMS = ("lobby", "den")
SIZES = ((80, 24), (40, 12), (18, 4), (1, 1), (0, 0), (200, 50))
WAYS = ("screen", "screen", "lines", "events", "events, slowly")
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
LINES = ("/retry", "/continue", "/cancel", "/nope")
HOSTILE = (
    "`",
    "a\u0301",
    "\u202e",
    "\x1b[31m",
    "a\u200d",
    "\n",
    "```\n",
    "[x](",
    "> ",
    "|a|b|\n|-|-|\n",
    "**alice** x\n\n",
)
"""What texts are made of that are dear to look at, or would like to look like something else."""
PAGES = ("history --limit 1000", "history --limit 1000 --json", "export", "export --format jsonl", "tail -n 1000")
"""Commands that print much."""
COMMANDS = (
    "ask @bot hi", "ask @bot,sage hi", "ask --json @sage,bot,echo hello", "ask --room lobby @bot go", "ask @nobody hi",
    "say --room lobby hello", "say --room nowhere hello", "history --json", "history lobby --limit 3", "cancel --all",
    "rooms --json", "who", "models --json", "health", "search hello", "whoami", "tail lobby -n 5",
)  # fmt: skip
"""`stats` is not among them: it tells of the real process."""
FAULTY = ("/err\r", "/loop\r", "/hide\r", "/eat\r", "@imp loop\r", "@imp err\r", "@imp hello\r", "@imp eat\r")
"""What starts the scripts that go wrong, of `lua/faulty.lua`."""
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

KINDS = {
    "ask": 8, "crowd": 1, "say": 4, "key": 4, "run": 3, "join": 3, "leave": 2, "window": 2, "disk": 1, "crash": 1,
    "faulty": 1, "hostile": 1, "page": 1, "flood": 0.5, "hang up": 0.5, "wait": 6,
}  # fmt: skip
"""What happens how often, relative to each other."""

STOPPED = 0.15
"""Of the programs, how many end with the server being told to stop."""

STRANGER = 0.1
"""Of the acts, how many are drawn for anybody, there or not; the others for somebody who is there."""


def draw(seed: int, length: int = 30) -> Program:
    """A program of up to `length` acts, and some more. A function of its arguments."""
    drawing = _Drawing(random.Random(f"program {seed}"))
    return Program(seed, tuple(drawing.acts(length)))


class _Drawing:
    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._there: list[str] = []

    def acts(self, length: int) -> list[Act]:
        source = self._source
        acts = [self._join("alice", "screen"), self._join("bob", source.choice(("screen", "lines", "events")))]
        for _ in range(source.randrange(4, length)):
            acts += self._act()
        if source.random() < STOPPED:
            acts += [Stop(source.choice(("in good order", "as it is"))), *self._act(), *self._act()]
        return acts

    def _who(self) -> str:
        return self._source.choice(self._there if self._there and self._source.random() > STRANGER else NAMES)

    def _join(self, who: str, how: str, size: tuple[int, int] = (80, 24)) -> Act:
        if who not in self._there:
            self._there.append(who)
        return Join(who, how, size)

    def _act(self) -> list[Act]:
        kind = self._source.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "crowd":  # everybody asks at once
            return [self._ask(who) for who in self._there]
        return [self._one(kind, self._who())]

    def _ask(self, who: str) -> Act:
        source = self._source
        asked = ",".join(source.sample(MODELS, source.choice((1, 1, 1, 2))))
        return Type(who, f"@{asked} {source.choice(TEXTS[:4])}\r", source.choice((0, 1, 3)))

    def _one(self, kind: str, who: str) -> Act:
        source = self._source
        match kind:
            case "ask":
                return self._ask(who)
            case "say":
                line = source.choice((*TEXTS, f"/join {source.choice(ROOMS)}", *LINES))
                return Type(who, line + "\r", source.choice((0, 1, 3)))
            case "key":
                return Type(who, source.choice((*KEYS, "\x03", "\x03")), source.choice((0, 1)))
            case "run":
                return RunCommand(who, source.choice(COMMANDS), source.choice((None, None, None, 0.0, 0.02, 1.0)))
            case "join":
                return self._join(source.choice(NAMES), source.choice(WAYS), source.choice(SIZES))
            case "leave":
                self._there = [one for one in self._there if one != who]
                return Leave(who, source.choice(("hangs up", "resets", "ends input")))
            case "window":
                return Window(who, source.choice(("resizes", "stops reading", "reads on")), source.choice(SIZES))
            case "disk":
                how = source.choice(("slow", "full", "read-only", "fails at", "lands but fails at", "works", "works"))
                return DiskFault(how, source.randrange(1, 6) if how.endswith("at") else 0)
            case "crash":
                return Crash()
            case "faulty":
                return Type(who, source.choice(FAULTY), 0)
            case "hostile":
                return RunCommand(
                    who, "say --room lobby x -", piped=source.choice(HOSTILE) * source.choice((20, 400, 2000))
                )
            case "page":
                return RunCommand(who, source.choice(PAGES), reads=source.random() < 0.3)
            case "flood":
                return Flood(source.choice(("guest-eve", "carol")), source.choice((5, 30)))
            case "hang up":
                return HangUp(source.random() < 0.5)
            case _:
                return LetPass(source.choice((0.0, 0.001, 0.05, 0.4, 3.0)))

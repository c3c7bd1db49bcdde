"""Programs drawn from a seed: who comes, what they do, and what goes wrong."""

from __future__ import annotations

import random

from chatd.testing.program import (
    Act,
    Browse,
    Converse,
    Crash,
    DiskFault,
    Flood,
    HangUp,
    Join,
    Leave,
    LetPass,
    Press,
    Program,
    Redraw,
    Restart,
    RunCommand,
    SaveScripts,
    Stop,
    Type,
    Window,
)
from chatd.testing.simulation import words
from chatd.testing.simulation.conversations import CONVERSATIONS, EDITED, OVER_THE_WEB
from chatd.testing.simulation.disk_damage import FLIPPED, draw_damage
from chatd.testing.simulation.editions import EDITIONS
from chatd.testing.simulation.fault_draws import draw_fault
from chatd.testing.simulation.swarm import swarm
from chatd.testing.simulation.words import NAMES

STOPPED = 0.15
"""Of the programs, how many end with the server being told to stop."""

STRANGER = 0.1
"""Of the acts, how many are drawn for anybody, there or not; the others for somebody who is there."""

BACK = 2
"""People who come back at once after a restart."""

TALKS_OVER_THE_WEB = 0.15
"""Of what is done over the web, how many are conversations."""

FIRST_OVER_THE_WEB = 1000
"""Their numbers begin here, so that those of the others are the same without them."""

THEN_RESTARTED = 0.1
"""Of the conversations, how many are followed by a restart: what they left must be there still."""


def draw(seed: int) -> Program:
    """A program of some tens of acts, as many as the seed's world has. A function of its argument."""
    return Program(seed, tuple(_Drawing(seed).acts()), drawn=True)


class _Drawing:
    def __init__(self, seed: int) -> None:
        self._source = random.Random(f"program {seed}")
        self._swarm = swarm(seed)
        self._damages = random.Random(f"damage {seed}")
        shipped = self._swarm.settings.lua.path is None
        self._talks = sorted(set(CONVERSATIONS) - OVER_THE_WEB - (EDITED if shipped else set()))
        self._web = random.Random(f"web {seed}")
        self._there: list[str] = []
        self._conversations = self._talked = 0

    def acts(self) -> list[Act]:
        source, ways = self._source, self._swarm.ways
        acts = [self._join("alice", ways[0]), self._join("bob", source.choice(ways))]
        for _ in range(source.randrange(4, self._swarm.length)):
            acts += [*self._act(), *self._browse()]
        if source.random() < STOPPED:
            acts += [
                *self._asks_at_the_end(),
                Stop(source.choice(("in good order", "as it is"))),
                *self._act(),
                *self._act(),
            ]
            acts = [act for act in acts if not isinstance(act, Restart)] if isinstance(acts[-1], Restart) else acts
        return acts

    def _who(self) -> str:
        return self._source.choice(self._there if self._there and self._source.random() > STRANGER else NAMES)

    def _join(self, who: str, how: str, size: tuple[int, int] = (80, 24)) -> Act:
        if who not in self._there:
            self._there.append(who)
        return Join(who, how, size)

    def _act(self) -> list[Act]:
        source, kinds = self._source, self._swarm.kinds
        kind = source.choices(list(kinds), list(kinds.values()))[0]
        if kind == "crowd":  # everybody asks at once
            return [self._ask(who) for who in self._there]
        if kind == "restart":
            return self._restart()
        one = self._one(kind, self._who())
        if isinstance(one, Converse) and kinds["restart"] and source.random() < THEN_RESTARTED:
            return [one, *self._restart()]
        if isinstance(one, DiskFault) and one.how == "slow":  # what is typed is seen at once all the same
            return [one, Press(self._who())]
        return [one]

    def _browse(self) -> list[Act]:
        """What happens over the web beside an act: drawn by itself, so that the rest is the same without it."""
        web = self._web
        if web.random() >= self._swarm.browses:
            return []
        if web.random() < TALKS_OVER_THE_WEB:
            self._talked += 1
            return [Converse(web.choice(sorted(OVER_THE_WEB)), FIRST_OVER_THE_WEB + self._talked)]
        who, what = web.choice(words.WEB_NAMES), web.choice(words.WEB)
        text = web.choice(words.PATHS if what == "looks" else words.WEB_TEXTS if what == "posts" else words.ASKED)
        leaves = web.choice((None, None, 0.0, 0.02, 0.3, 2.0))
        if what in words.OF_READERS:
            return [Browse(who, what)]
        return [Browse(who, what, "" if what == "news" else text, 3.0 if what == "news" else leaves)]

    def _asks_at_the_end(self) -> list[Act]:
        """A question outside of any room, in whose answer the server stops."""
        if not self._swarm.browses:
            return []
        return [Browse(self._web.choice(words.WEB_NAMES), "/v1/messages", "bot hi", 5.0)]

    def _restart(self) -> list[Act]:
        source = self._source
        self._there.clear()
        back = [self._join(source.choice(NAMES), source.choice(self._swarm.ways)) for _ in range(BACK)]
        killed = source.random() < 0.5
        damage = draw_damage(self._damages)
        if damage is None:
            return [Restart(killed), *back]
        return [damage, Restart(killed or damage.how != FLIPPED), *back]

    def _ask(self, who: str) -> Act:
        source = self._source
        asked = ",".join(source.sample(words.MODELS, source.choice((1, 1, 1, 2))))
        return Type(who, f"@{asked} {source.choice(words.TEXTS[:4])}\r", source.choice((0, 1, 3)))

    def _one(self, kind: str, who: str) -> Act:
        source = self._source
        match kind:
            case "ask":
                return self._ask(who)
            case "say":
                return Type(who, source.choice(words.TEXTS) + "\r", source.choice((0, 1, 3)))
            case "line":
                return Type(who, source.choice(words.LINES) + "\r", source.choice((0, 1, 3)))
            case "key":
                return Type(who, source.choice((*words.KEYS, "\x03", "\x03")), source.choice((0, 1)))
            case "press":
                return Press(who)
            case "redraw":
                return Redraw(who)
            case "run":
                return RunCommand(who, source.choice(words.COMMANDS), source.choice((None, None, None, 0.0, 0.02, 1.0)))
            case "join":
                return self._join(source.choice(NAMES), source.choice(self._swarm.ways), source.choice(words.SIZES))
            case "leave":
                self._there = [one for one in self._there if one != who]
                return Leave(who, source.choice(("hangs up", "resets", "ends input")))
            case "window":
                how = source.choice(("resizes", "stops reading", "reads on"))
                return Window(who, how, source.choice(words.SIZES))
            case "talk":
                self._conversations += 1
                return Converse(source.choice(self._talks), self._conversations)
            case _:
                return self._trouble(kind, who)

    def _trouble(self, kind: str, who: str) -> Act:
        source = self._source
        match kind:
            case "disk":
                how = source.choice(("slow", "full", "read-only", "fails at", "lands but fails at", "works", "works"))
                return DiskFault(how, source.randrange(1, 6) if how.endswith("at") else 0)
            case "crash":
                return Crash()
            case "faulty":
                return Type(who, source.choice(words.FAULTY), 0)
            case "hostile":
                piped = source.choice(words.HOSTILE) * source.choice((20, 400, 2000))
                return RunCommand(who, "say --room lobby x -", piped=piped)
            case "page":
                return RunCommand(who, source.choice(words.PAGES), reads=source.random() < 0.3)
            case "flood":
                return Flood(source.choice(("guest-eve", "carol")), source.choice((5, 50)))
            case "many":
                return Type(who, "".join(f"line {number}\r" for number in range(source.choice((10, 200)))), 0)
            case "hang up":
                return HangUp(source.random() < 0.5)
            case "timed":
                return draw_fault(source, who)
            case "save":
                return SaveScripts(source.choice(EDITIONS))
            case _:
                return LetPass(source.choice((0.0, 0.001, 0.05, 0.4, 3.0)))

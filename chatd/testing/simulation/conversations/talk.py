"""What the people of a conversation can do, and how they say what they expect."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import trio

from chatd.config import Config
from chatd.core.visit import Visit
from chatd.testing.checks import Broken
from chatd.testing.models import ScriptedModel
from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.found_models import FoundModels
from chatd.testing.simulation.oracles.record import Record, RecordedRow
from chatd.testing.simulation.oracles.web import GivenSecrets
from chatd.testing.simulation.wire_model import WireModel
from chatd.testing.world import World

PATIENCE_S = 20.0
"""Virtual seconds in which a calm server ends whatever a conversation runs, and free places are had again."""

ENTER, CTRL_U, ESC, PAGE_UP = "\r", "\x15", "\x1b", "\x1b[5~"

NO_KEY = "x\x7f"
"""A letter, wiped out: a notice goes with it."""

TAKEN_UP_S = 3.0
"""Virtual seconds after which files that were saved are in use."""

LOOKS_EVERY_S = 0.05
"""Virtual seconds between two looks at something that is waited for."""


FULL = re.compile("are running|wait for the server already")
"""What a refusal says where others have the places, or the queue."""


CROWDED = "that is the limit; try again later"
"""What a refusal says where the server has all the sessions it may have."""


class Disturbed(Exception):
    """The world is not calm any more: what was expected need not come."""


class Talk:
    """One conversation. `number` tells it from all others of its world; `connect` lets somebody in; `types` is
    told of what somebody types; `is_calm` tells
    whether the world does what it should.
    """

    def __init__(
        self, world: World, number: int, title: str, *, settings: Config, visitor: Callable[[str], Any],
        connect: Callable[[Visit], PlayedPerson], types: Callable[[PlayedPerson, str], None],
        is_calm: Callable[[], bool], found: FoundModels | None = None,
        saves: Callable[[str], None] = lambda _: None, wire: WireModel | None = None,
        secrets: GivenSecrets | None = None, attends: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.world = world
        self.record = Record(world.database.writer)
        self.steps = 0
        """What was done: commands run and lines typed."""
        self.people: list[PlayedPerson] = []
        """Everybody who came, at each terminal."""
        self.later: list[Conversation] = []
        """What goes on after the next start of the server, on what this one has left; with the same names."""
        self.found = found
        """The server whose models are found, where there is one."""
        self.wire = wire
        """The server of the model that is far away, where there is one."""
        self.saves = saves
        """Have the server's scripts saved as another edition, see `editions`."""
        self.secrets = secrets or GivenSecrets()
        """What somebody is given that nobody else may see."""
        self.attends = attends
        """Somebody may be here by requests from now on."""
        self.anonymous = settings.web.anonymous
        """What may be done over the web without a login."""
        self.limits = settings.limits
        self.guests_ask = settings.auth.guests_ask
        self._number = number
        self._title = title
        self._visitor = visitor
        self._connect = connect
        self._types = types
        self._is_calm = is_calm

    # --- people

    def name(self, base: str) -> str:
        """Somebody's name, or a room's, that nobody else has."""
        return f"{base}{self._number}"

    async def runs(self, who: str, line: str, stdin: str | bytes = "") -> PlayedPerson:
        """Somebody runs a command, to its end."""
        self.steps += 1
        person = self._connect(Visit(self._visitor(who), line))
        self.people.append(person)
        if stdin:
            person.sends(stdin.encode() if isinstance(stdin, str) else stdin)
        person.ends_input()
        with trio.move_on_after(PATIENCE_S):
            await person.ended.wait()
        self.expects(person.ended.is_set(), f"{line!r} of {who} ends")
        if (line.startswith("ask") and FULL.search(person.errors)) or CROWDED in person.errors:
            raise Disturbed
        return person

    def follows(self, who: str, line: str) -> PlayedPerson:
        """Somebody runs a command that goes on."""
        self.steps += 1
        person = self._connect(Visit(self._visitor(who), line))
        self.people.append(person)
        return person

    async def rows(self, who: str, line: str) -> list[dict[str, Any]]:
        """The objects that a command with --json prints."""
        person = await self.runs(who, line)
        self.expects(person.exit_status == 0, f"{line!r} of {who}: {person.exit_status}, {person.errors!r}")
        return [json.loads(one) for one in person.output.splitlines()]

    async def says(self, who: str, text: str, room: str = "lobby") -> None:
        """Somebody says something by a command."""
        person = await self.runs(who, f"say --room {room} -", text)
        self.expects(person.exit_status == 0, f"{who} says it: {person.exit_status}, {person.errors!r}")

    async def sits(self, who: str, *, size: tuple[int, int] = (80, 24)) -> PlayedPerson:
        """Somebody comes in with a screen."""
        self.steps += 1
        person = self._connect(Visit(self._visitor(who), pty=True, term="xterm-256color", size=size))
        self.people.append(person)
        await self.until(lambda: who in person.screen.text or "here" in person.screen.text, f"{who} sees a screen")
        return person

    async def enters(self, base: str, room: str, size: tuple[int, int] = (80, 24)) -> PlayedPerson:
        """Somebody of the conversation's own comes in with a screen, and is in a room."""
        person = await self.sits(self.name(base), size=size)
        await self.takes_up()
        await self.types(person, f"/join {room}\r", 1)
        await self.types(person, NO_KEY)
        return person

    async def lines(self, who: str) -> PlayedPerson:
        """Somebody comes in line mode."""
        self.steps += 1
        person = self._connect(Visit(self._visitor(who)))
        self.people.append(person)
        await self.settles()
        return person

    async def types(self, person: PlayedPerson, text: str, seconds: float = 0.5) -> None:
        """Somebody types, and waits a little."""
        self.steps += 1
        self._types(person, text)
        person.sends(text.encode())
        await self.settles(seconds)

    async def leaves(self, person: PlayedPerson) -> None:
        """Somebody hangs up; their session is over."""
        person.hangs_up()
        with trio.move_on_after(PATIENCE_S):
            await person.ended.wait()
        self.expects(person.ended.is_set(), "the session of who hangs up ends")
        await self.settles()

    def everybody_leaves(self) -> None:
        """At the end, whatever came of it."""
        for person in self.people:
            if not person.ended.is_set():
                person.hangs_up()

    # --- models

    def model(self, base: str, **info: Any) -> ScriptedModel:
        """A model of the conversation's own."""
        return self.world.model(self.name(base), **info)

    # --- expecting

    async def settles(self, seconds: float = 0.5) -> None:
        """What was begun is done."""
        await self.world.settle(seconds)
        self.check_calm()

    async def takes_up(self) -> None:
        """Files that were saved before are taken up: that draws all of it anew."""
        await self.settles(TAKEN_UP_S)

    async def until(self, condition: Callable[[], bool], what: str, patience: float = PATIENCE_S) -> None:
        """It holds in time."""
        deadline = trio.current_time() + patience
        while not condition() and trio.current_time() < deadline:
            await self.world.settle(LOOKS_EVERY_S)
        self.expects(condition(), what)

    async def free(self) -> None:
        """Nobody's answer takes a place any more."""
        await self.until(lambda: not self.world.hub.answers.running, "answers end", patience=120.0)

    def expects(self, holds: bool, what: str) -> None:
        """It holds, where the world is calm. Raises Broken, and Disturbed where it is not."""
        if not holds:
            self.check_calm()
            if any(self._has_no_place(person) for person in self.people):
                raise Disturbed
            raise Broken(self._title, what)

    def _has_no_place(self, person: PlayedPerson) -> bool:
        """Whether somebody was refused because of others."""
        told = person.errors + (person.screen.text if person.visit.pty else person.output)
        return CROWDED in told or FULL.search(" ".join(told.split())) is not None

    def check_free(self, status: int) -> None:
        """Raise Disturbed for a request over the web that was refused because others have the places."""
        if status == 429:
            raise Disturbed

    def check_calm(self) -> None:
        """Raise Disturbed when the world is not calm."""
        if not self._is_calm():
            raise Disturbed

    async def expects_unread(self, who: str, room: str, count: int) -> None:
        """Somebody has so many unread rows in a room."""
        told = {one["name"]: one["unread"] for one in await self.rows(who, "rooms --json")}
        self.expects(told.get(room) == count, f"{who} has {told.get(room)} unread in {room}, not {count}")

    def running(self, who: str) -> str:
        """The mention of somebody's that runs."""
        found = [mention for mention, asker in self.record.running().items() if asker == who]
        self.expects(bool(found), f"an answer to {who} runs")
        return found[-1]

    def row(self, text: str, room: str = "lobby") -> RecordedRow:
        """The newest row of a room with that text."""
        found = [row for row in self.record.rows(room) if row.content == text]
        self.expects(bool(found), f"{text!r} is a row of {room}")
        return found[-1]


Conversation = Callable[[Talk], Awaitable[None]]

"""The people of one world who come by the web: each has a token, some follow the lobby, and all of them act at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import trio
import trio.testing

from chatd.core.lobby import LOBBY
from chatd.core.visit import Visit
from chatd.testing import program as acts
from chatd.testing.checks import Broken
from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.invariants import Invariants
from chatd.testing.simulation.oracles.web import FOLLOWS, GivenSecrets, check_named, check_names
from chatd.testing.simulation.web.reader import WebReader
from chatd.testing.simulation.web.requests import Named, Requests
from chatd.testing.web import WebClient
from chatd.testing.web_events import ToldEvent
from chatd.testing.world import World

NAME = "the gateway leaves nothing behind"

HOST = {"host": "localhost:8022"}
"""What a browser on the same machine calls the server."""

CATCHES_UP_S = 15.0
"""Virtual seconds in which whoever reads has come again and been told everything."""

TOKEN_S = 5.0
"""Virtual seconds in which a server that is well makes a token."""


@dataclass
class WebLeft:
    """What people over the web have when a server ends, and come to the next one with."""

    tokens: dict[str, str] = field(default_factory=dict)
    readers: dict[str, WebReader] = field(default_factory=dict)
    named: Named = field(default_factory=Named)
    secrets: GivenSecrets = field(default_factory=GivenSecrets)

    def doubts(self) -> None:
        """Nobody knows what of all this is left."""
        self.tokens, self.readers, self.named = {}, {}, Named()


class WebPeople:
    """Of one server. What is done runs on beside everything else, in tasks of the nursery of `open_web_people`."""

    def __init__(
        self, world: World, watch: Invariants, connect: Callable[[Visit], PlayedPerson], left: WebLeft,
        nursery: trio.Nursery,
    ) -> None:  # fmt: skip
        self.left = left
        self._world = world
        self._watch = watch
        self._connect = connect
        self._nursery = nursery
        self._being_made: dict[str, trio.Event] = {}
        """Tokens, by whose they are; set when that is over."""
        left.readers = {who: reader for who, reader in left.readers.items() if who in left.tokens}
        for reader in left.readers.values():
            self._follows(reader)

    def do(self, act: acts.Browse) -> None:
        """One act begins."""
        self._watch.attendance.is_elsewhere(act.who)
        reader = self.left.readers.get(act.who)
        match act.what:
            case "follows":
                if reader is None:
                    self.left.readers[act.who] = WebReader(act.who)
                    self._nursery.start_soon(self._begins_to_follow, act.who, name=f"{act.who} follows over the web")
            case "is cut off" if reader is not None:
                reader.cut()
            case "takes nothing" if reader is not None:
                reader.stops_taking()
            case "takes on" if reader is not None:
                reader.takes_on()
            case "is cut off" | "takes nothing" | "takes on":
                pass
            case _:
                self._nursery.start_soon(self._does, act, name=f"{act.who} {act.what} over the web")

    async def _does(self, act: acts.Browse) -> None:
        token = await self._token(act.who)
        if token:
            client = self._client(token)
            requests = Requests(act.who, client, self._watch.judge.record, self._watch.secrets, self.left.named)
            try:
                await requests.do(act)
            except Broken as broken:
                self._watch.notes(broken)

    async def _begins_to_follow(self, who: str) -> None:
        if await self._token(who):
            self._follows(self.left.readers[who])
        else:
            del self.left.readers[who]

    def _follows(self, reader: WebReader) -> None:
        client = self._client(self.left.tokens[reader.who], streams=trio.testing.lockstep_stream_pair)
        looks = partial(self._is_told, reader.who)
        self._watch.attendance.is_elsewhere(reader.who)
        self._nursery.start_soon(reader.follow, client, looks, self._watch.notes, name=f"{reader.who} reads events")

    def _is_told(self, who: str, told: ToldEvent) -> None:
        """Somebody is told of an event: what it tells is on disk. Raises Broken."""
        self._watch.when_shown()
        if told.value.get("row", {}).get("room", LOBBY) != LOBBY:
            raise Broken(FOLLOWS, f"{who} is told of another room: {str(told.value)[:200]}")
        check_names(who, str(told.value).replace("'", '"').encode())

    async def _token(self, who: str) -> str:
        """Somebody's token, which is made when it is first wanted; "" where the server gives none."""
        while (other := self._being_made.get(who)) is not None:
            await other.wait()
        if who not in self.left.tokens:
            made = self._being_made[who] = trio.Event()
            try:
                await self._make_token(who)
            finally:
                del self._being_made[who]
                made.set()
        return self.left.tokens.get(who, "")

    async def _make_token(self, who: str) -> None:
        person = self._connect(Visit(self._world.visitor(who), "token"))
        person.ends_input()
        with trio.move_on_after(TOKEN_S):
            await person.ended.wait()
        if person.exit_status == 0:
            self.left.tokens[who] = self._watch.secrets.keep(person.output.strip())
        else:
            person.hangs_up()

    def _client(self, token: str, **more: object) -> WebClient:
        assert self._world.web is not None
        headers = {**HOST, "authorization": f"Bearer {token}"}
        return WebClient(self._world.web, headers=headers, **more)  # type: ignore[arg-type]

    # --- the end

    async def asks_whether_it_is_ready(self) -> None:
        """Who watches over a server that stops is told so, or hung up on. Raises Broken."""
        if not self.left.tokens:  # nobody has come by the web
            return
        assert self._world.web is not None
        with trio.move_on_after(CATCHES_UP_S), suppress(trio.EndOfChannel, trio.BrokenResourceError):
            answer = await WebClient(self._world.web, headers=HOST).get("/readyz")
            if self._world.hub.stopping.is_set() and answer.status != 503:
                raise Broken(NAME, f"a server that stops says {answer.status}, {answer.text!r}")

    def everybody_reads(self) -> None:
        """Whoever took nothing takes what waits."""
        for reader in self.left.readers.values():
            reader.takes_on()

    async def at_rest(self) -> None:
        """Faults are off, and everybody reads: whoever follows has been told of the room; then they go, and nothing of
        theirs is left. Raises Broken.
        """
        deadline = trio.current_time() + CATCHES_UP_S
        while not all(map(self._has_come_to_rest, self.left.readers.values())):
            if trio.current_time() > deadline:
                late = [(one.who, one.connected, one.last_id) for one in self.left.readers.values()]
                raise Broken(FOLLOWS, f"the room is at {self._number}; told are {late}")
            await self._world.settle(0.1)
        rows = self._watch.judge.record.rows(LOBBY)
        for reader in self.left.readers.values():
            if reader.connected:
                reader.room.check(rows)
        check_named(rows, self.left.named.sent, self.left.named.answered)
        self._nursery.cancel_scope.cancel()
        await self._world.settle(1)
        self._check_gone()

    def _has_come_to_rest(self, reader: WebReader) -> bool:
        return reader.knows(self._number) or (not reader.connected and reader.refused != 0)

    @property
    def _number(self) -> int:
        room = self._world.hub.lobby.find(LOBBY, "")
        assert room is not None
        return room.number

    def _check_gone(self) -> None:
        web, here = self._world.web, {person.name for person in self._world.hub.lobby.people}
        assert web is not None
        if web.count or web.connections.child_tasks:
            raise Broken(NAME, f"{web.count} connections, {len(web.connections.child_tasks)} tasks")
        if ghosts := here & set(self.left.tokens):
            raise Broken(NAME, f"{sorted(ghosts)} are here")


@asynccontextmanager
async def open_web_people(
    world: World, watch: Invariants, connect: Callable[[Visit], PlayedPerson], left: WebLeft
) -> AsyncIterator[WebPeople]:
    """The people of one server who come by the web; with the block they leave."""
    async with trio.open_nursery() as nursery:
        yield WebPeople(world, watch, connect, left, nursery)
        nursery.cancel_scope.cancel()

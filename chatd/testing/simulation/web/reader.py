"""Somebody who follows the lobby's events with a browser, over cuts of the connection and restarts of the server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import trio

from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.web import FOLLOWS, FollowedRoom
from chatd.testing.web import WebClient
from chatd.testing.web_events import ReadEvents, ToldEvent

PATH = "/api/v1/rooms/lobby/events"

COMES_AGAIN_S = 1.0
"""Virtual seconds after which a browser comes again that has lost the connection: what the server tells it."""


class WebReader:
    """One browser's page, for as long as it is open. Its server is another one after a restart: `follow` is begun anew.

    `judge` is called with a failure that is the server's, `looks` with each event before it is believed.
    """

    def __init__(self, who: str) -> None:
        self.who = who
        self.room = FollowedRoom()
        self.cuts = 0
        """How often it was cut off, so far."""
        self.connected = False
        """Whether its stream runs, and has told how it goes on from here."""
        self.refused = 0
        """The status with which it was not let in the last time; 0 when it was."""
        self._events: ReadEvents | None = None
        self._connection = trio.CancelScope()
        self._takes = trio.Event()
        self._takes.set()

    @property
    def last_id(self) -> str:
        """What is said when it comes again; "" when it was never told."""
        return self._events.last_id if self._events is not None else ""

    def knows(self, number: int) -> bool:
        """Whether everything up to this number of the room has been told."""
        return self.connected and bool(self.last_id) and int(self.last_id) >= number

    async def follow(
        self, client: WebClient, looks: Callable[[ToldEvent], None], fails: Callable[[Broken], None]
    ) -> None:
        """Read until cancelled; each time the stream ends, come again and go on where it ended."""
        while True:
            try:
                with trio.CancelScope() as self._connection, suppress(EOFError, trio.EndOfChannel):
                    await self._read(client, looks)
            except Broken as broken:
                fails(broken)
                return
            finally:
                self.connected = False
            await trio.sleep(COMES_AGAIN_S)

    async def _read(self, client: WebClient, looks: Callable[[ToldEvent], None]) -> None:
        since = self.last_id
        if not since:
            self.room = FollowedRoom()  # it has never been told how to go on
        async with client.stream("GET", PATH, headers={"last-event-id": since} if since else {}) as stream:
            self.refused = 0 if stream.status == 200 else stream.status
            if stream.status == 400:
                raise Broken(FOLLOWS, f"{self.who} may not go on after {since}: {await stream.piece()!r}")
            if self.refused:
                return
            self.connected = True
            self._events = ReadEvents(stream, since)
            while True:
                await self._takes.wait()
                told = await self._events.next()
                looks(told)
                self.room.take(told)

    def cut(self) -> None:
        """The connection is gone, wherever it was."""
        self.cuts += 1
        self._connection.cancel()

    def stops_taking(self) -> None:
        """Nothing is read any more: the page sleeps."""
        if self._takes.is_set():
            self._takes = trio.Event()

    def takes_on(self) -> None:
        """It is read on."""
        self._takes.set()

"""A whole server in one trio run: the real core, tasks and scripts, on a simulated disk, with terminals in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import trio
import trio.testing

from chatd.adapters.lua.scripts import LuaScripts
from chatd.adapters.sqlite.database import MEMORY, Database
from chatd.adapters.sqlite.directory import SqliteDirectory
from chatd.adapters.sqlite.log import SqliteLog
from chatd.adapters.upstream.endpoint import Network
from chatd.config import ROOM_ENTRIES, Config, shipped_lua
from chatd.core.name_registry import NameRegistry
from chatd.core.times import iso
from chatd.core.visit import DEFAULT_SIZE, Kind, Visit, Visitor
from chatd.ports import Ids, Scripts
from chatd.tasks.chat.hub import Hub
from chatd.tasks.log.recorder import serve_recorder
from chatd.tasks.scripts.server.script import ServerScript
from chatd.tasks.serve import serve_terminal
from chatd.testing.disk import Disk
from chatd.testing.models import ScriptedModel
from chatd.testing.sources import EPOCH_MS, SCRIPT_SECONDS, CountingIds, VirtualMachine, VirtualTime
from chatd.testing.terminal import MemoryTerminal
from chatd.wiring.hub import Ports, make_hub
from chatd.wiring.models import Upstreams

T = TypeVar("T")

SETTLE_S = 0.5
"""Virtual seconds in which everything that was begun is on every screen: some frames and commits."""


class World:
    """The server under test. Made by `World.open`; `hub` is the real one."""

    def __init__(self, hub: Hub, disk: Disk, database: Database, nursery: trio.Nursery) -> None:
        self.hub = hub
        self.disk = disk
        self.database = database
        self._nursery = nursery
        self._models: dict[str, ScriptedModel] = {}
        self.terminals: list[MemoryTerminal] = []
        self._registered: set[str] = set()
        self._owners: dict[str, str] = {}
        """Fingerprints of names that were taken from inside."""
        hub.is_member = self._registered.__contains__
        hub.give_name = self._claim

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: Config | None = None,
        *,
        database: Path | str = MEMORY,
        disk: Disk | None = None,
        scripts: Scripts | None = None,
        ids: Ids | None = None,
        seed: int = 0,
        room_entries: int = ROOM_ENTRIES,
        network: Network | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> AsyncIterator[World]:
        """A running server. Leaving the block stops it as SIGTERM would, and checks that nothing is left over.

        `network` is where models' servers are found (see `testing.upstream`), `environ` what the environment says.
        """
        # A world without a network must not look for servers in it.
        settings = settings or Config()
        if network is None:
            settings = replace(settings, server=replace(settings.server, discover=False))
        disk = disk or Disk()
        clock, ids = VirtualTime(), ids or CountingIds()
        store = Database(database, iso(EPOCH_MS))
        disk.attach(store.writer)
        log = SqliteLog(store, write=disk, read=disk.read)
        directory = SqliteDirectory(store, write=disk, read=disk.read, ids=ids)
        lua = scripts or LuaScripts(
            shipped_lua(), settings.lua.path, instructions=settings.lua.instructions, memory=settings.lua.memory,
            seconds=SCRIPT_SECONDS,
        )  # fmt: skip
        upstreams = Upstreams(settings, environ or {}, network=network, now=lambda: clock.now_ms() / 1000)
        ports = Ports(clock, ids, log, directory, lua, Random(seed), VirtualMachine())
        hub = make_hub(settings, ports, upstreams, seed=seed, room_entries=room_entries)
        try:
            async with upstreams, trio.open_nursery() as outer:
                cls._begin(hub, outer)
                await hub.load()
                async with trio.open_nursery() as sessions:
                    await outer.start(ServerScript(hub).serve)
                    world = cls(hub, disk, store, sessions)
                    yield world
                    await world._stop(settings.server.grace)
                    sessions.cancel_scope.cancel()
                with trio.move_on_after(settings.server.grace / 2):
                    await hub.stored.flushed()  # what sessions kept in their last moments
                world._check_nothing_left()
                outer.cancel_scope.cancel()
        finally:
            store.close()

    @staticmethod
    def _begin(hub: Hub, outer: trio.Nursery) -> None:
        """N1: what outlives every session."""
        outer.start_soon(serve_recorder, hub.recorder)
        outer.start_soon(hub.rooms.run)
        outer.start_soon(hub.discovery.run)
        outer.start_soon(hub.stored.run, hub.register_waiting)
        outer.start_soon(hub.script_watch.run, inline)

    async def _stop(self, grace: float) -> None:
        self.hub.stop(trio.current_time() + grace / 2)
        with trio.move_on_after(grace / 2):
            for terminal in self.terminals:
                await terminal.ended.wait()
        with trio.move_on_after(grace / 2):
            await self.hub.recorder.flushed()

    def _check_nothing_left(self) -> None:
        hub = self.hub
        assert not hub.answers.running, f"answers left: {hub.answers.running}"
        assert hub.answers.router.idle, "a stream runs, or a place for one is taken"
        assert not hub.crowd.sessions, f"{hub.crowd.sessions} sessions left"
        assert not hub.recorder.watched, "somebody watches a room"
        assert not hub.lobby.people, f"people left: {hub.lobby.people}"
        assert all(model.open_streams == 0 for model in self._models.values()), "a model's stream is left open"
        assert not hub.notices.subscribed, f"somebody can still be told something: {hub.notices.subscribed}"
        if not self.disk.failing:
            assert not hub.recorder.debt, f"{hub.recorder.debt} drafts left"
            assert not hub.stored.debt, f"{hub.stored.debt} kept values left"
            assert all(not room.open_rows for room in hub.lobby.rooms), "rows left open"

    # --- people and models

    def visitor(self, name: str) -> Visitor:
        """A person as the door lets them in; a member's name is registered by their first login."""
        visitor = member(name)
        if name in self._owners:
            return replace(visitor, fingerprint=self._owners[name])
        if visitor.kind is Kind.MEMBER and name not in self._registered:
            self._registered.add(name)
            return replace(visitor, newly_registered=True)
        return visitor

    def _claim(self, name: str, fingerprint: str) -> Visitor:
        """Another name for somebody inside, as the real door would have it."""
        owners = {known: self._owners.get(known, member(known).fingerprint or "") for known in self._registered}
        models = self.hub.models
        door = NameRegistry(
            owners.items(), is_model=lambda n: models.named(n) is not None, model_names=lambda: list(models)
        )
        claimed = door.claim(name, fingerprint)
        self._registered.add(claimed.name)
        self._owners.setdefault(claimed.name, fingerprint)
        return claimed

    def model(self, name: str, **info: Any) -> ScriptedModel:
        """The scripted model of that name; the first mention of it adds it to the server, with this `info`."""
        if name not in self._models:
            self._models[name] = ScriptedModel(name, **info)
            self.hub.models.add(name, self._models[name])
        return self._models[name]

    async def join(self, name: str, *, size: tuple[int, int] = DEFAULT_SIZE, **visit: object) -> MemoryTerminal:
        """A person enters with a full-screen terminal; returns when their first screen stands."""
        terminal = self.connect(Visit(self.visitor(name), pty=True, term="xterm-256color", size=size, **visit))  # type: ignore[arg-type]
        await self.settle()
        return terminal

    async def lines(self, name: str) -> MemoryTerminal:
        """A person enters line mode (`ssh -T`)."""
        terminal = self.connect(Visit(self.visitor(name)))
        await self.settle()
        return terminal

    async def command(self, name: str, command: str, stdin: bytes | None = b"") -> MemoryTerminal:
        """A person runs a command to its end; `stdin` None leaves it open and silent."""
        terminal = self.connect(Visit(self.visitor(name), command))
        if stdin is not None:
            if stdin:
                terminal.sends(stdin)
            terminal.ends_input()
        await terminal.ended.wait()
        return terminal

    def connect(self, visit: Visit) -> MemoryTerminal:
        """Open a channel; it is served from the next step on."""
        scope = trio.CancelScope()
        terminal = MemoryTerminal(visit, scope.cancel)
        self.terminals.append(terminal)
        self._nursery.start_soon(self._serve, terminal, scope, name=f"session {visit.visitor.name}")
        return terminal

    async def _serve(self, terminal: MemoryTerminal, scope: trio.CancelScope) -> None:
        try:
            with scope:
                terminal.exit_status = await serve_terminal(self.hub, terminal)
        finally:
            terminal.ended.set()

    # --- time

    async def settle(self, seconds: float = SETTLE_S) -> None:
        """Let virtual time pass and everything that was begun come to rest."""
        await trio.sleep(seconds)
        await trio.testing.wait_all_tasks_blocked()

    async def until(self, condition: Callable[[], bool], patience: float = 60.0) -> None:
        """Let time pass until the condition holds; fails after `patience` virtual seconds."""
        deadline = trio.current_time() + patience
        while not condition():
            assert trio.current_time() < deadline, "it did not happen"
            await trio.sleep(0.01)

    # --- facts

    def rows(self, room: str = "lobby") -> list[tuple[str, str, str]]:
        """(author, text, status) of the room's rows in the database, growth included."""
        sql = (
            "SELECT author, content || coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM chunks WHERE"
            " row_id = rows.id ORDER BY entry)), ''), status FROM rows JOIN buffers ON buffers.id = buffer_id"
            " JOIN rooms ON rooms.id = room_id WHERE rooms.name = ? ORDER BY rows.seq"
        )
        return [tuple(row) for row in self.database.writer.execute(sql, (room,))]


async def inline(function: Callable[..., T], *args: object) -> T:
    """The port RunSync without a thread: what blocks does so for microseconds here."""
    await trio.lowlevel.checkpoint()
    return function(*args)


def member(name: str) -> Visitor:
    """A member with a key of their own; `guest-…` is a guest."""
    if name.startswith("guest-"):
        return Visitor(name, Kind.GUEST)
    return Visitor(name, Kind.MEMBER, f"SHA256:{name}")

"""A whole server in one trio run: the real core, tasks and scripts, on a simulated disk, with terminals in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import trio
import trio.testing

from chatd.adapters.lua.scripts import LuaScripts
from chatd.adapters.sqlite.credentials import SqliteCredentials
from chatd.adapters.sqlite.database import MEMORY, Database
from chatd.adapters.sqlite.directory import SqliteDirectory
from chatd.adapters.sqlite.log import SqliteLog
from chatd.adapters.upstream.endpoint import Network
from chatd.bounds import ROOM_ENTRIES
from chatd.config import Config, shipped_lua
from chatd.core.names import GUEST_PREFIX
from chatd.core.times import iso
from chatd.core.visit import DEFAULT_SIZE, Kind, Visit, Visitor
from chatd.ports import PAGE_CHARS, Directory, FileEvents, Ids, Scripts
from chatd.tasks.log.bell import Bell
from chatd.tasks.serve import serve_terminal
from chatd.testing.disk import Disk
from chatd.testing.gateway import MemoryGateway
from chatd.testing.images import empty
from chatd.testing.models import ScriptedModel
from chatd.testing.script_errors import HeardScripts, ScriptErrors
from chatd.testing.sources import SCRIPT_SECONDS, CountingIds, SeededSecrets, VirtualMachine, VirtualTime
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.untouched_files import UntouchedFiles
from chatd.testing.waits import source_of, task_tree
from chatd.wiring.hub import Ports, listed_keys
from chatd.wiring.server import Server, open_server
from chatd.wiring.web import open_web

if TYPE_CHECKING:
    from chatd.adapters.web.server import WebServer
    from chatd.testing.web import WebClient

T = TypeVar("T")

SETTLE_S = 0.5
"""Virtual seconds in which everything that was begun is on every screen: some frames and commits."""


class World:
    """The server under test. Made by `World.open`; `hub` is the real one."""

    def __init__(
        self, server: Server, disk: Disk, database: Database, gateway: MemoryGateway, hung_up: Bell,
        *, directory: Directory, clock: VirtualTime, errors: ScriptErrors, web: Sequence[WebServer],
    ) -> None:  # fmt: skip
        self.server = server
        self.hub = server.hub
        self.disk = disk
        self.clock = clock
        self.database = database
        self.directory = directory
        self.gateway = gateway
        self.web = web[0] if web else None
        self._hung_up = hung_up
        self._models: dict[str, ScriptedModel] = {}
        self.heard = errors
        """What scripts raised; `script_errors` is for tests to read."""

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
        page_chars: int = PAGE_CHARS,
        network: Network | None = None,
        environ: Mapping[str, str] | None = None,
        read_again: Callable[[], Config] | None = None,
        image: bytes | None = None,
        clock: VirtualTime | None = None,
        file_events: FileEvents | None = None,
        web: bool = False,
    ) -> AsyncIterator[World]:
        """A running server; with `image`, on the database in memory that another world has left (`World.image`).
        Leaving the block stops it as SIGTERM does, and checks that nothing is left over.

        `clock` is the machine's, which may have been set (`VirtualTime.jumps`). `network` is where models' servers are
        (`testing.upstream`), `environ` what the environment says, `read_again` what `sighup` has read. `scripts`, and
        files in `[lua] path`, are looked at every second without `file_events`; nobody touches the shipped ones. With
        `web` people come in by browsers, too (`browser`).
        """
        settings = _within(network, settings or Config())
        disk, hung_up, clock = disk or Disk(), Bell(), clock or VirtualTime()
        store = Database(database, iso(clock.now_ms()), image=image or (empty() if database == MEMORY else None))
        disk.attach(store.writer)
        ports = _ports(settings, store, disk, ids or CountingIds(), seed=seed, page_chars=page_chars)
        heard = HeardScripts(scripts or ports.scripts, errors := ScriptErrors())
        told = file_events or (ports.file_events if scripts is None else None)
        ports = replace(ports, clock=clock, environ=environ or {}, network=network, scripts=heard, file_events=told)
        try:
            async with open_server(
                settings, ports, listed=listed_keys(settings), read_again=read_again or (lambda: settings),
                hung_up=hung_up, room_entries=room_entries, seed=seed,
            ) as server:  # fmt: skip
                gateway = MemoryGateway(partial(serve_terminal, server.hub, server.screens))
                made = partial(cls, directory=ports.directory, clock=clock, errors=errors)
                async with (
                    open_web(settings, server.hub, wanted=web) as sites, server.accepting([gateway, *sites])
                ):  # fmt: skip
                    world = made(server, disk, store, gateway, hung_up, web=sites)
                    yield world
            world._check_nothing_left()
        finally:
            store.close()

    def _check_nothing_left(self) -> None:
        hub = self.hub
        assert not hub.answers.running, f"answers left: {hub.answers.running}"
        assert hub.answers.router.idle, "a stream runs, or a place for one is taken"
        assert not hub.crowd.sessions, f"{hub.crowd.sessions} sessions left"
        assert not hub.recorder.watched, "somebody watches a room"
        assert not hub.comings.watched, "somebody hears of comings and goings"
        assert not self.server.screens.fan.watched, "somebody's screen is kept up to date"
        assert not hub.lobby.people, f"people left: {hub.lobby.people}"
        assert all(model.open_streams == 0 for model in self._models.values()), "a model's stream is left open"
        assert not hub.notices.subscribed, f"somebody can still be told something: {hub.notices.subscribed}"
        assert hub.read_markers.empty, "somebody's read markers are left open"
        assert hub.recorder.authors.empty, "somebody hears of an author's rows"
        if not self.disk.failing:
            assert not hub.recorder.debt, f"{hub.recorder.debt} drafts left"
            assert not hub.registration.debt, f"{hub.registration.debt} names left"
            assert not hub.stored.debt, f"{hub.stored.debt} kept values left"
            assert not (left := hub.credentials.changes.debt), f"{left} changes of credentials left"
            assert all(not room.open_rows for room in hub.lobby.rooms), "rows left open"

    # --- people and models

    def visitor(self, name: str) -> Visitor:
        """A person as the door lets them in: with a key of the name's, or for a free name with a new one, which
        registers it. `guest-…` is a guest under that very name.
        """
        if name.startswith(GUEST_PREFIX):
            return member(name)
        names = self.hub.names
        visitor = names.admit_key(name, min(names.keys(name), default=f"SHA256:{name}"))
        if visitor is None or visitor.kind is Kind.GUEST:
            raise AssertionError(f"the door does not let {name} in under that name: {visitor and visitor.notice}")
        return visitor

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

    @property
    def terminals(self) -> list[MemoryTerminal]:
        """Of all who have come, first ones first."""
        return self.gateway.terminals

    def connect(self, visit: Visit) -> MemoryTerminal:
        """Open a channel; it is served from the next step on."""
        return self.gateway.connect(visit)

    def browser(self, address: str = "192.0.2.1") -> WebClient:
        """Somebody with a browser; the world was opened with `web`."""
        from chatd.testing.web import WebClient  # noqa: PLC0415 -- most worlds have none

        assert self.web is not None, "the world is open without `web`"
        return WebClient(self.web, address)

    def sighup(self) -> None:
        """The server reads its configuration again."""
        self._hung_up.ring()

    # --- time

    async def settle(self, seconds: float = SETTLE_S) -> None:
        """Let virtual time pass and everything that was begun come to rest."""
        await trio.sleep(seconds)
        await trio.testing.wait_all_tasks_blocked()

    async def until(self, condition: Callable[[], bool], patience: float = 60.0) -> None:
        """Let time pass until the condition holds; fails after `patience` virtual seconds."""
        deadline = trio.current_time() + patience
        while not condition():
            if trio.current_time() >= deadline:
                raise AssertionError(
                    f"it did not happen in {patience:g} virtual seconds: {source_of(condition)}\n{task_tree()}"
                )
            await trio.sleep(0.01)

    # --- facts

    @property
    def script_errors(self) -> list[str]:
        """What scripts have raised, in whatever session or in the server's own: `alice: on_line: vote.lua:3: …`, each
        different one once. Who has read it has looked: then errors of scripts fail no test of the plugin's.
        """
        return self.heard.look()

    @property
    def models(self) -> list[ScriptedModel]:
        """The scripted models, in the order in which they were first named."""
        return list(self._models.values())

    def forgotten(self) -> list[str]:
        """What a test that ends now has not looked at: errors of scripts, what a model has left to say, or to end."""
        return [told for told in (self.heard.unseen(), *(model.unfinished() for model in self.models)) if told]

    def image(self) -> bytes:
        """The database as a `kill -9` now would leave it, or of a disk that lies a power cut."""
        return self.disk.files().image()

    def rows(self, room: str = "lobby") -> list[tuple[str, str, str]]:
        """(author, text, status) of the room's rows in the database, growth included."""
        sql = (
            "SELECT author, content || coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM chunks WHERE"
            " row_id = rows.id ORDER BY entry)), ''), status FROM rows JOIN buffers ON buffers.id = buffer_id"
            " JOIN rooms ON rooms.id = room_id WHERE rooms.name = ? ORDER BY rows.seq"
        )
        return [tuple(row) for row in self.database.writer.execute(sql, (room,))]


def _within(network: Network | None, settings: Config) -> Config:
    """The settings; a world without a network must not look for servers in it."""
    return settings if network else replace(settings, server=replace(settings.server, discover=False))


def _ports(settings: Config, store: Database, disk: Disk, ids: Ids, *, seed: int, page_chars: int) -> Ports:
    """A machine without threads and without a network, on the virtual clock, with scripts from the files."""
    lua = settings.lua
    return Ports(
        clock=VirtualTime(),
        ids=ids,
        log=SqliteLog(store, write=disk, read=disk.read, page_chars=page_chars),
        directory=SqliteDirectory(store, write=disk, read=disk.read, ids=ids),
        credentials=SqliteCredentials(store, write=disk, read=disk.read),
        secrets=SeededSecrets(seed, (trio.current_time(), ids.given if isinstance(ids, CountingIds) else 0)),
        scripts=LuaScripts(
            shipped_lua(), lua.path, instructions=lua.instructions, memory=lua.memory, seconds=SCRIPT_SECONDS
        ),
        random=Random(seed),
        machine=VirtualMachine(),
        worker=lambda: inline,
        environ={},
        file_events=UntouchedFiles() if lua.path is None else None,
    )


async def inline(function: Callable[..., T], *args: object) -> T:
    """The port RunSync without a thread: what blocks does so for microseconds here."""
    await trio.lowlevel.checkpoint()
    return function(*args)


def member(name: str) -> Visitor:
    """A member with a key of their own; `guest-…` is a guest."""
    if name.startswith(GUEST_PREFIX):
        return Visitor(name, Kind.GUEST)
    return Visitor(name, Kind.MEMBER, f"SHA256:{name}")

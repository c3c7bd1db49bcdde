"""The composition root: opens the outer lifetimes, one inside the other, and is the only module that knows every part.

    signals                   minded from before the database is opened to after it is closed
    engine                    asyncio, for asyncssh alone
      N1  recorder, kept values, lag, discovery, watch over the scripts' files, the configuration
                              outlive every session; the last flush is abandoned at its deadline
        N2  listeners
          connections         each owns its sessions (N3), each session its mentions (N4)

SIGTERM or SIGINT: no new connections, mentions end as `interrupted`, sessions have half of `grace`, the last flush the
rest. A second signal: at once. SIGHUP: the configuration is read again.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from random import Random

import trio

from chatd import config
from chatd.adapters.data_directory import DataDirectory
from chatd.adapters.lua import LuaScripts, StallBudget
from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.directory import SqliteDirectory
from chatd.adapters.sqlite.log import SqliteLog
from chatd.adapters.ssh.engine import open_engine
from chatd.adapters.ssh.hostkey import load_or_create_host_key
from chatd.adapters.ssh.listen import open_listeners, shown_address
from chatd.adapters.ssh.server import SshServer
from chatd.adapters.system import SortedIds, SystemClock, SystemMachine, Worker
from chatd.config import Config, shipped_lua
from chatd.core.times import iso
from chatd.ports import Model
from chatd.screen.markdown.highlight import load_lexers
from chatd.tasks.chat.facts import STOPPING
from chatd.tasks.chat.hub import Hub
from chatd.tasks.log.bell import Bell
from chatd.tasks.log.recorder import serve_recorder
from chatd.tasks.scripts.server.script import ServerScript
from chatd.tasks.serve import serve_terminal
from chatd.wiring.descriptors import make_room
from chatd.wiring.hub import Ports, listed_keys, make_door, make_hub
from chatd.wiring.limits import ssh_limits
from chatd.wiring.models import Upstreams
from chatd.wiring.reread import Reread

logger = logging.getLogger("chatd.app")
ssh_logger = logging.getLogger("chatd.ssh")


HARMLESS = (signal.SIGUSR1, signal.SIGUSR2)
"""What tools send by habit. SIGPIPE, too; that one Python itself ignores."""


def say_ready(address: str) -> None:
    """The line for a listener that accepts, on stdout."""
    sys.stdout.write(f"chatd ready ssh://{address}\n")
    sys.stdout.flush()


async def serve(
    settings: Config, *, models: Mapping[str, Model] | None = None, ready: Callable[[str], None] = say_ready,
    read_again: Callable[[], Config] | None = None,
) -> None:  # fmt: skip
    """Run the server until it is told to stop, or cancelled.

    `models` stand beside the configured ones; `ready` is called with the address of each listener once it accepts;
    SIGHUP has the configuration read with `read_again`, where there is one to read.
    Raises ChatdError (perhaps in groups) for whatever prevents it.
    """
    async with trio.open_nursery() as nursery:
        told = Told()
        await nursery.start(told.watch)
        await _serve(settings, models or {}, ready, read_again or (lambda: settings), told)
        nursery.cancel_scope.cancel()


class Told:
    """What signals have told the server."""

    def __init__(self) -> None:
        self.stop = trio.Event()
        self.at_once = trio.CancelScope()
        """Around what a second signal ends at once."""
        self.hung_up = Bell()

    async def watch(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Mind signals until cancelled."""
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, *HARMLESS) as signals:
            task_status.started()
            async for number in signals:
                if number == signal.SIGHUP:
                    self.hung_up.ring()
                elif number in HARMLESS:
                    logger.info("%s: nothing to do", signal.Signals(number).name)
                elif self.stop.is_set():
                    logger.warning("a second signal: stopping at once")
                    self.at_once.cancel()
                else:
                    logger.info("%s: stopping", signal.Signals(number).name)
                    self.stop.set()


async def _serve(
    settings: Config, models: Mapping[str, Model], ready: Callable[[str], None], read_again: Callable[[], Config],
    told: Told,
) -> None:  # fmt: skip
    listed = listed_keys(settings)
    if trouble := make_room(settings):
        logger.warning("%s", trouble)
    clock, ids = SystemClock(), SortedIds()
    data = DataDirectory(settings.server.data)
    try:
        host_key = load_or_create_host_key(data.host_key)
        database = Database(data.database, iso(clock.now_ms()))
        try:
            if database.recovered:
                logger.warning("%d answers were interrupted when the server died", database.recovered)
            write, read = Worker(), Worker()
            log = SqliteLog(database, write=write, read=read)
            directory = SqliteDirectory(database, write=write, read=read, ids=ids)
            scripts = LuaScripts(
                shipped_lua(), settings.lua.path, instructions=settings.lua.instructions, memory=settings.lua.memory,
                patience=None if settings.lua.path is None else StallBudget(config.SCRIPT_PATIENCE_S),
            )  # fmt: skip
            upstreams = Upstreams(settings, os.environ)
            for name, model in models.items():
                upstreams.roster.add(name, model)
            hub = make_hub(settings, Ports(clock, ids, log, directory, scripts, Random(), SystemMachine()), upstreams)
            engine = open_engine(logging.getLogger("chatd.engine"))
            async with engine, upstreams, _recording(hub, settings.server.grace), trio.open_nursery() as scripting:
                door = await make_door(settings, directory, hub, listed)
                # After the door: a name that is somebody's is not given to a model, or to a script's actor.
                scripting.start_soon(hub.discovery.run)
                await scripting.start(ServerScript(hub).serve)
                scripting.start_soon(hub.script_watch.run, Worker())
                scripting.start_soon(Worker(), load_lexers)
                calm_interpreter()
                server = SshServer(host_key, door, partial(serve_terminal, hub), ssh_limits(settings), ssh_logger)
                scripting.start_soon(Reread(settings, read_again, hub, door, told.hung_up).run, Worker())
                await _serve_until_told(hub, server, settings, ready, told)
                scripting.cancel_scope.cancel()
        finally:
            database.close()
    finally:
        data.close()


def calm_interpreter() -> None:
    """Spare the garbage collector what stays for good, and have it look less often: nothing runs while it looks. And
    let the loop have its turn soon when another thread computes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*config.COLLECTOR)
    sys.setswitchinterval(config.SWITCH_INTERVAL_S)


@asynccontextmanager
async def _recording(hub: Hub, grace: float) -> AsyncIterator[None]:
    """N1: the recorder runs while the block does; afterwards what waits is flushed, for half of `grace` at most."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_recorder, hub.recorder)
        nursery.start_soon(hub.stored.run, hub.register_waiting)
        nursery.start_soon(hub.rooms.run)
        nursery.start_soon(hub.lag.run)
        await hub.load()
        yield
        with trio.move_on_after(grace / 2) as patience:
            await hub.recorder.flushed()
            await hub.stored.flushed()
        if patience.cancelled_caught:
            lost = hub.recorder.debt + hub.stored.debt
            logger.error("%d changes could not be written before the server stopped", lost)
        nursery.cancel_scope.cancel()


async def _serve_until_told(
    hub: Hub, server: SshServer, settings: Config, ready: Callable[[str], None], told: Told
) -> None:
    """N2: accept until a signal comes, then let the sessions end."""
    if told.stop.is_set():
        return
    listeners = await open_listeners(settings.server.listen)
    with told.at_once:
        async with server.open():
            async with trio.open_nursery() as accepting:
                accepting.start_soon(server.accept, listeners)
                for listener in listeners:
                    ready(shown_address(listener))
                await told.stop.wait()
                accepting.cancel_scope.cancel()
            with trio.move_on_after(settings.server.grace / 2) as patience:
                hub.stop(patience.deadline)
                await server.goodbye(STOPPING)

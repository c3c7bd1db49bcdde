"""The composition root: opens the outer lifetimes, one inside the other, and is the only module that knows every part.

    signals                   minded from before the database is opened to after it is closed
    engine                    asyncio, for asyncssh alone
      server                  `wiring.server`, which the harness runs too: what outlives every session (N1), and within
                              it the gateways (N2)
        connections           each owns its sessions (N3), each session its mentions (N4)

SIGTERM or SIGINT: no new connections, mentions end as `interrupted`, sessions have half of `grace`, the last flush the
rest. A second signal: at once. SIGHUP: the configuration is read again.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

import trio

from chatd import bounds
from chatd.adapters.data_directory import DataDirectory
from chatd.adapters.file_events import DirectoryEvents
from chatd.adapters.lua import LuaScripts, StallBudget
from chatd.adapters.sqlite.credentials import SqliteCredentials
from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.directory import SqliteDirectory
from chatd.adapters.sqlite.log import SqliteLog
from chatd.adapters.ssh.engine import open_engine
from chatd.adapters.ssh.hostkey import load_or_create_host_key
from chatd.adapters.ssh.server import SshServer
from chatd.adapters.system import SortedIds, SystemClock, SystemMachine, SystemSecrets, Worker
from chatd.config import Config, shipped_lua
from chatd.core.times import iso
from chatd.ports import Gateway, Model
from chatd.screen.markdown.highlight import load_lexers
from chatd.tasks.log.bell import Bell
from chatd.tasks.serve import serve_terminal
from chatd.wiring.descriptors import make_room
from chatd.wiring.hub import Ports, listed_keys
from chatd.wiring.limits import ssh_limits
from chatd.wiring.server import Server, open_server
from chatd.wiring.web import check_web, open_web

logger = logging.getLogger("chatd.app")
ssh_logger = logging.getLogger("chatd.ssh")


HARMLESS = (signal.SIGUSR1, signal.SIGUSR2)
"""What tools send by habit. SIGPIPE, too; that one Python itself ignores."""


def say_ready(address: str) -> None:
    """The line for a gateway that accepts at this URL, on stdout."""
    sys.stdout.write(f"chatd ready {address}\n")
    sys.stdout.flush()


async def serve(
    settings: Config, *, models: Mapping[str, Model] | None = None, ready: Callable[[str], None] = say_ready,
    read_again: Callable[[], Config] | None = None,
) -> None:  # fmt: skip
    """Run the server until it is told to stop, or cancelled.

    `models` stand beside the configured ones; `ready` is called with each URL that is accepted at;
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
    check_web(settings)
    if trouble := make_room(settings):
        logger.warning("%s", trouble)
    data = DataDirectory(settings.server.data)
    try:
        host_key = load_or_create_host_key(data.host_key)
        database = Database(data.database, iso(SystemClock().now_ms()))
        try:
            if database.recovered:
                logger.warning("%d answers were interrupted when the server died", database.recovered)
            async with (
                open_engine(logging.getLogger("chatd.engine")),
                open_server(
                    settings, machine_ports(settings, database), listed=listed, models=models, read_again=read_again,
                    hung_up=told.hung_up,
                ) as server,
                trio.open_nursery() as warming,
            ):  # fmt: skip
                warming.start_soon(Worker(), load_lexers)
                calm_interpreter()
                hub = server.hub
                hub.web_url = settings.web.public_url.rstrip("/")
                ssh = SshServer(
                    host_key, hub.names, partial(serve_terminal, hub, server.screens), ssh_limits(settings), ssh_logger,
                    listen=settings.server.listen,
                )  # fmt: skip
                listen = settings.web.listen
                async with open_web(settings, hub, wanted=bool(listen), listen=listen) as web:
                    await _serve_until_told(server, [ssh, *web], ready, told)
                warming.cancel_scope.cancel()
        finally:
            database.close()
    finally:
        data.close()


def machine_ports(settings: Config, database: Database) -> Ports:
    """The machine as a server needs it: its clock, its threads, its network, scripts from its files."""
    ids, write, read = SortedIds(), Worker(), Worker()
    scripts = LuaScripts(
        shipped_lua(), settings.lua.path, instructions=settings.lua.instructions, memory=settings.lua.memory,
        patience=None if settings.lua.path is None else StallBudget(bounds.SCRIPT_PATIENCE_S),
    )  # fmt: skip
    return Ports(
        clock=SystemClock(),
        ids=ids,
        log=SqliteLog(database, write=write, read=read),
        directory=SqliteDirectory(database, write=write, read=read, ids=ids),
        credentials=SqliteCredentials(database, write=write, read=read),
        secrets=SystemSecrets(),
        scripts=scripts,
        random=Random(),
        machine=SystemMachine(),
        worker=Worker,
        environ=os.environ,
        file_events=DirectoryEvents([root for root in (settings.lua.path, shipped_lua()) if root is not None]),
    )


def calm_interpreter() -> None:
    """Spare the garbage collector what stays for good, and have it look less often: nothing runs while it looks. And
    let the loop have its turn soon when another thread computes.

    What loading has left over stays as well: it is less than a megabyte, and to look for it takes 50 ms of a start.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(*bounds.COLLECTOR)
    sys.setswitchinterval(bounds.SWITCH_INTERVAL_S)


async def _serve_until_told(
    server: Server, gateways: Sequence[Gateway], ready: Callable[[str], None], told: Told
) -> None:
    """Accept until a signal comes, then let the sessions end."""
    if told.stop.is_set():
        return
    with told.at_once:
        async with server.accepting(gateways):
            for gateway in gateways:
                for address in gateway.addresses:
                    if address.startswith("http"):
                        server.hub.web_url = server.hub.web_url or address
                    ready(address)
            await told.stop.wait()

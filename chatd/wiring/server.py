"""One server and its lifetimes: what the app runs on the machine and the harness in a simulated world.

N1  recorder, names, credentials, kept values,   outlive every session; the last flush is abandoned at its deadline
    rooms, lag, discovery, the server's script,
    the watch over its files, the configuration
  N2  gateways                                   told to stop: no new connections, sessions have half of `grace`
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import trio

from chatd.bounds import ROOM_ENTRIES
from chatd.config import Config
from chatd.core.members import Members
from chatd.ports import Gateway, Model
from chatd.tasks.chat.facts import STOPPING
from chatd.tasks.chat.hub import Hub
from chatd.tasks.log.bell import Bell
from chatd.tasks.log.recorder import serve_recorder
from chatd.tasks.screens.screens import Screens
from chatd.tasks.scripts.server.script import ServerScript
from chatd.wire.models.quotation import quote
from chatd.wiring.hub import Ports, make_hub, make_names
from chatd.wiring.models import Upstreams
from chatd.wiring.reread import Reread

logger = logging.getLogger("chatd.app")

NO_MODELS: Mapping[str, Model] = {}


class Server:
    """A running server, made by `open_server`. Nobody can come in but through the gateways of `accepting`."""

    def __init__(self, hub: Hub, screens: Screens, grace: float) -> None:
        self.hub = hub
        self.screens = screens
        self._grace = grace

    @asynccontextmanager
    async def accepting(self, gateways: Sequence[Gateway]) -> AsyncIterator[None]:
        """N2: people come in by all of these gateways while the block runs. Raises CannotBind before it does.

        At its end the server stops: no new connections, answers end as `interrupted`, and sessions have half of `grace`
        to end. When the block raises, or is cancelled, they are cancelled at once.
        """
        async with AsyncExitStack() as stack:
            for gateway in gateways:
                await stack.enter_async_context(gateway.open())
            yield
            with trio.move_on_after(self._grace / 2) as patience:
                self.hub.stop(patience.deadline)
                async with trio.open_nursery() as leaving:
                    for gateway in gateways:
                        leaving.start_soon(gateway.goodbye, STOPPING)


@asynccontextmanager
async def open_server(
    settings: Config, ports: Ports, *, listed: frozenset[str], read_again: Callable[[], Config], hung_up: Bell,
    models: Mapping[str, Model] = NO_MODELS, room_entries: int = ROOM_ENTRIES, seed: int = 0,
) -> AsyncIterator[Server]:  # fmt: skip
    """A server whose rooms and names are loaded; at the end of the block what waits is flushed, see `_recording`.

    `listed` are the fingerprints in `auth.authorized_keys`, `models` stand beside the configured ones. When `hung_up`
    rings, the configuration is read with `read_again`. `room_entries` is how many entries a room keeps in memory;
    `seed` is for what scripts draw at random. Raises BadConfig, StorageError.
    """
    members = Members()
    upstreams = Upstreams(
        settings, ports.environ, network=ports.network, now=lambda: ports.clock.now_ms() / 1000,
        is_member=members.__contains__,
    )  # fmt: skip
    for name in upstreams.registry:
        if (unset := upstreams.unset_variable(name)) is not None:
            logger.warning("the key of %s: the environment variable %s is not set", name, quote(unset))
    for name, model in models.items():
        upstreams.registry.add(name, model)
    names = make_names(settings, members, upstreams.registry, listed)
    hub = make_hub(settings, ports, upstreams, names, room_entries=room_entries, seed=seed)
    async with upstreams, _recording(hub, settings.server.grace), trio.open_nursery() as nursery:
        # The names are loaded: one that is somebody's is not given to a model, or to a script's actor.
        nursery.start_soon(hub.discovery.run)
        await nursery.start(ServerScript(hub).serve, ports.worker())
        screens = Screens(hub)
        await nursery.start(screens.serve)
        nursery.start_soon(hub.script_watch.run, ports.worker())
        nursery.start_soon(Reread(settings, read_again, hub, hung_up).run, ports.worker())
        yield Server(hub, screens, settings.server.grace)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def _recording(hub: Hub, grace: float) -> AsyncIterator[None]:
    """The recorder runs while the block does; afterwards what waits is flushed, for half of `grace` at most."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve_recorder, hub.recorder)
        nursery.start_soon(hub.stored.run)
        nursery.start_soon(hub.registration.run)
        nursery.start_soon(hub.credentials.changes.run)
        nursery.start_soon(hub.rooms.run)
        nursery.start_soon(hub.lag.run)
        await hub.load()
        yield
        with trio.move_on_after(grace / 2) as patience:
            await hub.recorder.flushed()
            await hub.registration.flushed()
            await hub.credentials.changes.flushed()
            await hub.stored.flushed()
        if patience.cancelled_caught:
            debts = (hub.recorder, hub.registration, hub.credentials.changes, hub.stored)
            lost = sum(part.debt for part in debts)
            logger.error("%d changes could not be written before the server stopped", lost)
        nursery.cancel_scope.cancel()

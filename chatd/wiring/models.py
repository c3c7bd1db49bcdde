"""Makes the models from configuration and environment: embedded ones, those behind endpoints, and sources of more."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from types import TracebackType

from chatd.adapters.embedded import Echo, Eliza
from chatd.adapters.upstream.address import Address
from chatd.adapters.upstream.endpoint import Endpoint, Network
from chatd.adapters.upstream.model import UpstreamModel
from chatd.adapters.upstream.source import Make, ServerSource
from chatd.config import Config, ModelConfig
from chatd.core.names import fold
from chatd.errors import BadConfig
from chatd.ports import Model, ModelInfo
from chatd.tasks.asking.model_registry import ModelRegistry
from chatd.wire.models.listing import Listed, is_called
from chatd.wire.models.protocol import FoundServer, WireProtocol
from chatd.wire.models.protocols import PROTOCOLS
from chatd.wire.models.request import NOTHING, RequestSettings
from chatd.wiring.limits import client_limits

logger = logging.getLogger("chatd.models")
upstream_logger = logging.getLogger("chatd.models.upstream")

EMBEDDED: Mapping[str, Callable[[ModelConfig], Model]] = {
    "eliza": lambda one: Eliza(one.name, one.pace),
    "echo": lambda one: Echo(one.name),
}
"""Provider -> the model within this server. Each is there under its own name, unless a configured model takes that."""

HOSTED_CONTEXT = 32_768
"""Tokens of context that a discovered model of a hosted service gets: its tokens are paid for, and rooms are long."""


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server and the models behind it, as far as they are known before the server is asked."""

    endpoint: Endpoint
    configured: tuple[UpstreamModel, ...] = ()
    make: Make | None = None
    """Builds the model for an entry of the server's list; None where only configured models are asked."""
    named: bool = False
    """Whether the environment names the server: whoever set a key wants to know that it is wrong."""

    def source(self) -> ServerSource:
        """The server as a source of models."""
        return ServerSource(self.endpoint, configured=self.configured, make=self.make, named=self.named)


class Upstreams:
    """All models and the servers behind them. The connections to the servers are closed at the end of the block.

    Args:
        settings: which models are configured, and whether more are looked for.
        environ: where keys and addresses are looked up.
        network: makes the connections; the machine's own network without it.
        now: gives seconds since the epoch.
        is_member: tells which names are people's.
        protocols: the protocols of servers, by the names that the configuration has for them.

    Raises BadConfig for a model with an unknown provider, an endpoint that is no URL, or a key that cannot be sent.
    """

    def __init__(
        self, settings: Config, environ: Mapping[str, str], *, network: Network | None = None,
        now: Callable[[], float] = time.time, is_member: Callable[[str], bool] = lambda _: False,
        protocols: Mapping[str, WireProtocol] = PROTOCOLS,
    ) -> None:  # fmt: skip
        self._environ = environ
        self._network = network
        self._now = now
        self._protocols = protocols
        self._limits = client_limits(settings)
        self._endpoints: dict[tuple[Address, str], Endpoint] = {}
        self._servers: dict[Endpoint, ModelServer] = {}
        self._misaddressed: dict[str, str] = {}
        self._unset: dict[str, str] = {}
        self._stack = AsyncExitStack()
        models: dict[str, Model] = {}
        for one in (*settings.models, *(ModelConfig(name=provider, provider=provider) for provider in EMBEDDED)):
            if one.name not in models:
                models[one.name] = self._model(one)
        self.registry = ModelRegistry(models, is_member=is_member)
        if settings.server.discover:
            for protocol in protocols.values():
                found = protocol.find_server(environ)
                if found is not None:
                    self._discover(protocol, found)
        self.sources = tuple(server.source() for server in self.servers)

    @property
    def servers(self) -> Sequence[ModelServer]:
        """The servers, those of configured models first."""
        return tuple(self._servers.values())

    @property
    def misaddressed(self) -> Mapping[str, str]:
        """Protocol -> why no models are looked for at the address that the environment has for it."""
        return self._misaddressed

    def unset_variable(self, model: str) -> str | None:
        """The environment variable that a configured model's key should be in, if it is not set."""
        return self._unset.get(model)

    async def __aenter__(self) -> Upstreams:
        for endpoint in self._endpoints.values():
            await self._stack.enter_async_context(endpoint)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    # --- configured models

    def _model(self, one: ModelConfig) -> Model:
        if one.provider in EMBEDDED:
            return EMBEDDED[one.provider](one)
        protocol = self._protocols.get(one.provider)
        if protocol is None:
            raise BadConfig(f"model {one.name}: there is no provider {one.provider}")
        try:
            endpoint = self._endpoint(protocol, one.endpoint, self._key(one, protocol))
        except BadConfig as error:
            raise BadConfig(f"model {one.name}: {error}") from None
        model = self._upstream(one, endpoint, one.model or one.name)
        server = self._servers.get(endpoint, ModelServer(endpoint))
        self._servers[endpoint] = replace(server, configured=(*server.configured, model))
        return model

    def _upstream(
        self, one: ModelConfig, endpoint: Endpoint, model: str, capabilities: tuple[str, ...] = ()
    ) -> UpstreamModel:
        info = ModelInfo(
            one.name, one.provider, model, endpoint.address.shown,
            capabilities=capabilities, context_tokens=one.context_tokens,
            max_tokens=one.max_tokens, system=one.system, tools=one.tools, max_parallel=one.max_parallel,
            local=endpoint.address.local,
        )  # fmt: skip
        settings = RequestSettings(
            model=model,
            max_tokens=one.max_tokens,
            context_tokens=one.context_tokens,
            without=endpoint.protocol.refused_at_home if endpoint.address.at_home else NOTHING,
            cumulative=one.cumulative,
            untagged=one.thinking == "untagged",
        )
        return UpstreamModel(info, endpoint, settings, self._limits, now=self._now, log=upstream_logger)

    def _key(self, one: ModelConfig, protocol: WireProtocol) -> str:
        variable = one.api_key_env or ("" if one.endpoint else protocol.key_variable)
        key = self._environ.get(variable, "") if variable else ""
        if variable and not key:
            self._unset[one.name] = variable
        return key

    def _endpoint(self, protocol: WireProtocol, url: str, key: str) -> Endpoint:
        """The endpoint of a server and key: models with the same ones share its connections."""
        made = Endpoint(protocol, url, key, pool=self._limits.pool, network=self._network)
        return self._endpoints.setdefault((made.address, key), made)

    # --- models nobody configured

    def _discover(self, protocol: WireProtocol, found: FoundServer) -> None:
        """Have models looked for on a server that the environment names, or that may be there."""
        try:
            endpoint = self._endpoint(protocol, found.url, found.key)
        except BadConfig as error:
            # The address may hold a password, so only the error's sentence is logged: it repeats none.
            logger.warning("no models of %s are looked for where the environment says: %s", protocol.name, error)
            self._misaddressed[protocol.name] = str(error)
            return

        def make(listed: Listed) -> UpstreamModel | None:
            if _is_same(self.registry.fixed(listed.name), endpoint, listed.name):
                return None  # it is in the registry already
            own = ModelConfig.context_tokens if endpoint.address.local else HOSTED_CONTEXT
            context = min(own, listed.context_tokens or own)
            name = fold(listed.name)
            if self.registry.is_taken(name):  # a name belongs to whoever had it first
                name = f"{protocol.name}/{name}"
            one = ModelConfig(name, protocol.name, context_tokens=context)
            return self._upstream(one, endpoint, listed.name, listed.capabilities)

        server = self._servers.get(endpoint, ModelServer(endpoint))
        self._servers[endpoint] = replace(server, make=make, named=found.named)


def _is_same(model: Model | None, endpoint: Endpoint, listed: str) -> bool:
    """Whether a model of the registry is the one that the server lists under that name."""
    at = endpoint.address.shown
    return model is not None and model.info.endpoint == at and is_called(listed, model.info.model)

"""From configuration and environment to models: the embedded ones, those behind endpoints, and where more are found."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType

from chatd.adapters.embedded import Echo, Eliza
from chatd.adapters.upstream.address import Address, parse
from chatd.adapters.upstream.endpoint import Endpoint, Network
from chatd.adapters.upstream.listing import Listed
from chatd.adapters.upstream.model import UpstreamModel
from chatd.adapters.upstream.source import Make, ServerSource
from chatd.config import Config, ModelConfig
from chatd.core.names import fold
from chatd.errors import BadConfig
from chatd.ports import Model, ModelInfo
from chatd.tasks.asking.model_registry import ModelRegistry
from chatd.wire.models.decoder import RequestSettings
from chatd.wire.models.ollama import is_called
from chatd.wire.models.request import NOTHING, Part
from chatd.wiring.limits import client_limits

logger = logging.getLogger("chatd.models")

EMBEDDED = (ModelConfig(name="eliza", provider="eliza"), ModelConfig(name="echo", provider="echo"))
"""Always there, unless a configured model takes the name."""

KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
"""Where each protocol's own clients take their key from; also ours, for the protocol's home."""

NEWER_BOUND = frozenset({Part.MAX_TOKENS})
"""What OpenAI itself refuses: it wants the bound on an answer under its newer key."""

HOSTED_CONTEXT = 32_768
"""Tokens that a discovered model of a hosted service is given: each of them is paid for, and rooms are long."""


class Upstreams:
    """Every model and the servers behind them; the connections are open inside the block.

    `environ` is where keys and addresses are looked up; `network` and `now` (seconds since the epoch) are the machine's
    own but in the harness. `is_member` tells which names are people's.
    """

    def __init__(
        self, settings: Config, environ: Mapping[str, str], *, network: Network | None = None,
        now: Callable[[], float] = time.time, is_member: Callable[[str], bool] = lambda _: False,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._environ = environ
        self._network = network
        self._now = now
        self._limits = client_limits(settings)
        self._endpoints: dict[tuple[Address, str], Endpoint] = {}
        self.configured: dict[Endpoint, list[UpstreamModel]] = {}
        self.discovering: dict[Endpoint, Make] = {}
        self.asked_for: set[Endpoint] = set()
        """Those that the environment names: whoever set a key wants to know that it is wrong."""
        self.unusable: dict[str, str] = {}
        """Provider -> why nothing is looked for where the environment says."""
        self._stack = AsyncExitStack()
        self.unset: dict[str, str] = {}
        """Model -> the environment variable its key should be in and is not."""
        models: dict[str, Model] = {}
        for one in (*settings.models, *EMBEDDED):
            if one.name not in models:
                models[one.name] = self._model(one)
        self.roster = ModelRegistry(models, is_member=is_member)
        if settings.server.discover:
            self._find_more()
        everywhere = dict.fromkeys([*self.configured, *self.discovering])
        self.sources = tuple(
            ServerSource(
                e, configured=self.configured.get(e, ()), make=self.discovering.get(e), asked_for=e in self.asked_for
            )
            for e in everywhere
        )  # fmt: skip

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
        match one.provider:
            case "eliza":
                return Eliza(one.name, one.pace)
            case "echo":
                return Echo(one.name)
        try:
            endpoint = self._endpoint(one.provider, one.endpoint, self._key(one))
        except BadConfig as error:
            raise BadConfig(f"model {one.name}: {error}") from None
        model = self._upstream(one, endpoint, one.model or one.name)
        self.configured.setdefault(endpoint, []).append(model)
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
            without=NEWER_BOUND if one.provider == "openai" and endpoint.address == parse("openai", "") else NOTHING,
            cumulative=one.cumulative,
            untagged=one.thinking == "untagged",
        )
        return UpstreamModel(info, endpoint, settings, self._limits, now=self._now, log=logger)

    def _key(self, one: ModelConfig) -> str:
        variable = one.api_key_env or ("" if one.endpoint else KEYS.get(one.provider, ""))
        key = self._environ.get(variable, "") if variable else ""
        if variable and not key:
            self.unset[one.name] = variable
        return key

    def _endpoint(self, provider: str, url: str, key: str) -> Endpoint:
        """One for each server and key: their connections are shared."""
        made = Endpoint(provider, url, key, network=self._network)
        return self._endpoints.setdefault((made.address, key), made)

    # --- models nobody configured

    def _find_more(self) -> None:
        env = self._environ
        host = env.get("OLLAMA_HOST", "")
        self._discover("ollama", ollama_address(host), "", asked_for=bool(host))
        if env.get("OPENAI_API_KEY") or env.get("OPENAI_BASE_URL"):
            self._discover("openai", env.get("OPENAI_BASE_URL", ""), env.get("OPENAI_API_KEY", ""))
        if env.get("ANTHROPIC_API_KEY"):
            self._discover("anthropic", env.get("ANTHROPIC_BASE_URL", ""), env["ANTHROPIC_API_KEY"])

    def _discover(self, provider: str, url: str, key: str, *, asked_for: bool = True) -> None:
        try:
            endpoint = self._endpoint(provider, url, key)
        except BadConfig as error:
            # The address itself may hold a password: the sentence knows what of it can be shown.
            logger.warning("no models of %s are looked for where the environment says: %s", provider, error)
            self.unusable[provider] = str(error)
            return

        def make(listed: Listed) -> UpstreamModel | None:
            if _is_same(self.roster.fixed(listed.name), endpoint, listed.name):
                return None  # it is configured, and would be listed twice
            own = ModelConfig.context_tokens if endpoint.address.local else HOSTED_CONTEXT
            context = min(own, listed.context_tokens or own)
            name = fold(listed.name)
            if self.roster.is_taken(name):  # who has the name keeps it, and nobody else writes under it
                name = f"{provider}/{name}"
            one = ModelConfig(name, provider, context_tokens=context)
            return self._upstream(one, endpoint, listed.name, listed.capabilities)

        self.discovering[endpoint] = make
        if asked_for:
            self.asked_for.add(endpoint)


def _is_same(model: Model | None, endpoint: Endpoint, listed: str) -> bool:
    """Whether a model is what that server lists under that name."""
    if model is None or model.info.endpoint != endpoint.address.shown:
        return False
    return is_called(listed, model.info.model)


def ollama_address(host: str) -> str:
    """`$OLLAMA_HOST` as an address to ask: it may lack scheme and port, and name the address to listen on."""
    text = host.strip().strip("'\"").rstrip("/")
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "http", text
    name, colon, port = rest.rpartition(":") if not rest.endswith("]") else (rest, "", "")
    if not colon or "/" in port:
        name, port = rest, "443" if scheme == "https" else "80" if mark else "11434"
    if name in ("", "0.0.0.0", "[::]"):  # noqa: S104 -- nobody listens here: it is read as this machine
        name = "127.0.0.1"
    return f"{scheme}://{name}:{port}"

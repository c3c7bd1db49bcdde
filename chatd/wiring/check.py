"""The findings of `chatd check` about models: each endpoint is asked for its list of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import trio

from chatd.adapters.lua.files import Files
from chatd.adapters.upstream.endpoint import Endpoint, Network
from chatd.adapters.upstream.faults import Refused
from chatd.adapters.upstream.listing import look_up
from chatd.adapters.upstream.source import build
from chatd.config import Config, shipped_lua
from chatd.core.sanitize import sanitize_line
from chatd.errors import ModelFailure
from chatd.ports import ModelInfo
from chatd.tasks.asking.tools import calculate, clock, roll_dice, search_room
from chatd.tasks.asking.tools.registry import ALL
from chatd.wire.models.listing import Listed, is_called
from chatd.wire.models.protocol import WireProtocol
from chatd.wire.models.quotation import quote
from chatd.wiring.models import Upstreams

SHOWN = 5
"""Models of a list that a finding names when the configured one is not among them."""

SHIPPED = frozenset(module.SPEC.name for module in (calculate, clock, roll_dice, search_room))
"""Names of the tools that exist without a script."""

Answer = list[Listed] | ModelFailure | None
"""The list of a server; None when the server answers and has no list."""

_UNLISTED = "the server answers; it does not list its models"


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of a model, or of a server that nobody configured and that gives no models: its name is in brackets.

    `good`: the model can be asked, as far as its server's list tells.
    """

    info: ModelInfo
    state: str
    good: bool

    @property
    def line(self) -> str:
        """One line for a terminal, sanitised: names and failures in it come from servers."""
        info = self.info
        name = info.name if info.name.startswith("(") else "@" + info.name
        return sanitize_line(f"{name:<24} {info.provider:<10} {info.endpoint or '-':<32} {self.state}")


def check_scripts(settings: Config) -> list[str]:
    """The faults of the operator's scripts that are found without running them, each with file and line."""
    return [sanitize_line(problem) for problem in Files(shipped_lua(), settings.lua.path).problems()]


async def check_models(
    settings: Config, environ: Mapping[str, str], *, network: Network | None = None
) -> list[Finding]:
    """The findings about configured and embedded models, then about those that are discovered. Raises BadConfig.

    `network` makes the connections; the machine's own network without it.
    """
    upstreams = Upstreams(settings, environ, network=network)
    answers: dict[Endpoint, Answer] = {}

    async def ask(endpoint: Endpoint) -> None:
        try:
            answers[endpoint] = await look_up(endpoint)
        except ModelFailure as failure:
            answers[endpoint] = failure

    async with upstreams, trio.open_nursery() as nursery:
        for server in upstreams.servers:
            nursery.start_soon(ask, server.endpoint)
    return [*_fixed(upstreams, answers), *_found(upstreams, answers), *_missed(upstreams, answers)]


def _fixed(upstreams: Upstreams, answers: Mapping[Endpoint, Answer]) -> Iterator[Finding]:
    """The configured and the embedded models."""
    behind = {model.info.name: server.endpoint for server in upstreams.servers for model in server.configured}
    for name, model in upstreams.registry.items():
        state, good = "ready", True
        if name in behind:
            endpoint, unset = behind[name], upstreams.unset_variable(name)
            state, good = _state(model.info, endpoint.protocol, answers[endpoint], unset)
        yield Finding(model.info, state + _unknown_tools(model.info.tools), good)


def _found(upstreams: Upstreams, answers: Mapping[Endpoint, Answer]) -> list[Finding]:
    """The models that join the registry, by its own rules: those that nobody could ask are left out."""
    before = set(upstreams.registry)
    for server in upstreams.servers:
        answer = answers[server.endpoint]
        if server.make is not None and isinstance(answer, list):
            upstreams.registry.found(server.endpoint, build(answer, server.make, {}).values())
    more = [model for name, model in upstreams.registry.items() if name not in before]
    return [Finding(model.info, "ready (found by itself)", True) for model in more]


def _missed(upstreams: Upstreams, answers: Mapping[Endpoint, Answer]) -> Iterator[Finding]:
    """Servers that nobody configured and that give no list."""
    for name, why in upstreams.misaddressed.items():
        yield Finding(ModelInfo(f"({name})", name, ""), why, good=False)
    for server in upstreams.servers:
        answer, name = answers[server.endpoint], server.endpoint.protocol.name
        if isinstance(answer, list) or server.configured:
            continue  # its models are among the findings
        info = ModelInfo(f"({name})", name, "", server.endpoint.address.shown)
        if answer is None:
            yield Finding(info, _UNLISTED, good=True)
        elif server.named or not isinstance(answer, Refused):  # most machines have no Ollama
            yield Finding(info, str(answer), good=False)


def _state(info: ModelInfo, protocol: WireProtocol, answer: Answer, unset: str | None) -> tuple[str, bool]:
    """The state of a configured model in words, and whether it can be asked."""
    if unset is not None:
        # Quoted with care: some operators write the key itself where its variable's name is wanted.
        return f"the environment variable {quote(unset)} is not set", False
    if isinstance(answer, ModelFailure):
        return str(answer), False
    if answer is None:
        return _UNLISTED, True
    names = [one.name for one in answer]
    if not names or any(is_called(name, info.model) for name in names):
        return "ready", True
    some = quote(", ".join(names[:SHOWN])) + (", …" if len(names) > SHOWN else "")
    hint = f"; `{protocol.pull_command} {info.model}` fetches it" if protocol.pull_command else ""
    return f"the server has no model {info.model!r}, but {some}{hint}", False


def _unknown_tools(tools: Sequence[str]) -> str:
    unknown = [repr(tool) for tool in tools if tool not in SHIPPED and tool != ALL]
    return f"; there is no tool {', '.join(unknown)} unless a script defines it" if unknown else ""

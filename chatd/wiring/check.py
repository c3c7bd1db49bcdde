"""What `chatd check` finds out about models: each endpoint is asked what it offers, and what is wrong is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import trio

from chatd.adapters.upstream.endpoint import Endpoint
from chatd.adapters.upstream.listing import Listed, list_models
from chatd.config import Config
from chatd.errors import ModelFailure
from chatd.ports import ModelInfo
from chatd.wiring.models import Upstreams

NO_LIST = (404, 405, 501)
"""What servers answer that do not list their models: they are there all the same."""

SHOWN = 5
"""Models that are named when the wanted one is not among them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How a model is. `good`: it can be asked, as far as can be known without asking it."""

    info: ModelInfo
    state: str
    good: bool


async def check_models(settings: Config, environ: Mapping[str, str]) -> list[Finding]:
    """Every configured and embedded model, then what is found beside them. Raises BadConfig."""
    upstreams = Upstreams(settings, environ)
    answers: dict[Endpoint, list[Listed] | ModelFailure] = {}

    async def ask(endpoint: Endpoint) -> None:
        try:
            answers[endpoint] = await list_models(endpoint)
        except ModelFailure as failure:
            answers[endpoint] = failure

    async with upstreams, trio.open_nursery() as nursery:
        for endpoint in {*upstreams.configured, *upstreams.discovering}:
            nursery.start_soon(ask, endpoint)
    behind = {model.info.name: endpoint for endpoint, models in upstreams.configured.items() for model in models}
    findings = []
    for name, model in upstreams.roster.items():
        answer = answers[behind[name]] if name in behind else []
        state, good = _state(model.info, answer, upstreams.unset.get(name)) if name in behind else ("ready", True)
        findings.append(Finding(model.info, state, good))
    for endpoint, make in upstreams.discovering.items():
        found = answers[endpoint]
        if not isinstance(found, ModelFailure):
            findings += [Finding(make(one).info, "ready (found by itself)", True) for one in found]
    return findings


def _state(info: ModelInfo, answer: list[Listed] | ModelFailure, unset: str | None) -> tuple[str, bool]:
    if unset is not None:
        return f"the environment variable {unset} is not set", False
    if isinstance(answer, ModelFailure):
        if answer.status in NO_LIST:
            return "the server answers; it does not list its models", True
        return str(answer), False
    names = [one.name for one in answer]
    if info.model in names or f"{info.model}:latest" in names or not names:
        return "ready", True
    some = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    hint = f"; `ollama pull {info.model}` fetches it" if info.provider == "ollama" else ""
    return f"the server has no model {info.model!r}, but {some}{hint}", False

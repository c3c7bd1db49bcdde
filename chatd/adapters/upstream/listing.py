"""What models a server offers, as far as it says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from chatd.adapters.upstream.endpoint import Endpoint
from chatd.adapters.upstream.fetch import fetch
from chatd.errors import ModelFailure, ProtocolFailure
from chatd.wire.models.json_values import Object, a_count, a_list, a_string, an_object

MAX_MODELS = 500
"""Models taken from one server; the largest ones list some hundred."""
_NO_LIST = frozenset({404, 405, 501})
"""What servers answer that do not list their models: they are there all the same."""
_SHOWS_AT_ONCE = 4
"""An Ollama reads a file for each."""
_KNOWN_DIGESTS = 2 * MAX_MODELS
"""What is remembered of models that may be gone by now."""

_NO_CHAT = re.compile(
    r"embed|tts|whisper|dall-e|moderation|transcri|image|realtime|audio|davinci|babbage|rerank|sora|speech",
    re.IGNORECASE,
)
"""Models that hosted servers list beside those that chat; nothing else in their lists tells them apart."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that a server offers. No capabilities: it does not say."""

    name: str
    capabilities: tuple[str, ...] = ()
    context_tokens: int | None = None


async def look_up(endpoint: Endpoint) -> list[Listed] | None:
    """As `list_models`; None from a server that is there and does not list its models."""
    try:
        return await list_models(endpoint)
    except ModelFailure as failure:
        if failure.status in _NO_LIST:
            return None
        raise


async def list_models(endpoint: Endpoint) -> list[Listed]:
    """What the server offers now, in its order, without models that cannot chat.

    Raises ModelFailure when it cannot be had; cancelling closes the connections.
    """
    match endpoint.provider:
        case "ollama":
            return await _ollama(endpoint)
        case "anthropic":
            return _anthropic(await fetch(endpoint, "GET", "/v1/models", query=f"limit={MAX_MODELS}"))
        case _:
            return _openai(await fetch(endpoint, "GET", "/models"))


async def _ollama(endpoint: Endpoint) -> list[Listed]:
    tags = _entries(await fetch(endpoint, "GET", "/api/tags"), "models")
    shown: dict[str, Object] = {}
    limiter = anyio.CapacityLimiter(_SHOWS_AT_ONCE)

    async def show(tag: Object) -> None:
        async with limiter:
            shown[_tag_name(tag)] = await _show(endpoint, tag)

    async with anyio.create_task_group() as tasks:
        for tag in tags:
            tasks.start_soon(show, tag)
    listed = []
    for tag in tags:
        name = _tag_name(tag)
        about = shown[name]
        known = about.get("capabilities", tag.get("capabilities"))
        capabilities = tuple(word for word in map(a_string, a_list(known)) if word)
        # An older Ollama does not say; then a model is taken for one that chats.
        if name and (not capabilities or "completion" in capabilities):
            listed.append(Listed(name, capabilities, _ollama_context(tag, about)))
    return listed


async def _show(endpoint: Endpoint, tag: Object) -> Object:
    """What there is to know of a model; nothing when the server fails to say. Of one file it is asked once."""
    known = endpoint.shown
    digest = a_string(tag.get("digest"))
    if digest and digest in known:
        return known[digest]
    try:
        about = an_object(await fetch(endpoint, "POST", "/api/show", {"model": _tag_name(tag)}))
    except ModelFailure:
        return {}
    kept: dict[str, object] = {"model_info": _lengths(an_object(about.get("model_info")))}
    if "capabilities" in about:
        kept["capabilities"] = about["capabilities"]
    if digest:
        while len(known) >= _KNOWN_DIGESTS:
            del known[next(iter(known))]
        known[digest] = kept
    return kept


def _entries(value: object, key: str) -> Sequence[Object]:
    """The objects in the list under `key`. Raises ProtocolFailure when there is no list: this is some other server."""
    found = value.get(key) if isinstance(value, dict) else None
    if found is None and isinstance(value, dict) and key in value:
        return []  # Go says null for an empty list
    if not isinstance(found, list):
        raise ProtocolFailure("what should be a list of models is something else")
    return [entry for entry in found if isinstance(entry, dict)][:MAX_MODELS]


def _tag_name(tag: Object) -> str:
    return a_string(tag.get("name")) or a_string(tag.get("model"))


def _lengths(info: Object) -> Object:
    """Of a model's many details the one we want; some of the others are megabytes of vocabulary."""
    return {key: value for key, value in info.items() if key.endswith(".context_length")}


def _ollama_context(tag: Object, about: Object) -> int | None:
    found = [a_count(value) for value in an_object(about.get("model_info")).values()]
    found.append(a_count(an_object(tag.get("details")).get("context_length")))
    return next((length for length in found if length), None)


def _openai(value: object) -> list[Listed]:
    return [
        Listed(name, (), _openai_context(entry))
        for entry in _entries(value, "data")
        if (name := a_string(entry.get("id"))) and not _NO_CHAT.search(name)
    ]


def _openai_context(entry: Object) -> int | None:
    """Each server calls it differently: vLLM, others, llama-server."""
    said = (entry.get("max_model_len"), entry.get("context_length"), an_object(entry.get("meta")).get("n_ctx_train"))
    return next((length for value in said if (length := a_count(value))), None)


def _anthropic(value: object) -> list[Listed]:
    entries = _entries(value, "data")
    return [Listed(name) for entry in entries if (name := a_string(entry.get("id")))]

"""Who can be asked, in the shapes of models' servers: for clients that let one choose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from chatd.core.times import iso
from chatd.errors import NotFound
from chatd.ports import Model, Route, WebReply, WebRequest
from chatd.tasks.web.bodies import MAX_BODY
from chatd.tasks.web.front import WebFront
from chatd.tasks.web.model_clients import FORMS, in_form
from chatd.tasks.web.replies import reply_json
from chatd.wire.models.listing import OURS
from chatd.wire.web.client_form import ClientForm
from chatd.wire.web.json_body import parse_object

Answer = Callable[[WebFront, WebRequest], Awaitable[Mapping[str, object]]]

OLLAMA_VERSION = "0.12.0"
"""The version of Ollama whose replies these are like: clients refuse to speak to old ones."""


def routes(front: WebFront) -> list[Route]:
    """This part of the table."""
    openai, ollama = FORMS["/v1/chat/completions"], FORMS["/api/chat"]
    return [
        _route(front, "GET", "/v1/models", openai, _models),
        _route(front, "GET", "/v1/models/{name:path}", openai, _model),
        _route(front, "GET", "/api/tags", ollama, _tags),
        _route(front, "POST", "/api/show", ollama, _show),
        _route(front, "GET", "/api/version", ollama, _version),
    ]


def _route(front: WebFront, method: str, path: str, form: ClientForm, answer: Answer) -> Route:
    async def handler(request: WebRequest, reply: WebReply) -> None:
        with front.callers.reading(request):
            await reply_json(reply, await answer(front, request))

    return Route(method, path, in_form(form, handler))


async def _models(front: WebFront, _: WebRequest) -> Mapping[str, object]:
    models = [_listed(front, model) for _, model in front.hub.models.items()]
    first, last = (models[0]["id"], models[-1]["id"]) if models else (None, None)
    # The last three are Anthropic's, whose clients ask at the same path.
    return {"object": "list", "data": models, "has_more": False, "first_id": first, "last_id": last}


async def _model(front: WebFront, request: WebRequest) -> Mapping[str, object]:
    """An actor by its name, which may have a slash in it, or by that of `ROOM/NAME`."""
    models, name = front.hub.models, request.parts["name"]
    model = models.named(name) or models.named(name.partition("/")[2]) or models.find(name)
    return {**_listed(front, model), "id": name}


def _listed(front: WebFront, model: Model) -> Mapping[str, object]:
    started, info = front.hub.facts.started_ms, model.info
    return {
        "id": info.name, "object": "model", "created": started // 1000, "owned_by": info.provider, "type": "model",
        "display_name": info.name, "created_at": iso(started), "context_length": info.context_tokens,
    }  # fmt: skip


async def _tags(front: WebFront, _: WebRequest) -> Mapping[str, object]:
    return {"models": [_tag(front, model) for _, model in front.hub.models.items()]}


def _tag(front: WebFront, model: Model) -> Mapping[str, object]:
    info = model.info
    return {
        "name": info.name, "model": info.name, "modified_at": iso(front.hub.facts.started_ms), "size": 0, "digest": "",
        "details": _details(model), OURS: front.hub.facts.version,
    }  # fmt: skip


async def _show(front: WebFront, request: WebRequest) -> Mapping[str, object]:
    asked = parse_object(await request.read(MAX_BODY))
    model = front.hub.models.named(name := asked.text("model", "") or asked.text("name", ""))
    if model is None:
        raise NotFound(f"model {name[:40]!r} not found")
    info = model.info
    return {
        "modelfile": "", "parameters": "", "template": "", "details": _details(model),
        "model_info": {"general.architecture": "chatd", "chatd.context_length": info.context_tokens},
        "capabilities": list(info.capabilities or ("completion", "tools")),
    }  # fmt: skip


def _details(model: Model) -> Mapping[str, object]:
    return {
        "parent_model": "", "format": "", "family": model.info.provider, "families": [model.info.provider],
        "parameter_size": "", "quantization_level": "",
    }  # fmt: skip


async def _version(front: WebFront, _: WebRequest) -> Mapping[str, object]:
    return {"version": OLLAMA_VERSION, "chatd": front.hub.facts.version}

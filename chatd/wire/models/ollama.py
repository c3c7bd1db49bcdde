"""Ollama's protocol: `/api/chat` in lines of JSON, and `/api/tags` and `/api/show` about its models."""

from __future__ import annotations

from collections.abc import Mapping

from chatd.core.question import Question, ToolReturned
from chatd.core.stream import ToolCall
from chatd.wire.models.frames import WireFrame
from chatd.wire.models.json_values import (
    Object,
    a_count,
    a_duration,
    a_list,
    a_string,
    an_object,
    not_an_answer,
    parse_object,
)
from chatd.wire.models.listing import OURS, Details, Listed, Listing
from chatd.wire.models.ndjson import NDJSON
from chatd.wire.models.protocol import FoundServer, WireProtocol
from chatd.wire.models.refusals import find_error, stream_failure
from chatd.wire.models.reply import Reply, arguments_text
from chatd.wire.models.request import (
    RequestSettings,
    function_tools,
    offered,
    present,
    replayed_arguments,
    role_messages,
)
from chatd.wire.models.tool_calls import call_list

_NS_PER_MS = 1e6
"""Its durations are in nanoseconds."""


class OllamaDialect:
    """Reads frames into `reply`. Raises ModelFailure."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def take(self, frame: WireFrame) -> None:
        """The next line; none after the reply is over."""
        value = parse_object(frame.data)
        error = find_error(value)
        if error is not None:
            raise stream_failure(error)
        reason = a_string(value.get("done_reason"))
        done = value.get("done") is True or bool(reason) or value.get("status") == "success"
        if not done and "message" not in value:
            self._reply.undefined(frame.data)
        self._message(an_object(value.get("message")), done)
        self._usage(value)
        if done:
            self._reply.finish_reason = reason
            self._reply.finish()

    def whole(self, frame: WireFrame) -> None:
        """A reply that was not streamed: it counts as a last line even when it does not say `done`."""
        if not isinstance(parse_object(frame.data).get("message"), dict):
            self.take(frame)  # an error, or the end of a reply without a message
            if not self._reply.over:
                raise not_an_answer(frame.data)
            return
        self.take(frame)
        if not self._reply.over:
            self._reply.finish()

    def end(self) -> bool:
        """The body ended: it never counts as finished without `done`, which every complete reply has."""
        return False

    def _message(self, message: Object, done: bool) -> None:
        reply = self._reply
        reply.message(message, last=done)
        reply.sent_back.add_text("thinking", a_string(message.get("thinking")))
        for item in call_list(message):
            told = an_object(item)
            function = an_object(told.get("function"))
            call = reply.begin_call(a_string(told.get("id")), a_string(function.get("name")))
            reply.extend_call(call, arguments_text(function.get("arguments")))

    def _usage(self, value: Object) -> None:
        # The server leaves out a count of zero.
        prompt, completion = a_count(value.get("prompt_eval_count")), a_count(value.get("eval_count"))
        if prompt is not None:
            self._reply.prompt_tokens = prompt
        if completion is not None:
            self._reply.completion_tokens = completion
        self._reply.took(
            eval_ms=_milliseconds(value.get("eval_duration")),
            prompt_eval_ms=_milliseconds(value.get("prompt_eval_duration")),
            load_ms=_milliseconds(value.get("load_duration")),
            total_ms=_milliseconds(value.get("total_duration")),
        )


def _milliseconds(nanoseconds: object) -> float | None:
    told = a_duration(nanoseconds)
    return None if told is None else told / _NS_PER_MS


def _encode(question: Question, settings: RequestSettings, *, stream: bool) -> dict[str, object]:
    """The body of a request."""
    sampling = question.sampling
    drawn = {
        "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k, "seed": sampling.seed,
        "stop": list(sampling.stop) or None, "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
    }  # fmt: skip
    options: dict[str, object] = {"num_predict": sampling.longest(settings.max_tokens), **present(drawn)}
    if settings.context_tokens is not None:
        options["num_ctx"] = settings.context_tokens
    body: dict[str, object] = {
        "model": settings.model,
        "messages": role_messages(question, settings, _made_call, _call_result),
        "stream": stream,
        "options": options,
    }
    if tools := offered(question, settings):
        body["tools"] = function_tools(tools)
    if sampling.format is not None:
        schema = an_object(sampling.format.get("json_schema")).get("schema")
        body["format"] = schema if isinstance(schema, dict) else "json"
    return body


def _made_call(call: ToolCall) -> dict[str, object]:
    return {"id": call.id, "function": {"name": call.name, "arguments": replayed_arguments(call)}}


def _call_result(result: ToolReturned) -> dict[str, object]:
    return {"role": "tool", "content": result.text, "tool_name": result.name, "tool_call_id": result.id}


def _name(tag: Object) -> str:
    return a_string(tag.get("name")) or a_string(tag.get("model"))


def _listed(tag: Object, details: Object) -> Listed | None:
    """The model of an entry. An older Ollama does not say what a model can do; then it is taken for one that chats.

    None for what a chatd lists in this form: its actors are not found as models, or it would ask itself.
    """
    if OURS in tag:
        return None
    name = _name(tag)
    known = details.get("capabilities", tag.get("capabilities"))
    capabilities = tuple(word for word in map(a_string, a_list(known)) if word)
    if not name or (capabilities and "completion" not in capabilities):
        return None
    return Listed(name, capabilities, _context(tag, details))


def _context(tag: Object, details: Object) -> int | None:
    found = [a_count(value) for value in an_object(details.get("model_info")).values()]
    found.append(a_count(an_object(tag.get("details")).get("context_length")))
    return next((length for length in found if length), None)


def _kept(details: Object) -> Object:
    """The details that `_listed` reads; others, such as a vocabulary, have megabytes."""
    info = an_object(details.get("model_info"))
    kept: dict[str, object] = {"model_info": {key: info[key] for key in info if key.endswith(".context_length")}}
    if "capabilities" in details:
        kept["capabilities"] = details["capabilities"]
    return kept


def _find_server(environ: Mapping[str, str]) -> FoundServer:
    """The Ollama of `$OLLAMA_HOST`, or else the one that may run on this machine."""
    host = environ.get("OLLAMA_HOST", "")
    return FoundServer(_address(host), named=bool(host))


def _address(host: str) -> str:
    """`$OLLAMA_HOST` as an address to ask: it may lack scheme and port, and name the address to listen on."""
    text = host.strip().strip("'\"").rstrip("/")
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "http", text
    name, colon, port = rest.rpartition(":") if not rest.endswith("]") else (rest, "", "")
    if not colon or "/" in port:
        name, port = rest, "443" if scheme == "https" else "80" if mark else "11434"
    if name in ("", "0.0.0.0", "[::]"):  # noqa: S104 -- no socket is bound
        name = "127.0.0.1"
    return f"{scheme}://{name}:{port}"


OLLAMA = WireProtocol(
    name="ollama",
    encode=_encode,
    framing=NDJSON,
    dialect=OllamaDialect,
    ask_path="/api/chat",
    home="http://127.0.0.1:11434",
    listing=Listing(
        path="/api/tags",
        key="models",
        read=_listed,
        details=Details(
            path="/api/show",
            body=lambda tag: {"model": _name(tag)},
            digest=lambda tag: a_string(tag.get("digest")),
            kept=_kept,
        ),
    ),
    pull_command="ollama pull",
    find_server=_find_server,
)

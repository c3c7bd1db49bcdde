"""OpenAI's protocol, which many servers speak: `/chat/completions` in server-sent events, and `/models`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chatd.core.question import Question, ToolReturned
from chatd.core.sampling import REQUIRED, Sampling
from chatd.core.stream import ToolCall
from chatd.errors import UpstreamFailure
from chatd.wire.models.frames import WireFrame
from chatd.wire.models.json_values import (
    DONE,
    Object,
    a_count,
    a_duration,
    a_list,
    a_string,
    an_object,
    not_an_answer,
    parse_object,
)
from chatd.wire.models.listing import Listed, Listing
from chatd.wire.models.protocol import FoundServer, WireProtocol
from chatd.wire.models.refusals import find_error, stream_failure
from chatd.wire.models.reply import REPEATED, Reply, arguments_text
from chatd.wire.models.request import (
    Part,
    RequestSettings,
    function_tools,
    offered,
    present,
    replayed_text,
    role_messages,
)
from chatd.wire.models.sent_back import number_of, of_call
from chatd.wire.models.sse import ERROR, SSE
from chatd.wire.models.thought_fields import MAX_PARTS
from chatd.wire.models.tool_calls import call_list

_MAX_CHOICES = 16
"""Choices of one chunk that are read: one was asked for."""
_CALL_SIGNATURES = ("extra_content", "provider_specific_fields")
"""Keys under which Google, and gateways, send the signature of a thought with a call."""
_BOUNDS = (Part.MAX_TOKENS, Part.MAX_COMPLETION_TOKENS)
"""Keys for the bound on an answer: the one that nearly all servers know, then the one that OpenAI now wants."""

_NO_CHAT = re.compile(
    r"embed|tts|whisper|dall-e|moderation|transcri|image|realtime|audio|davinci|babbage|rerank|sora|speech",
    re.IGNORECASE,
)
"""Models that hosted servers list beside those that chat; nothing else in their lists tells them apart."""
_KEY = "OPENAI_API_KEY"


class OpenAiDialect:
    """Reads frames into `reply`. Raises ModelFailure."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._began = False

    def take(self, frame: WireFrame) -> None:
        """The next event; none after the reply is over."""
        if frame.name == ERROR:
            raise stream_failure(frame.data)
        data = frame.data.strip()
        if data == DONE:
            self._reply.finish()
        elif data:
            self._chunk(self._read(frame))

    def whole(self, frame: WireFrame) -> None:
        """A reply that was not streamed: one object with the whole message."""
        value = self._read(frame)
        if "choices" not in value:
            raise not_an_answer(frame.data)
        self._chunk(value)
        self._reply.finish()

    def end(self) -> bool:
        """The body ended: whether the reply may count as finished. Not all servers send `[DONE]`."""
        return bool(self._reply.finish_reason)

    def _read(self, frame: WireFrame) -> Object:
        value = parse_object(frame.data)
        error = find_error(value)
        if error is not None:
            raise stream_failure(error)
        if "choices" not in value and "usage" not in value:
            self._reply.undefined(frame.data)
        return value

    def _chunk(self, value: Object) -> None:
        usage = an_object(value.get("usage"))
        prompt, completion = a_count(usage.get("prompt_tokens")), a_count(usage.get("completion_tokens"))
        if prompt is not None:
            self._reply.prompt_tokens = prompt
        if completion is not None:
            self._reply.completion_tokens = completion
        timings = an_object(value.get("timings"))  # llama.cpp
        reading, saying = a_duration(timings.get("prompt_ms")), a_duration(timings.get("predicted_ms"))
        self._reply.took(prompt_eval_ms=reading, eval_ms=saying)
        for choice in map(an_object, a_list(value.get("choices"))[:_MAX_CHOICES]):
            if not choice.get("index"):
                self._choice(choice)

    def _choice(self, choice: Object) -> None:
        reason = a_string(choice.get("finish_reason"))
        if isinstance(choice.get("delta"), dict):
            self._delta(an_object(choice["delta"]), last=bool(reason))
        elif not self._began:
            # A whole message counts only before the first delta: behind deltas it repeats them.
            self._delta(an_object(choice.get("message")), last=False)
        if reason == "error":
            raise UpstreamFailure("the model's server failed in the middle of the answer and does not say why")
        self._reply.finish_reason = reason or self._reply.finish_reason

    def _delta(self, delta: Object, *, last: bool) -> None:
        reply = self._reply
        calls = call_list(delta)
        said = reply.message(delta, last=last, surely=REPEATED)
        self._keep(delta)
        refusal = a_string(delta.get("refusal"))
        reply.refuse(refusal)
        self._began = self._began or said or bool(refusal or calls)
        # The older `function_call` is not read: servers that send it send the same call in `tool_calls`.
        for position, item in enumerate(calls):
            told = an_object(item)
            function = an_object(told.get("function"))
            index = a_count(told.get("index"))
            call = reply.call_fragment(
                position if index is None else index,
                a_string(told.get("id")),
                a_string(function.get("name")),
                arguments_text(function.get("arguments")),
            )
            if call is not None:
                call.sent_back.take(told, _CALL_SIGNATURES)

    def _keep(self, delta: Object) -> None:
        """Keep the values that the server wants back with the message if it calls tools."""
        kept = self._reply.sent_back
        kept.add_text("reasoning_content", a_string(delta.get("reasoning_content")))
        for part in map(an_object, a_list(delta.get("reasoning_details"))[:MAX_PARTS]):
            kept.add_part("reasoning_details", part, number_of(part))
            self._reply.count(a_string(part.get("data")))


def _encode(question: Question, settings: RequestSettings, *, stream: bool) -> dict[str, object]:
    """The body of a request."""
    messages = role_messages(question, settings, _made_call, _call_result)
    body: dict[str, object] = {"model": settings.model, "messages": messages, "stream": stream}
    bound = next((part for part in _BOUNDS if part not in settings.without), None)
    if bound is not None:
        body[bound.value] = question.sampling.longest(settings.max_tokens)
    if stream and Part.STREAM_OPTIONS not in settings.without:
        body["stream_options"] = {"include_usage": True}
    if tools := offered(question, settings):
        body["tools"] = function_tools(tools)
        if choice := question.sampling.tool_choice:
            named = {"type": "function", "function": {"name": choice}}
            body["tool_choice"] = "required" if choice == REQUIRED else named
    return {**body, **_drawn(question.sampling)}


def _drawn(sampling: Sampling) -> dict[str, object]:
    """How the answer is to be drawn, as far as somebody has asked for anything."""
    return present({
        "temperature": sampling.temperature, "top_p": sampling.top_p, "seed": sampling.seed,
        "stop": list(sampling.stop) or None, "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "response_format": None if sampling.format is None else dict(sampling.format),
    })  # fmt: skip


def _made_call(call: ToolCall) -> dict[str, object]:
    function = {"name": call.name, "arguments": replayed_text(call)}
    return {"id": call.id, "type": "function", "function": function, **of_call(call)}


def _call_result(result: ToolReturned) -> dict[str, object]:
    return {"role": "tool", "content": result.text, "tool_call_id": result.id}


def _listed(entry: Object, _: Object) -> Listed | None:
    name = a_string(entry.get("id"))
    return Listed(name, (), _context(entry)) if name and not _NO_CHAT.search(name) else None


def _context(entry: Object) -> int | None:
    """The size of a model's context, under the name that vLLM, others, or llama-server have for it."""
    said = (entry.get("max_model_len"), entry.get("context_length"), an_object(entry.get("meta")).get("n_ctx_train"))
    return next((length for value in said if (length := a_count(value))), None)


def _find_server(environ: Mapping[str, str]) -> FoundServer | None:
    url, key = environ.get("OPENAI_BASE_URL", ""), environ.get(_KEY, "")
    return FoundServer(url, key) if url or key else None


OPENAI = WireProtocol(
    name="openai",
    encode=_encode,
    framing=SSE,
    dialect=OpenAiDialect,
    ask_path="/chat/completions",
    home="https://api.openai.com/v1",
    refused_at_home=frozenset({Part.MAX_TOKENS}),  # it wants the bound on an answer under its newer key
    listing=Listing(path="/models", key="data", read=_listed),
    key_variable=_KEY,
    find_server=_find_server,
)

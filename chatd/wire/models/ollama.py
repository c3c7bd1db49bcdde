"""Ollama's `/api/chat`: lines of JSON, and what is asked."""

from __future__ import annotations

from typing import assert_never

from chatd.core.prompt import Question
from chatd.wire.models.frames import WireFrame
from chatd.wire.models.json_values import (
    Object,
    a_count,
    a_string,
    an_object,
    parse_object,
    strange,
)
from chatd.wire.models.refusals import find_error, stream_failure
from chatd.wire.models.reply import Reply, arguments_text
from chatd.wire.models.request import (
    Heard,
    RequestSettings,
    Round,
    function_tools,
    offered,
    preamble,
    replayed_arguments,
    turns,
)
from chatd.wire.models.sent_back import of_message
from chatd.wire.models.tool_calls import call_list

LATEST = ":latest"
"""The tag that a name without one means."""


def is_called(listed: str, wanted: str) -> bool:
    """Whether the model that a server lists as `listed` is the one that is asked for as `wanted`."""
    return wanted in (listed, listed.removesuffix(LATEST))


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
            self._reply.foreign(frame.data)
        self._message(an_object(value.get("message")), done)
        self._usage(value)
        if done:
            self._reply.finish_reason = reason
            self._reply.finish()

    def whole(self, frame: WireFrame) -> None:
        """A reply that was not streamed: a last line, whether or not it says so."""
        if not isinstance(parse_object(frame.data).get("message"), dict):
            self.take(frame)  # an error in words, or the end alone
            if not self._reply.over:
                raise strange(frame.data)
            return
        self.take(frame)
        if not self._reply.over:
            self._reply.finish()

    def end(self) -> bool:
        """The body ended: whether the reply may count as finished. Ollama says so in its last line or not at all."""
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
        # A count of zero is left out by the server.
        prompt, completion = a_count(value.get("prompt_eval_count")), a_count(value.get("eval_count"))
        if prompt is not None:
            self._reply.prompt_tokens = prompt
        if completion is not None:
            self._reply.completion_tokens = completion
        nanoseconds = a_count(value.get("eval_duration"))
        self._reply.eval_ms = nanoseconds / 1e6 if nanoseconds else self._reply.eval_ms


def encode_ollama(question: Question, settings: RequestSettings, *, stream: bool) -> dict[str, object]:
    """The body of a request."""
    messages: list[dict[str, object]] = []
    if system := preamble(question, settings):
        messages.append({"role": "system", "content": system})
    for turn in turns(question, settings):
        match turn:
            case Heard(text=text):
                messages.append({"role": "user", "content": text})
            case Round():
                messages += _round(turn)
            case _:
                assert_never(turn)
    options: dict[str, object] = {"num_predict": settings.max_tokens}
    if settings.context_tokens is not None:
        options["num_ctx"] = settings.context_tokens
    body: dict[str, object] = {
        "model": settings.model,
        "messages": messages,
        "stream": stream,
        "options": options,
    }
    if tools := offered(question, settings):
        body["tools"] = function_tools(tools)
    return body


def _round(turn: Round) -> list[dict[str, object]]:
    said: dict[str, object] = {"role": "assistant", "content": turn.text}
    if turn.calls:
        said |= of_message(turn.calls)
        said["tool_calls"] = [
            {"id": call.id, "function": {"name": call.name, "arguments": replayed_arguments(call)}}
            for call in turn.calls
        ]
    results: list[dict[str, object]] = [
        {"role": "tool", "content": result.text, "tool_name": result.name, "tool_call_id": result.id}
        for result in turn.results
    ]
    return [said, *results]

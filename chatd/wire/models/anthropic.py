"""Anthropic's protocol: `/v1/messages` in named server-sent events, and `/v1/models`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from chatd.core.question import Question, ToolReturned
from chatd.core.sampling import REQUIRED
from chatd.core.stream import ToolCall
from chatd.core.tool import NO_PARAMETERS, ToolSpec
from chatd.wire.models.frames import WireFrame
from chatd.wire.models.json_values import Object, a_count, a_list, a_string, an_object, not_an_answer, parse_object
from chatd.wire.models.listing import MAX_MODELS, Listed, Listing
from chatd.wire.models.protocol import FoundServer, WireProtocol
from chatd.wire.models.refusals import find_error, stream_failure
from chatd.wire.models.reply import Reply, arguments_text
from chatd.wire.models.request import (
    Heard,
    RequestSettings,
    Round,
    Turn,
    called_tools,
    offered,
    preamble,
    present,
    replayed_arguments,
    turns,
)
from chatd.wire.models.sent_back import of_message
from chatd.wire.models.sse import ERROR, SSE
from chatd.wire.models.tool_calls import OpenCall

_KNOWN = {
    "",
    "message",  # the name that SSE gives an event without one
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
}
_PROMPT_COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
"""Counts whose sum is the tokens of the prompt; the first alone leaves out cached ones."""

_THOUGHTS = "thinking_blocks"
"""Key of the blocks of thoughts, signed or encrypted, that the server wants back with a call."""

_VERSION = "2023-06-01"
_KEY = "ANTHROPIC_API_KEY"


class AnthropicDialect:
    """Reads frames into `reply`. Raises ModelFailure."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._calls: dict[int, OpenCall] = {}
        self._inputs: dict[int, object] = {}

    def take(self, frame: WireFrame) -> None:
        """The next event; none after the reply is over. Unknown events are ignored: the protocol may add some."""
        if frame.name == ERROR:
            raise stream_failure(frame.data)
        if frame.name not in _KNOWN:
            return
        value = parse_object(frame.data)
        error = find_error(value)
        if error is not None:
            raise stream_failure(error)
        match a_string(value.get("type")) or frame.name:
            case "" | "message":
                self._reply.undefined(frame.data)
            case "message_start":
                self._usage(an_object(an_object(value.get("message")).get("usage")))
            case "content_block_start":
                self._start(_index(value), an_object(value.get("content_block")))
            case "content_block_delta":
                self._delta(_index(value), an_object(value.get("delta")))
            case "content_block_stop":
                self._stop(_index(value))
            case "message_delta":
                self._usage(an_object(value.get("usage")))
                self._stopped(an_object(value.get("delta")))
            case "message_stop":
                self._finish()
            case _:
                self._reply.undefined(frame.data)

    def whole(self, frame: WireFrame) -> None:
        """A reply that was not streamed: one object with all its blocks."""
        value = parse_object(frame.data)
        error = find_error(value)
        if error is not None:
            raise stream_failure(error)
        if not isinstance(value.get("content"), list):
            raise not_an_answer(frame.data)
        for index, block in enumerate(a_list(value["content"])):
            self._start(index, an_object(block))
        self._usage(an_object(value.get("usage")))
        self._stopped(value)
        self._finish()

    def end(self) -> bool:
        """The body ended: whether the reply may count as finished though `message_stop` did not come."""
        if self._reply.finish_reason:
            self._close_blocks()
        return bool(self._reply.finish_reason)

    def _start(self, index: int, block: Object) -> None:
        match block.get("type"):
            case "text":
                self._reply.say(a_string(block.get("text")))
            case "thinking" | "redacted_thinking":
                self._reply.think(a_string(block.get("thinking")))
                self._reply.count(a_string(block.get("data")))
                self._reply.sent_back.add_part(_THOUGHTS, block, index)
            case "tool_use":
                self._stop(index)
                self._calls[index] = self._reply.begin_call(a_string(block.get("id")), a_string(block.get("name")))
                self._inputs[index] = block.get("input")
            case _:
                pass  # blocks of tools that run on the server

    def _delta(self, index: int, delta: Object) -> None:
        match delta.get("type"):
            case "text_delta":
                self._reply.say(a_string(delta.get("text")))
            case "thinking_delta":
                self._reply.think(a_string(delta.get("thinking")))
                self._reply.sent_back.add_part(_THOUGHTS, {"thinking": a_string(delta.get("thinking"))}, index)
            case "signature_delta":
                self._reply.count(a_string(delta.get("signature")))
                self._reply.sent_back.add_part(_THOUGHTS, {"signature": a_string(delta.get("signature"))}, index)
            case "input_json_delta" if index in self._calls:
                self._reply.extend_call(self._calls[index], a_string(delta.get("partial_json")))
            case _:
                pass  # citations

    def _stop(self, index: int) -> None:
        """A block has ended. A call whose arguments came in no deltas has the input of the block's start."""
        call = self._calls.pop(index, None)
        begun = self._inputs.pop(index, None)
        if call is not None and not call.arguments:
            self._reply.extend_call(call, arguments_text(begun or {}))

    def _stopped(self, told: Object) -> None:
        self._reply.finish_reason = a_string(told.get("stop_reason")) or self._reply.finish_reason

    def _finish(self) -> None:
        self._close_blocks()
        self._reply.finish("end_turn")

    def _close_blocks(self) -> None:
        for index in list(self._calls):
            self._stop(index)

    def _usage(self, usage: Object) -> None:
        # Each count is a total so far, so the last one counts.
        prompt = [count for key in _PROMPT_COUNTS if (count := a_count(usage.get(key))) is not None]
        completion = a_count(usage.get("output_tokens"))
        if a_count(usage.get("input_tokens")) is not None:
            self._reply.prompt_tokens = sum(prompt)
        if completion is not None:
            self._reply.completion_tokens = completion


def _index(value: Object) -> int:
    return a_count(value.get("index")) or 0


def _encode(question: Question, settings: RequestSettings, *, stream: bool) -> dict[str, object]:
    """The body of a request."""
    conversation, sampling = turns(question, settings), question.sampling
    body: dict[str, object] = {
        "model": settings.model,
        "max_tokens": sampling.longest(settings.max_tokens),
        "messages": _messages(conversation),
        "stream": stream,
    }
    if system := preamble(question, settings):
        body["system"] = system
    if tools := offered(question, settings):
        body["tools"] = [_tool(tool) for tool in tools]
        if choice := sampling.tool_choice:
            body["tool_choice"] = {"type": "any"} if choice == REQUIRED else {"type": "tool", "name": choice}
    elif called := called_tools(conversation):
        # Calls in the history are refused unless tools are described, even when none may be called.
        described = question.tools or tuple(ToolSpec(name, "", NO_PARAMETERS) for name in called)
        body["tools"] = [_tool(tool) for tool in described]
        body["tool_choice"] = {"type": "none"}
    return {**body, **present({
        "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k,
        "stop_sequences": list(sampling.stop) or None,
    })}  # fmt: skip


def _tool(tool: ToolSpec) -> dict[str, object]:
    return {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}


def _messages(conversation: Sequence[Turn]) -> list[dict[str, object]]:
    """The conversation as messages; the results of tools stand in messages of the user."""
    messages: list[dict[str, object]] = []
    for turn in conversation:
        match turn:
            case Heard(texts=texts):
                messages.append({"role": "user", "content": [_text(text) for text in texts]})
            case Round(text=text, calls=calls, results=results):
                # White space at the end of the last assistant's message is refused, and so is a blank one.
                said = [_text(text.rstrip())] if text.strip() else []
                thoughts = a_list(of_message(calls).get(_THOUGHTS))
                messages.append({"role": "assistant", "content": [*thoughts, *said, *map(_use, calls)]})
                if results:
                    messages.append({"role": "user", "content": [*map(_result, results)]})
            case _:
                assert_never(turn)
    return messages


def _use(call: ToolCall) -> dict[str, object]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": replayed_arguments(call)}


def _result(result: ToolReturned) -> dict[str, object]:
    return {"type": "tool_result", "tool_use_id": result.id, "content": result.text}


def _text(text: str) -> dict[str, object]:
    return {"type": "text", "text": text}


def _listed(entry: Object, _: Object) -> Listed | None:
    name = a_string(entry.get("id"))
    return Listed(name) if name else None


def _headers(key: str) -> dict[str, str]:
    headers = {"anthropic-version": _VERSION}
    return {**headers, "x-api-key": key} if key else headers


def _find_server(environ: Mapping[str, str]) -> FoundServer | None:
    """A server of this protocol answers nothing without a key, so an address alone names none."""
    key = environ.get(_KEY, "")
    return FoundServer(environ.get("ANTHROPIC_BASE_URL", ""), key) if key else None


ANTHROPIC = WireProtocol(
    name="anthropic",
    encode=_encode,
    framing=SSE,
    dialect=AnthropicDialect,
    ask_path="/v1/messages",
    home="https://api.anthropic.com",
    written_suffix="/v1",  # its own clients add the version, operators write it too
    headers=_headers,
    listing=Listing(path="/v1/models", query=f"limit={MAX_MODELS}", key="data", read=_listed),
    key_variable=_KEY,
    find_server=_find_server,
)

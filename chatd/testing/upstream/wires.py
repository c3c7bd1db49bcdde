"""The three protocols as bytes: what a well-formed server sends for a piece of text, a call, an end, an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol


class Wire(Protocol):
    """One protocol. Every method gives the bytes of one or more whole messages, before any chunking."""

    provider: str
    path: str
    """Where questions are posted, below the endpoint's base."""
    content_type: str

    def opening(self) -> bytes:
        """What comes before the first piece."""
        ...

    def token(self, text: str) -> bytes:
        """A piece of the answer."""
        ...

    def thinking(self, text: str) -> bytes:
        """A piece of what the model thinks."""
        ...

    def call(self, call_id: str, name: str, arguments: Mapping[str, object]) -> bytes:
        """A whole tool call."""
        ...

    def done(self, reason: str = "stop") -> bytes:
        """The end; `reason` is stop, length or tool_calls."""
        ...

    def error(self, message: str) -> bytes:
        """An error inside the stream."""
        ...

    def ping(self) -> bytes:
        """A sign of life that says nothing."""
        ...

    def whole(self, text: str) -> object:
        """A reply that is not streamed."""
        ...

    def refused(self, message: str) -> object:
        """The body of an error's reply."""
        ...

    def answer(self, *pieces: str, reason: str = "stop") -> list[bytes]:
        """A complete answer, message by message."""
        return [self.opening(), *map(self.token, pieces), self.done(reason)]


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _event(value: object, name: str = "") -> bytes:
    data = b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"
    return f"event: {name}\n".encode() + data if name else data


class _Ollama(Wire):
    provider = "ollama"
    path = "/api/chat"
    content_type = "application/x-ndjson"

    def opening(self) -> bytes:
        return b""

    def token(self, text: str) -> bytes:
        return self._message({"content": text})

    def thinking(self, text: str) -> bytes:
        return self._message({"content": "", "thinking": text})

    def call(self, call_id: str, name: str, arguments: Mapping[str, object]) -> bytes:
        function = {"index": 0, "name": name, "arguments": dict(arguments)}
        return self._message({"content": "", "tool_calls": [{"id": call_id, "function": function}]})

    def done(self, reason: str = "stop") -> bytes:
        reason = "stop" if reason == "tool_calls" else reason  # this protocol has no word of its own for it
        return _line({**self._object({"content": ""}), "done": True, "done_reason": reason, **_COUNTS})

    def error(self, message: str) -> bytes:
        return _line({"error": message})

    def ping(self) -> bytes:
        return b"\n"

    def whole(self, text: str) -> object:
        return {**self._object({"content": text}), "done": True, "done_reason": "stop", **_COUNTS}

    def refused(self, message: str) -> object:
        return {"error": message}

    def _message(self, message: Mapping[str, object]) -> bytes:
        return _line({**self._object(message), "done": False})

    def _object(self, message: Mapping[str, object]) -> dict[str, object]:
        return {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", **message}}


_COUNTS = {"prompt_eval_count": 7, "eval_count": 3, "total_duration": 1_000_000}


class _OpenAi(Wire):
    provider = "openai"
    path = "/chat/completions"
    content_type = "text/event-stream"

    def opening(self) -> bytes:
        return self._delta({"role": "assistant", "content": ""})

    def token(self, text: str) -> bytes:
        return self._delta({"content": text})

    def thinking(self, text: str) -> bytes:
        return self._delta({"reasoning_content": text})

    def call(self, call_id: str, name: str, arguments: Mapping[str, object]) -> bytes:
        function = {"name": name, "arguments": json.dumps(arguments)}
        return self._delta({"tool_calls": [{"index": 0, "id": call_id, "type": "function", "function": function}]})

    def done(self, reason: str = "stop") -> bytes:
        usage = _event({**_CHUNK, "choices": [], "usage": _USAGE})
        return self._delta({}, reason) + usage + b"data: [DONE]\n\n"

    def error(self, message: str) -> bytes:
        return _event({"error": {"message": message, "type": "server_error", "code": None}})

    def ping(self) -> bytes:
        return b": ping\n\n"

    def whole(self, text: str) -> object:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return {"id": "c1", "object": "chat.completion", "choices": [choice], "usage": _USAGE}

    def refused(self, message: str) -> object:
        return {"error": {"message": message, "type": "invalid_request_error", "code": None}}

    def _delta(self, delta: Mapping[str, object], reason: str | None = None) -> bytes:
        return _event({**_CHUNK, "choices": [{"index": 0, "delta": dict(delta), "finish_reason": reason}]})


_CHUNK = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
_USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


class _Anthropic(Wire):
    provider = "anthropic"
    path = "/v1/messages"
    content_type = "text/event-stream"

    def opening(self) -> bytes:
        message = {"id": "m1", "type": "message", "role": "assistant", "content": [], "usage": {"input_tokens": 7}}
        return self._say("message_start", message=message) + self._start(0, {"type": "text", "text": ""})

    def token(self, text: str) -> bytes:
        return self._delta(0, {"type": "text_delta", "text": text})

    def thinking(self, text: str) -> bytes:
        block = self._start(1, {"type": "thinking", "thinking": ""})
        return block + self._delta(1, {"type": "thinking_delta", "thinking": text}) + self._stop(1)

    def call(self, call_id: str, name: str, arguments: Mapping[str, object]) -> bytes:
        block = self._start(2, {"type": "tool_use", "id": call_id, "name": name, "input": {}})
        partial = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        return block + self._delta(2, partial) + self._stop(2)

    def done(self, reason: str = "stop") -> bytes:
        said = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}[reason]
        delta = self._say("message_delta", delta={"stop_reason": said}, usage={"output_tokens": 3})
        return self._stop(0) + delta + self._say("message_stop")

    def error(self, message: str) -> bytes:
        return self._say("error", error={"type": "api_error", "message": message})

    def ping(self) -> bytes:
        return self._say("ping")

    def whole(self, text: str) -> object:
        content = [{"type": "text", "text": text}]
        usage = {"input_tokens": 7, "output_tokens": 3}
        return {"id": "m1", "type": "message", "role": "assistant", "content": content, "stop_reason": "end_turn",
                "usage": usage}  # fmt: skip

    def refused(self, message: str) -> object:
        return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}

    def _start(self, index: int, block: Mapping[str, object]) -> bytes:
        return self._say("content_block_start", index=index, content_block=dict(block))

    def _delta(self, index: int, delta: Mapping[str, object]) -> bytes:
        return self._say("content_block_delta", index=index, delta=dict(delta))

    def _stop(self, index: int) -> bytes:
        return self._say("content_block_stop", index=index)

    def _say(self, name: str, **fields: object) -> bytes:
        return _event({"type": name, **fields}, name)


OLLAMA: Wire = _Ollama()
OPENAI: Wire = _OpenAi()
ANTHROPIC: Wire = _Anthropic()
WIRES: tuple[Wire, ...] = (OLLAMA, OPENAI, ANTHROPIC)

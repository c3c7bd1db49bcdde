"""Messages, as Anthropic's clients speak it (https://docs.anthropic.com/en/api/messages)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chatd.core.sampling import REQUIRED, Sampling
from chatd.core.stream import ToolCall
from chatd.core.tool import BadArguments, parse_arguments
from chatd.wire.web.chat_request import (
    MAX_MESSAGES,
    MAX_PARTS,
    MAX_STOPS,
    MAX_TOOLS,
    ChatRequest,
    Conversation,
    text_of,
    tool,
)
from chatd.wire.web.client_form import EVENT_STREAM, Cost, Refusal, StopReason, WholeReply, event
from chatd.wire.web.completions import LONGEST
from chatd.wire.web.json_body import Fields, parse_object

_TEXTS = frozenset({"text"})
_THOUGHTS = frozenset({"thinking", "redacted_thinking"})
"""Blocks that are sent back to be checked where they were made: that was not here."""

_STOPS = {
    StopReason.STOP: "end_turn",
    StopReason.LENGTH: "max_tokens",
    StopReason.CALLS: "tool_use",
    StopReason.FILTERED: "refusal",
}

_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 422: "invalid_request_error", 429: "rate_limit_error", 503: "overloaded_error",
    504: "timeout_error",
}  # fmt: skip


class Messages:
    """See client_form.ClientForm."""

    stream_type = EVENT_STREAM

    def read(self, body: bytes) -> ChatRequest:
        """Read a request."""
        return self._read(parse_object(body), counted=False)

    def read_counted(self, body: bytes) -> ChatRequest:
        """Read a request whose tokens are to be counted: it says nothing of how long the answer may be."""
        return self._read(parse_object(body), counted=True)

    def _read(self, asked: Fields, *, counted: bool) -> ChatRequest:
        talk = Conversation()
        talk.instruct(text_of(asked, "system", _TEXTS))
        for message in asked.objects("messages", MAX_MESSAGES):
            _add(talk, message)
        messages = talk.closed()
        if not messages:
            raise asked.wrong("messages", "a list with at least one message is wanted")
        longest = asked.whole("max_tokens", 1, LONGEST)
        if longest is None and not counted:
            raise asked.wrong("max_tokens", "is missing")
        choice, thinking = _choice(asked), asked.inner("thinking")
        tools = tuple(
            tool(given.text("name"), given.text("description", ""), given.inner("input_schema"))
            for given in asked.objects("tools", MAX_TOOLS)
            if given.text("type", "custom") == "custom"
        )
        sampling = Sampling(
            temperature=asked.number("temperature", 0, 2), top_p=asked.number("top_p", 0, 1),
            top_k=asked.whole("top_k", 0, 1_000_000), stop=asked.texts("stop_sequences", MAX_STOPS),
            max_tokens=longest, tool_choice="" if choice == "none" else choice,
        )  # fmt: skip
        return ChatRequest(
            asked.text("model"), talk.system, messages, () if choice == "none" else tools, sampling,
            asked.flag("stream"), True, thinking is not None and thinking.text("type", "") != "disabled",
        )  # fmt: skip

    def writer(self, request: ChatRequest, reply_id: str, created_ms: int) -> MessagesWriter:
        """What writes a streamed reply to it."""
        return MessagesWriter(request, reply_id)

    def whole(self, request: ChatRequest, reply_id: str, created_ms: int, reply: WholeReply) -> Mapping[str, object]:
        """A reply at once."""
        content: list[object] = []
        if reply.thought and request.with_thoughts:
            content.append({"type": "thinking", "thinking": reply.thought, "signature": ""})
        if reply.text:
            content.append({"type": "text", "text": reply.text})
        content += ({**_use(call), "input": _input(call)} for call in reply.calls)
        return {
            **_message(request, reply_id), "content": content, "stop_reason": _STOPS[reply.finish],
            "usage": {"input_tokens": reply.cost.prompt, "output_tokens": reply.cost.completion},
        }  # fmt: skip

    def refusal(self, refusal: Refusal) -> Mapping[str, object]:
        """The body of an answer whose status says that there is no reply."""
        return _refused(refusal)


class MessagesWriter:
    """See client_form.ReplyWriter. A reply is blocks, one after the other: thoughts, texts, calls."""

    def __init__(self, request: ChatRequest, reply_id: str) -> None:
        self._request = request
        self._id = reply_id
        self._kind = ""
        """Of the block that is open; "" when none is."""
        self._blocks = 0

    def begin(self) -> str:
        """The message without its content."""
        message = {**_message(self._request, self._id), "usage": {"input_tokens": 0, "output_tokens": 0}}
        return _event("message_start", message=message) + _event("ping")

    def thought(self, text: str) -> str:
        """For clients that have asked for thoughts."""
        if not self._request.with_thoughts:
            return ""
        opened = self._open("thinking", {"type": "thinking", "thinking": "", "signature": ""})
        return opened + self._delta({"type": "thinking_delta", "thinking": text})

    def piece(self, text: str) -> str:
        """The reply goes on with this."""
        opened = self._open("text", {"type": "text", "text": ""})
        return opened + self._delta({"type": "text_delta", "text": text})

    def call(self, call: ToolCall) -> str:
        """The client is to run a tool."""
        opened = self._close() + self._open("tool_use", {**_use(call), "input": {}})
        arguments = json.dumps(_input(call), ensure_ascii=False)
        return opened + self._delta({"type": "input_json_delta", "partial_json": arguments}) + self._close()

    def end(self, finish: StopReason, cost: Cost) -> str:
        """The reply has ended."""
        delta = {"stop_reason": _STOPS[finish], "stop_sequence": None}
        usage = {"input_tokens": cost.prompt, "output_tokens": cost.completion}
        return self._close() + _event("message_delta", delta=delta, usage=usage) + _event("message_stop")

    def fail(self, refusal: Refusal) -> str:
        """It ends here, and not well."""
        return event(_refused(refusal), "error")

    def _open(self, kind: str, block: Mapping[str, object]) -> str:
        if self._kind == kind:
            return ""
        closed = self._close()
        self._kind = kind
        return closed + _event("content_block_start", index=self._blocks, content_block=block)

    def _close(self) -> str:
        if not self._kind:
            return ""
        self._kind, number = "", self._blocks
        self._blocks += 1
        return _event("content_block_stop", index=number)

    def _delta(self, delta: Mapping[str, object]) -> str:
        return _event("content_block_delta", index=self._blocks, delta=delta)


def _event(kind: str, **fields: object) -> str:
    return event({"type": kind, **fields}, kind)


def _message(request: ChatRequest, reply_id: str) -> dict[str, object]:
    return {
        "id": f"msg_{reply_id}", "type": "message", "role": "assistant", "model": request.model, "content": [],
        "stop_reason": None, "stop_sequence": None,
    }  # fmt: skip


def _refused(refusal: Refusal) -> Mapping[str, object]:
    return {"type": "error", "error": {"type": _TYPES.get(refusal.status, "api_error"), "message": refusal.message}}


def _use(call: ToolCall) -> dict[str, object]:
    return {"type": "tool_use", "id": call.id, "name": call.name}


def _input(call: ToolCall) -> Mapping[str, object]:
    """What a call passes; a model that writes no JSON passes nothing that a client could read."""
    try:
        return parse_arguments(call.arguments)
    except BadArguments:
        return {}


def _add(talk: Conversation, message: Fields) -> None:
    role = message.text("role")
    if role == "system":
        talk.instruct(text_of(message, "content", _TEXTS))
    elif role not in ("user", "assistant"):
        raise message.wrong("role", f"{role[:40]!r} is none; user or assistant is")
    elif isinstance(message.value.get("content"), str):
        (talk.say if role == "user" else talk.answer)(message.text("content"))
    elif role == "user":
        _add_blocks(talk, message)
    else:
        calls = tuple(
            ToolCall(block.text("id"), block.text("name"), json.dumps(block.value.get("input") or {}))
            for block in message.objects("content", MAX_PARTS)
            if block.text("type") == "tool_use"
        )
        talk.answer(text_of(message, "content", _TEXTS, _THOUGHTS | {"tool_use"}), calls)


def _add_blocks(talk: Conversation, message: Fields) -> None:
    """What a user's message brings: results of calls first, whatever else was said behind them."""
    for block in message.objects("content", MAX_PARTS):
        if block.text("type") == "tool_result":
            talk.result(block.text("tool_use_id"), text_of(block, "content", _TEXTS), block.path("tool_use_id"))
    said = text_of(message, "content", _TEXTS, frozenset({"tool_result"}))
    if said:
        talk.say(said)


def _choice(asked: Fields) -> str:
    choice = asked.inner("tool_choice")
    if choice is None:
        return ""
    kind = choice.text("type")
    if kind == "tool":
        return choice.text("name")
    return {"any": REQUIRED, "none": "none"}.get(kind, "")

"""What the forms have in common in which clients of models' servers ask: one stream of pieces, a writer for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from chatd.core.stream import ToolCall
from chatd.wire.web.chat_request import ChatRequest

EVENT_STREAM = "text/event-stream"
NDJSON = "application/x-ndjson"


class StopReason(Enum):
    """Why a reply has ended."""

    STOP = "the model was done"
    LENGTH = "a limit on its length"
    CALLS = "the client is to run tools"
    FILTERED = "a filter or a refusal"


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens, as far as the model's server counted them; and how long it took."""

    prompt: int = 0
    completion: int = 0
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class WholeReply:
    """A reply that is not streamed."""

    text: str
    thought: str
    calls: tuple[ToolCall, ...]
    finish: StopReason
    cost: Cost


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no reply, or no more of it: as the forms tell it, each in its own shape."""

    status: int
    message: str
    code: str = ""
    """Such as `model_not_found`."""
    field: str = ""
    """The path of the field that is wrong."""


class ReplyWriter(Protocol):
    """Writes one streamed reply; each method gives what is to be sent."""

    def begin(self) -> str:
        """Before anything is known of the reply."""
        ...

    def thought(self, text: str) -> str:
        """The model thinks this."""
        ...

    def piece(self, text: str) -> str:
        """The reply goes on with this."""
        ...

    def call(self, call: ToolCall) -> str:
        """The client is to run a tool."""
        ...

    def end(self, finish: StopReason, cost: Cost) -> str:
        """The reply has ended."""
        ...

    def fail(self, refusal: Refusal) -> str:
        """It ends here, and not well."""
        ...


class ClientForm(Protocol):
    """One form: how a request is read, a reply written, and a refusal told."""

    stream_type: str
    """The content type of a streamed reply."""

    def read(self, body: bytes) -> ChatRequest:
        """Read a request. Raises UsageError, and WrongField with the path of what is wrong."""
        ...

    def writer(self, request: ChatRequest, reply_id: str, created_ms: int) -> ReplyWriter:
        """What writes a streamed reply to it."""
        ...

    def whole(self, request: ChatRequest, reply_id: str, created_ms: int, reply: WholeReply) -> Mapping[str, object]:
        """A reply at once."""
        ...

    def refusal(self, refusal: Refusal) -> Mapping[str, object]:
        """The body of an answer whose status says that there is no reply."""
        ...


def compact(value: object) -> str:
    """JSON as it goes over the wire: no line end is in it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def event(value: object, name: str = "") -> str:
    """One server-sent event with a value of JSON."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {compact(value)}\n\n"

"""What the model client uses of the protocols: bytes of a reply in, stream events out; questions in, bodies out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chatd.core.prompt import Question
from chatd.core.stream import StreamEvent
from chatd.errors import LimitFailure, ModelFailure, ProtocolFailure
from chatd.wire.models.anthropic import AnthropicDialect, encode_anthropic
from chatd.wire.models.frames import Framer, TooLong, WireFrame
from chatd.wire.models.json_values import NotJson, strange
from chatd.wire.models.ndjson import NdjsonFrames
from chatd.wire.models.ollama import OllamaDialect, encode_ollama
from chatd.wire.models.openai import OpenAiDialect, encode_openai
from chatd.wire.models.reply import Reply
from chatd.wire.models.request import RequestSettings
from chatd.wire.models.sse import SseFrames

__all__ = ["Decoder", "EmptyReply", "RequestSettings", "WireLimits", "decode_whole", "encode"]

MAX_LINE = 1 << 20
"""Bytes: a line holds one piece of an answer, or one tool call with all that is written to a file."""

MAX_EVENT = 4 << 20
"""Bytes: an event may have several lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """What a reply may cost, in bytes: a line, an event's data, and its text, thoughts and tool calls together."""

    line: int = MAX_LINE
    event: int = MAX_EVENT
    reply: int


class EmptyReply(ProtocolFailure):
    """Nothing came, or nothing but signs of life."""

    def __init__(self) -> None:
        super().__init__("the model's server sent an empty reply; the question may be too long for it")


class _Dialect(Protocol):
    def take(self, frame: WireFrame) -> None: ...
    def whole(self, frame: WireFrame) -> None: ...
    def end(self) -> bool: ...


class Decoder:
    """Decodes one streamed reply, however its bytes are cut.

    Events are Token, Thinking, ToolCall, Usage and Done; Done is the last. Nothing is raised: `failure` is set, and
    what was decoded before it is given by the same call.

    Args:
        provider: `ollama`, `openai` or `anthropic`.
        limits: when one is reached, the failure names it.
        cumulative: whether the server repeats the whole text so far in each piece; a piece that does not is a failure.
        untagged: whether the text begins with a thought that only its closing tag tells.
    """

    def __init__(self, provider: str, limits: WireLimits, *, cumulative: bool = False, untagged: bool = False) -> None:
        self.failure: ModelFailure | None = None
        self.ignored = 0
        """Bytes that came after the end, blank ones not counted."""
        self._reply = _reply(limits, untagged=untagged, cumulative=cumulative)
        self._dialect = _dialect(provider, self._reply)
        self._framer: Framer = (
            NdjsonFrames(limits.line) if provider == "ollama" else SseFrames(limits.line, limits.event)
        )
        self._frames = 0
        self._broken_off = False

    @property
    def over(self) -> bool:
        """Whether nothing more is expected: Done was said, a failure was met, or the body ended."""
        return self._reply.over or self.failure is not None or self._broken_off

    @property
    def received(self) -> int:
        """Bytes of content so far, fragments of tool calls included, which give no event before the end."""
        return self._reply.received

    def feed(self, data: bytes) -> list[StreamEvent]:
        """The events that `data` completes."""
        if self.over:
            self.ignored += len(data.strip())
            return []
        try:
            for frame in self._framer.feed(data):
                self._take(frame)
        except TooLong as error:
            self._too_long(error)
        return self._reply.drain()

    def end(self) -> list[StreamEvent]:
        """The body ended as a body should. Unless the reply had said its end, that is a failure, and `cut`."""
        if self.over:
            return []
        self._take_rest()
        try:
            if self._may_finish():
                self._reply.finish()
        except ModelFailure as failure:
            self._fail(failure)
        if not self.over and self._reply.strange is not None and not self.received:
            self._fail(strange(self._reply.strange))
        elif not self.over and self._frames:
            self._fail(ProtocolFailure("the answer broke off before its end", cut=True))
        elif not self.over:
            self._fail(EmptyReply())
        return self._reply.drain()

    def broken(self) -> list[StreamEvent]:
        """The body was broken off by the connection: what is known until then, calls as far as they came.

        There is a Done only if the reply's last message was there whole; else the failure is the caller's to raise.
        """
        if self.over:
            return []
        self._take_rest()
        if not self.over:
            self._reply.release()
            self._reply.release_calls()
            self._broken_off = True
        return self._reply.drain()

    def _may_finish(self) -> bool:
        return not self.over and self._dialect.end()

    def _take(self, frame: WireFrame, *, last: bool = False) -> None:
        if self.over:
            self.ignored += len(frame.data)
            return
        self._frames += 1
        try:
            self._dialect.take(frame)
        except NotJson as failure:
            if not (last and _may_be_cut(failure.text)):
                self._fail(failure)
        except ModelFailure as failure:
            self._fail(failure)

    def _take_rest(self) -> None:
        try:
            for frame in self._framer.end():
                self._take(frame, last=True)
        except TooLong as error:
            self._too_long(error)

    def _too_long(self, error: TooLong) -> None:
        if not self.over:
            self._fail(LimitFailure(f"{error} in the reply of the model's server"))

    def _fail(self, failure: ModelFailure) -> None:
        self._reply.release()
        if failure.cut:
            self._reply.release_calls()
        self.failure = failure


def decode_whole(
    provider: str, body: bytes, limits: WireLimits, *, untagged: bool = False
) -> tuple[list[StreamEvent], ModelFailure | None]:
    """Decode a reply that was not streamed: its events, the last of them Done, or those before the failure.

    The caller bounds `body`; of the limits that of the reply holds.
    """
    reply = _reply(limits, untagged=untagged, cumulative=False)
    dialect = _dialect(provider, reply)
    if not body.strip():
        return [], EmptyReply()
    try:
        dialect.whole(WireFrame(body.decode("utf-8", "replace").removeprefix("\ufeff")))
    except ModelFailure as failure:
        reply.release()
        return reply.drain(), failure
    return reply.drain(), None


def encode(provider: str, question: Question, settings: RequestSettings, *, stream: bool) -> dict[str, object]:
    """The JSON body that puts the question to a model."""
    match provider:
        case "ollama":
            return encode_ollama(question, settings, stream=stream)
        case "openai":
            return encode_openai(question, settings, stream=stream)
        case "anthropic":
            return encode_anthropic(question, settings, stream=stream)
        case _:
            raise ValueError(f"no such protocol: {provider}")


def _reply(limits: WireLimits, *, untagged: bool, cumulative: bool) -> Reply:
    return Reply(limits.reply, untagged=untagged, cumulative=cumulative)


def _dialect(provider: str, reply: Reply) -> _Dialect:
    match provider:
        case "ollama":
            return OllamaDialect(reply)
        case "openai":
            return OpenAiDialect(reply)
        case "anthropic":
            return AnthropicDialect(reply)
        case _:
            raise ValueError(f"no such protocol: {provider}")


def _may_be_cut(text: str) -> bool:
    """Whether a last message that is not JSON may be the beginning of one that is."""
    return text.lstrip().startswith("{") or "[DONE]".startswith(text.strip())

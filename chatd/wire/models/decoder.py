"""Decodes a reply of a model's server: bytes in, stream events out."""

from __future__ import annotations

from chatd.core.stream import StreamEvent
from chatd.errors import LimitFailure, ModelFailure, ProtocolFailure
from chatd.wire.models.frames import TooLong, WireFrame
from chatd.wire.models.json_values import DONE, NotJson, not_an_answer
from chatd.wire.models.limits import WireLimits
from chatd.wire.models.protocol import WireProtocol
from chatd.wire.models.reply import Reply


class EmptyReply(ProtocolFailure):
    """The body of the reply held no frame, or only frames without meaning."""

    def __init__(self) -> None:
        super().__init__("the model's server sent an empty reply; the question may be too long for it")


class Decoder:
    """Decodes one streamed reply, however its bytes are cut.

    Events are Token, Thinking, ToolCall, Usage and Done; Done is the last. Nothing is raised: `failure` is set, and
    what was decoded before it is given by the same call.

    Args:
        protocol: the protocol that the server speaks.
        limits: when one is reached, the failure names it.
        cumulative: whether the server repeats the whole text so far in each piece; a piece that does not is a failure.
        untagged: whether the text begins with a thought that only its closing tag tells.
    """

    def __init__(
        self, protocol: WireProtocol, limits: WireLimits, *, cumulative: bool = False, untagged: bool = False
    ) -> None:
        self.failure: ModelFailure | None = None
        self.ignored = 0
        """Bytes after the end of the reply, white space not counted."""
        self._reply = Reply(limits.reply, untagged=untagged, cumulative=cumulative)
        self._dialect = protocol.dialect(self._reply)
        self._framer = protocol.framing.framer(limits)
        self._frames = 0
        self._broken_off = False

    @property
    def over(self) -> bool:
        """Whether nothing more is expected: Done was said, a failure was met, or the body ended."""
        return self._reply.over or self.failure is not None or self._broken_off

    @property
    def received(self) -> int:
        """Bytes of content so far, including the fragments of tool calls, which give no event before the end."""
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
        """The body ended in an orderly way. Unless the reply had said its end, that is a failure, and `cut`.

        Returns the events that were held back.
        """
        if self.over:
            return []
        self._take_rest()
        try:
            if self._may_finish():
                self._reply.finish()
        except ModelFailure as failure:
            self._fail(failure)
        if not self.over and self._reply.first_undefined is not None and not self.received:
            self._fail(not_an_answer(self._reply.first_undefined))
        elif not self.over and self._frames:
            self._fail(ProtocolFailure("the answer broke off before its end", cut=True))
        elif not self.over:
            self._fail(EmptyReply())
        return self._reply.drain()

    def broken(self) -> list[StreamEvent]:
        """The connection broke within the body. Returns the events that were held back, tool calls as far as they came.

        There is a Done only if the last message of the reply was complete; else the caller raises the failure.
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
    protocol: WireProtocol, body: bytes, limits: WireLimits, *, untagged: bool = False
) -> tuple[list[StreamEvent], ModelFailure | None]:
    """Decode a reply that was not streamed. Returns its events, the last of them Done, or those before the failure.

    The caller bounds `body`; of the limits only `reply` applies.
    """
    reply = Reply(limits.reply, untagged=untagged)
    dialect = protocol.dialect(reply)
    if not body.strip():
        return [], EmptyReply()
    try:
        dialect.whole(WireFrame(body.decode("utf-8", "replace").removeprefix("\ufeff")))
    except ModelFailure as failure:
        reply.release()
        return reply.drain(), failure
    return reply.drain(), None


def _may_be_cut(text: str) -> bool:
    """Whether a last frame that is not JSON may be the beginning of a frame that was cut."""
    return text.lstrip().startswith("{") or DONE.startswith(text.strip())

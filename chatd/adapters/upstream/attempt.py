"""One attempt at an answer: a request, and the stream events in its response, whether streamed or whole."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import anyio

from chatd.adapters.upstream.body_kinds import BodyKind, kind_of
from chatd.adapters.upstream.deadlines import StageDeadlines
from chatd.adapters.upstream.endpoint import Endpoint
from chatd.adapters.upstream.exchange import Exchange, Stale
from chatd.adapters.upstream.limits import ClientLimits
from chatd.adapters.upstream.negotiation import Terms
from chatd.core.stream import Done, StreamEvent, Thinking, Token, ToolCall
from chatd.core.text import human_size
from chatd.errors import LimitFailure, ModelFailure, ProtocolFailure, UpstreamFailure
from chatd.wire.models.decoder import Decoder, EmptyReply, decode_whole
from chatd.wire.models.html_pages import page_words
from chatd.wire.models.quotation import quote
from chatd.wire.models.refusals import MAX_BODY, refusal
from chatd.wire.models.retry_after import retry_after

_ERROR_BODY_S = 5.0
"""Seconds that the body of an error may take; the status in its head is known by then."""
_PAGE = 4096
"""Bytes of a page for browsers that are read to quote from it."""
_QUOTED = 200
"""Characters of such a page, or of the target of a redirect, that a sentence quotes."""
_DRAIN_S = 0.1
"""Seconds that the end of the body may take after a finished answer: the connection is reused only when it came."""
_DRAIN = 64 * 1024
"""Bytes that may come before the end of the body then."""


class NoStream(ProtocolFailure):
    """A stream was asked for, and a response with a status of success holds none."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What all attempts at one answer have in common."""

    endpoint: Endpoint
    limits: ClientLimits
    now: Callable[[], float]
    """Gives seconds since the epoch: a `Retry-After` may be a date."""
    log: logging.Logger


class Attempt:
    """One attempt. Its owner calls `begin` once, `more` until it is `over` or fails, and `aclose` in any case."""

    def __init__(self, context: RequestContext, terms: Terms, *, stream: bool) -> None:
        self._context = context
        self._terms = terms
        self.stream = stream
        self._protocol = context.endpoint.protocol
        self._where = context.endpoint.address.host_port
        self._exchange = self._new_exchange()
        style = terms.settings
        self._decoder = Decoder(
            self._protocol, context.limits.wire, cumulative=style.cumulative, untagged=style.untagged
        )
        self._began = anyio.current_time()
        self._received = 0
        self._silent = 0
        """Bytes of the body since the last content."""
        self._kind: BodyKind | None = None
        self._head = bytearray()
        self._failure: ModelFailure | None = None
        self.over = False
        """Whether the answer was received to its end without a failure."""

    async def begin(self) -> None:
        """Send the request and wait for the head of the response.

        Raises ModelFailure, without secrets, also for a status that is no success. Cancelling closes the connection.
        """
        try:
            await self._begin()
        except ModelFailure as failure:
            raise self._context.endpoint.hide(failure)  # noqa: B904 -- the same failure, edited

    async def _begin(self) -> None:
        context = self._context
        value = self._terms.body(self._protocol, stream=self.stream)
        without = ", ".join(sorted(part.value for part in self._terms.settings.without))
        context.log.debug(
            "%s: %s is asked, %s, %d messages%s", self._where, self._terms.settings.model,
            "streamed" if self.stream else "whole", len(self._terms.question.messages),
            f", without {without}" if without else "",
        )  # fmt: skip
        body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        stream_type = self._protocol.framing.media_type
        accept = f"{stream_type}, application/json" if self.stream else "application/json"
        for _ in range(context.endpoint.pool.idle):
            try:
                await self._exchange.post(body, accept)
                break
            except Stale:
                await self._exchange.aclose()
                self._exchange = self._new_exchange()
        else:
            await self._exchange.post(body, accept)
        self._debug("HTTP %d, %s, %s", self._exchange.status, self._content_type(), self._way())
        if not 200 <= self._exchange.status < 300:
            raise await self._refusal()

    def _debug(self, what: str, *values: object) -> None:
        """Tell of a step, and how long after the beginning it is; never what was said."""
        took_ms = (anyio.current_time() - self._began) * 1000
        self._context.log.debug("%s: %d ms: " + what, self._where, took_ms, *values)

    def _way(self) -> str:
        return "over a connection that was kept" if self._exchange.reused else "over a new connection"

    def _new_exchange(self) -> Exchange:
        context = self._context
        return Exchange(context.endpoint, StageDeadlines(context.limits, context.endpoint.address.host_port))

    async def _refusal(self) -> ModelFailure:
        status = self._exchange.status
        if 300 <= status < 400:
            target = quote(self._exchange.header("location").partition("?")[0], limit=_QUOTED)
            to = f" to {target}; if that is right, name it as the endpoint" if target else ""
            return UpstreamFailure(f"{self._where} redirects (HTTP {status}){to}", status=status)
        wait = retry_after(
            self._exchange.header("retry-after"), self._exchange.header("retry-after-ms"), self._context.now()
        )
        return refusal(status, await self._error_body(), retry_after=wait, hide=self._context.endpoint.secrets)

    async def _error_body(self) -> bytes:
        """As much of an error's body as comes in time; the status alone already makes a failure."""
        body = bytearray()
        with anyio.move_on_after(_ERROR_BODY_S):
            try:
                while len(body) < MAX_BODY and (data := await self._exchange.read()) is not None:
                    body += data
            except ModelFailure as failure:
                failure = self._context.endpoint.hide(failure)
                self._context.log.debug("%s: the body of an error: %s", self._where, failure)
        return bytes(body)

    async def more(self) -> list[StreamEvent]:
        """Read on, and return the events that are complete; the list may be empty.

        Raises ModelFailure, without secrets, after the events before the failure were returned. Cancelling closes the
        connection.
        """
        try:
            return await self._more()
        except ModelFailure as failure:
            raise self._context.endpoint.hide(failure)  # noqa: B904 -- the same failure, edited

    async def _more(self) -> list[StreamEvent]:
        if self._failure is not None:
            raise self._failure
        try:
            data = await self._exchange.read()
        except ModelFailure as failure:
            return self._broken(failure)
        self._silent += len(data or b"")
        if self._silent > self._context.limits.without_content and self._kind is not BodyKind.WHOLE:
            limit = human_size(self._context.limits.without_content)
            return self._broken(LimitFailure(f"{self._where} sent more than {limit} without a word of an answer"))
        if self._kind is BodyKind.STREAM:
            return self._decode(data)
        self._head += data or b""
        if self._kind is None:
            kind_header = self._exchange.header("content-type")
            self._kind = kind_of(self._protocol.framing, kind_header, bytes(self._head), ended=data is None)
        match self._kind:
            case None:
                if not self._head.strip():
                    self._head.clear()  # white space may come without end, and means nothing
                return []
            case BodyKind.STREAM:
                head, self._head = bytes(self._head), bytearray()
                events = self._decode(head)
                return events if data is not None or self.over or self._failure else events + self._decode(None)
            case BodyKind.WHOLE:
                self._check_size()
                return [] if data is not None else self._whole(bytes(self._head))
            case BodyKind.PAGE:
                if data is not None and len(self._head) < _PAGE:
                    return []
                raise self._page()

    def _broken(self, failure: ModelFailure) -> list[StreamEvent]:
        """The connection broke, or a limit was reached: the events that the decoder still held back."""
        if self._kind is not BodyKind.STREAM:
            raise failure
        events = self._decoder.end()
        # The answer is complete when its end was said, even if the end of the stream was not.
        done = bool(events) and isinstance(events[-1], Done)
        return self._given(events, None if done else failure, over=done)

    def _decode(self, data: bytes | None) -> list[StreamEvent]:
        events = self._decoder.end() if data is None else self._decoder.feed(data)
        assert data is not None or self._decoder.over, "after the end of the body a reply is over, well or not"
        return self._given(events, self._decoder.failure, over=self._decoder.over)

    def _whole(self, body: bytes) -> list[StreamEvent]:
        limits, untagged = self._context.limits.wire, self._terms.settings.untagged
        events, failure = decode_whole(self._protocol, body, limits, untagged=untagged)
        bare_json = self._protocol.framing.bare_json
        if isinstance(failure, ProtocolFailure) and bare_json and b"\n" in body.strip():
            return self._lines(body)
        if isinstance(failure, ProtocolFailure) and self.stream:
            failure = NoStream(str(failure), status=self._exchange.status)
        return self._given(events, failure, over=True)

    def _lines(self, body: bytes) -> list[StreamEvent]:
        """The events of a stream whose content type says that it is one JSON value."""
        events = self._decode(body)
        return events if self._decoder.over else events + self._decode(None)

    def _given(self, events: list[StreamEvent], failure: ModelFailure | None, *, over: bool) -> list[StreamEvent]:
        if self._decoder.received > self._received or any(isinstance(e, Token | Thinking | ToolCall) for e in events):
            if not self._received:
                self._debug("the answer begins")
            self._received = self._decoder.received
            self._silent = 0
            self._exchange.content()
        if isinstance(failure, EmptyReply) and self.stream:
            failure = NoStream(str(failure), status=self._exchange.status)
        self._failure = failure
        self.over = over and failure is None
        if over or failure is not None:
            how = "is whole" if self.over else "broke off"
            self._debug("the answer %s, %d bytes of text, thoughts and calls", how, self._decoder.received)
        return events

    def _check_size(self) -> None:
        limit = self._context.limits.wire.reply
        if len(self._head) > limit:
            raise LimitFailure(f"{self._where}: the reply is over the limit of {human_size(limit)}")

    def _page(self) -> ModelFailure:
        said = self._head[:_PAGE].decode("utf-8", "replace")
        text = quote(page_words(said) or said, limit=_QUOTED, hide=self._context.endpoint.secrets)
        status = self._exchange.status
        reason = f"{self._where} answered with something else than an answer (HTTP {status}, {self._content_type()})"
        failure = NoStream if self.stream else ProtocolFailure
        return failure(f"{reason}: {text}" if text else f"{reason}: nothing", status=status)

    def _content_type(self) -> str:
        kind = self._exchange.header("content-type").partition(";")[0].strip() or "no content type"
        return quote(kind, limit=60, hide=self._context.endpoint.secrets)

    async def aclose(self) -> None:
        """Release the connection: to the pool when the answer is over and the end of its body comes in time, else it is
        closed. Can be called again.
        """
        try:
            if self.over and not self._exchange.ended:
                await self._drain()
        finally:
            await self._exchange.aclose()
        if self._decoder.ignored:
            self._context.log.info("%s sent more after its answer's end: ignored", self._where)

    async def _drain(self) -> None:
        drained = 0
        with anyio.move_on_after(_DRAIN_S):
            try:
                while drained < _DRAIN and (data := await self._exchange.read()) is not None:
                    drained += len(data)
                    self._decoder.feed(data)
            except ModelFailure as failure:
                failure = self._context.endpoint.hide(failure)
                self._context.log.debug("%s: after the answer: %s", self._where, failure)

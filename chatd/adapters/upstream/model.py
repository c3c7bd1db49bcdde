"""A model behind a server: implements the port Model with one or more requests for each answer."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import anyio
from anyio.lowlevel import checkpoint

from chatd.adapters.upstream.attempt import Attempt, RequestContext
from chatd.adapters.upstream.endpoint import Endpoint
from chatd.adapters.upstream.limits import ClientLimits
from chatd.adapters.upstream.negotiation import NewTerms, Terms, renegotiated
from chatd.adapters.upstream.retry_policy import Retry, RetryPolicy
from chatd.core.prompt import fitted
from chatd.core.question import Question
from chatd.core.retrieval import Related
from chatd.core.stream import Retrying, Sources, Started, StreamEvent, Thinking, Token, ToolCall
from chatd.errors import Exit, ModelFailure
from chatd.ports import ModelInfo
from chatd.wire.models.request import RequestSettings


class UpstreamModel:
    """The model `settings.model` of an endpoint, which must stay open as long as it is asked.

    It limits the time to the first piece and between pieces itself; the caller limits the time of the whole answer.

    Args:
        info: what people are told of the model.
        endpoint: its server.
        settings: what every request says beside the question.
        limits: times, sizes and number of requests.
        now: gives seconds since the epoch: a `Retry-After` may be a date.
        log: gets a line for each retry, and for bytes that a server sends after the end of an answer.
    """

    def __init__(
        self,
        info: ModelInfo,
        endpoint: Endpoint,
        settings: RequestSettings,
        limits: ClientLimits,
        *,
        now: Callable[[], float],
        log: logging.Logger,
    ) -> None:
        self.info = replace(info, keeps_time=True)
        self._endpoint = endpoint
        self._settings = settings
        self._context_tokens: int | None = None
        """Tokens of the model's context, as its server gave them in a refusal; None before that."""
        self._limits = limits
        self._now = now
        self._log = log

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """Ask. The iterator gives Started before each request, Retrying, Thinking, Token, ToolCall, Usage and Done, and
        raises ModelFailure after the events before it. Leaving the block closes the connection, unless the answer had
        ended.
        """
        context = RequestContext(self._endpoint, self._limits, self._now, self._log)
        fit = fitted(question, self._context_tokens, self._settings.max_tokens)
        return _opened(RoundEvents(context, Terms(fit, self._settings), self._learn, question.related))

    def _learn(self, terms: Terms) -> None:
        """The server accepted these terms after a refusal: the next question is put in them at once."""
        self._settings = replace(self._settings, without=self._settings.without | terms.settings.without)
        if terms.context_tokens is not None:
            self._context_tokens = terms.context_tokens
            self.info = replace(self.info, context_tokens=terms.context_tokens)


@asynccontextmanager
async def _opened(answer: RoundEvents) -> AsyncIterator[AsyncIterator[StreamEvent]]:
    try:
        yield answer
    finally:
        await answer.aclose()


class RoundEvents:
    """The events of one round. An iterator and not a generator: its owner closes it, not the garbage collector."""

    def __init__(
        self, context: RequestContext, terms: Terms, learn: Callable[[Terms], None], sources: tuple[Related, ...]
    ) -> None:
        """`sources` are those that the asker's words stand with, as far as the asker knows."""
        self._context = context
        self._terms = self._first_terms = terms
        self._learn = learn
        self._sources = sources
        self._tries = RetryPolicy(context.limits)
        self._next = Retry(0.0, stream=context.limits.enabled)
        self._attempt: Attempt | None = None
        self._events: deque[StreamEvent] = deque()
        self._announced = False
        """Whether Started was given for the next request."""
        self._shown = False
        self._ended = False
        self._failure: ModelFailure | None = None

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        """The next event. Raises ModelFailure; cancelling closes the connection."""
        if self._events:
            await checkpoint()  # this event came with an earlier read; a read is a checkpoint by itself
        while not self._events:
            if self._ended:
                raise StopAsyncIteration
            if self._failure is not None:
                self._ended = True
                raise self._failure
            try:
                await self._advance()
            except ModelFailure as failure:
                await self._failed(failure)
        return self._events.popleft()

    async def aclose(self) -> None:
        """Close the connection, or return it to the pool when the answer has ended. Can be called again."""
        self._ended = True
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            await attempt.aclose()

    async def _advance(self) -> None:
        """Take the next step: wait and announce a request, send it, or read from its response."""
        if self._attempt is None:
            if not self._announced:
                await anyio.sleep(self._next.wait)
                self._announced = True
                self._tell_sources()
                self._events.append(Started())
                return
            self._announced = False
            self._tries.made += 1
            self._attempt = Attempt(self._context, self._terms, stream=self._next.stream)
            await self._attempt.begin()
            return
        if self._attempt.over:
            await self.aclose()
            return
        events = await self._attempt.more()
        self._events.extend(events)
        self._shown = self._shown or any(isinstance(event, Token | Thinking | ToolCall) for event in events)
        if self._shown and self._terms is not self._first_terms:
            self._learn(self._terms)
            self._first_terms = self._terms

    def _tell_sources(self) -> None:
        if self._sources != self._terms.question.related:  # the context had no room for them
            self._sources = self._terms.question.related
            self._events.append(Sources(self._sources))

    async def _failed(self, failure: ModelFailure) -> None:
        """Close the failed attempt, and decide what follows it."""
        attempt, self._attempt = self._attempt, None
        assert attempt is not None, "only an attempt fails"
        await attempt.aclose()
        if self._shown:
            failure.exit_code = Exit.FAILED  # the server was available, and its answer failed
        following = failure if self._shown else self._following(failure, attempt)
        if isinstance(following, ModelFailure):
            self._failure = following
            return
        self._next = following
        where = self._context.endpoint.address.host_port
        self._context.log.info("%s: asked again in %g s: %s", where, following.wait, failure)
        tries = self._tries
        reason = f"{failure}; {following.how}" if following.how else str(failure)
        size = self._terms.context_tokens
        self._events.append(Retrying(reason, following.wait, tries.made + 1, tries.allowed, context_tokens=size))

    def _following(self, failure: ModelFailure, attempt: Attempt) -> Retry | ModelFailure:
        """What follows a failure before any content: a request on other terms, the same request again, or the end."""
        hide = self._context.endpoint.hide
        match renegotiated(self._terms, failure, self._context.endpoint.protocol, stream=attempt.stream):
            case NewTerms(terms, how):
                self._terms = terms
                return self._tries.changed(how)
            case ModelFailure() as final:
                return hide(final)
            case None:
                return self._tries.after(failure)

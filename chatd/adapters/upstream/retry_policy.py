"""Which failures are followed by another request, when, and which of two failures is told."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.adapters.upstream.attempt import NoStream
from chatd.adapters.upstream.limits import ClientLimits
from chatd.errors import LimitFailure, ModelFailure, ProtocolFailure, UpstreamFailure

FALLBACK = frozenset({400, 404, 405, 415, 422, 501})
"""Statuses with which servers refuse a stream that would have answered without one."""

_DOUBLINGS = 16.0
"""Doublings after which a delay grows no more: it is over any limit, and must stay a number."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Another request is to be made, in `wait` seconds."""

    wait: float
    stream: bool
    how: str = ""
    """What is different, in words."""


class RetryPolicy:
    """The requests of one answer, as long as nothing of it was shown."""

    def __init__(self, limits: ClientLimits) -> None:
        self._limits = limits
        self._stream = limits.enabled
        self._refused: ModelFailure | None = None
        self.made = 0
        """Requests made so far."""
        self.allowed = max(1, limits.retry_attempts)
        """Requests there may be in all."""

    def changed(self, how: str) -> Retry:
        """Another request follows one that was refused, and is different: the tries are for the same request."""
        if isinstance(self._refused, NoStream):
            self._stream, self._refused = self._limits.enabled, None  # what was asked before could not be streamed
        self.allowed += 1
        return Retry(0.0, stream=self._stream, how=how)

    def after(self, failure: ModelFailure) -> Retry | ModelFailure:
        """What follows the failure of a request of which nothing was shown: another one, or the failure to tell."""
        if self._falls_back(failure):
            self._stream = False
            self._refused = failure
            self.allowed += 1
            return Retry(0.0, stream=False)
        if not failure.retry or self.made >= self.allowed:
            return self._told(failure)
        wait = self._wait(failure)
        if wait > self._limits.max_retry_wait:
            return self._told(self._too_long(failure, wait))
        return Retry(wait, stream=self._stream)

    def _falls_back(self, failure: ModelFailure) -> bool:
        wanted = self._stream and self._limits.fallback_on_error
        refused = isinstance(failure, UpstreamFailure) and failure.status in FALLBACK
        return wanted and (refused or isinstance(failure, NoStream))

    def _wait(self, failure: ModelFailure) -> float:
        if failure.retry_after is not None:
            return failure.retry_after
        # A server's wish may be too long for us; our own delays just stop growing.
        delay = self._limits.retry_delay * 2.0 ** min(self.made - 1, _DOUBLINGS)
        return float(min(delay, self._limits.max_retry_wait))

    def _too_long(self, failure: ModelFailure, wait: float) -> ModelFailure:
        limit = f"{self._limits.max_retry_wait:g} s"
        reason = f"{failure}; it asks to be left alone for {wait:.0f} s, and the limit is {limit}"
        return UpstreamFailure(reason, status=failure.status, exit_code=failure.exit_code)

    def _told(self, failure: ModelFailure) -> ModelFailure:
        """After a fallback two requests have failed: a refusal in words says more than a reply nobody understands."""
        first = self._refused
        if first is None or (isinstance(first, ProtocolFailure) and not isinstance(failure, ProtocolFailure)):
            return failure
        return first if str(first) == str(failure) or isinstance(failure, ProtocolFailure | LimitFailure) else failure

"""Decides whether a failure is followed by another request, after what delay, and which of two failures is told."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.adapters.upstream.attempt import NoStream
from chatd.adapters.upstream.limits import ClientLimits
from chatd.errors import LimitFailure, ModelFailure, ProtocolFailure, UpstreamFailure

FALLBACK = frozenset({400, 404, 405, 415, 422, 501})
"""Statuses with which servers refuse a stream though they answer without streaming."""

_DOUBLINGS = 16.0
"""Doublings of the delay at most: it is over any limit then, and a float must hold it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Another request is to be made in `wait` seconds, as a stream or not."""

    wait: float
    stream: bool
    how: str = ""
    """What is different in it, in words; "" for nothing."""


class RetryPolicy:
    """Counts the requests of one answer, as long as no content of it was given."""

    def __init__(self, limits: ClientLimits) -> None:
        self._limits = limits
        self._stream = limits.enabled
        self._refused: ModelFailure | None = None
        self.made = 0
        """Requests made so far."""
        self.allowed = max(1, limits.retry_attempts)
        """Requests that may be made in all."""

    def changed(self, how: str) -> Retry:
        """The retry with a different request after a refusal; it does not use up a retry of the same request."""
        if isinstance(self._refused, NoStream):
            self._stream, self._refused = self._limits.enabled, None  # only the refused request could not be streamed
        self.allowed += 1
        return Retry(0.0, stream=self._stream, how=how)

    def after(self, failure: ModelFailure) -> Retry | ModelFailure:
        """What follows a failure before any content: a retry, or the failure that is told."""
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
        # A server's delay may be over the limit and is refused then; our own delays stop growing at it.
        delay = self._limits.retry_delay * 2.0 ** min(self.made - 1, _DOUBLINGS)
        return float(min(delay, self._limits.max_retry_wait))

    def _too_long(self, failure: ModelFailure, wait: float) -> ModelFailure:
        limit = f"{self._limits.max_retry_wait:g} s"
        reason = f"{failure}; it asks to be left alone for {wait:.0f} s, and the limit is {limit}"
        return UpstreamFailure(reason, status=failure.status, exit_code=failure.exit_code)

    def _told(self, failure: ModelFailure) -> ModelFailure:
        """The failure to tell, of two after a fallback: a refusal in words says more than a reply without sense."""
        first = self._refused
        if first is None or (isinstance(first, ProtocolFailure) and not isinstance(failure, ProtocolFailure)):
            return failure
        return first if str(first) == str(failure) or isinstance(failure, ProtocolFailure | LimitFailure) else failure

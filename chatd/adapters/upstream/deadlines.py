"""The time limits of one request to a model's server: to connect, to the first content, and between contents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import anyio

from chatd.adapters.upstream.limits import ClientLimits
from chatd.errors import Exit, LimitFailure


class _Stage(Enum):
    CONNECTING = 0
    ASKED = 1
    ANSWERING = 2


class StageDeadlines:
    """The deadline of the stage in which a request is. It is set at the first wait of the stage, so a slow consumer of
    the content before uses up nothing of it; and bytes without content do not move it.

    The timeouts of httpx do not serve for this: they start anew with every byte.
    """

    def __init__(self, limits: ClientLimits, where: str) -> None:
        self._limits = limits
        self._where = where
        self._stage = _Stage.CONNECTING
        self._allowed = limits.connect_timeout
        self._deadline: float | None = None
        """When the time of this stage is used up; None before its first wait."""
        self._scope: anyio.CancelScope | None = None

    def asked(self) -> None:
        """The request is being sent over an open connection: the wait for the first content begins."""
        self._enter(_Stage.ASKED, self._limits.first_token_timeout)

    def content(self) -> None:
        """Content was received: the wait for the next content begins."""
        self._enter(_Stage.ANSWERING, self._limits.timeout)

    def _enter(self, stage: _Stage, seconds: float) -> None:
        self._stage = stage
        self._allowed = seconds
        self._deadline = None
        if self._scope is not None:
            self._scope.deadline = self._deadline = anyio.current_time() + seconds

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Bounds the waiting inside the block. Raises LimitFailure when the time of the stage is used up."""
        now = anyio.current_time()
        if self._deadline is None:
            self._deadline = now + self._allowed
        if self._deadline <= now:
            raise self._exceeded()
        with anyio.CancelScope(deadline=self._deadline) as scope:
            self._scope = scope
            try:
                yield
            finally:
                self._scope = None
        if scope.cancelled_caught:
            raise self._exceeded()

    def _exceeded(self) -> LimitFailure:
        match self._stage:
            case _Stage.CONNECTING:
                reason = f"{self._where} accepted no connection within {_said(self._limits.connect_timeout)}"
                if (most := self._limits.pool.connections) is not None:
                    reason += f", or all {most} that there may be (pool_connections) are in use"
            case _Stage.ASKED:
                reason = f"{self._where}: no answer began within {_said(self._limits.first_token_timeout)}"
            case _Stage.ANSWERING:
                # The content before may be on screens already, so there is no retry.
                return LimitFailure(f"{self._where}: nothing more came for {_said(self._limits.timeout)}")
        return LimitFailure(reason, retry=True, exit_code=Exit.TEMPORARY)


def _said(seconds: float) -> str:
    return f"{seconds:g} s"

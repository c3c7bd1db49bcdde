"""How long we wait for a model's server, stage by stage."""

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
    """The time limits of one request. Each runs from when we begin to wait for content until some comes, also while
    something else comes; whoever takes the content slowly uses up nothing of it.

    httpx's limits are not enough: they start anew with every byte.
    """

    def __init__(self, limits: ClientLimits, where: str) -> None:
        self._limits = limits
        self._where = where
        self._stage = _Stage.CONNECTING
        self._allowed = limits.connect_timeout
        self._deadline: float | None = None
        """When this stage's time is used up; None until it is waited for."""
        self._scope: anyio.CancelScope | None = None

    def asked(self) -> None:
        """The connection stands and the request is being sent: the wait for the first content begins."""
        self._enter(_Stage.ASKED, self._limits.first_token_timeout)

    def content(self) -> None:
        """Content came: the wait for more begins."""
        self._enter(_Stage.ANSWERING, self._limits.timeout)

    def _enter(self, stage: _Stage, seconds: float) -> None:
        self._stage = stage
        self._allowed = seconds
        self._deadline = None
        if self._scope is not None:
            self._scope.deadline = self._deadline = anyio.current_time() + seconds

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for the server inside this block. Raises LimitFailure when the stage's time is used up."""
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
            case _Stage.ASKED:
                reason = f"{self._where}: no answer began within {_said(self._limits.first_token_timeout)}"
            case _Stage.ANSWERING:
                # What came may be shown already, so it cannot be tried again.
                return LimitFailure(f"{self._where}: nothing more came for {_said(self._limits.timeout)}")
        return LimitFailure(reason, retry=True, exit_code=Exit.TEMPORARY)


def _said(seconds: float) -> str:
    return f"{seconds:g} s"

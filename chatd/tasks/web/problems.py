"""Expected failures as problem details (RFC 9457): one table says which status each of them is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from http import HTTPStatus

from chatd.errors import (
    AlreadyEnded,
    AlreadyExists,
    BodyTooLarge,
    BodyTooSlow,
    ChatdError,
    LimitReached,
    ModelFailure,
    ModelUnavailable,
    NoStreaming,
    NotFound,
    NotLoggedIn,
    NotPermitted,
    QuestionRefused,
    ServerStopping,
    StorageError,
    TimedOut,
    UsageError,
    WrongField,
    WrongMediaType,
)
from chatd.ports import Headers

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER_S = 5
"""Seconds after which a limit may let pass what it refuses now, where nobody knows better: answers take some."""

_STATUS: dict[type[ChatdError], int] = {
    WrongMediaType: 415,
    BodyTooLarge: 413,
    WrongField: 422,
    AlreadyExists: 409,
    UsageError: 400,
    NoStreaming: 400,
    NotLoggedIn: 401,
    QuestionRefused: 422,
    NotPermitted: 403,
    AlreadyEnded: 409,
    NotFound: 404,
    LimitReached: 429,
    BodyTooSlow: 408,
    TimedOut: 504,
    ModelFailure: 502,
    ModelUnavailable: 502,
    StorageError: 503,
    ServerStopping: 503,
}
"""A class stands before those that it is one of: the first that fits counts."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that says what is wrong, without a type of its own: then the status is the type."""

    status: int
    detail: str
    headers: Headers = ()

    @property
    def title(self) -> str:
        """The words that go with the status."""
        return HTTPStatus(self.status).phrase


def problem_of(error: ChatdError) -> Problem:
    """What to tell of an expected failure; of one that is nobody's business on the web, that it happened."""
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:
        return Problem(status, "the server failed; its log says how")
    return Problem(status, str(error), _headers(error, status))


def _headers(error: ChatdError, status: int) -> Headers:
    if status == 401:
        return [("www-authenticate", "Bearer")]
    known = error.retry_after if isinstance(error, LimitReached | ModelFailure) else None
    if known is None and status in (429, 503):
        known = RETRY_AFTER_S
    return [] if known is None else [("retry-after", str(math.ceil(known)))]

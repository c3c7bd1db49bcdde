"""Expected failures as problems: one status for each class, and no class without one by accident."""

from __future__ import annotations

import pytest

from chatd import errors
from chatd.errors import ChatdError, LimitReached, ModelFailure, WrongField
from chatd.tasks.web.problems import RETRY_AFTER_S, problem_of

STATUS = {
    "UsageError": 400, "WrongField": 422,
    "BodyTooLarge": 413, "WrongMediaType": 415, "NotLoggedIn": 401, "NotPermitted": 403,
    "NotFound": 404, "AlreadyEnded": 409, "AlreadyExists": 409,
    "QuestionRefused": 422, "LimitReached": 429, "BodyTooSlow": 408,
    "TimedOut": 504, "ModelFailure": 502, "NetworkFailure": 502, "ProtocolFailure": 502, "UpstreamFailure": 502,
    "LimitFailure": 502, "ModelUnavailable": 502, "NoStreaming": 400, "StorageError": 503, "ServerStopping": 503,
}  # fmt: skip
INWARD = {
    "ChatdError", "DamagedDatabase", "MissingFile", "CannotBind", "InternalFault", "CannotCreate", "BadConfig",
    "TerminalGone", "ScriptError",
}  # fmt: skip
"""What nobody who asks over the web can mend, or even be told."""

KINDS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ChatdError)}


def test_every_error_is_in_one_of_the_lists() -> None:
    assert set(STATUS) | INWARD == set(KINDS) and not set(STATUS) & INWARD


@pytest.mark.parametrize("name", KINDS)
def test_the_status_of_each(name: str) -> None:
    problem = problem_of(WrongField("a.b", "why") if name == "WrongField" else KINDS[name]("why"))
    assert problem.status == STATUS.get(name, 500)
    assert ("why" in problem.detail) == (name in STATUS)


def test_who_may_come_again_is_told_when() -> None:
    assert problem_of(LimitReached("4 answers")).headers == [("retry-after", str(RETRY_AFTER_S))]
    assert problem_of(ModelFailure("busy", retry_after=1.2)).headers == [("retry-after", "2")]
    assert problem_of(ModelFailure("broken")).headers == []
    assert problem_of(errors.NotLoggedIn("who are you")).headers == [("www-authenticate", "Bearer")]
    assert problem_of(LimitReached("so many a day", retry_after=3600.5)).headers == [("retry-after", "3601")]
    assert problem_of(LimitReached("x")).title == "Too Many Requests"

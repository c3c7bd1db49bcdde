"""Errors in every shape become one sentence that is fit for a room, and the failure that they are."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.sanitize import sanitize_line
from chatd.errors import Exit
from chatd.wire.models.quotation import MAX_QUOTE, quote
from chatd.wire.models.refusals import RETRIED, find_error, refusal, stream_failure

NESTED = json.dumps({"error": {"message": json.dumps({"error": json.dumps({"error": {"message": "out of memory"}})})}})


def words(body: object) -> str:
    """What is said of this body behind the status."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    _, _, said = str(refusal(400, raw)).partition("(HTTP 400 Bad Request)")
    return said.removeprefix(": ")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "no tools here"}, "no tools here"),
        ({"error": {"message": "too long", "type": "invalid_request_error", "code": None}}, "too long"),
        ({"error": {"message": "", "code": "bad_thing"}}, "bad_thing"),
        ({"error": ["one", {"message": "two"}]}, "one; two"),
        ({"errors": [{"message": "one"}]}, "one"),
        ({"object": "error", "message": "old vLLM", "code": 40301}, "old vLLM"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body", "messages", 0], "msg": "Field required"}]}, "body.messages.0: Field required"),
        ({"detail": {"error": {"message": "deep"}}}, "deep"),
        ({"type": "error", "error": {"type": "api_error", "message": "Internal"}}, "Internal"),
        (["first", "second"], "first; second"),
        ("plain text.\n", "plain text"),
        ("two\r\nlines", "two lines"),
        ('"a JSON string"', "a JSON string"),
        ('"one" and "two"', '"one" and "two"'),
        (NESTED, "out of memory"),
        ({"error": 'llama runner failed: {"error": {"message": "no memory"}}'}, "no memory"),
        ({"error": 'no such field {"type": "function"} there'}, 'no such field {"type": "function"} there'),
        ("{broken", "{broken"),
        ("{}", ""),
        ({"error": None}, '{"error": null}'),
        ("", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("<html><head><title>502 Bad &amp; Gateway</title></head><body>nginx</body>", "502 Bad & Gateway"),
        ("<!DOCTYPE html><style>p{}</style><p>Please <b>log in</b>", "Please log in"),
    ],
)
def test_every_shape_is_one_sentence(body: object, said: str) -> None:
    assert words(body) == said


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "bad"}},
        {"object": "error", "message": "bad"},
        {"object": "error", "code": "bad"},
        {"type": "error", "code": "bad"},
        {"error": True, "message": "bad"},
        {"detail": "bad"},
        {"message": "bad"},
    ],
)
def test_errors_are_found_in_every_shape(error: dict[str, object]) -> None:
    found = find_error(error)
    assert "bad" in str(stream_failure(found))


def test_what_is_no_error_is_none() -> None:
    harmless: list[dict[str, object]] = [
        {"choices": [], "error": None},
        {"message": {"content": "hi"}, "error": ""},
        {"choices": [], "detail": 1},
    ]
    for value in harmless:
        assert find_error(value) is None


@pytest.mark.parametrize(
    ("status", "retry", "code", "says"),
    [
        (400, False, Exit.FAILED, "refused"),
        (401, False, Exit.NOT_PERMITTED, "does not permit this"),
        (402, False, Exit.FAILED, "refused"),
        (403, False, Exit.NOT_PERMITTED, "does not permit this"),
        (404, False, Exit.UNAVAILABLE, "knows no such model or address"),
        (408, True, Exit.TEMPORARY, "failed"),
        (429, True, Exit.TEMPORARY, "is busy"),
        (500, True, Exit.FAILED, "failed"),
        (501, False, Exit.FAILED, "failed"),
        (502, True, Exit.TEMPORARY, "failed"),
        (503, True, Exit.TEMPORARY, "is busy"),
        (504, True, Exit.TEMPORARY, "failed"),
        (529, True, Exit.TEMPORARY, "is busy"),
    ],
)
def test_what_a_status_means(status: int, retry: bool, code: Exit, says: str) -> None:
    failure = refusal(status, b'{"error": "because"}', retry_after=7)
    assert (failure.status, failure.retry, failure.exit_code, failure.cut) == (status, retry, code, False)
    assert (status in RETRIED) is retry
    assert failure.retry_after == (7 if retry else None)
    assert f"the model's server {says} (HTTP {status}" in str(failure)
    assert str(failure).endswith(": because")


@pytest.mark.parametrize(
    "said",
    [
        "model 'qwen2.5:7b' not found",
        "The model `gpt-9` does not exist or you do not have access to it.",
        "unknown model",
        "model_not_found",
        "Model org/x.y doesn't exist",
    ],
)
def test_a_model_that_is_not_there_is_unavailable_whatever_the_status(said: str) -> None:
    for status in (400, 404, 500):
        failure = refusal(status, json.dumps({"error": {"message": said}}).encode())
        assert (failure.exit_code, failure.retry) == (Exit.UNAVAILABLE, False)
        assert "has no such model" in str(failure)
    assert stream_failure(said).exit_code is Exit.UNAVAILABLE
    assert refusal(503, said.encode()).exit_code is Exit.TEMPORARY


def test_a_sentence_about_something_else_is_not_about_the_model() -> None:
    assert refusal(400, b"the model is fine. file not found").exit_code is Exit.FAILED


def test_a_status_is_named_once() -> None:
    assert str(refusal(502, b"")) == "the model's server failed (HTTP 502 Bad Gateway)"
    assert str(refusal(502, b"<html><title>502 Bad Gateway</title>")) == str(refusal(502, b""))
    assert str(refusal(599, b"x")) == "the model's server failed (HTTP 599): x"


@pytest.mark.parametrize(
    ("error", "status", "retry", "code"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, 529, True, Exit.TEMPORARY),
        ('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 529, True, Exit.TEMPORARY),
        ({"message": "slow down", "code": "rate_limit_exceeded"}, 429, True, Exit.TEMPORARY),
        ({"message": "bad", "code": 400}, 400, False, Exit.FAILED),
        ({"message": "bad", "code": "401"}, 401, False, Exit.NOT_PERMITTED),
        ({"message": "bad", "code": 12345, "type": "server_error"}, 500, True, Exit.FAILED),
        ({"message": "bad", "type": "BadRequestError"}, None, False, Exit.FAILED),
        ({"message": "bad", "code": True}, None, False, Exit.FAILED),
        ("the runner has stopped", None, False, Exit.FAILED),
        (True, None, False, Exit.FAILED),
    ],
)
def test_an_error_within_a_stream_has_the_status_that_it_names(
    error: object, status: int | None, retry: bool, code: Exit
) -> None:
    failure = stream_failure(error)
    assert (failure.status, failure.retry, failure.exit_code) == (status, retry, code)


def test_an_error_that_says_nothing_says_so() -> None:
    assert str(stream_failure({})) == "the model's server failed: it does not say why"


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijkl",
        "sk-abcd****wxyz",
        "gsk_abcdefghijkl",
        "hf_abcdefghijklm",
        "AIzaSyabcdefghijk",
        "Bearer abcdefghijk",
        "Basic dXNlcjpwYXNz",
        "eyJhbGciOiJIUzI1NiJ9.e30.abc",
        "api_key=hunter2hunter2",
        '"api-key": "hunter2hunter2"',
        "Incorrect API key provided: hunter2hunter2.",
        "http://user:hunter2hunter2@host/",
    ],
)
def test_secrets_are_not_repeated(secret: str) -> None:
    said = str(refusal(401, f"so {secret} is wrong".encode()))
    value = re.split("[ =]", secret)[-1].strip('".')
    assert "(hidden)" in said
    assert value not in said and "hunter2" not in said


def test_the_key_that_was_sent_is_hidden_however_it_looks() -> None:
    said = str(refusal(401, b'{"error": "swordfish? no"}', hide=("", "swordfish")))
    assert said == "the model's server does not permit this (HTTP 401 Unauthorized): (hidden)? no"


def test_a_sentence_may_have_its_limit_and_not_a_character_more() -> None:
    assert quote("x" * MAX_QUOTE) == "x" * MAX_QUOTE
    assert quote("x" * (MAX_QUOTE + 1)) == "x" * (MAX_QUOTE - 1) + "…"


def test_names_that_only_look_like_keys_stay() -> None:
    for text in ("max_tokens: 5000 is too large", "hf.co/org/model-name", "unexpected token: foobar"):
        assert quote(text) == text


@settings(max_examples=60)
@given(st.integers(300, 599), st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_body_gives_one_line_that_is_safe_on_a_terminal(status: int, body: bytes) -> None:
    for failure in (refusal(status, body), refusal(status, json.dumps({"error": repr(body)}).encode())):
        said = str(failure)
        assert sanitize_line(said) == said
        assert "\n" not in said
        assert len(said) <= MAX_QUOTE + 100


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 60_000,
        b'{"error":' * 7_000,
        b'{"error":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"detail":[{"msg":"x","loc":' + b"[" * 900 + b"]" * 900 + b"}]}",
        b'{"error":' + b"9" * 50_000 + b"}",
        b"<head" * 12_000,
        b"<html>" + b"<" * 60_000,
    ],
)
def test_bodies_made_to_do_harm_do_none(bomb: bytes) -> None:
    assert len(str(refusal(500, bomb))) <= MAX_QUOTE + 100

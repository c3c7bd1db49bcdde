"""Translates the errors of servers, in all their shapes, into failures with one sentence each."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http import HTTPStatus

from chatd.errors import Exit, ModelFailure, UpstreamFailure
from chatd.wire.models.html_pages import page_words
from chatd.wire.models.json_values import Object, a_count, a_list, a_string, an_object, parse
from chatd.wire.models.quotation import quote

RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may work a moment later."""

MAX_BODY = 64 * 1024
"""Bytes of an error's body that are read: the message stands at its beginning."""

_BUSY = frozenset({429, 503, 529})
_REFUSED_KEY = frozenset({401, 403})
_MAX_DEPTH = 12
"""Levels of nesting that are read: servers wrap the errors of others, as objects and as JSON in a text."""
_MAX_PARTS = 3
"""Errors of a list that are quoted, the first ones."""

_MAX_WORDS = 4096
"""Characters of an error that are searched for its cause: a failing template is quoted with its whole source."""

_SAYING = (
    "error",
    "message",
    "detail",
    "msg",
    "status_msg",
    "error_msg",
    "error_description",
    "errors",
    "reason",
    "title",
)
"""Keys under which servers put the message of an error, the most specific first."""
_NO_MODEL = re.compile(
    r"model\b(?:[^.;]|\.\S){0,120}?(?:\bnot found|\bnot exist|n't exist)|\b(?:no such|unknown) model\b|model_not_found",
    re.IGNORECASE,
)

_STATUS_OF = {
    "invalid_request_error": 400,
    "exceed_context_size_error": 400,
    "context_length_exceeded": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_server_error": 500,
    "unavailable_error": 503,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""Type or code of an error within a stream, whose own status was 200 -> the HTTP status that it stands for."""


def refusal(status: int, body: bytes, *, retry_after: float | None = None, hide: Sequence[str] = ()) -> UpstreamFailure:
    """The failure that an HTTP status other than 200, with this body, means.

    Args:
        status: the HTTP status.
        body: the beginning of the body, of which at most `MAX_BODY` bytes are read.
        retry_after: seconds to wait before a retry, if the server named them.
        hide: strings that the sentence must not repeat, such as the key that was sent.
    """
    text = body[:MAX_BODY].decode("utf-8", "replace")
    said = _explain(text, _MAX_DEPTH)
    failure = _failure(status, quote(said, hide=hide), retry_after)
    failure.words = _words(_unwrapped(text), said)
    return failure


def stream_failure(error: object) -> UpstreamFailure:
    """The failure that an error within a stream means; `error` is a JSON value, or text."""
    if isinstance(error, str):
        error = _unwrapped(error[:MAX_BODY])
    said = _explain(error, _MAX_DEPTH)
    shown = quote(said)
    status = _status(error)
    if status is not None:
        failure = _failure(status, shown, None)
    else:
        exit_code = Exit.UNAVAILABLE if _NO_MODEL.search(shown) else None
        failure = UpstreamFailure(f"the model's server failed: {shown or 'it does not say why'}", exit_code=exit_code)
    failure.words = _words(error, said)
    return failure


def _unwrapped(text: str) -> object:
    """The JSON object in a text, or the text itself when it is none."""
    try:
        value = parse(text)
    except ModelFailure:
        return text
    return value if isinstance(value, dict) else text


def find_error(value: Object) -> object | None:
    """The error in a server's object, in any shape; None when the object reports none."""
    error = value.get("error")
    if error:
        return value if error is True else error
    if value.get("object") == "error" or value.get("type") == "error" or value.get("error_code"):
        return value
    base = an_object(value.get("base_resp"))  # MiniMax: 0 stands for no failure
    if base.get("status_code"):
        return base
    if "choices" in value:
        return None
    if a_string(value.get("message")).strip():
        return value
    return (None if "message" in value else value.get("detail")) or None


def _failure(status: int, said: str, retry_after: float | None) -> UpstreamFailure:
    no_model = status not in _BUSY and _NO_MODEL.search(said) is not None
    exit_code: Exit | None = None
    if status in _REFUSED_KEY:
        what, exit_code = "does not permit this", Exit.NOT_PERMITTED
    elif no_model or status == 404:
        what = "has no such model" if no_model else "knows no such model or address"
        exit_code = Exit.UNAVAILABLE
    elif status in RETRIED:
        # With 500 the server has failed at this question; with the others it was not available.
        what, exit_code = "is busy" if status in _BUSY else "failed", None if status == 500 else Exit.TEMPORARY
    else:
        what = "failed" if status >= 500 else "refused"
    retry = status in RETRIED and not no_model
    named = _named(status)
    adds = said.casefold() not in {"", named.casefold(), named.casefold().removeprefix("http ")}
    return UpstreamFailure(
        f"the model's server {what} ({named})" + (f": {said}" if adds else ""),
        retry=retry,
        retry_after=retry_after if retry else None,
        status=status,
        exit_code=exit_code,
    )


def _named(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _innermost(error: object) -> Object:
    """The innermost error object among those that wrap it."""
    while isinstance(error, dict) and isinstance(error.get("error"), dict):
        error = error["error"]
    return an_object(error)


def _words(error: object, said: str) -> str:
    """The text in which the cause is searched: the message behind the parameter it is about, then names and sizes."""
    told = _innermost(error)
    about = a_string(told.get("param"))
    size = a_count(told.get("n_ctx"))
    clauses = [f"{about}: {said}" if about else said, a_string(told.get("code")), a_string(told.get("type"))]
    clauses.append("" if size is None else f"n_ctx {size}")
    return "; ".join(filter(None, clauses))[:_MAX_WORDS]


def _status(error: object) -> int | None:
    """The HTTP status that an error stands for, by its numbers and its names; None when they tell none."""
    told = _innermost(error)
    for key in ("code", "status", "status_code"):
        value = told.get(key)
        if isinstance(value, str) and re.fullmatch(r"[45]\d\d", value, re.ASCII):
            value = int(value)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    for key in ("code", "type"):
        known = _STATUS_OF.get(a_string(told.get(key)))
        if known is not None:
            return known
    return None


def _explain(value: object, depth: int) -> str:
    """The message in an error, not yet quoted for a sentence; at most `depth` levels of nesting are read."""
    if depth < 0:
        return ""
    if isinstance(value, str):
        return _explain_text(value, depth)
    if isinstance(value, dict):
        return _explain_object(value, depth)
    parts = (_explain(part, depth - 1) for part in a_list(value)[:_MAX_PARTS])
    return "; ".join(part for part in parts if part)


def _explain_object(value: Object, depth: int) -> str:
    for key in _SAYING:
        said = _explain(value.get(key), depth - 1)
        if said:
            where = ".".join(str(part) for part in a_list(value.get("loc")) if isinstance(part, str | int))
            return f"{where}: {said}" if where else said
    return a_string(value.get("code")) or a_string(value.get("type"))


def _explain_text(text: str, depth: int) -> str:
    page = page_words(text)
    if page is not None:
        return page
    text = text[:MAX_BODY]
    begin = len(text) - len(text.lstrip())
    wrapped = text[begin : begin + 1] not in {"{", "[", '"'}
    if wrapped:
        begin = text.find("{")
    if begin < 0:
        return text
    try:
        inner, end = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError):
        return text
    if wrapped and not (isinstance(inner, dict) and ("error" in inner or "message" in inner)):
        return text  # a message that quotes an object, not a wrapped error
    if isinstance(inner, str) and text[end:].strip():
        return text  # a message that begins with a quotation
    return (_explain(inner, depth - 1) or text) if inner else ""

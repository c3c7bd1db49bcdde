"""Answers that are the last words of a connection: made by hand, as what went wrong may be the machinery itself."""

from __future__ import annotations

from email.utils import formatdate
from http.client import responses

from chatd.ports import Clock, Headers


def date(clock: Clock) -> str:
    """The value of the header `Date`, now."""
    return formatdate(clock.now_ms() / 1000, usegmt=True)


def phrase(status: int) -> str:
    """The words behind a status: some old clients want them."""
    return responses.get(status, "")


def short_answer(clock: Clock, status: int, reason: str = "", headers: Headers = ()) -> bytes:
    """A whole answer after which the connection is closed; `reason` is a line for whoever reads it, of ASCII."""
    body = f"{reason}\n".encode() if reason else b""
    lines = [
        f"HTTP/1.1 {status} {phrase(status)}",
        f"date: {date(clock)}",
        *(f"{name}: {value}" for name, value in headers),
        *(["content-type: text/plain; charset=utf-8"] if body else []),
        f"content-length: {len(body)}",
        "connection: close",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

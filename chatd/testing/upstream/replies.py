"""Well-formed replies as scripts; a test takes them apart to make ill-formed ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from chatd.testing.upstream.steps import Close, Send, Step
from chatd.testing.upstream.wires import Wire

NO_HEADERS: Mapping[str, str] = {}


def head(status: int = 200, headers: Mapping[str, str] = NO_HEADERS, version: str = "1.1") -> bytes:
    """A status line and headers, with the blank line after them."""
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"HTTP/{version} {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body. Of nothing: the end of the body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def response(
    status: int, body: bytes, content_type: str = "application/json", headers: Mapping[str, str] = NO_HEADERS
) -> tuple[Step, ...]:
    """A whole reply with its length, the connection kept."""
    fields = {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}
    return (Send(head(status, fields) + body),)


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] = NO_HEADERS) -> tuple[Step, ...]:
    """A JSON reply."""
    return response(status, json.dumps(value).encode(), headers=headers)


def page(text: str, status: int = 200) -> tuple[Step, ...]:
    """An HTML page, as a proxy's login or a wrong port gives."""
    return response(status, text.encode(), "text/html; charset=utf-8")


def whole(wire: Wire, text: str) -> tuple[Step, ...]:
    """An answer that is not streamed."""
    return json_reply(wire.whole(text))


def refusal(wire: Wire, status: int, message: str, headers: Mapping[str, str] = NO_HEADERS) -> tuple[Step, ...]:
    """An error instead of an answer."""
    return json_reply(wire.refused(message), status, headers)


def streamed(
    wire: Wire,
    *payloads: bytes | Step,
    ended: bool = True,
    content_type: str = "",
    headers: Mapping[str, str] = NO_HEADERS,
) -> tuple[Step, ...]:
    """A chunked stream, the connection kept: each of `payloads` is one chunk, or a step between two.

    Without `ended` the body's last chunk is left out.
    """
    fields = {"Content-Type": content_type or wire.content_type, "Transfer-Encoding": "chunked", **headers}
    steps: list[Step] = [Send(head(200, fields))]
    for payload in payloads:
        if not isinstance(payload, bytes):
            steps.append(payload)
        elif payload:  # an empty chunk would end the body
            steps.append(Send(chunk(payload)))
    if ended:
        steps.append(Send(chunk(b"")))
    return tuple(steps)


def close_delimited(wire: Wire, *payloads: bytes | Step) -> tuple[Step, ...]:
    """A stream in HTTP/1.0's way: its end is the end of the connection."""
    begin = Send(head(200, {"Content-Type": wire.content_type}, version="1.0"))
    return (begin, *(Send(part) if isinstance(part, bytes) else part for part in payloads), Close())

"""Server-sent events (SSE) on their way out, as the WHATWG specifies them."""

from __future__ import annotations

import re

MEDIA_TYPE = "text/event-stream"

_LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line for those who read; a text comes to them with a line feed for each of them."""


def encode_event(data: str, *, event: str = "", id: str | None = None) -> bytes:  # noqa: A002 -- the field's name
    """One event, with the blank line that sends it off. Without `event` it is a `message`.

    `id` is what a client that comes again says in Last-Event-ID; None leaves the one before, "" takes it back.
    Raises ValueError when `event` or `id` is no single line, or there is a NUL in `id`, which clients ignore then.
    """
    if _LINE_END.search(event) or (id is not None and (_LINE_END.search(id) or "\0" in id)):
        raise ValueError("the name and the id of an event are a line each")
    fields = [] if id is None else [f"id: {id}"]
    fields += [f"event: {event}"] if event else []
    fields += [f"data: {line}" for line in _LINE_END.split(data)]
    return ("\n".join(fields) + "\n\n").encode("utf-8", "replace")


def encode_comment(text: str = "") -> bytes:
    """What nobody is told of; it keeps a connection alive through proxies that close silent ones."""
    return "".join(f": {line}\n" for line in _LINE_END.split(text)).encode("utf-8", "replace") + b"\n"


def encode_retry(ms: int) -> bytes:
    """How many milliseconds a client that lost the connection waits before it comes again."""
    return f"retry: {ms}\n\n".encode()

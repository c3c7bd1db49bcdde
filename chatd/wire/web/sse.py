"""Server-sent events (SSE) on their way out, as the WHATWG specifies them."""

from __future__ import annotations

import re

MEDIA_TYPE = "text/event-stream"

_LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line for those who read; a text comes to them with a line feed for each of them."""


def encode_event(data: str, *, event: str = "", event_id: str | None = None) -> bytes:
    """One event, with the blank line that sends it off. Without `event` it is a `message`.

    `event_id` is what a client that comes again says in Last-Event-ID; None leaves the one before, "" takes it back.
    Raises ValueError when `event` or `event_id` is no single line, or clients would ignore the latter for a NUL in it.
    """
    if _LINE_END.search(event) or (event_id is not None and (_LINE_END.search(event_id) or "\0" in event_id)):
        raise ValueError("the name and the id of an event are a line each")
    fields = [] if event_id is None else [f"id: {event_id}"]
    fields += [f"event: {event}"] if event else []
    fields += [f"data: {line}" for line in _LINE_END.split(data)]
    return ("\n".join(fields) + "\n\n").encode("utf-8", "replace")


def encode_comment(text: str = "") -> bytes:
    """What nobody is told of; it keeps a connection alive through proxies that close silent ones."""
    return "".join(f": {line}\n" for line in _LINE_END.split(text)).encode("utf-8", "replace") + b"\n"


def encode_retry(ms: int) -> bytes:
    """How many milliseconds a client that lost the connection waits before it comes again."""
    return f"retry: {ms}\n\n".encode()

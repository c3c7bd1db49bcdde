"""What a response's body is, whatever its headers claim: a stream, one JSON reply, or a page for a browser."""

from __future__ import annotations

import re
from enum import Enum, auto

_STREAM_TYPES = {
    "ollama": {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"},
    "openai": {"text/event-stream"},
    "anthropic": {"text/event-stream"},
}
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_SSE_FIELD = re.compile(rb":|(data|event|id|retry|error) *:")
_LONGEST_FIELD = 7
"""Bytes needed to know a field of SSE."""


class BodyKind(Enum):
    """What to do with a body."""

    STREAM = auto()
    WHOLE = auto()
    """It may be one JSON reply."""
    PAGE = auto()
    """Nothing that a model's server says."""


def kind_of(provider: str, content_type: str, head: bytes, *, ended: bool) -> BodyKind | None:
    """What the body that begins with `head` is; None while that is too little to know.

    Servers mislabel both ways, so the first bytes count for more than the header.
    """
    said = content_type.partition(";")[0].strip().lower()
    streams = said in _STREAM_TYPES[provider]
    start = head.removeprefix(_BOM).lstrip(_BLANK)
    if not start or (_BOM.startswith(head) and not ended):
        return (BodyKind.STREAM if streams else BodyKind.PAGE) if ended else None
    if start[:1] == b"{":
        # A line of Ollama's stream and its whole reply look alike; no event of SSE begins so.
        return BodyKind.STREAM if provider == "ollama" and said != "application/json" else BodyKind.WHOLE
    if start[:1] == b"<":
        return BodyKind.PAGE
    if streams:
        return BodyKind.STREAM
    if provider == "ollama" or said in {"text/html", "application/xhtml+xml"}:
        return BodyKind.PAGE
    if len(start) < _LONGEST_FIELD and not ended:
        return None
    return BodyKind.STREAM if _SSE_FIELD.match(start) else BodyKind.PAGE

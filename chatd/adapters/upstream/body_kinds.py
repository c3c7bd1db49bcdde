"""Classifies the body of a response by its first bytes: a stream, one JSON value, or a page for a browser."""

from __future__ import annotations

from enum import Enum, auto

from chatd.wire.models.frames import Framing

_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


class BodyKind(Enum):
    """How a body is to be read."""

    STREAM = auto()
    """As frames, by the decoder."""
    WHOLE = auto()
    """As one JSON value, which may be a reply that is not streamed."""
    PAGE = auto()
    """As text to quote: it comes from no model's server, but from a proxy or a wrong port."""


def kind_of(framing: Framing, content_type: str, head: bytes, *, ended: bool) -> BodyKind | None:
    """The kind of the body that begins with `head`, and has ended there if `ended`; None while more bytes are needed.

    Servers declare streams as JSON and JSON as streams, so the first bytes count for more than the content type.
    """
    said = content_type.partition(";")[0].strip().lower()
    streams = said in framing.declared
    start = head.removeprefix(_BOM).lstrip(_BLANK)
    if not start or (_BOM.startswith(head) and not ended):
        return (BodyKind.STREAM if streams else BodyKind.PAGE) if ended else None
    if start[:1] == b"{":
        return BodyKind.STREAM if framing.bare_json and said != "application/json" else BodyKind.WHOLE
    if start[:1] == b"<":
        return BodyKind.PAGE
    if streams:
        return BodyKind.STREAM
    begins = False if said in _PAGES else framing.begins(start, ended)
    if begins is None:
        return None
    return BodyKind.STREAM if begins else BodyKind.PAGE

"""What a response's body is, whatever its headers claim: a stream, one JSON reply, or a page for a browser."""

from __future__ import annotations

from enum import Enum, auto

from chatd.wire.models.frames import Framing

_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


class BodyKind(Enum):
    """What to do with a body."""

    STREAM = auto()
    WHOLE = auto()
    """It may be one JSON reply."""
    PAGE = auto()
    """Nothing that a model's server says."""


def kind_of(framing: Framing, content_type: str, head: bytes, *, ended: bool) -> BodyKind | None:
    """What the body that begins with `head` is, where streams are framed so; None while that is too little to know.

    Servers mislabel both ways, so the first bytes count for more than the header.
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

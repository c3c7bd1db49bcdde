"""Newline-delimited JSON (NDJSON): each line is a frame."""

from __future__ import annotations

from collections.abc import Iterator

from chatd.wire.models.byte_lines import ByteLines
from chatd.wire.models.frames import Framing, WireFrame


class NdjsonFrames:
    """A frame for each line that is not blank. Always UTF-8; invalid bytes become U+FFFD.

    Args:
        limit: bytes a line may have.
    """

    def __init__(self, limit: int) -> None:
        self._lines = ByteLines(limit)

    def feed(self, data: bytes) -> Iterator[WireFrame]:
        """The frames that `data` completes; exhaust the iterator. Raises TooLong."""
        return _frames(self._lines.feed(data))

    def end(self) -> Iterator[WireFrame]:
        """The last line, if it has no line end."""
        return _frames(self._lines.end())


def _frames(lines: Iterator[bytes]) -> Iterator[WireFrame]:
    for line in lines:
        if not line.isspace() and line:
            yield WireFrame(line.decode("utf-8", "replace"))


NDJSON = Framing(
    media_type="application/x-ndjson",
    declared=frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}),
    framer=lambda limits: NdjsonFrames(limits.line),
    bare_json=True,
    begins=lambda _start, _ended: False,
)
"""The framing of lines, each of which is a JSON object: a body that does not begin with `{` is no such stream."""

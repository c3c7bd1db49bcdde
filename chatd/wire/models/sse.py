"""Server-sent events (SSE) as the WHATWG specifies them, and as model servers deviate from that.

`id` and `retry` are ignored: they serve to resume a stream, and an answer cannot be resumed. Older llama.cpp reports
a failure in a field `error`, which counts as the data of an event of that name. An event without a blank line behind it
is given when the body ends, since some servers leave out the last blank line. Others leave out all of them: there each
line of complete JSON is an event, once a second such line behind the first has shown it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chatd.wire.models.byte_lines import ByteLines
from chatd.wire.models.frames import Framing, TooLong, WireFrame
from chatd.wire.models.json_values import is_whole

ERROR = "error"
"""The name of the event with which a server reports a failure."""

_FIELD = re.compile(rb":|(data|event|id|retry|error) *:")
_LONGEST_FIELD = 7
"""Bytes that are enough to recognise the name of a field."""


class SseFrames:
    """A frame for each event with data, and for every event `error`. Always UTF-8; invalid bytes become U+FFFD.

    Args:
        line_limit: bytes a line may have.
        event_limit: bytes the data of one event may have.
    """

    def __init__(self, line_limit: int, event_limit: int) -> None:
        self._lines = ByteLines(line_limit, lone_cr=True)
        self._limit = event_limit
        self._name = ""
        self._data: list[str] = []
        self._size = 0
        self._begun = False
        self._no_blanks = False
        """Whether the server leaves blank lines out."""

    def feed(self, data: bytes) -> Iterator[WireFrame]:
        """The events that `data` completes; exhaust the iterator. Raises TooLong."""
        for line in self._lines.feed(data):
            if not line:
                yield from self._dispatch()
                continue
            if self._is_next(line):
                self._no_blanks = True
                yield from self._dispatch()
            self._field(line)
            if self._no_blanks and self._whole():
                yield from self._dispatch()

    def end(self) -> Iterator[WireFrame]:
        """The last event, if no blank line followed it; its data is empty if that had not come. Raises TooLong."""
        for line in self._lines.end():
            if self._is_next(line):
                yield from self._dispatch()
            self._field(line)
        if self._begun:
            yield WireFrame("\n".join(self._data), self._name)

    def _is_next(self, line: bytes) -> bool:
        """Whether a line begins the next event without a blank line before it, since the data so far is complete."""
        return line.startswith((b"data:", b"event:")) and self._whole()

    def _whole(self) -> bool:
        """Whether the data is one line of complete JSON; a value over several lines is not."""
        return len(self._data) == 1 and is_whole(self._data[0])

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        self._begun = self._begun or bool(name)
        match name:
            case b"data":
                self._add(value)
            case b"event":
                self._name = value.decode("utf-8", "replace")
            case b"error":
                self._name = ERROR
                self._add(value)
            case _:
                pass  # a comment (its name is empty), id, retry, or an unknown field

    def _add(self, value: bytes) -> None:
        self._size += len(value) + 1
        if self._size > self._limit:
            raise TooLong("an event", self._limit)
        self._data.append(value.decode("utf-8", "replace"))

    def _dispatch(self) -> Iterator[WireFrame]:
        name, lines = self._name, self._data
        self._name, self._data, self._size, self._begun = "", [], 0, False
        if lines or name == ERROR:
            yield WireFrame("\n".join(lines), name)


def _begins(start: bytes, ended: bool) -> bool | None:
    """Whether a body that begins so has a field, or a comment, in its first line."""
    return None if len(start) < _LONGEST_FIELD and not ended else _FIELD.match(start) is not None


SSE = Framing(
    media_type="text/event-stream",
    declared=frozenset({"text/event-stream"}),
    framer=lambda limits: SseFrames(limits.line, limits.event),
    bare_json=False,
    begins=_begins,
)
"""The framing of events, which begin with the name of a field and never with `{`."""

"""Server-sent events, as the WHATWG specifies them, with what model servers do beside it.

`id` and `retry` are recognised by being ignored: they serve to resume a stream, and an answer cannot be resumed. Older
llama.cpp says a failure in a field `error`, which counts as the data of an event of that name. An event that is not
finished off by a blank line is given when the body ends, since some servers leave the last blank line out.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatd.wire.models.byte_lines import ByteLines
from chatd.wire.models.frames import Frame, TooLong

ERROR = "error"
"""The event by which a server says that it failed."""


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

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The events that `data` completes; use it up. Raises TooLong."""
        for line in self._lines.feed(data):
            if line:
                self._field(line)
            else:
                yield from self._dispatch()

    def end(self) -> Iterator[Frame]:
        """The last event, if no blank line came after it; without data if that was still to come. Raises TooLong."""
        for line in self._lines.end():
            self._field(line)
        if self._begun:
            yield Frame("\n".join(self._data), self._name)

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
                pass  # a comment (its name is empty), id, retry, or what the specification says to ignore

    def _add(self, value: bytes) -> None:
        self._size += len(value) + 1
        if self._size > self._limit:
            raise TooLong("an event", self._limit)
        self._data.append(value.decode("utf-8", "replace"))

    def _dispatch(self) -> Iterator[Frame]:
        name, lines = self._name, self._data
        self._name, self._data, self._size, self._begun = "", [], 0, False
        if lines or name == ERROR:
            yield Frame("\n".join(lines), name)

"""What a model's server sends, one message at a time: the frames that dialects read, however they are framed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from chatd.core.text import human_size


@dataclass(frozen=True, slots=True)
class WireFrame:
    """One line of NDJSON, or one event of SSE (whose `name` is empty when it has none)."""

    data: str
    name: str = ""


class TooLong(ValueError):
    """A line or an event is larger than its limit; the message names both. What comes after it is lost."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what} is over the limit of {human_size(limit)}")


class Framer(Protocol):
    """Bytes in any pieces in, frames out.

    Both methods answer with an iterator that must be used up (or the framer dropped): what is read of `data` and what
    is raised follows its progress, so that frames before a fault are not lost.
    """

    def feed(self, data: bytes) -> Iterator[WireFrame]:
        """The frames that `data` completes. Raises TooLong."""
        ...

    def end(self) -> Iterator[WireFrame]:
        """The body has ended: a last frame that was not finished off. Raises TooLong."""
        ...

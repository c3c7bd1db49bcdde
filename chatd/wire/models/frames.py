"""The frames of a streamed reply, which dialects read, and the framings that cut a body into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from chatd.core.text import human_size
from chatd.wire.models.limits import WireLimits


@dataclass(frozen=True, slots=True)
class WireFrame:
    """One line of NDJSON, or one event of SSE (whose `name` is empty when it has none)."""

    data: str
    name: str = ""


class TooLong(ValueError):
    """A line or an event is larger than its limit; the message names both. The rest of the body is lost."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what} is over the limit of {human_size(limit)}")


class Framer(Protocol):
    """Cuts the body of one reply into frames, however its bytes arrive.

    Both methods return an iterator that must be exhausted (or the framer dropped): `data` is read and errors are raised
    as it advances, so that the frames before a fault are not lost.
    """

    def feed(self, data: bytes) -> Iterator[WireFrame]:
        """The frames that `data` completes. Raises TooLong."""
        ...

    def end(self) -> Iterator[WireFrame]:
        """The body has ended: a last frame without its terminator. Raises TooLong."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Framing:
    """A way to cut a streamed body into frames, and how such a body is recognised."""

    media_type: str
    """The type that a request for a stream accepts."""
    declared: frozenset[str]
    """The types, in small letters, under which servers send such a stream."""
    framer: Callable[[WireLimits], Framer]
    """Makes the framer of one reply."""
    bare_json: bool
    """Whether each frame is a bare JSON object, so that a stream begins as a reply does that is not streamed."""
    begins: Callable[[bytes, bool], bool | None]
    """Whether a body that begins with these bytes, and ends behind them if the flag is set, is such a stream whatever
    type it is declared as; None while the bytes are too few. It is not asked about `{` and `<`.
    """

"""What is drawn, and for whom: things, and looks.

A look is all that how things look depends on, beside the things: the settings that a person's interface has named, and
the columns there are. A thing's key says what it is as it stands now, so that nothing that was drawn is out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from chatd.core.live_row import LiveRow
from chatd.ports import Plain


class Look:
    """What a person's interface has named, in so many columns. One object for all who look alike."""

    __slots__ = ("__weakref__", "settings", "width")

    def __init__(self, settings: Mapping[str, Plain], width: int) -> None:
        self.settings = settings
        self.width = width


@dataclass(frozen=True, slots=True, eq=False)
class Want:
    """A thing that is to be drawn: lines `first` to `last` of it, from the end where negative."""

    look: Look
    key: Hashable
    kind: str
    first: int
    last: int
    arguments: Callable[[], tuple[Plain, ...]]
    """What `on_draw` is told of it."""
    rows: tuple[LiveRow, ...] = ()
    """The rows whose lines may be asked for."""

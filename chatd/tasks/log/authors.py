"""Who wants to hear of an author's rows, whatever room they are committed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chatd.core.room import Room
from chatd.core.row import Added, Entry

Heard = Callable[[str, int], None]
"""Takes a room's id and the seq of a row. Synchronous; it never fails."""


class Authors:
    """One listener for each author. The recorder tells of each entry once, when it has been applied to its room."""

    def __init__(self) -> None:
        self._listeners: dict[str, Heard] = {}

    def listen(self, author: str, heard: Heard) -> None:
        """Call `heard` for each row of this author's, until `unlisten`."""
        self._listeners[author] = heard

    def unlisten(self, author: str) -> None:
        """Nobody counts this author's rows any longer."""
        self._listeners.pop(author, None)

    @property
    def empty(self) -> bool:
        """Whether nobody listens."""
        return not self._listeners

    def tell(self, room: Room, entries: Iterable[Entry]) -> None:
        """These entries are committed and applied."""
        for entry in entries:
            if isinstance(entry, Added) and (heard := self._listeners.get(entry.row.author)) is not None:
                heard(room.id, entry.row.seq)

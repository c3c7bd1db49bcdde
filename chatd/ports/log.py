"""What is kept: the log of the rooms' committed entries, the rows they fold to, and the directory of names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatd.core.excerpt import Excerpt
from chatd.core.replication import Delta, Snapshot
from chatd.core.retrieval import Related
from chatd.core.row import Added, Begin, End, Entry, Row, Thought
from chatd.core.search import SearchQuery

PAGE_CHARS = 1 << 20
"""Code points of the rows that are read at once where `chars` is not said, but for a single row that has more: many
read, and each may be slow to take what it has read."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a room's log ends: the number of its last entry and the seq of its last row; 0 when there is none."""

    number: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room as it stands in the log."""

    id: str
    name: str
    buffer_id: str
    settings: Mapping[str, str]
    created_at: int
    head: Head


@dataclass(frozen=True, slots=True)
class Append:
    """Entries for one room, numbered from `head` on. Committed whole or not at all.

    `token` makes it idempotent: an append whose token is that of the last one which the room took of this writer is
    reported as committed.
    """

    room_id: str
    head: Head
    entries: tuple[Entry, ...]
    token: str
    thoughts: tuple[Thought, ...] = ()
    """What was thought meanwhile, written before the entries; it moves no head."""
    begun: tuple[Begin, ...] = ()
    """Mentions that are on record from now on, until they have `ended`; they move no head either."""
    ended: tuple[End, ...] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """The entries are on disk."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else appended first: the room's head is elsewhere, or the room is gone. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether it was written cannot be told (or it was certainly not): try the same append again."""

    reason: str


AppendOutcome = Committed | Conflict | Unknown


class Log(Protocol):
    """The rooms' committed entries, as one writer of perhaps several appends them and others read on.

    Only the recorder appends.
    """

    async def append(self, batch: Sequence[Append]) -> list[AppendOutcome]:
        """Compare-and-set append for several rooms, in one transaction where the log can; outcomes in order.

        Failures are outcomes, too: it raises nothing but bugs.
        """
        ...

    async def read(self, room_id: str, after: int, limit: int, *, chars: int | None = None) -> list[Added]:
        """The first of what changed after number `after`: each row that did as one `Added` with its whole text
        so far, numbered by its last change, in that order. A reader who knows the row already replaces it. What is
        no row is not among it: settings are the room's.

        At most `limit` rows, and no further ones once they have `chars` code points together. Raises StorageError.
        """
        ...

    async def follow(
        self, room_id: str, after: int, limit: int, *, chars: int | None = None
    ) -> Delta | Snapshot | None:
        """What anybody has appended to a room after number `after`, for its fold; None when there is no such room.

        A delta has at most `limit` rows, and no further ones once they have `chars` code points together; when there
        is more, the answer is a snapshot with as many of the newest rows. Raises StorageError.
        """
        ...


class RoomStore(Protocol):
    """Which rooms there are. Every method may raise StorageError."""

    async def rooms(self) -> list[RoomRecord]:
        """Every room."""
        ...

    async def create_room(self, record: RoomRecord) -> RoomRecord:
        """Make a room; if one of that name exists, that one is returned."""
        ...

    async def drop_room(self, room_id: str) -> None:
        """Delete a room with its rows (a guest's private room)."""
        ...


class Archive(Protocol):
    """The rows that the entries fold to, by their place or by their id. Every method may raise StorageError."""

    async def page(self, room_id: str, limit: int, before: int | None = None, *, chars: int | None = None) -> list[Row]:
        """The newest rows with `seq` below `before` (all when None), oldest first; open rows with text so far.

        At most `limit`, and no further ones once they have `chars` code points together; at least one if there is one.
        """
        ...

    async def page_from(self, room_id: str, first: int, limit: int, *, chars: int | None = None) -> list[Row]:
        """The same of the oldest rows whose `seq` is `first` or above."""
        ...

    async def excerpts(self, room_id: str, limit: int, before: int | None = None) -> list[Excerpt]:
        """The beginnings of the newest `limit` rows with `seq` below `before` (all when None), oldest first."""
        ...

    async def row(self, row_id: str) -> Row | None:
        """One row by its id."""
        ...


class Search(Protocol):
    """The rows by what stands in them."""

    async def search(
        self, room_ids: Sequence[str], query: SearchQuery, limit: int, before: str | None = None
    ) -> list[Row]:
        """Up to `limit` rows of these rooms that the query finds, newest first; with `before`, a row's id, only ones
        that were added before it. What people and models said is found, once it no longer grows.

        Raises LimitReached when that would take too long, StorageError.
        """
        ...

    async def related(self, room_id: str, terms: Sequence[str], before: int, limit: int) -> list[Related]:
        """Up to `limit` rows of one room, with `seq` below `before`, that have any of the terms: those first that have
        most of them, and rarer ones. What people and models said is found, once it no longer grows.

        Raises LimitReached when that would take too long, StorageError.
        """
        ...


class Store(Log, RoomStore, Archive, Search, Protocol):
    """All of it, for those who hand parts of it on."""


@dataclass(frozen=True, slots=True)
class ReadMarker:
    """Up to where a member has read a room: `seen` is the seq of the last row they have seen, None when they have never
    been there; `own` counts their own rows after it, of all rows up to seq `counted`.
    """

    room_id: str
    seen: int | None
    own: int
    counted: int


class Directory(Protocol):
    """Names and keys, and what goes with a name, kept. Every method may raise StorageError."""

    async def keys(self) -> list[tuple[str, str]]:
        """Every (name, fingerprint) pair."""
        ...

    async def register(self, names: Mapping[str, str], at_ms: int) -> None:
        """Bind to each name the key whose fingerprint stands there, making the user if need be: all or none."""
        ...

    async def read_markers(self, name: str) -> list[ReadMarker]:
        """Up to where this member has read: a marker for each room where they have been or written."""
        ...

    async def set_mark(self, name: str, room_id: str, seq: int) -> None:
        """Remember what a member has seen. A name that is not registered is ignored."""
        ...

    async def spent(self, day: str) -> dict[str, int]:
        """For each account the tokens it has spent on that day (`2026-11-20`), if any."""
        ...

    async def spend(self, account: str, day: str, tokens: int) -> None:
        """Add to what an account has spent on that day. What was spent on earlier days may be forgotten by this."""
        ...

    async def kept(self, name: str) -> dict[str, str]:
        """What scripts keep for this member: JSON by key."""
        ...

    async def keep(self, changes: Sequence[tuple[str, str, str | None]]) -> None:
        """Keep JSON for members: each change is (name, key, JSON), or None for what is kept no longer. All of them or
        none; those of a name that is not registered are ignored.
        """
        ...

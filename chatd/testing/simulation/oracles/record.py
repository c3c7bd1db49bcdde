"""What is on disk, read by queries of the oracles' own: everything that is shown is measured by it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One row, with all that it has grown by. `added` and `last` number its first and its last change in its room."""

    n: int
    id: str
    room: str
    seq: int
    parent_id: str | None
    mention_id: str | None
    method: str
    author: str
    tool_name: str | None
    content: str
    status: str
    created_at: str
    updated_at: str
    finished_at: str | None
    meta: dict[str, Any]
    added: int
    last: int

    @property
    def is_open(self) -> bool:
        """Whether it may still grow."""
        return self.status == "open"

    def as_json(self) -> dict[str, Any]:
        """What a client is told of it, but for what changes while it grows."""
        return {
            "id": self.id, "room": self.room, "seq": self.seq, "parent_id": self.parent_id,
            "mention_id": self.mention_id, "author": self.author, "tool_name": self.tool_name,
            "created_at": self.created_at,
        }  # fmt: skip


_ROWS = (
    "SELECT rows.n, rows.id, rooms.name, rows.seq, parent_id, mention_id, content_method, author, tool_name,"
    " content || coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM chunks WHERE row_id = rows.id"
    " ORDER BY entry)), ''), status, rows.created_at, rows.updated_at, finished_at, meta, added_entry, last_entry"
    " FROM rows JOIN buffers ON buffers.id = buffer_id JOIN rooms ON rooms.id = room_id"
)


_COLUMNS = tuple(field.name for field in fields(RecordedRow))


class Record:
    """The database of a world, at the moment of each call."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, room: str, after: int = 0) -> list[RecordedRow]:
        """The rows of a room whose `seq` is above `after`, oldest first."""
        return self._read(f"{_ROWS} WHERE rooms.name = ? AND rows.seq > ? ORDER BY rows.seq", room, after)

    def everywhere(self) -> list[RecordedRow]:
        """The rows of all rooms, in the order in which they were written."""
        return self._read(f"{_ROWS} ORDER BY rows.n")

    def room_of(self, room_id: str) -> str | None:
        """The name of a room."""
        found = self._connection.execute("SELECT name FROM rooms WHERE id = ?", (room_id,)).fetchone()
        return None if found is None else str(found[0])

    def rooms(self) -> dict[str, int]:
        """Every room by its name, with the number of its rows."""
        sql = "SELECT rooms.name, buffers.seq FROM rooms JOIN buffers ON room_id = rooms.id"
        return dict(self._connection.execute(sql).fetchall())

    def topics(self) -> dict[str, str]:
        """What each room is about."""
        return {room: settings.get("topic", "") for room, settings in self.settings().items()}

    def settings(self) -> dict[str, dict[str, str]]:
        """What is set of each room, by the names of the room and of the setting."""
        found: dict[str, dict[str, str]] = {room: {} for room in self.rooms()}
        sql = "SELECT rooms.name, room_settings.name, value FROM room_settings JOIN rooms ON rooms.id = room_id"
        for room, name, value in self._connection.execute(sql):
            found[room][name] = value
        return found

    def members(self) -> dict[str, set[str]]:
        """The names that are registered, each with the fingerprints of its keys."""
        found: dict[str, set[str]] = {}
        for name, key in self._connection.execute(
            "SELECT name, fingerprint FROM users LEFT JOIN keys ON user_id = users.id ORDER BY name"
        ):
            found.setdefault(name, set()).update([] if key is None else [key])
        return found

    def kept(self) -> dict[tuple[str, str], str]:
        """What scripts keep: by member and key, as JSON."""
        sql = "SELECT name, key, value FROM kept JOIN users ON users.id = user_id"
        return {(name, key): value for name, key, value in self._connection.execute(sql)}

    def marks(self) -> dict[tuple[str, str], int]:
        """Up to which row each member has read, by member and room."""
        sql = (
            "SELECT users.name, rooms.name, seq FROM marks JOIN users ON users.id = user_id"
            " JOIN rooms ON rooms.id = room_id"
        )
        return {(name, room): seq for name, room, seq in self._connection.execute(sql)}

    def running(self) -> dict[str, str]:
        """The mentions that have not ended, each with its asker."""
        return dict(self._connection.execute("SELECT id, asker FROM mentions").fetchall())

    def spent(self) -> dict[tuple[str, str], int]:
        """Tokens that somebody has used on a day, by name and day."""
        return {(name, day): n for name, day, n in self._connection.execute("SELECT name, day, tokens FROM spending")}

    def _read(self, sql: str, *values: object) -> list[RecordedRow]:
        found: list[RecordedRow] = []
        for row in self._connection.execute(sql, values).fetchall():
            values_of = dict(zip(_COLUMNS, row, strict=True))
            found.append(RecordedRow(**{**values_of, "meta": json.loads(values_of["meta"])}))
        return found


def is_visible(room: str, who: str) -> bool:
    """Whether somebody may know of a room: a private one is its owner's alone."""
    return not room.startswith("~") or room == f"~{who}"

"""What is set of each room: a row of the table for each setting that has a value."""

from __future__ import annotations

import sqlite3

OF_ROOM = "(SELECT json_group_object(name, value) FROM room_settings WHERE room_settings.room_id = rooms.id)"
"""SQL: the settings of a row of `rooms`, as one JSON object."""


def write(connection: sqlite3.Connection, room_id: str, setting: str, value: str) -> None:
    """Set it, within the transaction that is open; an empty value is none, and leaves no row."""
    if value:
        sql = "INSERT OR REPLACE INTO room_settings(room_id, name, value) VALUES(?, ?, ?)"
        connection.execute(sql, (room_id, setting, value))
    else:
        connection.execute("DELETE FROM room_settings WHERE room_id = ? AND name = ?", (room_id, setting))

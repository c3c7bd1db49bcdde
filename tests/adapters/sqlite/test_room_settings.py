"""What is set of rooms on disk: with the row that tells of it, over restarts, and out of older databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from chatd.adapters.sqlite import schema
from chatd.adapters.sqlite.database import Database
from chatd.core.row import SetRoom
from tests.adapters.sqlite.test_log import Store, go, said

NOW = "2026-11-20T10:00:00.000Z"
BEFORE = schema.MIGRATIONS.index(next(text for text in schema.MIGRATIONS if "TABLE room_settings" in text))
"""The format of databases in which the topic is a column of the rooms."""


def test_settings_are_kept_each_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "chatd.sqlite3"

    async def set_some() -> None:
        store = Store(file)
        room = await store.room()
        await store.commit(room, SetRoom("topic", "hé"), said("a", "x"), SetRoom("default", "qwen"), said("b", "y"))
        await store.commit(room, SetRoom("topic", ""), SetRoom("retrieval", "on"), SetRoom("default", "o'x\0\"{"))
        assert room.settings == {"retrieval": "on", "default": "o'x\0\"{"}
        store.database.close()

    async def read_them() -> None:
        store = Store(file)
        (record,) = await store.log.rooms()
        assert record.settings == {"retrieval": "on", "default": "o'x\0\"{"}
        await store.log.drop_room(record.id)
        assert store.database.reader.execute("SELECT count(*) FROM room_settings").fetchone() == (0,)
        store.database.close()

    go(set_some)
    go(read_them)


def test_the_topics_of_an_older_database_are_settings(tmp_path: Path) -> None:
    file = tmp_path / "chatd.sqlite3"
    with schema.new(BEFORE) as older:
        older.execute("INSERT INTO rooms(id, name, topic, created_at) VALUES('r', 'lobby', 'old times', ?)", (NOW,))
        older.execute("INSERT INTO rooms(id, name, topic, created_at) VALUES('s', 'dev', '', ?)", (NOW,))
        older.execute(f"PRAGMA user_version = {BEFORE}")
        older.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        with closing(sqlite3.connect(file)) as copy:
            older.backup(copy)
    database = Database(file, NOW)
    found = database.reader.execute("SELECT room_id, name, value FROM room_settings").fetchall()
    assert found == [("r", "topic", "old times")]
    database.close()

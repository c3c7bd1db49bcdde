"""The tables, and how an older database becomes today's: `PRAGMA user_version` counts the migrations it has had."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from chatd.core.pieces import pieces_of, without_pieces

logger = logging.getLogger("chatd.database")

APPLICATION_ID = 0x63686174
"""`PRAGMA application_id` of our files ("chat" in ASCII): a foreign database is never written to."""

_FIRST = """
CREATE TABLE rooms(
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, topic TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL) STRICT;
-- number and seq are the head of the room's log; token names the last append it took
CREATE TABLE buffers(
    id TEXT PRIMARY KEY, room_id TEXT NOT NULL REFERENCES rooms(id) ON DELETE CASCADE,
    number INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL DEFAULT 0, token TEXT NOT NULL DEFAULT '') STRICT;
CREATE UNIQUE INDEX buffers_by_room ON buffers(room_id);
-- added_entry and last_entry number the row's first and last change; growth in between is numbered in chunks
CREATE TABLE rows(
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    buffer_id TEXT NOT NULL REFERENCES buffers(id) ON DELETE CASCADE, seq INTEGER NOT NULL,
    parent_id TEXT, mention_id TEXT, content_method TEXT NOT NULL, author TEXT NOT NULL, tool_name TEXT,
    content TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    finished_at TEXT, meta TEXT NOT NULL DEFAULT '{}',
    added_entry INTEGER NOT NULL, last_entry INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX rows_by_seq ON rows(buffer_id, seq);
CREATE INDEX rows_by_change ON rows(buffer_id, last_entry);
CREATE INDEX rows_open ON rows(buffer_id) WHERE status = 'open';
-- what an open row has grown by: only appended, so that a long answer costs linear work; joined when it finishes
CREATE TABLE chunks(
    row_id TEXT NOT NULL, entry INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY(row_id, entry)) STRICT, WITHOUT ROWID;
CREATE TABLE users(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL) STRICT;
CREATE TABLE keys(
    fingerprint TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created_at TEXT NOT NULL, PRIMARY KEY(fingerprint, user_id)) STRICT, WITHOUT ROWID;
-- up to which row a member has read a room
CREATE TABLE marks(
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    room_id TEXT NOT NULL REFERENCES rooms(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL, PRIMARY KEY(user_id, room_id)) STRICT, WITHOUT ROWID
"""

_FINDABLE = "({0}.content_method IN ('message.user', 'message.model') AND {0}.status <> 'open')"
_INDEX = "INSERT INTO search(rowid, author, content) SELECT new.n, new.author, new.content"
_UNINDEX = "INSERT INTO search(search, rowid, author, content) SELECT 'delete', old.n, old.author, old.content"

# A trigger stands on one line: its statements end with semicolons of their own.
_SECOND = f"""
-- the rows that can be found: what people and models said, once it is whole
CREATE VIEW findable AS SELECT n, author, content FROM rows WHERE {_FINDABLE.format("rows")};
CREATE VIRTUAL TABLE search USING fts5(
    author, content, content='findable', content_rowid='n', tokenize='unicode61 remove_diacritics 2');
CREATE TRIGGER search_added AFTER INSERT ON rows WHEN {_FINDABLE.format("new")} BEGIN {_INDEX}; END;
CREATE TRIGGER search_changed AFTER UPDATE OF author, content, content_method, status ON rows BEGIN {_UNINDEX} WHERE {_FINDABLE.format("old")}; {_INDEX} WHERE {_FINDABLE.format("new")}; END;
CREATE TRIGGER search_deleted AFTER DELETE ON rows WHEN {_FINDABLE.format("old")} BEGIN {_UNINDEX}; END;
INSERT INTO search(search) VALUES('rebuild');
-- calls and their results find each other without reading everything
CREATE INDEX rows_calls ON rows(n) WHERE content_method = 'tool.call';
CREATE INDEX rows_results ON rows(parent_id) WHERE content_method = 'tool.result';
-- tokens of models' answers that somebody has used on a day
CREATE TABLE spending(
    name TEXT NOT NULL, day TEXT NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY(name, day)) STRICT, WITHOUT ROWID
"""  # noqa: E501

_THIRD = """
-- what scripts keep for a member, as JSON
CREATE TABLE kept(
    user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(user_id, key)) STRICT, WITHOUT ROWID
"""

_SEARCHED = "{0}.n, {0}.author, without_pieces({0}.content), pieces_of({0}.content)"
_ADD = "INSERT INTO search(rowid, author, content, pieces) SELECT " + _SEARCHED.format("new")
_TAKE = "INSERT INTO search(search, rowid, author, content, pieces) SELECT 'delete', " + _SEARCHED.format("old")

_SEARCH_PIECES = f"""
-- a row's text as it is searched: words, and beside them the pieces of scripts without blanks and of emoji
DROP TRIGGER search_added;
DROP TRIGGER search_changed;
DROP TRIGGER search_deleted;
DROP TABLE search;
DROP VIEW findable;
CREATE VIEW findable AS SELECT n, author, without_pieces(content) AS content, pieces_of(content) AS pieces FROM rows WHERE {_FINDABLE.format("rows")};
CREATE VIRTUAL TABLE search USING fts5(
    author, content, pieces, content='findable', content_rowid='n', tokenize='unicode61 remove_diacritics 2');
CREATE TRIGGER search_added AFTER INSERT ON rows WHEN {_FINDABLE.format("new")} BEGIN {_ADD}; END;
CREATE TRIGGER search_changed AFTER UPDATE OF author, content, content_method, status ON rows BEGIN {_TAKE} WHERE {_FINDABLE.format("old")}; {_ADD} WHERE {_FINDABLE.format("new")}; END;
CREATE TRIGGER search_deleted AFTER DELETE ON rows WHEN {_FINDABLE.format("old")} BEGIN {_TAKE}; END;
INSERT INTO search(search) VALUES('rebuild')
"""  # noqa: E501

_THOUGHTS = """
-- what a model thinks until the row it stands in has all of it; head, of the first piece, says what that row would be
CREATE TABLE thoughts(
    row_id TEXT NOT NULL, start INTEGER NOT NULL, buffer_id TEXT NOT NULL REFERENCES buffers(id) ON DELETE CASCADE,
    head TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY(row_id, start)) STRICT, WITHOUT ROWID
"""

DANGLING = (
    "rows.content_method = 'tool.call' AND NOT EXISTS (SELECT 1 FROM rows AS result"
    " WHERE result.content_method = 'tool.result' AND result.parent_id = rows.id)"
)
"""SQL: whether a row is a call that has no result."""

_MENTIONS = f"""
-- the mentions that run; what a killed server leaves here are questions without an end
CREATE TABLE mentions(
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    buffer_id TEXT NOT NULL REFERENCES buffers(id) ON DELETE CASCADE,
    question_id TEXT NOT NULL, model TEXT NOT NULL, asker TEXT NOT NULL) STRICT;
-- of those that an older server left, the ones that had begun to answer
INSERT INTO mentions(n, id, buffer_id, question_id, model, asker)
    SELECT min(n), mention_id, buffer_id, parent_id, author, coalesce(json_extract(meta, '$.asker'), '') FROM rows
    WHERE content_method IN ('message.model.chunk', 'message.model', 'tool.call') AND parent_id IS NOT NULL
    AND mention_id IN (SELECT mention_id FROM rows WHERE status = 'open' OR {DANGLING})
    GROUP BY mention_id
"""

LOCAL_WRITER = "local"
"""The id of a server that has its database for itself, as those had that knew of no other writer."""

_WRITERS = """
-- who added the row, thinks, or runs the mention: at its start a server puts right what it left itself
ALTER TABLE rows ADD COLUMN writer TEXT NOT NULL DEFAULT 'local';
ALTER TABLE thoughts ADD COLUMN writer TEXT NOT NULL DEFAULT 'local';
ALTER TABLE mentions ADD COLUMN writer TEXT NOT NULL DEFAULT 'local';
-- the last append that a room took of each writer
CREATE TABLE appends(
    buffer_id TEXT NOT NULL REFERENCES buffers(id) ON DELETE CASCADE, writer TEXT NOT NULL, token TEXT NOT NULL,
    PRIMARY KEY(buffer_id, writer)) STRICT, WITHOUT ROWID;
INSERT INTO appends(buffer_id, writer, token) SELECT id, 'local', token FROM buffers;
ALTER TABLE buffers DROP COLUMN token
"""

BY_PERSON = (
    "content_method NOT IN ('message.model', 'message.model.chunk', 'message.system', 'tool.call', 'tool.result')"
)
"""SQL: whether a row's author may be a person. The index below serves only queries that say the same."""

_AUTHORS = f"""
-- how many rows of one's own are among those that came after what one has read
CREATE INDEX rows_by_author ON rows(author, buffer_id, seq) WHERE {BY_PERSON}
"""

_CREDENTIALS = """
-- bearer tokens and web sessions: of the secret there is the hash alone; they go with the key that vouches for them
CREATE TABLE credentials(
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, digest TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL, fingerprint TEXT NOT NULL,
    created_at TEXT NOT NULL, expires_at TEXT NOT NULL, used_at TEXT,
    label TEXT NOT NULL DEFAULT '', read_only INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY(fingerprint, user_id) REFERENCES keys(fingerprint, user_id) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
CREATE INDEX credentials_by_key ON credentials(fingerprint, user_id)
"""

_ROOM_SETTINGS = """
-- what is set of a room, the topic among it; a setting without a value has no row
CREATE TABLE room_settings(
    room_id TEXT NOT NULL REFERENCES rooms(id) ON DELETE CASCADE,
    name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(room_id, name)) STRICT, WITHOUT ROWID;
INSERT INTO room_settings(room_id, name, value) SELECT id, 'topic', topic FROM rooms WHERE topic <> '';
ALTER TABLE rooms DROP COLUMN topic
"""

MIGRATIONS: tuple[str, ...] = (
    _FIRST, _SECOND, _THIRD, _SEARCH_PIECES, _THOUGHTS, _MENTIONS, _WRITERS, _AUTHORS, _CREDENTIALS, _ROOM_SETTINGS,
)  # fmt: skip
"""Append only: migration number i brings a database from user_version i to i + 1, in one transaction.

A statement ends with a semicolon at the end of a line."""

VERSION = len(MIGRATIONS)


def define_functions(connection: sqlite3.Connection) -> None:
    """What the schema calls that is not SQLite's own: whoever writes rows needs it."""
    connection.create_function("without_pieces", 1, without_pieces, deterministic=True)
    connection.create_function("pieces_of", 1, pieces_of, deterministic=True)


def tables(version: int) -> list[str]:
    """The tables that a database of this version has."""
    return re.findall(r"CREATE (?:VIRTUAL )?TABLE (\w+)", "\n".join(MIGRATIONS[:version]))


@contextmanager
def new(version: int) -> Iterator[sqlite3.Connection]:
    """A database in memory as a server of this version makes it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        define_functions(connection)
        for statement in ";\n".join(MIGRATIONS[:version]).split(";\n"):
            connection.execute(statement)
        yield connection


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to VERSION. Each step is all or nothing, so a kill in between resumes at the next start."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    define_functions(connection)
    if 0 < version < VERSION:
        logger.warning(
            "the database is brought from format %d to %d; that takes a while if it is large", version, VERSION
        )
    for number in range(version, VERSION):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in MIGRATIONS[number].split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


JOINED = (
    "coalesce((SELECT group_concat(text, '') FROM"
    " (SELECT text FROM chunks WHERE chunks.row_id = rows.id ORDER BY entry)), '')"
)
"""SQL: what an open row has grown by, in order."""

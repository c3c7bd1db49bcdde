"""`chatd export`: a room of a stopped server, written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chatd.adapters.data_directory import DataDirectory
from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.log import SqliteLog
from chatd.adapters.system import SystemClock
from chatd.config import Config
from chatd.core.room_settings import TOPIC
from chatd.core.sanitize import sanitize
from chatd.core.times import iso
from chatd.errors import MissingFile, NotFound
from chatd.tasks.chat.pages import Pages
from chatd.wire.export import Format, head, row_as

T = TypeVar("T")


async def _inline(function: Callable[..., T], *args: object) -> T:
    """The port RunSync where nobody else waits for the loop."""
    return function(*args)


async def export(settings: Config, name: str, form: str, write: Callable[[str], object]) -> None:
    """Write a room out, any room: whoever can read the files may. `form` is one of `wire.export.Format`.

    Raises MissingFile (no database there), NotFound, CannotCreate (a server uses the directory), DamagedDatabase,
    StorageError.
    """
    file = settings.server.data / "chatd.sqlite3"
    if not file.exists():
        raise MissingFile(f"{file}: there is no database")
    data = DataDirectory(settings.server.data)
    try:
        database = Database(data.database, iso(SystemClock().now_ms()))
        try:
            log = SqliteLog(database, write=_inline, read=_inline)
            room = next((room for room in await log.rooms() if room.name == name.lower().removeprefix("#")), None)
            if room is None:
                raise NotFound(f"there is no room {name[:40]!r}")
            write(head(room.name, room.settings.get(TOPIC, ""), Format(form)))
            pages = Pages(log, room.id, 1, room.head.seq)
            while page := await pages.next():
                for row in page:
                    write(row_as(row, Format(form), sanitize(row.content)))
        finally:
            database.close()
    finally:
        data.close()

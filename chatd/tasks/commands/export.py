"""Writing a room out: export."""

from __future__ import annotations

from chatd.core.lobby import LOBBY
from chatd.errors import Exit
from chatd.ports import Log
from chatd.tasks.commands.call import Call, Command, Parser
from chatd.tasks.commands.talk import open_named
from chatd.wire.export import Format, head, row_as

PAGE = 100
"""Rows read at once: each may be a whole long answer, and the client may be slow to take it."""


def commands() -> list[Command]:
    """This family's rows of the command table."""
    export = Parser(prog="export", description="a whole room, oldest first", add_help=False)
    export.add_argument("room", nargs="?", default=LOBBY, metavar="ROOM")
    export.add_argument("--format", choices=[str(form) for form in Format], default=str(Format.MD), metavar="F",
                        help="md (Markdown), jsonl or text")  # fmt: skip
    return [Command("export", "a whole room: export ROOM [--format md|jsonl|text]", export, _export)]


async def _export(call: Call) -> int:
    room, form = await open_named(call, call.arguments.room), Format(call.arguments.format)
    last = room.seq  # what comes meanwhile is not for this export
    await call.send(head(room.name, room.topic, form))
    pages = Pages(call.hub.log, room.id, last)
    while page := await pages.next(form):
        await call.send(page)
    await call.sent()
    return Exit.OK


class Pages:
    """A room's rows from the first to that with seq `last`, page by page."""

    def __init__(self, log: Log, room_id: str, last: int) -> None:
        self._log = log
        self._room_id = room_id
        self._last = last
        self._seq = 0

    async def next(self, form: Format) -> str:
        """The next page's text, "" when there is none. Raises StorageError."""
        if self._seq >= self._last:
            return ""
        count = min(PAGE, self._last - self._seq)
        rows = await self._log.page(self._room_id, count, self._seq + count + 1)
        self._seq += count
        return "".join(row_as(row, form) for row in rows)

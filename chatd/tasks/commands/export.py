"""Writing a room out: export."""

from __future__ import annotations

from chatd.core.lobby import LOBBY
from chatd.errors import Exit
from chatd.tasks.chat.entering import open_named
from chatd.tasks.chat.pages import Pages
from chatd.tasks.commands.call import Call, Command, Parser
from chatd.tasks.slices import sanitized
from chatd.wire.export import Format, head, row_as
from chatd.wire.jsonl import row_json


def commands() -> list[Command]:
    """This family's rows of the command table."""
    export = Parser(prog="export", description="a whole room, oldest first", add_help=False)
    export.add_argument("room", nargs="?", default=LOBBY, metavar="ROOM")
    export.add_argument("--format", choices=[str(form) for form in Format], default=str(Format.MD), metavar="F",
                        help="md (Markdown), jsonl or text")  # fmt: skip
    return [Command("export", "a whole room: export ROOM [--format md|jsonl|text]", export, _export)]


async def _export(call: Call) -> int:
    room, form = await open_named(call.hub, call.visitor, call.arguments.room), Format(call.arguments.format)
    last = room.seq  # what comes meanwhile is not for this export
    await call.send(head(room.name, room.topic, form))
    pages = Pages(call.hub.archive, room.id, 1, last)
    while page := await pages.next():
        for row in page:
            if form is Format.JSONL:
                await call.send_json(row_json(row))
            else:
                await call.send(row_as(row, form, await sanitized(row.content)))
    await call.sent()
    return Exit.OK

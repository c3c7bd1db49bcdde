"""The command `room`: what is set of a room, and setting it."""

from __future__ import annotations

from chatd.core import names
from chatd.core.lobby import LOBBY
from chatd.core.room_settings import ROOM_SETTINGS, room_setting, value_of
from chatd.errors import Exit
from chatd.tasks.chat.entering import open_named
from chatd.tasks.chat.room_settings import set_room, settings_view
from chatd.tasks.commands.call import Call, Command, Parser
from chatd.tasks.commands.talk import REMAINDER


def commands() -> list[Command]:
    """This family's row of the command table."""
    settings = "; ".join(f"{one.name}: {one.help} ({one.takes})" for one in ROOM_SETTINGS.values())
    room = Parser(
        prog="room", description=f"what is set of a room (the lobby), or one setting of it. {settings}", add_help=False
    )
    room.add_argument("--json", action="store_true", help="one JSON object")
    room.add_argument("words", nargs=REMAINDER, metavar="[ROOM] [NAME [VALUE…]]")
    return [Command("room", "what is set of a room, or set it: room [ROOM] [NAME [VALUE…]] [--json]", room, _room)]


async def _room(call: Call) -> int:
    as_json, words = call.arguments.json, list(call.arguments.words)
    if words[-1:] == ["--json"]:
        as_json, words = True, words[:-1]
    # A setting's name is never taken for a room's: a room that is called so is named with its mark, as #topic.
    named = bool(words) and names.fold(words[0]) not in ROOM_SETTINGS
    room = await open_named(call.hub, call.visitor, words[0] if named else LOBBY)
    name, *value = words[named:] or [""]
    if value:
        await call.hub.recorder.confirm(set_room(call.hub, call.visitor, room, {name: " ".join(value)}))
        return Exit.OK
    wanted = [room_setting(name).name] if name else list(ROOM_SETTINGS)
    if as_json:
        call.json({"name": room.name, **{key: held for key, held in settings_view(room).items() if key in wanted}})
    elif name:
        call.line(value_of(room.settings, wanted[0]))
    else:
        for key in wanted:
            # No line of a text looks like a setting of its own.
            call.line(f"{key:<12} {value_of(room.settings, key) or '-'}".replace("\n", f"\n{'':<13}"))
    return Exit.OK

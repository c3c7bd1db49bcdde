"""Commands about who and what is here: whoami, rooms, who, models."""

from __future__ import annotations

from chatd.core import names
from chatd.core.times import iso
from chatd.errors import Exit
from chatd.tasks.chat import views
from chatd.tasks.chat.people import who
from chatd.tasks.chat.reading import readable
from chatd.tasks.commands.call import Call, Command, Parser


def commands() -> list[Command]:
    """This family's rows of the command table."""
    whoami = Parser(prog="whoami", description="your name here and how you were known", add_help=False)
    rooms = Parser(prog="rooms", description="the rooms you may enter", add_help=False)
    present = Parser(prog="who", description="who is here, or in one room", add_help=False)
    present.add_argument("room", nargs="?", metavar="ROOM")
    models = Parser(prog="models", description="who can be asked with @NAME", add_help=False)
    for parser in (whoami, rooms, present, models):
        parser.add_argument("--json", action="store_true", help="JSON Lines")
    return [
        Command("whoami", "your name here [--json]", whoami, _whoami),
        Command("rooms", "the rooms [--json]", rooms, _rooms),
        Command("who", "who is here, or in ROOM [--json]", present, _who),
        Command("models", "who can be asked [--json]", models, _models),
    ]


async def _whoami(call: Call) -> int:
    visitor = call.visitor
    rooms = [name for name in call.hub.lobby.rooms_of(visitor.name) if call.hub.lobby.find(name, visitor.name)]
    if call.arguments.json:
        kind = str(visitor.kind)
        call.json({"name": visitor.name, "kind": kind, "fingerprint": visitor.fingerprint, "rooms": rooms})
    else:
        call.line(visitor.name)
        call.line(f"{visitor.kind}, {visitor.fingerprint or 'no key'}")
        if visitor.notice:
            call.line(visitor.notice)
    return Exit.OK


async def _rooms(call: Call) -> int:
    hub = call.hub
    async with hub.read_markers.opened(call.visitor) as markers:
        rooms = [(room, views.room_summary(hub, room, markers.unread(room))) for room in readable(hub, call.visitor)]
    for room, summary in rooms:
        if call.arguments.json:
            call.json(summary)
        else:
            topic = f"  {room.topic}" if room.topic else ""
            new = f"{summary['unread']} new" if summary["unread"] else ""
            call.line(f"{room.name:<20} {summary['members']:>4} here {room.seq:>8} rows {new:>9}{topic}".rstrip())
    return Exit.OK


async def _who(call: Call) -> int:
    hub, named = call.hub, call.arguments.room
    room = None if named is None else hub.lobby.get(names.fold(named), call.visitor.name)
    shown = [views.person_view(hub, person) for person in who(hub, room)] + views.model_people(hub)
    for view in shown:
        since = view["since"]
        assert isinstance(since, int)
        own = call.visitor.fingerprint if view["name"] == call.visitor.name else None
        if call.arguments.json:
            call.json({**view, "since": iso(since), "fingerprint": own})
        else:
            rooms = view["rooms"]
            assert isinstance(rooms, list)
            away = f"  away: {view['away']}" if view["away"] else ""
            call.line(f"{view['name']!s:<32} {view['kind']!s:<7} {' '.join(map(str, rooms))}".rstrip() + away)
    return Exit.OK


async def _models(call: Call) -> int:
    await call.hub.discovery.refresh()
    for name, model in call.hub.models.items():
        view = views.model_view(call.hub, model)
        if call.arguments.json:
            call.json(view)
        else:
            state = "" if view["available"] else "  (not available)"
            call.line(f"@{name:<31} {view['provider']!s:<10} {view['model'] or ''}{state}".rstrip())
    return Exit.OK

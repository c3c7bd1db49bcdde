"""The command `ask`: a question from the shell, its answer on stdout as it arrives."""

from __future__ import annotations

import trio

from chatd.core import names
from chatd.core.line import split_names
from chatd.core.room import Room
from chatd.core.room_settings import DEFAULT
from chatd.errors import UsageError
from chatd.tasks.chat.answering import WORST, answering, exit_status
from chatd.tasks.chat.ask import reserve
from chatd.tasks.chat.entering import open_named
from chatd.tasks.chat.room_settings import model_of
from chatd.tasks.commands.answer_printer import print_answers
from chatd.tasks.commands.call import Call, Command, Parser
from chatd.tasks.commands.talk import REMAINDER, text_words

LATE = "chatd: stdin came too late and was not read; end the question with - to wait for it"


def commands() -> list[Command]:
    """This family's rows of the command table."""
    ask = Parser(
        prog="ask",
        description="ask models, or the room's default model; piped stdin goes with the question. Without --room it"
        " stays in your private room.",
        add_help=False,
    )
    ask.add_argument("--room", metavar="R")
    ask.add_argument("--json", action="store_true", help="events, one JSON object a line")
    ask.add_argument("text", nargs=REMAINDER, metavar="[@MODEL[,@MODEL]] TEXT")
    return [Command("ask", "ask [@MODEL[,@MODEL]] TEXT…: the answer on stdout [--room R] [--json]", ask, _ask)]


async def _room(call: Call) -> Room:
    return await open_named(call.hub, call.visitor, call.arguments.room or names.private_room(call.visitor.name))


def _default(call: Call, room: Room) -> str:
    """Who is asked where nobody is named. Raises UsageError when the room has no default model, NotFound."""
    model = model_of(call.hub, room)
    if model is None:
        raise UsageError(
            f"say whom to ask: ask @MODEL TEXT…; {room.name} has no default model (room {room.name} {DEFAULT} NAME)"
        )
    return model


async def _ask(call: Call) -> int:
    hub, words = call.hub, text_words(call)
    asked_names = split_names(words.pop(0)) if words[:1] and words[0].startswith("@") else []
    for name in asked_names:
        hub.models.find(name)  # an unknown name is said before stdin is waited for
    if asked_names:
        words = words[1:] if words[:1] == ["--"] else words
    else:
        asked_names = [_default(call, await _room(call))]
    attachment = ""
    if words[-1:] == ["-"]:
        words = words[:-1]
        attachment = await call.stdin.read_all(hub.limits.max_attachment, "attachment")
    else:
        attachment = await call.stdin.piped(hub.limits.max_attachment, hub.limits.stdin_wait)
    room, message = await _room(call), " ".join(words)
    typed = f"@{','.join(asked_names)} {message}".strip()
    asked = reserve(
        hub, call.visitor, room, asked_names, message, typed=typed, owner=call, attachment=attachment.strip("\n")
    )
    async with answering(hub, asked) as events, trio.open_nursery() as nursery:
        call.tell_guest()  # raises when they have gone: only answers that run give their places back by themselves
        nursery.start_soon(call.stdin.watch, events.cancel, lambda: call.error(LATE))
        await print_answers(call, events, as_json=call.arguments.json)
        nursery.cancel_scope.cancel()
    return min(map(exit_status, asked.answers), key=WORST.index)

"""Commands that change something: say, cancel."""

from __future__ import annotations

from chatd.core.lobby import LOBBY
from chatd.errors import Exit, NotFound, UsageError
from chatd.tasks.chat.cancel import cancel, find, own_answers
from chatd.tasks.chat.entering import open_named
from chatd.tasks.chat.say import check_message, say, with_attachment
from chatd.tasks.commands.call import Call, Command, Parser

REMAINDER = "..."
"""argparse's word for: everything from here on is text, dashes too."""


def commands() -> list[Command]:
    """This family's rows of the command table."""
    speak = Parser(prog="say", description="post TEXT, or stdin when TEXT is `-` or absent", add_help=False)
    speak.add_argument("--room", default=LOBBY, metavar="R")
    speak.add_argument("text", nargs=REMAINDER, metavar="TEXT")
    stop = Parser(prog="cancel", description="stop your newest answer, one by its id, or all", add_help=False)
    stop.add_argument("mention", nargs="?", metavar="MENTION")
    stop.add_argument("--all", action="store_true")
    return [
        Command("say", "post a message: say [--room R] TEXT…", speak, _say),
        Command("cancel", "stop an answer: cancel [MENTION|--all]", stop, _cancel),
    ]


async def _say(call: Call) -> int:
    hub, words = call.hub, text_words(call)
    room = await open_named(hub, call.visitor, call.arguments.room)
    waits = words[-1:] == ["-"]
    words = words[:-1] if waits else words
    text = " ".join(words)
    attachment = ""
    if not words:
        text = await call.stdin.read_all(hub.limits.max_message, "message")
    elif waits:
        attachment = await call.stdin.read_all(hub.limits.max_attachment, "attachment")
    else:
        attachment = await call.stdin.piped(hub.limits.max_attachment, hub.limits.stdin_wait)
    text = text.strip()
    if not text:
        raise UsageError("there is nothing to say")
    check_message(hub, text)
    call.tell_guest()
    await hub.recorder.confirm(say(hub, call.visitor, room, with_attachment(text, attachment)))
    return Exit.OK


def text_words(call: Call) -> list[str]:
    """The words of TEXT; a leading `--` only says that the options are over."""
    words: list[str] = call.arguments.text
    return words[1:] if words[:1] == ["--"] else words


async def _cancel(call: Call) -> int:
    if call.arguments.all:
        chosen = own_answers(call.hub, call.visitor)
    else:
        chosen = [find(call.hub, call.visitor, call.arguments.mention)]
    if not chosen:
        raise NotFound("you have no answer running")
    cancel(chosen)
    for answer in chosen:
        call.line(f"cancelled {answer.facts.model} {answer.id}")
    return Exit.OK

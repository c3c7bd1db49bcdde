"""Commands that change something: say, cancel."""

from __future__ import annotations

from chatd.core import names
from chatd.core.fence import fenced
from chatd.core.lobby import LOBBY
from chatd.core.room import Room
from chatd.core.row import Status
from chatd.core.text import check_size
from chatd.errors import Exit, NotFound, NotPermitted, UsageError
from chatd.tasks.commands.call import Call, Command, Parser

REMAINDER = "..."
"""argparse's word for: everything from here on is text, dashes too."""


def commands() -> list[Command]:
    """This family's rows of the command table."""
    say = Parser(prog="say", description="post TEXT, or stdin when TEXT is `-` or absent", add_help=False)
    say.add_argument("--room", default=LOBBY, metavar="R")
    say.add_argument("text", nargs=REMAINDER, metavar="TEXT")
    cancel = Parser(prog="cancel", description="stop your newest answer, one by its id, or all", add_help=False)
    cancel.add_argument("mention", nargs="?", metavar="MENTION")
    cancel.add_argument("--all", action="store_true")
    return [
        Command("say", "post a message: say [--room R] TEXT…", say, _say),
        Command("cancel", "stop an answer: cancel [MENTION|--all]", cancel, _cancel),
    ]


async def _say(call: Call) -> int:
    hub, words = call.hub, text_words(call)
    room = await open_named(call, call.arguments.room)
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
    check_size("message", text, hub.limits.max_message)
    hub.recorder.check()
    call.tell_guest()
    receipt = hub.post(room, call.visitor, f"{text}\n\n{fenced(attachment.rstrip())}" if attachment else text)
    await hub.recorder.confirm(receipt)
    return Exit.OK


def text_words(call: Call) -> list[str]:
    """The words of TEXT; a leading `--` only says that the options are over."""
    words: list[str] = call.arguments.text
    return words[1:] if words[:1] == ["--"] else words


async def open_named(call: Call, name: str) -> Room:
    """The room a person named, their own private one included. Raises NotFound."""
    folded = names.fold(name).removeprefix("#")
    own = folded == names.private_room(call.visitor.name)
    return await call.hub.open_room(folded, call.visitor, make=own)


async def _cancel(call: Call) -> int:
    answers, visitor = call.hub.answers, call.visitor
    own = [a for a in answers.running if a.facts.asker == visitor.name and not a.stopped]
    if call.arguments.all:
        chosen = own
    elif call.arguments.mention is None:
        chosen = own[-1:]
    else:
        answer = answers.get(call.arguments.mention)
        if answer is None:
            raise NotFound(f"no answer with the id {call.arguments.mention[:40]!r} is running")
        if answer not in own and visitor.fingerprint not in call.hub.facts.admins:
            raise NotPermitted(f"that answer was asked for by {answer.facts.asker}")
        chosen = [answer]
    if not chosen:
        raise NotFound("you have no answer running")
    for answer in chosen:
        answer.stop(Status.CANCELLED)
        call.line(f"cancelled {answer.facts.model} {answer.id}")
    return Exit.OK

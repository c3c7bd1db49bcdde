"""The command table, and running a command line from it."""

from __future__ import annotations

import difflib
import re
import shlex
from argparse import Namespace
from functools import cache

from chatd.core import names
from chatd.core.sanitize import sanitize
from chatd.core.text import check_size, decoded
from chatd.errors import ChatdError, Exit, StorageError, TerminalGone, UsageError, first_error
from chatd.ports import Terminal
from chatd.screen.wrap import wrap
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.stopping import until_stopped
from chatd.tasks.commands import ask, export, people, room, rows, server, talk, web
from chatd.tasks.commands.call import Call, CancelledByUser, Command, Parser

LIST_COLUMNS = 76
"""Of the list of topics: with its indent it fits the usual terminal."""

QUOTING = frozenset("'\"\\")
"""The characters that mean something else than themselves to a POSIX shell's splitting, beside its blanks."""

WORD = re.compile(r"[^ \t\r\n]+")
"""A word where nothing is quoted: a shell has four blanks, Python more."""


@cache
def table() -> dict[str, Command]:
    """Every command by name, in the order of `help`. Made once: argparse takes some 15 ms for all of them."""
    families = (
        server.commands(),
        people.commands(),
        room.commands(),
        talk.commands(),
        ask.commands(),
        rows.commands(),
        export.commands(),
        web.commands(),
    )
    found = {command.name: command for family in families for command in family}
    helper = Parser(prog="help", description="what the commands do", add_help=False)
    helper.add_argument("topic", nargs="?")
    return {"help": Command("help", "this list, or a page: help TOPIC", helper, _help), **found}


def split(command: str) -> list[str]:
    """Words as a POSIX shell would split them, without expansion; at blanks when that fails (an odd quote)."""
    # shlex takes one character at a time: on a line of 16 KiB that delays everybody, and most lines quote nothing.
    if not QUOTING.intersection(command):
        return WORD.findall(command)
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


async def run_command(hub: Hub, terminal: Terminal) -> int:
    """Run the visit's command; returns its exit status. Expected errors are one line on stderr."""
    line = terminal.visit.command or ""
    call = Call(hub, terminal, Namespace())
    status = int(Exit.OK)
    try:
        # Room for a whole message in the arguments, and no more: a command line is not a way to send files.
        check_size("command", line, hub.limits.max_message + 1024)
        decoded(line.encode("utf-8", "surrogateescape"), "command")
        status = await _run(hub, terminal, split(line))
    except* CancelledByUser:
        status = Exit.CANCELLED
    except* TerminalGone:
        status = Exit.FAILED
    except* ChatdError as group:
        error = first_error(group)
        assert isinstance(error, ChatdError)
        call.error(f"chatd: {error}")
        # sysexits' 74 is for the server's own start; a command that meets a failing disk has failed.
        status = Exit.FAILED if isinstance(error, StorageError) else error.exit_code
    return status


async def _run(hub: Hub, terminal: Terminal, words: list[str]) -> int:
    commands = table()
    name = words[0] if words else "help"
    if name not in commands:
        near = difflib.get_close_matches(name, commands, 1)
        hint = f"did you mean {near[0]!r}?" if near else "see `help`"
        raise UsageError(f"there is no command {name[:40]!r}; {hint}")
    command = commands[name]
    call = Call(hub, terminal, command.parser.parse_args(words[1:]))
    status = int(Exit.STOPPING)
    async with until_stopped(hub, lambda why: call.error(f"chatd: {why}")):
        status = await command.run(call)
    return status  # noqa: RET504 -- what was cancelled has assigned nothing


async def _help(call: Call) -> int:
    """The list, or what is known of one topic: a command's own usage, and the page of `tools.help`."""
    commands, topic = table(), call.arguments.topic
    if topic is None:
        call.line("ssh HOST                    the full-screen chat (ssh -T HOST: line by line)")
        for command in commands.values():
            call.line(f"ssh HOST {command.name:<18} {command.summary}")
        call.line("`ssh HOST help TOPIC` tells more about one of them, or about the chat itself:")
        for line in wrap(" ".join(call.hub.scripts.help_topics()), LIST_COLUMNS):
            call.line(f"  {line}")
        return Exit.OK
    page = call.hub.scripts.help(names.fold(topic).removeprefix("/"))
    if topic in commands:
        call.text(commands[topic].parser.format_help() + ("\n" if page is not None else ""))
    elif page is None:
        raise UsageError(f"there is no help on {topic[:40]!r}; see `help`")
    if page is not None:
        await call.send(sanitize(page if page.endswith("\n") else page + "\n"))
        await call.sent()
    return Exit.OK

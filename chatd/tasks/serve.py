"""Serving one channel: which kind of session it is, and what is done around every one of them."""

from __future__ import annotations

import logging

from chatd.errors import Exit, LimitReached, ScriptError, ServerStopping, StorageError, TerminalGone, first_error
from chatd.ports import Terminal
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.visiting import logged_in
from chatd.tasks.commands.dispatch import run_command
from chatd.tasks.screens.screens import Screens
from chatd.tasks.session.dumb_front import DumbFront, is_dumb
from chatd.tasks.session.front import Front
from chatd.tasks.session.line_front import LineFront
from chatd.tasks.session.screen_front import ScreenFront
from chatd.tasks.session.session import serve_session

logger = logging.getLogger("chatd.session")


async def serve_terminal(hub: Hub, screens: Screens, terminal: Terminal) -> int:
    """Serve one channel to its end; returns the exit status for the client.

    Cancelled when the channel goes. A bug in it is raised to the caller, who ends this channel alone.
    """
    visit, status = terminal.visit, int(Exit.FAILED)
    try:
        is_chat = visit.command is None
        async with logged_in(hub, visit.visitor, lambda why: _tell(terminal, why), remembered=is_chat) as login:
            status = await (_chat(hub, screens, terminal, login) if is_chat else run_command(hub, terminal))
    except* TerminalGone:
        pass  # the person has left; there is nobody to tell
    except* ServerStopping:
        status = Exit.STOPPING  # which they have been told
    except* LimitReached as group:
        logger.info("no session for %s: %s", visit.visitor.name, first_error(group))
        _tell(terminal, str(first_error(group)))
        status = Exit.TEMPORARY
    except* ScriptError as group:
        logger.error("the interface cannot be loaded: %s", first_error(group))
        _tell(terminal, f"the interface cannot be loaded: {first_error(group)}")
        status = Exit.INTERNAL
    except* StorageError as group:
        _tell(terminal, str(first_error(group)))
        status = Exit.FAILED
    return status


async def _chat(hub: Hub, screens: Screens, terminal: Terminal, login: Login) -> int:
    return await serve_session(hub, terminal, _front(hub, screens, terminal), login)


def _front(hub: Hub, screens: Screens, terminal: Terminal) -> Front:
    if is_dumb(terminal):
        return DumbFront(hub, terminal)
    return ScreenFront(hub, screens, terminal) if terminal.visit.pty else LineFront(hub, terminal)


def _tell(terminal: Terminal, text: str) -> None:
    end = "\r\n" if terminal.visit.pty else "\n"
    try:
        terminal.write_error(f"chatd: {text}{end}".encode())
    except TerminalGone:
        logger.info("nobody is left to be told: %s", text)

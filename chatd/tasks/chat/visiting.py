"""Coming in and going: what is done around everything that a visitor does here, whatever front they come through."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from chatd.core.room import Room
from chatd.core.visit import Kind, Visitor
from chatd.errors import ServerStopping, StorageError
from chatd.tasks.chat.facts import STOPPING
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.stopping import until_stopped

logger = logging.getLogger("chatd.session")


@asynccontextmanager
async def logged_in(
    hub: Hub, visitor: Visitor, tell: Callable[[str], None], *, remembered: bool = False
) -> AsyncIterator[Login]:
    """The visitor is here while the block runs. `remembered`: with what goes with the name (unread, kept values).

    The login's `notice` is what they should be told about their name. `tell` is called when the server stops, or begins
    to while the disk is waited for; then ServerStopping is raised. Raises LimitReached (too many sessions, too little
    memory) before anything is done. Leaving, also by being cancelled, keeps what was read and lets a guest's private
    room go, unless the guest stays; that is shielded, until `hub.tidy_deadline`.
    """
    hub.crowd.check(visitor)
    with hub.crowd.place(visitor):
        login = Login(hub, visitor)
        hub.arrive(visitor)
        logger.debug("a session of %s begins", visitor.name)
        hub.registration.file(visitor)
        try:
            if remembered:
                await _remember(hub, login, tell)
            yield login
        finally:
            # What is a guest's goes before anybody else can have the name.
            if login.visitor.kind is Kind.GUEST:
                login.close()
            last = hub.depart(login.visitor)
            private = hub.rooms.close_guests(login.visitor) if last else None
            try:
                with trio.CancelScope(shield=True, deadline=hub.tidy_deadline()):
                    await _tidy(hub, login, private)
            finally:
                login.close()
                logger.debug("a session of %s ended", login.visitor.name)


async def _remember(hub: Hub, login: Login, tell: Callable[[str], None]) -> None:
    if hub.stopping.is_set():
        tell(STOPPING)
        raise ServerStopping
    if not login.waits:
        await login.load()
        return
    stopped = True
    async with until_stopped(hub, tell):
        await login.load()
        stopped = False
    if stopped:  # while the disk was waited for
        raise ServerStopping


async def _tidy(hub: Hub, login: Login, private: Room | None) -> None:
    """Keep what a member has read; delete a guest's private room."""
    try:
        if private is not None:
            await hub.rooms.drop(private)
        if hub.registration.owes(login.visitor.name):
            await hub.registration.write()  # nothing can be kept for a name that is not on disk
        await login.save_markers()
    except StorageError as error:
        logger.warning("the end of %s's session was not kept: %s", login.visitor.name, error)

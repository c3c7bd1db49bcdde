"""The sessions of one connection: their places, their tasks, and how they end."""

from __future__ import annotations

import logging
from collections.abc import Callable

import asyncssh
import trio

from chatd.adapters.log_text import printable, traceback_of
from chatd.adapters.peer import Peer
from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.session import SshSession
from chatd.adapters.ssh.terminal import SshTerminal
from chatd.adapters.ssh.transport import TrioTransport
from chatd.core.visit import Visit, Visitor
from chatd.errors import Exit, TerminalGone
from chatd.ports import SessionHandler


class Sessions:
    """Up to `limits.channels` sessions. A place is taken until both the channel and the session's task have ended.

    `visitor` tells who is logged in; `fault` logs a fault of ours and ends the connection; `on_idle` is called when a
    task has ended and no other is running.
    """

    def __init__(
        self,
        handler: SessionHandler,
        transport: TrioTransport,
        peer: Peer,
        limits: SshLimits,
        log: logging.Logger,
        *,
        visitor: Callable[[], Visitor],
        fault: Callable[[str, Exception], None],
        on_idle: Callable[[], None],
    ) -> None:
        self._handler = handler
        self._transport = transport
        self._peer = peer
        self._limits = limits
        self._log = log
        self._visitor = visitor
        self._fault = fault
        self._on_idle = on_idle
        self._nursery: trio.Nursery | None = None
        self._places: dict[SshSession, None] = {}
        self._running: set[SshSession] = set()

    @property
    def running(self) -> int:
        """How many have a task."""
        return len(self._running)

    def attach(self, nursery: trio.Nursery) -> None:
        """Tasks run in `nursery`."""
        self._nursery = nursery

    def new(self) -> SshSession:
        """A session for a channel that is being opened. Raises asyncssh.ChannelOpenError when there is no place."""
        if len(self._places) >= self._limits.channels:
            reason = f"the limit is {self._limits.channels} channels"
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, reason)
        session = SshSession(self, self._transport, self._limits)
        self._places[session] = None
        return session

    def check_progress(self, interval: float) -> None:
        """See SshSession.check_progress."""
        for session in list(self._places):
            session.check_progress(interval)

    def hang_up(self, status: int | None = None) -> None:
        """Cancel every session, now; with a status, tell the client first."""
        for session in list(self._places):
            if status is not None and session in self._running:
                session.exit(status)
            session.hang_up()

    # --- session.SessionHost ---

    def fault(self, where: str, error: Exception) -> None:
        """Log a fault of ours and end the connection."""
        self._fault(where, error)

    def visit(self, command: str | None, pty: bool, term: str, size: tuple[int, int], env: dict[str, str]) -> Visit:
        """The visit of this connection's visitor."""
        return Visit(self._visitor(), command, pty, term, size, env, self._peer.address)

    def start(self, session: SshSession, visit: Visit) -> None:
        """Run the session in a task of its own."""
        assert self._nursery is not None
        self._running.add(session)
        if self._log.isEnabledFor(logging.DEBUG):
            what = "a command" if visit.command is not None else "a terminal" if visit.pty else "lines"
            columns, lines = visit.size
            name = printable(visit.visitor.name)
            self._log.debug("%s has a channel for %s, %dx%d (%s)", name, what, columns, lines, self._peer)
        self._nursery.start_soon(self._run, session, visit)

    def closed(self, session: SshSession) -> None:
        """The channel is gone."""
        if session not in self._running:
            self._places.pop(session, None)

    def dropped(self, reason: str) -> None:
        """Log why a session was ended from our side."""
        self._log.warning("dropped a session of %s (%s): %s", printable(self._visitor().name), self._peer, reason)

    # --- a session's task ---

    async def _run(self, session: SshSession, visit: Visit) -> None:
        """Handler, exit status, last output. When the channel goes, `session.scope` is cancelled."""
        status = int(Exit.STOPPING)
        try:
            with session.scope:
                status = await self._handle(SshTerminal(session, self._transport, self._limits, visit))
                session.exit(status)
                await session.wait_left()
                # A client that is disconnected before it has closed the channel in turn forgets the status. When it
                # has, the scope is cancelled.
                await trio.sleep(self._limits.linger)
        finally:
            session.exit(status)  # when the task was cancelled from outside
            self._running.discard(session)
            self._places.pop(session, None)
            self._log.debug("a channel ended with %d, %d are left (%s)", status, len(self._running), self._peer)
            if not self._running:
                self._on_idle()

    async def _handle(self, terminal: SshTerminal) -> int:
        """The boundary of a session: whatever its handler raises ends it alone."""
        status = int(Exit.INTERNAL)
        try:
            status = await self._handler(terminal)
        except* TerminalGone:
            pass  # it wrote to somebody who had just left
        except* Exception as errors:  # noqa: BLE001 -- logged with its traceback
            name = printable(terminal.visit.visitor.name)
            self._log.error("a session of %s failed (%s)", name, self._peer, exc_info=traceback_of(errors))
        return status

"""One connection on trio's side: the byte pump, its clock, and its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import asyncssh
import trio

from chatd.adapters.log_text import printable
from chatd.adapters.peer import Peer
from chatd.adapters.ssh.auth import SshLogin
from chatd.adapters.ssh.connection import EngineConnection
from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.session import SshSession
from chatd.adapters.ssh.sessions import Sessions
from chatd.adapters.ssh.transport import Flusher, TrioTransport
from chatd.core.visit import Visitor
from chatd.errors import Exit
from chatd.ports import Door, SessionHandler

_CHUNK = 16 * 1024
"""Bytes read at once. asyncssh cuts packets off the front of what it has, so more would be copied more often."""


_SELDOM = 20
"""Times as long a silence is one when the kernel watches the peer: five minutes in place of 15 s. A question and its
answer take a millisecond, and a thousand of those who only look on would take a fifteenth of a core."""

_LOOKS = 4
"""Looks at a slow reader before it is dropped, where nothing else is to be done so often."""


@dataclass(frozen=True, slots=True)
class Services:
    """What all connections of a server share."""

    door: Door
    handler: SessionHandler
    limits: SshLimits
    log: logging.Logger
    options: asyncssh.SSHServerConnectionOptions
    flusher: Flusher


class Link:
    """One connection and what it owns.

    `run` is its task. The sessions' tasks are children of it and end before it does; the pump, the clock and waiting
    sends end first. `on_login` is called once when somebody has come in.
    """

    def __init__(
        self,
        services: Services,
        stream: trio.abc.HalfCloseableStream,
        peer: Peer,
        loop: asyncio.AbstractEventLoop,
        on_login: Callable[[Link], None],
    ) -> None:
        self.peer = peer
        self._services = services
        self._limits = services.limits
        self._log = services.log
        self._stream = stream
        self._on_login = on_login
        self._transport = TrioTransport(
            stream, services.flusher, services.limits, on_room=self._room, on_dead=self._dead
        )
        self._login = SshLogin(services.door, services.limits, peer.source, self.fault)
        self._connection = EngineConnection(
            loop, services.options, limits=services.limits, login=self._login, link=self, transport=self._transport
        )
        self._sessions = Sessions(
            services.handler,
            self._transport,
            peer,
            services.limits,
            services.log,
            visitor=self._visitor,
            fault=self.fault,
            on_idle=self._finish_if_idle,
        )
        self._inside = trio.Event()
        self._last_words = trio.CancelScope()
        self._peer_gone = False
        self._over = False
        self._reason = ""
        self._heard_at = 0.0
        self._farewell: str | None = None

    # --- its task ---

    async def run(self) -> None:
        """Serve until either side ends the connection and all its sessions have ended. Raises nothing of its own."""
        try:
            async with trio.open_nursery() as nursery:
                self._sessions.attach(nursery)
                try:
                    async with trio.open_nursery() as pumping:
                        self._transport.attach(pumping)
                        self._connection.connection_made(self._transport)
                        pumping.start_soon(self._keep_time)
                        try:
                            await self._pump()
                        finally:
                            self._transport.detach()
                        pumping.cancel_scope.cancel()
                finally:
                    self._hang_up()
                with self._last_words:
                    await self._transport.finish()
        finally:
            self._leave()
            try:
                await trio.aclose_forcefully(self._stream)
            finally:
                self._let_go()

    async def _pump(self) -> None:
        """Feed asyncssh until the peer has hung up."""
        while True:
            try:
                data = await self._stream.receive_some(_CHUNK)
            except (OSError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
                self._note(f"connection lost: {error.__cause__ or error}")
                break
            if not data:
                self._note("hung up")
                break
            self._heard_at = trio.current_time()
            self._connection.data_received(bytes(data))
        self._peer_gone = True

    async def _keep_time(self) -> None:
        """The deadline of the login, then the keepalives."""
        with trio.move_on_after(self._limits.login_grace):
            await self._inside.wait()
        if self._inside.is_set():
            await self._keep_alive()
        else:
            self.disconnect(f"no login within {self._limits.login_grace:g} s")

    async def _keep_alive(self) -> None:
        """Ask a silent peer whether it is still there, until it is not; the same clock looks after slow readers.

        Where the kernel watches the peer's machine it is asked seldom: for a client that has stopped, and for a machine
        behind one that passes the bytes on.
        """
        every, watched = self._limits.keepalive, self._transport.watched
        silence = every * _SELDOM if watched else every
        look = max(every, self._limits.reader_stall / _LOOKS) if watched else inf
        checked = asked_at = self._heard_at = trio.current_time()
        asked = 0
        while True:
            due = asked_at + every if asked and asked_at > self._heard_at else self._heard_at + silence
            await trio.sleep_until(min(due, checked + look))
            now = trio.current_time()
            self._sessions.check_progress(now - checked)
            checked = now
            if self._heard_at >= asked_at:
                asked = 0
            if now < (asked_at + every if asked else self._heard_at + silence):
                continue
            if asked == self._limits.keepalive_misses:
                self._transport.kill("it does not answer")
                return
            asked, asked_at = asked + 1, now
            self._connection.send_keepalive()

    def _hang_up(self) -> None:
        """The connection cannot be used any more: tell every session and asyncssh, now."""
        if self._peer_gone or self._connection.ended:
            self._sessions.hang_up()
        else:
            # Our own task was cancelled from outside. The exit statuses leave if the kernel takes them without waiting;
            # not so a disconnect message, at which OpenSSH forgets the status it has just been given.
            self._note(self._farewell or "the server is stopping")
            self._sessions.hang_up(Exit.STOPPING)
        self._connection.connection_lost(None)
        self._transport.abort()

    def _leave(self) -> None:
        """The last word on this connection, in the log and at the door."""
        visitor = self._login.visitor
        self._login.close()
        reason = printable(self._reason or "ended by the server")
        if visitor is None:
            self._log.info("%s went without logging in: %s", self.peer, reason)
        else:
            self._log.info("%s left (%s): %s", printable(visitor.name), self.peer, reason)

    def _let_go(self) -> None:
        """Hold nothing any more. The parts hold each other, and the garbage collector comes seldom."""
        self._over = True
        del self._connection, self._transport, self._sessions, self._login

    def _note(self, reason: str) -> None:
        """Remember why the connection ends; the first reason counts."""
        self._reason = self._reason or reason

    def _visitor(self) -> Visitor:
        assert self._login.visitor is not None
        return self._login.visitor

    # --- ending it ---

    def disconnect(self, reason: str) -> None:
        """Tell the client why, and end the connection with all its sessions."""
        self._note(reason)
        if not (self._over or self._connection.ended):
            self._connection.disconnect(asyncssh.DISC_BY_APPLICATION, reason)

    def abort(self) -> None:
        """After `disconnect`: do not wait until the client has taken the reason."""
        self._last_words.cancel()

    def finish(self, reason: str) -> None:
        """Take no more channels, and disconnect once the last session has ended."""
        self._farewell = reason
        self._finish_if_idle()

    def _finish_if_idle(self) -> None:
        if self._farewell is not None and not self._sessions.running:
            self.disconnect(self._farewell)

    # --- called by the transport ---

    def _room(self) -> None:
        try:
            self._connection.flush_channels()
        except Exception as error:  # noqa: BLE001 -- logged with its traceback by `fault`
            self.fault("flush_channels", error)

    def _dead(self, reason: str) -> None:
        self._note(reason)
        self._connection.connection_lost(None)

    # --- connection.Host: called by asyncssh's callbacks ---

    def fault(self, where: str, error: Exception) -> None:
        """Log a fault of ours with its traceback and end this connection, no other."""
        self._log.error("fault in %s (%s)", where, self.peer, exc_info=error)
        self.disconnect("a fault of the server")

    def puzzled(self, error: BaseException | None) -> None:
        """asyncssh did not understand the client. Strangers who talk nonsense get a line, not a traceback."""
        if self._inside.is_set():
            self._log.warning("protocol fault (%s)", self.peer, exc_info=error)

    def ending(self, error: Exception | None) -> None:
        """asyncssh closes the connection."""
        self._note(str(error) if error is not None else "disconnected")

    def logged_in(self) -> None:
        """Somebody has come in."""
        visitor = self._visitor()
        self._inside.set()
        self._on_login(self)
        self._log.info(
            "%s came in from %s: %s, %s%s",
            printable(visitor.name),
            self.peer,
            visitor.kind,
            self._login.method,
            f" {visitor.fingerprint}" if visitor.fingerprint else "",
        )

    def new_session(self) -> SshSession:
        """A session for a new channel. Raises asyncssh.ChannelOpenError when there can be none."""
        if self._farewell is not None or self._connection.ended:
            reason = self._farewell or "the connection has ended"
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, reason)
        return self._sessions.new()

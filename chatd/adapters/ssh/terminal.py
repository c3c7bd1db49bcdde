"""The Terminal port over one ssh channel."""

from __future__ import annotations

from asyncssh.constants import EXTENDED_DATA_STDERR

from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.session import SshSession
from chatd.adapters.ssh.transport import TrioTransport
from chatd.core.visit import TerminalEvent, Visit
from chatd.errors import TerminalGone


class SshTerminal:
    """The Terminal port over one channel."""

    def __init__(self, session: SshSession, transport: TrioTransport, limits: SshLimits, visit: Visit) -> None:
        self._session = session
        self._channel = session.channel
        self._transport = transport
        self._limits = limits
        self._visit = visit

    @property
    def visit(self) -> Visit:
        """Who came, and how the channel was opened."""
        return self._visit

    async def receive(self) -> TerminalEvent:
        """The next event. Raises TerminalGone when there will be none, for those who are not cancelled."""
        event = await self._session.events.get()
        self._session.taken()
        return event

    def write(self, data: bytes) -> None:
        """Queue for stdout. Beyond `limits.max_unsent` the session is dropped.

        Raises TerminalGone when the channel is closed.
        """
        self._send(data, None)

    def write_error(self, data: bytes) -> None:
        """Queue for stderr, which a pty does not have. As `write` otherwise."""
        self._send(data, None if self._visit.pty else EXTENDED_DATA_STDERR)

    def unsent(self) -> int:
        """Bytes in the channel and in the connection, which the channels share."""
        return self._channel.get_write_buffer_size() + self._transport.get_write_buffer_size()

    def takes_more(self) -> bool:
        """Whether nothing is unsent and the peer's machine takes more."""
        return not self._session.gone and not self.unsent() and self._transport.takes_more()

    async def wait_sent(self) -> None:
        """Wait until nothing is unsent and the peer's machine takes more.

        Raises TerminalGone when the channel closes meanwhile.
        """
        while not self._session.gone:
            await self._channel.wait_empty()
            if not await self._transport.wait_sent():
                break
            if not self.unsent() and not self._session.gone:
                return
        raise TerminalGone("the channel is closed")

    def _send(self, data: bytes, kind: int | None) -> None:
        if self._session.gone:
            raise TerminalGone("the channel is closed")
        try:
            self._channel.write(data, kind)
        except OSError as error:
            raise TerminalGone("the channel is closed") from error
        if self.unsent() > self._limits.max_unsent:
            self._session.abort(f"{self.unsent()} bytes wait for its client, the limit is {self._limits.max_unsent}")
            raise TerminalGone("the channel is closed")

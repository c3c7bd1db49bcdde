"""asyncssh's callbacks for one channel: they hand over to the channel's task."""

from __future__ import annotations

from typing import Protocol

import asyncssh
import trio

from chatd.adapters.ssh.callback_guard import guarded
from chatd.adapters.ssh.channel import EngineChannel
from chatd.adapters.ssh.events import EventQueue
from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.transport import TrioTransport
from chatd.core.visit import DEFAULT_SIZE, EndOfInput, Input, Interrupt, Resized, TerminalEvent, Visit, sensible_size

_LONGEST_TERM = 64


class SessionHost(Protocol):
    """The owner of a session: its connection, on trio's side."""

    def fault(self, where: str, error: Exception) -> None:
        """Log a fault of ours and end the connection."""
        ...

    def start(self, session: SshSession, visit: Visit) -> None:
        """A shell or a command was granted."""
        ...

    def closed(self, session: SshSession) -> None:
        """The channel is gone."""
        ...

    def visit(self, command: str | None, pty: bool, term: str, size: tuple[int, int], env: dict[str, str]) -> Visit:
        """The visit of this connection's visitor."""
        ...

    def dropped(self, reason: str) -> None:
        """Log why a session was ended from our side."""
        ...


class SshSession(asyncssh.SSHServerSession[bytes]):
    """asyncssh's callbacks for one channel. They only hand over.

    `scope` is the cancel scope of the session's task: when the channel goes, that is cancelled first.
    """

    def __init__(self, host: SessionHost, transport: TrioTransport, limits: SshLimits) -> None:
        self.scope = trio.CancelScope()
        self.events = EventQueue(limits)
        self.gone = False
        self.started = False
        self.stalled = 0.0
        """Seconds for which output waited and none left, as far as `check_progress` saw."""
        self._host = host
        self._transport = transport
        self._limits = limits
        self._channel: EngineChannel | None = None
        self._command: str | None = None
        self._term: str | None = None
        self._size = DEFAULT_SIZE
        self._reading = True
        self._seen_sent = 0

    @property
    def channel(self) -> EngineChannel:
        """The channel, once it is open."""
        assert self._channel is not None
        return self._channel

    def fault(self, where: str, error: Exception) -> None:
        """See `guarded`."""
        self._host.fault(where, error)

    # --- asyncssh's callbacks ---

    @guarded(answer=None)
    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is open."""
        assert isinstance(chan, EngineChannel)
        self._channel = chan

    @guarded(answer=False)
    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: object) -> bool:
        """A terminal, if it is asked for in time."""
        if self.started:
            return False
        self._term = term_type if term_type.isprintable() and len(term_type) <= _LONGEST_TERM else ""
        self._size = sensible_size(*term_size[:2])
        return True

    @guarded(answer=False)
    def shell_requested(self) -> bool:
        """A channel without a command."""
        return True

    @guarded(answer=False)
    def exec_requested(self, command: str) -> bool:
        """A channel for a command."""
        self._command = command
        return True

    @guarded(answer=False)
    def subsystem_requested(self, subsystem: str) -> bool:
        """No sftp, nor anything like it."""
        return False

    @guarded(answer=None)
    def session_started(self) -> None:
        """Shell or command were granted."""
        if self.gone:
            return
        self.started = True
        env = dict(self.channel.get_environment())
        visit = self._host.visit(self._command, self._term is not None, self._term or "", self._size, env)
        self._host.start(self, visit)

    @guarded(answer=None)
    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Take bytes that the client sent on the channel."""
        self._happened(Input(data))

    @guarded(answer=True)
    def eof_received(self) -> bool:
        """Their side is done; True keeps ours open."""
        self._happened(EndOfInput())
        return True

    @guarded(answer=None)
    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """The window has another size; news only for those who have a terminal."""
        self._size = sensible_size(width, height)
        if self.started and self._term is not None:
            self._happened(Resized(*self._size))

    @guarded(answer=None)
    def signal_received(self, signal: str) -> None:
        """INT is Ctrl-C; the others mean nothing here."""
        if signal == "INT":
            self._happened(Interrupt())

    @guarded(answer=True)
    def break_received(self, msec: int) -> bool:
        """`~B`, which for a terminal is Ctrl-C too."""
        self._happened(Interrupt())
        return True

    @guarded(answer=None)
    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is gone, whoever closed it."""
        self.hang_up()
        self._host.closed(self)

    # --- the connection's task and the terminal ---

    def hang_up(self) -> None:
        """The channel cannot be used any more. Cancels before it wakes: who is waiting is cancelled, not surprised."""
        if self.gone:
            return
        self.gone = True
        self.scope.cancel()
        self.events.close()
        if self._channel is not None:
            self._channel.wake()

    def abort(self, reason: str) -> None:
        """End the session for what its client does or does not do; unsent output is lost."""
        if self.gone:
            return
        self._host.dropped(reason)
        self.hang_up()
        self.channel.abort_unsent()

    def exit(self, status: int) -> None:
        """Tell the client the exit status and close the channel once all output has left."""
        if not self.gone:
            self.channel.flush()
            self.channel.exit(status)

    async def wait_left(self) -> None:
        """Wait until all output has left this process, or the channel is gone."""
        while not self.gone:
            await self.channel.wait_empty()
            if not await self._transport.wait_sent() or not self.channel.get_write_buffer_size():
                return

    def check_progress(self, interval: float) -> None:
        """Called when `interval` seconds have passed: drop the session when its client takes nothing for too long."""
        if self.gone or self._channel is None:
            return
        channel = self._channel
        if not channel.get_write_buffer_size() or channel.sent != self._seen_sent:
            self.stalled = 0.0
        elif channel.patient:
            # It acknowledges later than OpenSSH does, or its terminal is suspended: fill its window after all.
            channel.patient = False
            channel.flush()
        else:
            self.stalled += interval
        self._seen_sent = channel.sent
        if self.stalled >= self._limits.reader_stall:
            self.abort(f"its client took nothing for {self._limits.reader_stall:g} s")

    def taken(self) -> None:
        """An event was taken: read on if that was paused and there is room again."""
        if not self._reading and self.events.low and not self.gone:
            self._reading = True
            self.channel.resume_reading()

    def _happened(self, event: TerminalEvent) -> None:
        if self.gone:
            return
        self.events.put(event)
        if self._reading and self.events.full:
            self._reading = False
            self.channel.pause_reading()

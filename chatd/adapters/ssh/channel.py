"""One ssh channel as asyncssh sees it, with bounds where asyncssh has none.

Private names of asyncssh that are used here are held by tests/adapters/ssh/test_contract.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import trio
from asyncssh.channel import SSHServerChannel
from asyncssh.packet import SSHPacket

from chatd.adapters.ssh.limits import SshLimits

if TYPE_CHECKING:
    import asyncio

    from asyncssh.misc import MaybeAwait
    from asyncssh.session import DataType, SSHSession

    from chatd.adapters.ssh.connection import EngineConnection

_ENV_NAME = re.compile(rb"NO_COLOR|COLORTERM|LANG|LC_[A-Z]{1,24}")

_SMALLEST_PACKET = 256
"""A client that takes packets of one byte would have us encrypt a frame byte by byte. None that is used goes below."""

_MAX_PACKET = 32 * 1024
"""What a client may put into one packet, the size that every implementation has to support."""

_JOIN = 4096
"""Pieces of waiting input are joined up to here."""


class EngineChannel(SSHServerChannel[bytes]):
    """A session channel: filtered environment, output that waits while the connection cannot send."""

    _conn: EngineConnection

    def __init__(self, conn: EngineConnection, loop: asyncio.AbstractEventLoop, limits: SshLimits) -> None:
        # A pty if asked for, no line editor of asyncssh's, bytes as they come.
        super().__init__(conn, loop, True, False, False, 0, 0, None, "strict", limits.receive_window, _MAX_PACKET)
        self._limits = limits
        self._first_window = 0
        self._emptied: trio.Event | None = None
        self.sent = 0
        """Bytes of output that have been handed to the transport."""
        self.patient = conn.acknowledges_early
        """Whether output waits for acknowledgements beyond `limits.unacknowledged`."""

    # --- output ---

    def process_open(
        self, send_chan: int, send_window: int, send_pktsize: int, session: MaybeAwait[SSHSession[bytes]]
    ) -> None:
        """Remember what the client's window was."""
        self._first_window = send_window
        super().process_open(send_chan, send_window, max(send_pktsize, _SMALLEST_PACKET), session)

    def write(self, data: bytes, datatype: DataType = None) -> None:
        """Gather what is written until the connection is flushed, at the end of this turn of the scheduler: a packet
        costs us, the client and the line more than what is in it. Raises OSError when the channel is closed.
        """
        if self._send_state != "open" or self._conn is None:
            raise BrokenPipeError("the channel is closed")
        waiting = self._send_buf
        if waiting and waiting[-1][1] == datatype:
            waiting[-1][0].extend(data)
        elif data:
            waiting.append((bytearray(data), datatype))
        self._send_buf_len += len(data)
        self._conn.flush_soon(self)

    def flush(self) -> None:
        """Hand over what waits, as far as window and transport allow."""
        if self._send_buf_len:
            self._flush_send_buf()

    def abort_unsent(self) -> None:
        """Close at once, without what waits; asyncssh's `abort` would still send it after an `exit`."""
        self._close_send()
        self.abort()

    async def wait_empty(self) -> None:
        """Hand over what can be, and wait until nothing waits in the channel, or `wake` is called."""
        self.flush()
        if self._send_buf_len:
            if self._emptied is None:
                self._emptied = trio.Event()
            await self._emptied.wait()

    def wake(self) -> None:
        """Let go whoever waits for the channel to empty."""
        if self._emptied is not None:
            self._emptied.set()
            self._emptied = None

    def _flush_send_buf(self) -> None:
        """As asyncssh, which goes by the client's window alone; a client may open that up to 4 GiB.

        What the connection cannot take now stays here, where it is counted. The window is only lowered for the call:
        taking credit away for good would starve clients that acknowledge late.
        """
        room = self._room()
        held = max(0, self._send_window - room)
        before = self._send_buf_len
        self._send_window -= held
        try:
            super()._flush_send_buf()
        finally:
            self._send_window += held
        self.sent += before - self._send_buf_len
        if not self._send_buf_len:
            self.wake()

    def _room(self) -> int:
        room = self._conn.room() if self._conn is not None else 0
        if self.patient:
            room = min(room, self._limits.unacknowledged - (self._first_window - self._send_window))
        return max(0, room)

    # --- input ---

    def _accept_data(self, data: bytes, datatype: DataType = None) -> None:
        """Join what waits: a window sent byte by byte must not become as many objects."""
        waiting = self._recv_buf
        if data and self._recv_paused and waiting and waiting[-1][1] == datatype and len(waiting[-1][0]) < _JOIN:
            waiting[-1] = (waiting[-1][0] + data, datatype)
            self._recv_window -= len(data)
        else:
            super()._accept_data(data, datatype)

    def _process_env_request(self, packet: SSHPacket) -> bool:
        """Take what tells colours and language; everything else is declined, which clients ignore."""
        name, value = packet.get_string(), packet.get_string()
        packet.check_end()
        size = len(name) + len(value) + sum(len(n) + len(v) for n, v in self._env.items() if n != name)
        if (
            self._session_started
            or not _ENV_NAME.fullmatch(name)
            or size > self._limits.env_bytes
            or (name not in self._env and len(self._env) >= self._limits.env_names)
            or not _is_text(value)
        ):
            return False
        self._env[name] = value
        return True

    def _process_exec_request(self, packet: SSHPacket) -> bool:
        """A command in any encoding; asyncssh refuses what is not UTF-8, and the client could not tell why.

        Bytes that are no text stay recognisable, as lone surrogates: the command refuses them in words.
        """
        command = packet.get_string().decode(errors="surrogateescape")
        packet.check_end()
        return self._start_session(command=command)

    # --- noise ---

    def log_sent_packet(self, *_: object) -> None:
        """Nothing: asyncssh would put a line together for each packet before finding that nobody wants it."""

    def log_received_packet(self, *_: object) -> None:
        """Nothing, as above."""


def _is_text(value: bytes) -> bool:
    try:
        return value.decode().isprintable()
    except UnicodeDecodeError:
        return False

"""asyncssh's server side of one connection, hardened: it is used as a protocol engine, fed and bounded by us.

Private names of asyncssh that are used here are held by tests/adapters/ssh/test_contract.py.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Protocol

import asyncssh
from asyncssh.connection import SSHServerConnection
from asyncssh.constants import MSG_IGNORE, MSG_KEXINIT, MSG_USERAUTH_REQUEST
from asyncssh.packet import SSHPacket, String

from chatd.adapters.ssh.auth import ServerCallbacks, SshLogin, Upstairs, plain_key, signature_holds
from chatd.adapters.ssh.channel import EngineChannel
from chatd.adapters.ssh.ciphers import kept
from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.options import GCM
from chatd.adapters.ssh.transport import TrioTransport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from asyncssh.logging import SSHLogger
    from asyncssh.misc import MaybeAwait, OptExcInfo

    _Handler = Callable[[Any, int, int, SSHPacket], Awaitable[None] | None]

_GCM = frozenset(name.encode() for name in GCM)

_KEXINIT_PATIENCE = 1.0
"""Seconds that our algorithms wait for the client's: a round trip over the longest of lines. A few old clients (SSH.NET
before 2024, libssh of long ago) wait for ours; their login takes so much longer."""


class ConnectionOwner(Upstairs, Protocol):
    """The owner of a connection, on trio's side."""

    def ending(self, error: Exception | None) -> None:
        """asyncssh closes the connection: `error` says why, None that all is in order. Called once."""
        ...

    def puzzled(self, error: BaseException | None) -> None:
        """asyncssh fell over something that is no protocol error it knows; `ending` follows."""
        ...


class EngineConnection(SSHServerConnection):
    """One connection. `connection_made`, `data_received` and `connection_lost` drive it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: asyncssh.SSHServerConnectionOptions,
        *,
        limits: SshLimits,
        login: SshLogin,
        link: ConnectionOwner,
        transport: TrioTransport,
    ) -> None:
        super().__init__(loop, options)
        self._protocol_factory = lambda: ServerCallbacks(link, login)
        self._limits = limits
        self._login = login
        self._link = link
        self._outlet = transport
        self._ended = False
        self._kexinit_waits: asyncio.TimerHandle | None = None
        self._written: dict[EngineChannel, None] = {}
        """Channels with output that has not been handed to the transport."""

    @property
    def ended(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._ended

    @property
    def acknowledges_early(self) -> bool:
        """Whether the client is known to acknowledge output every few packets."""
        return self._client_version.startswith(b"SSH-2.0-OpenSSH_")

    def send_keepalive(self) -> None:
        """Ask for a sign of life; any input will do."""
        self.create_task(self._make_keepalive_request())

    # --- login ---

    async def reload_config(self) -> None:
        """Nothing: asyncssh would rebuild all options in a worker thread for each login name."""

    def _process_userauth_request(self, pkttype: int, pktid: int, packet: SSHPacket) -> MaybeAwait[None]:
        """Count before asyncssh looks: requests sent in one go may supersede each other unanswered."""
        if not self._auth_complete:
            ahead = SSHPacket(packet.get_remaining_payload())
            ahead.get_string()
            ahead.get_string()
            method = ahead.get_string().decode(errors="replace")
            signed = method != "publickey" or ahead.get_boolean()
            excess = self._login.count(method, signed=signed)
            if excess:
                raise asyncssh.DisconnectError(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, excess)
        return super()._process_userauth_request(pkttype, pktid, packet)

    async def validate_public_key(self, username: str, key_data: bytes, msg: bytes, signature: bytes) -> bool:
        """Also called for unsigned offers: then `msg` is empty and nothing is decided.

        Not asyncssh's: that would take certificates, and would not tell its caller whether a signature was verified.
        Nothing here waits, so from the verification to the success message nobody comes between.
        """
        key = plain_key(key_data)
        if key is None or self._ended:
            return False
        fingerprint = key.get_fingerprint()
        if not self._login.offered(username, fingerprint):
            return False
        if not msg:
            return True
        if not signature_holds(key, String(self._session_id) + msg, signature):
            return False
        return self._login.signed(username, fingerprint)

    # --- key exchange ---

    def _send_kexinit(self) -> None:
        """Wait for the client's algorithms. The client's order decides, and most prefer chacha20, which costs us more
        than GCM does; who offers GCM alone locks out those who do not have it. So it alone is offered to whoever lists
        it. The login takes one round trip more.
        """
        first = not self._session_id and not self._client_kexinit
        if first and self._kexinit_waits is None:
            self._kexinit_waits = self._loop.call_later(_KEXINIT_PATIENCE, self._send_late_kexinit)
        else:
            self._wait_no_more()
            super()._send_kexinit()

    def _send_late_kexinit(self) -> None:
        """The client waits for us after all."""
        self._send_kexinit()

    def _wait_no_more(self) -> None:
        if self._kexinit_waits is not None:
            self._kexinit_waits.cancel()
            self._kexinit_waits = None

    def _exchange_keys(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        _at_once(self._process_kexinit(pkttype, pktid, packet))

    async def _process_kexinit(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        """Choose our ciphers by the client's, and judge its guess as RFC 4253 section 7 has it.

        asyncssh takes a guess for right when it names the algorithm that was agreed on. The RFC asks that both sides
        have the same first choices, and Dropbear, going by that, sends its first packet again.
        """
        if self._session_id and not self._auth_complete:
            # Each exchange costs a millisecond of ours; no client needs a second one to log in.
            raise asyncssh.ProtocolError("Second key exchange before the login")
        ahead = SSHPacket(packet.get_remaining_payload())
        ahead.get_bytes(16)
        kex, host_keys, ciphers_in, ciphers_out = (ahead.get_namelist() for _ in range(4))
        for _ in range(6):
            ahead.get_namelist()
        guessed = ahead.get_boolean()
        if self._kexinit_waits is not None:
            if _GCM & set(ciphers_in) & set(ciphers_out):
                self._enc_algs = [name for name in self._enc_algs if name in _GCM]
            self._kexinit_sent = False
        await super()._process_kexinit(pkttype, pktid, packet)
        right = kex[:1] == list(self._kex_algs[:1]) and host_keys[:1] == list(self._server_host_key_algs or ())[:1]
        self._ignore_first_kex = guessed and not right

    def send_newkeys(self, k: bytes, h: bytes) -> None:
        """With ciphers that are set up once for each exchange of keys, not for each packet."""
        super().send_newkeys(k, h)
        self._send_encryption = kept(self._send_encryption)
        self._next_recv_encryption = kept(self._next_recv_encryption)

    _packet_handlers: dict[int, _Handler] = {  # noqa: RUF012 -- asyncssh looks handlers up here, not by name
        **SSHServerConnection._packet_handlers,
        MSG_KEXINIT: _exchange_keys,
        MSG_USERAUTH_REQUEST: _process_userauth_request,
    }

    # --- output ---

    def room(self) -> int:
        """Bytes of channel data that can be sent now; none while keys are exchanged."""
        if not self._kex_complete:
            return 0
        return max(0, self._limits.transport_buffer - self._outlet.get_write_buffer_size())

    def flush_soon(self, channel: EngineChannel) -> None:
        """Something was written to the channel: flush in this turn of the scheduler."""
        self._written[channel] = None
        self._outlet.mark()

    def flush_channels(self) -> None:
        """Something was written; or there is room again: the peer took something, or keys were exchanged (which ends
        with a packet of ours).
        """
        for channel in list(self._written):
            channel.flush()
            if not channel.get_write_buffer_size():
                self._written.pop(channel, None)

    def send_packet(self, pkttype: int, *args: bytes, handler: asyncssh.packet.SSHPacketLogger | None = None) -> None:
        """Without the empty packet that asyncssh puts before each one, against a weakness of CBC that we do not offer.

        What is held back during a key exchange is bounded: a client could stall that and keep asking.
        """
        if pkttype == MSG_IGNORE:
            return
        super().send_packet(pkttype, *args, handler=handler)
        if len(self._deferred_packets) > self._limits.deferred_packets:
            self._outlet.kill("its key exchange does not end")

    def create_server_channel(
        self, encoding: str | None = "", errors: str = "", window: int = 0, max_pktsize: int = 0
    ) -> EngineChannel:
        """A channel of ours, always for bytes."""
        return EngineChannel(self, self._loop, self._limits)

    # --- endings ---

    def _force_close(self, exc: Exception | None) -> None:
        if not self._ended:
            self._ended = True
            self._wait_no_more()
            self._link.ending(exc)
        super()._force_close(exc)

    def _cleanup(self, exc: Exception | None) -> None:
        """And nothing of it holds on to it: the garbage collector comes seldom."""
        super()._cleanup(exc)
        self._written.clear()
        self._kex = None
        self._recv_handler = _deaf

    def internal_error(self, exc_info: OptExcInfo | None = None, error_logger: SSHLogger | None = None) -> None:
        """asyncssh would say this at DEBUG only."""
        error = (exc_info or sys.exc_info())[1]
        self._link.puzzled(error)
        self._force_close(error if isinstance(error, Exception) else None)

    def log_sent_packet(self, *_: object) -> None:
        """Nothing: asyncssh would put a line together for each packet before finding that nobody wants it."""

    def log_received_packet(self, *_: object) -> None:
        """Nothing, as above."""


def _deaf() -> bool:
    """What a connection that has ended makes of its input."""
    return False


def _at_once(work: Coroutine[object, None, None]) -> None:
    """Do what asyncssh would make a task of though it never waits.

    In a flood such tasks would queue, and each would keep its connection, dead or not, until its turn.
    """
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError("asyncssh waits in a key exchange")

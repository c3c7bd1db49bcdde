"""What the adapter takes from asyncssh beyond its documented interface. When one of these fails after an upgrade, read
the new source around it before mending the adapter: several guard against attacks.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh import auth, channel, connection, encryption, kex, kex_dh, packet, public_key
from asyncssh.channel import SSHChannel, SSHServerChannel
from asyncssh.connection import SSHConnection, SSHServerConnection
from asyncssh.crypto import ChachaCipher, GCMCipher
from asyncssh.encryption import ChachaEncryption, Encryption, GCMEncryption

import chatd.adapters.ssh
from chatd.adapters.ssh.connection import EngineConnection

SOURCES = sorted(Path(chatd.adapters.ssh.__file__).parent.glob("*.py"))


def test_version() -> None:
    assert asyncssh.__version__ == "2.24.1"


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (SSHServerConnection, "__init__", "loop options acceptor error_handler wait"),
        (SSHServerConnection, "reload_config", ""),
        (SSHServerConnection, "validate_public_key", "username key_data msg signature"),
        (SSHServerConnection, "create_server_channel", "encoding errors window max_pktsize"),
        (SSHConnection, "_process_userauth_request", "_pkttype _pktid packet"),
        (SSHConnection, "_process_kexinit", "_pkttype _pktid packet"),
        (SSHConnection, "_send_kexinit", ""),
        (SSHConnection, "send_newkeys", "k h"),
        (Encryption, "encrypt_packet", "seq header packet"),
        (Encryption, "decrypt_header", "seq first_block header_len"),
        (Encryption, "decrypt_packet", "seq first rest header_len mac"),
        (SSHConnection, "_make_keepalive_request", ""),
        (SSHConnection, "_force_close", "exc"),
        (SSHConnection, "_cleanup", "exc"),
        (SSHConnection, "internal_error", "exc_info error_logger"),
        (SSHConnection, "send_packet", "pkttype args handler"),
        (SSHConnection, "create_task", "coro task_logger"),
        (SSHConnection, "connection_made", "transport"),
        (SSHConnection, "connection_lost", "exc"),
        (SSHConnection, "data_received", "data datatype"),
        (SSHConnection, "disconnect", "code reason lang"),
        (SSHConnection, "log_sent_packet", "pkttype pktid packet note"),
        (SSHConnection, "log_received_packet", "pkttype pktid packet note"),
        (
            SSHServerChannel,
            "__init__",
            "conn loop allow_pty line_editor line_echo line_history max_line_length encoding errors window max_pktsize",
        ),
        (SSHServerChannel, "_process_env_request", "packet"),
        (SSHServerChannel, "_process_exec_request", "packet"),
        (SSHServerChannel, "_start_session", "command subsystem"),
        (SSHServerChannel, "exit", "status"),
        (SSHChannel, "write", "data datatype"),
        (SSHChannel, "process_open", "send_chan send_window send_pktsize session"),
        (SSHChannel, "_flush_send_buf", ""),
        (SSHChannel, "_close_send", ""),
        (SSHChannel, "_accept_data", "data datatype"),
        (SSHChannel, "abort", ""),
        (kex, "get_kex_algs", ""),
        (public_key, "decode_ssh_public_key", "data"),
        (packet.SSHPacket, "get_remaining_payload", ""),
    ],
)
def test_functions(owner: Any, name: str, parameters: str) -> None:
    function = getattr(owner, name)
    assert [p for p in inspect.signature(function).parameters if p != "self"] == parameters.split()


@pytest.mark.parametrize(
    ("where", "lines"),
    [
        # Attributes that are read or written.
        (SSHConnection.__init__, "self._protocol_factory = options.protocol_factory"),
        (SSHConnection.__init__, "self._deferred_packets: List[Tuple[int, Sequence[bytes]]] = []"),
        (SSHConnection.__init__, "self._channels: Dict[int, SSHChannel] = {}"),
        (SSHConnection.__init__, "self._kex_complete = False"),
        (SSHConnection.__init__, "self._kex_algs = options.kex_algs"),
        (SSHConnection.__init__, "self._enc_algs = options.encryption_algs"),
        (SSHConnection.__init__, "self._client_version = b''"),
        (SSHConnection.__init__, "self._client_kexinit = b''"),
        (SSHConnection.__init__, "self._kex: Optional[Kex] = None"),
        (SSHConnection.__init__, "self._recv_handler = self._recv_version"),
        (SSHConnection.__init__, "self._session_id = b''"),
        (SSHConnection.__init__, "self._send_encryption: Optional[Encryption] = None"),
        (SSHConnection.__init__, "self._next_recv_encryption: Optional[Encryption] = None"),
        (ChachaEncryption.__init__, "self._cipher = cipher"),
        (GCMEncryption.__init__, "self._cipher = cipher"),
        (ChachaCipher.__init__, "self._key = key[:keylen] self._adkey = key[keylen:]"),
        (GCMCipher.__init__, "self._key = key self._iv = iv"),
        (SSHServerConnection.__init__, "self._server_host_key_algs = list(options.server_host_keys.keys())"),
        (SSHConnection.__init__, "self._auth_complete = False"),
        (SSHChannel.__init__, "self._env: Dict[bytes, bytes] = {}"),
        (SSHChannel.__init__, "self._send_window: int = 0"),
        (SSHChannel.__init__, "self._send_buf_len = 0"),
        (SSHChannel.__init__, "self._send_buf: List[Tuple[bytearray, DataType]] = []"),
        (SSHChannel.write, "self._send_buf.append((bytearray(encoded_data), datatype))"),
        (SSHChannel.__init__, "self._recv_window = window"),
        (SSHChannel.__init__, "self._recv_paused: Union[bool, str] = 'starting'"),
        (SSHChannel.__init__, "self._recv_buf: List[Tuple[bytes, DataType]] = []"),
        (SSHServerChannel.__init__, "self._session_started = False"),
        # The order our KEXINIT can be delayed in.
        (SSHConnection._recv_version, "self._send_kexinit() self._kexinit_sent = True"),
        (
            SSHConnection._process_kexinit,
            "if self._kexinit_sent: self._kexinit_sent = False else: self._send_kexinit()",
        ),
        # A server's key exchange waits for nothing, so no task is needed for it.
        (kex_dh._KexDHBase.start, "if self._conn.is_client(): self._perform_init()"),
        (kex_dh._KexECDH.start, "if self._conn.is_client(): self._send_init()"),
        # The guess is judged before the exchange starts, and looked at when the next packet comes.
        (SSHConnection._process_kexinit, "self._ignore_first_kex = (first_kex_follows and"),
        (SSHConnection._recv_packet, "if self._ignore_first_kex: # pragma: no cover"),
        # New keys are there when `send_newkeys` returns; those of the other side are used once it says so.
        (SSHConnection.send_newkeys, "self._send_encryption = next_enc_sc"),
        (SSHConnection.send_newkeys, "self._next_recv_encryption = next_enc_cs"),
        (SSHConnection._process_newkeys, "self._recv_encryption = self._next_recv_encryption"),
        # Nothing else is asked of a cipher that is in use.
        (SSHConnection.send_packet, "packet, mac = self._send_encryption.encrypt_packet(seq, hdr, packet)"),
        (SSHConnection._recv_packet, "packet_data = self._recv_encryption.decrypt_packet("),
        # Handlers are looked up by number, not by name.
        (packet.SSHPacketHandler.process_packet, "self._packet_handlers[pkttype](self, pkttype, pktid, packet)"),
        # Who is validated with an empty message was not verified.
        (auth._ServerPublicKeyAuth._start, "else: msg = b'' signature = b''"),
        (auth._ServerPublicKeyAuth._start, "if sig_present: await self.send_success()"),
        # A challenge of True lets in, False refuses.
        (auth._ServerKbdIntAuth._send_challenge, "elif challenge: await self.send_success() else: self.send_failure()"),
        # What a request in a session leads to.
        (SSHChannel._report_response, "self._session.session_started() self.resume_reading()"),
        # Every ending goes through here, and asks the transport to abort.
        (SSHConnection._force_close, "self._loop.call_soon(self._transport.abort)"),
        (SSHConnection._force_close, "self._loop.call_soon(self._cleanup, exc)"),
        # All that a write does beyond checking and encoding; what waits can be appended to.
        (SSHChannel.write, "if self._send_state != 'open': raise BrokenPipeError("),
        (SSHChannel.write, "datatype)) self._send_buf_len += datalen self._flush_send_buf()"),
        # The window is what limits a flush.
        (SSHChannel._flush_send_buf, "while self._send_buf and self._send_window:"),
    ],
)
def test_source_that_is_relied_on(where: Callable[..., object], lines: str) -> None:
    source = " ".join(inspect.getsource(where).split())
    assert lines in source


def test_the_packet_handlers_are_ours() -> None:
    theirs, ours = SSHServerConnection._packet_handlers, EngineConnection._packet_handlers
    assert theirs.keys() == ours.keys()
    assert {number for number in theirs if theirs[number] is not ours[number]} == {20, 50}


def test_every_private_name_is_held() -> None:
    """A private name of asyncssh that appears in the adapter appears in this file too; this finds clashes as well."""
    places: list[Any] = [connection, channel, encryption, ChachaCipher, GCMCipher]
    text = "".join(inspect.getsource(place) for place in places)
    theirs = set(re.findall(r"self\.(_[a-z]\w*)", text)) | set(re.findall(r"def (_[a-z]\w*)", text))
    used = set()
    for path in SOURCES:
        if path.stem in ("channel", "ciphers", "connection"):
            used |= set(re.findall(r"\b(_[a-z]\w+)\b", path.read_text())) & theirs
    held = Path(__file__).read_text()
    assert {name for name in used if not re.search(rf"\b{name}\b", held)} - {"_loop", "_conn"} == set()

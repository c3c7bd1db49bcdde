"""Who comes in: keys by their signatures, everybody else as a guest."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, Protocol

import asyncssh
from asyncssh.packet import PacketDecodeError, SSHPacket
from asyncssh.public_key import decode_ssh_public_key

from chatd.adapters.ssh.callback_guard import guarded
from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.ssh.options import SIGNATURES, USER_KEYS
from chatd.core.visit import Visitor
from chatd.ports import Door

_KINDS = frozenset(name.encode() for name in USER_KEYS)
_SIGNATURES = frozenset(name.encode() for name in SIGNATURES)


class SshLogin:
    """One connection's way in, and out again.

    An identity exists only in `visitor`, and only two calls set it: `signed`, for a signature that has been verified,
    and `guest`, which carries no key. Nothing is remembered of keys that were merely offered: clients offer the keys
    of others before they ask to be let in as guests.

    `source` is where they come from; `fault` is told of exceptions of the door; they refuse that request.
    """

    def __init__(self, door: Door, limits: SshLimits, source: str, fault: Callable[[str, Exception], None]) -> None:
        self.visitor: Visitor | None = None
        self.method = ""
        self._door = door
        self._limits = limits
        self._source = source
        self._fault = fault
        self._closed = False
        self._none_asked = False
        self._tries = 0
        self._probes = 0

    def count(self, method: str, *, signed: bool) -> str | None:
        """Count a request before it is answered; the reason to disconnect when it is one too many.

        The first request by `none` is how clients ask what there is, and costs nothing.
        """
        if method == "publickey" and not signed:
            self._probes += 1
            if self._probes > self._limits.key_probes:
                return f"more than {self._limits.key_probes} keys were offered: try ssh -o IdentitiesOnly=yes -i KEY"
        elif method == "none" and not self._none_asked:
            self._none_asked = True
        else:
            self._tries += 1
            if self._tries > self._limits.login_tries:
                return f"more than {self._limits.login_tries} logins failed"
        return None

    def offered(self, login: str, fingerprint: str) -> bool:
        """Whether a signature with this key would do. Changes nothing."""
        if self._over():
            return False
        try:
            return self._door.accepts_key(login, fingerprint)
        except Exception as error:  # noqa: BLE001 -- logged with its traceback by `fault`
            self._fault("accepts_key", error)
            return False

    def signed(self, login: str, fingerprint: str) -> bool:
        """Let in the owner of a key whose signature has been verified; False when the door declines."""
        return self._admit("publickey", lambda: self._door.admit_key(login, fingerprint, self._source))

    def guest(self, login: str) -> bool:
        """Let in somebody without a key; False when guests are not let in."""
        return self._admit("keyboard-interactive", lambda: self._door.admit_guest(login, self._source))

    def close(self) -> None:
        """The connection has ended: the visitor leaves, once, and nobody is let in any more."""
        self._closed = True
        visitor, self.visitor = self.visitor, None
        if visitor is None:
            return
        try:
            self._door.leave(visitor)
        except Exception as error:  # noqa: BLE001 -- logged with its traceback by `fault`
            self._fault("leave", error)

    def _over(self) -> bool:
        return self._closed or self.visitor is not None

    def _admit(self, method: str, ask: Callable[[], Visitor | None]) -> bool:
        if self._over():
            return False
        try:
            self.visitor = ask()
        except Exception as error:  # noqa: BLE001 -- logged with its traceback by `fault`
            self._fault(method, error)
        self.method = method
        return self.visitor is not None


def plain_key(data: bytes) -> asyncssh.SSHKey | None:
    """The public key in `data`, as it stands on the wire. None for certificates, unknown kinds and other spellings.

    One key has one spelling, else it would have several fingerprints.
    """
    try:
        key = decode_ssh_public_key(data)
    except ValueError:
        return None
    if key.algorithm not in _KINDS or key.public_data != data:
        return None
    key.set_touch_required(True)
    return key


def signature_holds(key: asyncssh.SSHKey, message: bytes, signature: bytes) -> bool:
    """Whether `signature` was made by the owner of `key` over `message`, with an algorithm that we offer."""
    try:
        return SSHPacket(signature).get_string() in _SIGNATURES and key.verify(message, signature)
    except (PacketDecodeError, ValueError):
        return False


class Upstairs(Protocol):
    """What asyncssh's callbacks of one connection lead to."""

    def fault(self, where: str, error: Exception) -> None:
        """Log a fault of ours and end the connection."""
        ...

    def logged_in(self) -> None:
        """The client has been told that it is in."""
        ...

    def new_session(self) -> asyncssh.SSHServerSession[bytes]:
        """A session for a channel that is being opened. Raises asyncssh.ChannelOpenError."""
        ...


class ServerCallbacks(asyncssh.SSHServer):
    """asyncssh's callbacks for one connection.

    Keys do not come through here but through the connection, which alone knows whether a signature was verified.
    """

    def __init__(self, upstairs: Upstairs, login: SshLogin) -> None:
        self._upstairs = upstairs
        self._login = login

    def fault(self, where: str, error: Exception) -> None:
        """See `guarded`."""
        self._upstairs.fault(where, error)

    def begin_auth(self, username: str) -> bool:
        """Nobody comes in by the method `none`: no key would ever be offered."""
        return True

    def public_key_auth_supported(self) -> bool:
        """asyncssh offers the method `publickey`."""
        return True

    def kbdint_auth_supported(self) -> bool:
        """Guests come in this way, because clients try it after their keys."""
        return True

    @guarded(answer=False)
    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> bool:
        """In or not, without a prompt."""
        return self._login.guest(username)

    @guarded(answer=None)
    def auth_completed(self) -> None:
        """The client is in."""
        self._upstairs.logged_in()

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        """A channel for a shell or a command."""
        return self._session() or _refuse("a fault of the server")

    @guarded(answer=None)
    def _session(self) -> asyncssh.SSHServerSession[bytes] | None:
        return self._upstairs.new_session()

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> NoReturn:
        """`ssh -L`, `-W`, `-D`."""
        _refuse("this server forwards nothing")

    def unix_connection_requested(self, dest_path: str) -> NoReturn:
        """`ssh -L` to a socket."""
        _refuse("this server forwards nothing")

    def tun_requested(self, unit: int | None) -> NoReturn:
        """asyncssh refuses a tunnel device (`ssh -w`)."""
        _refuse("this server forwards nothing")

    def tap_requested(self, unit: int | None) -> NoReturn:
        """`ssh -o Tunnel=ethernet -w`."""
        _refuse("this server forwards nothing")


def _refuse(reason: str) -> NoReturn:
    raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, reason)

"""Clients that misbehave: asyncssh's client with one thing changed."""

from __future__ import annotations

from typing import Any

import asyncssh
import trio
import trio_asyncio  # type: ignore[import-untyped]
from asyncssh.connection import SSHClientConnection
from asyncssh.constants import MSG_IGNORE, MSG_KEXINIT, MSG_USERAUTH_FAILURE, MSG_USERAUTH_REQUEST
from asyncssh.packet import Boolean, SSHPacket, String


class Offerer(SSHClientConnection):
    """Offers keys but never signs: knows the public halves only."""

    async def send_userauth_request(self, method: bytes, *args: bytes, key: Any = None, trivial: bool = True) -> None:
        if key is None:
            await super().send_userauth_request(method, *args, trivial=trivial)
        else:
            self.try_next_auth(next_method=True)


class Forger(SSHClientConnection):
    """Signs for every key with one of its own."""

    forged_with: asyncssh.SSHKey

    async def send_userauth_request(self, method: bytes, *args: bytes, key: Any = None, trivial: bool = True) -> None:
        own = asyncssh.load_keypairs(self.forged_with)[0] if key is not None else None
        await super().send_userauth_request(method, *args, key=own, trivial=trivial)


class Blaster(SSHClientConnection):
    """Sends many login requests without waiting for an answer."""

    count = 30

    def try_next_auth(self, *, next_method: bool = False) -> None:
        for _ in range(self.count):
            self.send_packet(
                MSG_USERAUTH_REQUEST,
                String(self._username),
                String("ssh-connection"),
                String("password"),
                Boolean(False),
                String("secret"),
            )

    def _ignore(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        pass

    _packet_handlers = SSHClientConnection._packet_handlers | {MSG_USERAUTH_FAILURE: _ignore}


class Counter(SSHClientConnection):
    """Counts the packets that say nothing."""

    empty = 0

    def _count(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        type(self).empty += 1

    _packet_handlers = SSHClientConnection._packet_handlers | {MSG_IGNORE: _count}


class Spinner(SSHClientConnection):
    """Exchanges keys again instead of logging in."""

    def try_next_auth(self, *, next_method: bool = False) -> None:
        self._send_kexinit()
        self._kexinit_sent = True


class Staller(SSHClientConnection):
    """Starts a second key exchange and goes on with it when `go` is set, which it is for the first."""

    go: trio.Event

    def exchange_keys(self) -> None:
        """Start the second exchange."""
        self.go = trio.Event()
        self._send_kexinit()
        self._kexinit_sent = True

    async def _process_kexinit(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        if self._session_id:
            await trio_asyncio.trio_as_aio(self.go.wait)()
        await super()._process_kexinit(pkttype, pktid, packet)

    _packet_handlers = SSHClientConnection._packet_handlers | {MSG_KEXINIT: _process_kexinit}


class Guesser(SSHClientConnection):
    """Announces a guess with its algorithms; a wrong one is sent, to be ignored."""

    wrong = True

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        if pkttype != MSG_KEXINIT or self._session_id:
            super().send_packet(pkttype, *args, handler=handler)
            return
        announced = args[0][:-5] + Boolean(True) + args[0][-4:]
        self._client_kexinit = bytes([MSG_KEXINIT]) + announced
        super().send_packet(pkttype, announced, handler=handler)
        if self.wrong:
            super().send_packet(30, String(bytes(32)))


class Waiter(SSHClientConnection):
    """Sends its algorithms after the server's, as some clients do."""

    def _send_kexinit(self) -> None:
        if self._server_kexinit:
            super()._send_kexinit()

    async def _process_kexinit(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        self._kexinit_sent = False
        await super()._process_kexinit(pkttype, pktid, packet)

    _packet_handlers = SSHClientConnection._packet_handlers | {MSG_KEXINIT: _process_kexinit}

"""A person with an ssh client: their acts go into it, and what it gets is on their screen."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from typing import Any

import asyncssh
import trio
import trio_asyncio  # type: ignore[import-untyped]

from chatd.adapters.ssh.server import SshServer
from chatd.core.visit import Visit, Visitor, sensible_size
from chatd.testing.connection import Quality
from chatd.testing.screen import Screen
from chatd.testing.simulation.cable import Cable
from chatd.testing.ssh import Client, ClientChannel, connect
from chatd.testing.terminal import MAX_EVENTS

WINDOWS = (2 * 1024, 64 * 1024, 2 * 1024 * 1024)
"""Bytes of a client's window: full after a frame, that of many clients, and OpenSSH's. People have them in turn."""

REKEY_BYTES = 500
"""Bytes that every third client sends before it wants new keys: a dozen keys typed."""

_LEAP = 1 << 8
"""Addresses in a network: nobody shares one, the limit for each address has its own tests."""


def _habits(number: int) -> dict[str, Any]:
    """What a person's client is like: some want new keys soon, some are taken for OpenSSH, all use what costs least."""
    habits: dict[str, Any] = {
        "login_timeout": 0,
        "kex_algs": ["curve25519-sha256"],
        "encryption_algs": ["aes128-gcm@openssh.com"],
        "compression_algs": None,
    }
    if number % 3 == 0:
        habits["rekey_bytes"] = REKEY_BYTES
    if number % 4 == 1:
        habits["client_version"] = "OpenSSH_9.9"
    return habits


class SshPerson:
    """As Person, and as `testing.MemoryTerminal`. Acts before the channel is open wait until it is.

    Whoever stops reading does so in one of two ways: every other person's machine takes nothing from the network, the
    others' terminals take nothing, so that the channel's window fills while the connection lives.
    """

    def __init__(self, visit: Visit, number: int) -> None:
        self.address = f"10.0.{number // _LEAP}.{number % _LEAP}"
        self.screen = Screen(*sensible_size(*visit.size))
        self._printed: dict[int | None, list[str]] = {None: [], 1: []}
        self.exit_status: int | None = None
        self.refusal = ""
        """Why there is no channel, when there is none."""
        self.ended = trio.Event()
        self.observer: Callable[[bytes], None] | None = None
        self._visit = visit
        self._number = number
        self._cable = Cable()
        self._scope = trio.CancelScope()
        self.gone = False
        """Whether they hung up, or were cut off."""
        self.was_dead = False
        """Whether their connection has been dead for a while."""
        self._acts: list[Callable[[ClientChannel], object]] = []
        self._channel: ClientChannel | None = None
        self._decoders = {kind: codecs.getincrementaldecoder("utf-8")() for kind in (None, 1)}
        self._met: Exception | None = None

    def __repr__(self) -> str:
        end = f", exit status {self.exit_status}" if self.ended.is_set() else ""
        return f"<SshPerson {self._visit.visitor.name} from {self.address}{end}{self.refusal and ', '}{self.refusal}>"

    @property
    def visit(self) -> Visit:
        """Who came, under the name they have, and how."""
        return self._visit

    @property
    def output(self) -> str:
        """As Person."""
        return self._text(None)

    @property
    def errors(self) -> str:
        """As Person."""
        return self._text(1)

    def _text(self, kind: int | None) -> str:
        self._printed[kind] = ["".join(self._printed[kind])]
        return self._printed[kind][0]

    # --- acts

    def sends(self, data: bytes) -> None:
        """As Person."""
        self._act(lambda channel: channel.send(data))

    def resizes(self, columns: int, rows: int) -> None:
        """As Person."""
        self.screen.resize(*sensible_size(columns, rows))
        self._act(lambda channel: channel.resize(columns, rows))

    def ends_input(self) -> None:
        """As Person."""
        self._act(lambda channel: channel.send_eof())

    @property
    def quality(self) -> Quality:
        """As Person."""
        return self._cable.quality

    def links(self, quality: Quality) -> None:
        """As Person; a dead connection may end before its channel is open."""
        if not self.ended.is_set():
            self.was_dead = self.was_dead or quality.dead
            self._cable.becomes(quality)

    def hangs_up(self) -> None:
        """As Person: the server reads what was sent, and the end."""
        self._goes()
        self._cable.ours.close()

    def resets(self) -> None:
        """As Person: whatever the server reads or writes fails, what it waits for included."""
        self._goes()
        self._cable.breaks()

    def stops_reading(self) -> None:
        """As Person."""
        self._act(lambda channel: self._cable.hold() if self._number % 2 else channel.stop_reading())

    def reads_on(self) -> None:
        """As Person."""
        self._act(lambda channel: self._cable.release() if self._number % 2 else channel.read_on())

    def _goes(self) -> None:
        self.gone = True
        self._scope.cancel()

    def _act(self, act: Callable[[ClientChannel], object]) -> None:
        if self.gone or self.ended.is_set():
            return
        if self._channel is None:
            if len(self._acts) >= MAX_EVENTS:
                raise OverflowError(f"{MAX_EVENTS} acts wait for the channel to open")
            self._acts.append(act)
        elif not self._channel.closed:
            with suppress(OSError):  # the channel is closing, or our side of it is closed
                act(self._channel)

    # --- their task

    async def lives(self, server: SshServer, keys: Sequence[asyncssh.SSHKey]) -> None:
        """From the connection to the server's last step for it. Raises what the person fell over."""
        await trio.lowlevel.checkpoint()  # whose server was killed before they set out stays at home
        client = connect(
            server,
            user=self._visit.visitor.name,
            keys=keys,
            address=self.address,
            streams=lambda: self._cable.ends,
            **_habits(self._number),
        )
        try:
            with self._scope:
                await self._comes_in(client)
            await self._cable.theirs.closed.wait()
        finally:
            self.ended.set()
        if self._met is not None:
            raise self._met

    async def _comes_in(self, door: AbstractAsyncContextManager[Client]) -> None:
        try:
            async with door as client:
                await self._uses(client)
        except (asyncssh.Error, OSError) as error:
            self.refusal = f"{type(error).__name__}: {error}"

    async def _uses(self, client: Client) -> None:
        visit = self._visit
        open_channel = trio_asyncio.aio_as_trio(client.raw.create_session)
        try:
            _, channel = await open_channel(
                lambda: _PersonsChannel(self),
                visit.command,
                request_pty=visit.pty,
                term_type=visit.term,
                term_size=visit.size,
                env=dict(visit.env or {}),
                encoding=None,
                window=WINDOWS[self._number % len(WINDOWS)],
            )
        except (asyncssh.Error, OSError) as error:
            self.refusal = f"{type(error).__name__}: {error}"
        else:
            await channel.wait_closed()
        client.disconnect()
        await client.wait_ended()

    # --- what the server says

    def came_in_as(self, visitor: Visitor) -> None:
        """The name at the door, which may be another one."""
        self._visit = replace(self._visit, visitor=visitor)

    def opened(self, channel: ClientChannel) -> None:
        """The channel is open: what was done meanwhile is done now."""
        self._channel = channel
        acts, self._acts = self._acts, []
        for act in acts:
            self._act(act)

    def receives(self, data: bytes, kind: int | None) -> None:
        """Output, or with a kind error output. asyncssh would take what is raised here for its own."""
        if self.gone or self._met is not None:
            return
        try:
            if self.observer is not None:
                self.observer(data)
            self._shows(data, kind)
        except Exception as error:  # noqa: BLE001 -- raised by the person's task
            self._met = error
            self._scope.cancel()

    def _shows(self, data: bytes, kind: int | None) -> None:
        if self._visit.pty:
            self.screen.feed(data)
        else:
            self._printed[kind].append(self._decoders[kind].decode(data))


class _PersonsChannel(ClientChannel):
    """Of one person."""

    def __init__(self, person: SshPerson) -> None:
        super().__init__()
        self._person = person

    def session_started(self) -> None:
        """Shell or command were granted, and nothing has arrived."""
        self._person.opened(self)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Output."""
        self._person.receives(data, datatype)

    def exit_status_received(self, status: int) -> None:
        """The command has ended."""
        self._person.exit_status = status

"""An ssh client in memory: the whole protocol, no sockets, no threads, any clock.

    async with inline_engine(log) as _, server.open():
        async with connect(server, user="alice", keys=[key]) as client:
            channel = await client.open("whoami")
            await channel.wait_closed()
            assert (channel.stdout, channel.exit_status) == (b"alice", 0)

On `trio.testing.MockClock(autojump_threshold=0)` time costs nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import asyncssh
import trio
import trio.testing
import trio_asyncio  # type: ignore[import-untyped]
from asyncssh.connection import SSHClientConnection

from chatd.adapters.ssh.server import SshServer
from chatd.adapters.ssh.transport import Flusher, TrioTransport
from chatd.config import Config
from chatd.testing.engine import inline_engine
from chatd.wiring.limits import ssh_limits

__all__ = ["Client", "ClientChannel", "connect", "inline_engine"]

Size = tuple[int, int]

# A client may be as patient and as wasteful as a test wants.
_UNBOUNDED = replace(ssh_limits(Config()), transport_hard=1 << 30, write_stall=1e9)

StreamPair = Callable[[], tuple[trio.abc.HalfCloseableStream, trio.abc.HalfCloseableStream]]


class ClientChannel(asyncssh.SSHClientSession[bytes]):
    """One channel of a client. What arrives is gathered in `stdout` and `stderr`."""

    def __init__(self) -> None:
        self._stdout = bytearray()
        self._stderr = bytearray()
        self.raw: asyncssh.SSHClientChannel[bytes]
        self._closed = trio.Event()
        self._changed = trio.Event()

    @property
    def stdout(self) -> bytes:
        """Output so far."""
        return bytes(self._stdout)

    @property
    def stderr(self) -> bytes:
        """Error output so far."""
        return bytes(self._stderr)

    @property
    def exit_status(self) -> int | None:
        """The status the server sent; None while there is none."""
        return self.raw.get_exit_status()

    @property
    def closed(self) -> bool:
        """Whether the channel is gone."""
        return self._closed.is_set()

    def send(self, data: bytes) -> None:
        """Type."""
        self.raw.write(data)

    def send_eof(self) -> None:
        """Close our side only."""
        self.raw.write_eof()

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size."""
        self.raw.change_terminal_size(columns, rows)

    def interrupt(self) -> None:
        """Send the signal INT as a request."""
        self.raw.send_signal("INT")

    def close(self) -> None:
        """Close the channel; the connection stays."""
        self.raw.close()

    def stop_reading(self) -> None:
        """Take nothing more than the window that is open."""
        self.raw.pause_reading()

    def read_on(self) -> None:
        """Undo `stop_reading`."""
        self.raw.resume_reading()

    async def wait_for(self, text: bytes) -> None:
        """Wait until `stdout` contains `text`. Raises trio.EndOfChannel when the channel closes before."""
        while text not in self._stdout:
            if self.closed:
                raise trio.EndOfChannel(f"closed after {self.stdout!r}")
            self._changed = trio.Event()
            await self._changed.wait()

    async def wait_closed(self) -> None:
        """Wait until the channel is gone."""
        await self._closed.wait()

    # --- asyncssh's callbacks ---

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """The channel is open."""
        self.raw = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Output."""
        (self._stdout if datatype is None else self._stderr).extend(data)
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is gone."""
        self._closed.set()
        self._changed.set()


class _CallingClient(asyncssh.SSHClient):
    """Comes in as a guest when no key will do, if it may."""

    def __init__(self, guest: bool) -> None:
        self._guest = guest
        self.frozen = False
        self.lost: Exception | None = None
        self.ended = trio.Event()
        self.closed = trio.Event()

    def kbdint_auth_requested(self) -> str | None:
        return "" if self._guest else None

    def kbdint_challenge_received(self, name: str, instructions: str, lang: str, prompts: object) -> list[str]:
        return []

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = exc
        self.ended.set()


class Client:
    """A connection that has logged in."""

    def __init__(self, raw: SSHClientConnection, stream: trio.abc.HalfCloseableStream, caller: _CallingClient) -> None:
        self.raw = raw
        self._stream = stream
        self._caller = caller

    @property
    def ended(self) -> bool:
        """Whether the connection is gone."""
        return self._caller.ended.is_set()

    @property
    def farewell(self) -> str:
        """What the server said when it disconnected; empty when it said nothing."""
        lost = self._caller.lost
        return lost.reason if isinstance(lost, asyncssh.DisconnectError) else ""

    async def open(
        self,
        command: str | None = None,
        *,
        pty: str | None = None,
        size: Size = (80, 24),
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> ClientChannel:
        """Open a channel: `pty` is a terminal's type, no command means a shell.

        Raises asyncssh.ChannelOpenError when the server refuses. `options` are those of asyncssh's `create_session`.
        """
        _, session = await trio_asyncio.aio_as_trio(self.raw.create_session)(
            ClientChannel,
            command,
            request_pty=pty is not None,
            term_type=pty,
            term_size=size,
            env=dict(env or {}),
            encoding=None,
            **options,
        )
        assert isinstance(session, ClientChannel)
        return session

    def disconnect(self) -> None:
        """Leave as `exit` does."""
        self.raw.close()

    async def vanish(self) -> None:
        """Go without a word, as a machine does whose power fails."""
        await trio.aclose_forcefully(self._stream)

    def freeze(self) -> None:
        """Take nothing more and answer nothing, as a suspended machine does."""
        self._caller.frozen = True

    async def wait_ended(self) -> None:
        """Wait until the connection is gone."""
        await self._caller.ended.wait()


@asynccontextmanager
async def connect(
    server: SshServer,
    *,
    user: str = "alice",
    keys: Sequence[asyncssh.SSHKey | asyncssh.SSHKeyPair] = (),
    guest: bool = True,
    address: str = "192.0.2.1",
    streams: StreamPair = trio.testing.memory_stream_pair,
    engine: type[SSHClientConnection] = SSHClientConnection,
    **options: Any,
) -> AsyncIterator[Client]:
    """A client of an open server, logged in: with `keys` in that order, then as a guest if it may.

    Raises asyncssh.PermissionDenied, another asyncssh.DisconnectError or asyncssh.ConnectionLost when it does not
    get in. Leaving the block ends the connection. `streams` makes both ends; `engine` is the client's protocol class;
    `options` are those of asyncssh.SSHClientConnectionOptions.
    """
    loop = trio_asyncio.current_loop.get()
    ours, theirs = streams()
    caller = _CallingClient(guest)
    known = {
        "config": None,
        "known_hosts": None,
        "agent_path": None,
        "gss_host": None,
        "host": "chatd",
        "client_keys": list(keys) or None,  # an empty list is the keys in the home directory to asyncssh
    }
    settings = asyncssh.SSHClientConnectionOptions(
        **{**known, "username": user, "client_factory": lambda: caller, **options}
    )
    settings.waiter = loop.create_future()
    raw = engine(loop, settings, wait="auth")
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        server.connections.start_soon(server.serve_stream, theirs, address)
        nursery.start_soon(_pump, raw, ours, caller)
        try:
            await trio_asyncio.run_aio_future(settings.waiter)
        except (asyncssh.Error, OSError) as error:
            failure = error
        else:
            yield Client(raw, ours, caller)
            if caller.ended.is_set():
                await caller.closed.wait()  # its last words are on their way
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _pump(raw: SSHClientConnection, stream: trio.abc.HalfCloseableStream, caller: _CallingClient) -> None:
    """Carry bytes between a client's protocol and its stream until either ends, then close both."""
    flusher = Flusher()
    try:
        async with trio.open_nursery() as outer:
            outer.start_soon(flusher.run)
            transport = TrioTransport(
                stream, flusher, _UNBOUNDED, on_room=lambda: None, on_dead=lambda _: raw.connection_lost(None)
            )
            async with trio.open_nursery() as nursery:
                transport.attach(nursery)
                raw.connection_made(transport)
                try:
                    with suppress(OSError, trio.BrokenResourceError, trio.ClosedResourceError):
                        while data := await stream.receive_some(65536):
                            if caller.frozen:
                                await trio.sleep_forever()
                            raw.data_received(bytes(data))
                finally:
                    transport.detach()
                nursery.cancel_scope.cancel()
            await transport.finish()
            outer.cancel_scope.cancel()
    finally:
        raw.connection_lost(None)
        caller.closed.set()
        await trio.aclose_forcefully(stream)

"""Everything but shells and commands is refused, and the session lives on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import asyncssh
import pytest
import trio_asyncio  # type: ignore[import-untyped]
from asyncssh.packet import Boolean, String, UInt32

from chatd.ports import Terminal
from chatd.testing.ssh import Client, connect
from tests.adapters.ssh.world import on_virtual_clock, serving


async def echo(terminal: Terminal) -> int:
    await terminal.receive()
    return 4


def asked(request: Callable[[asyncssh.SSHClientConnection], Awaitable[Any]]) -> Callable[[Client], Awaitable[Any]]:
    async def ask(client: Client) -> Any:
        async def wait() -> Any:
            return await request(client.raw)

        return await trio_asyncio.aio_as_trio(wait)()

    return ask


FORWARDS = {
    "-L": lambda raw: raw.open_connection("127.0.0.1", 22),
    "-L socket": lambda raw: raw.open_unix_connection("/run/x"),
    "-R": lambda raw: raw.create_server(lambda *_: None, "127.0.0.1", 0),
    "-R socket": lambda raw: raw.create_unix_server(lambda *_: None, "/tmp/x"),
    "-w": lambda raw: raw.open_tun(),
    "tap": lambda raw: raw.open_tap(),
    "sftp": lambda raw: raw.start_sftp_client(),
    "subsystem": lambda raw: raw.create_session(asyncssh.SSHClientSession, subsystem="netconf"),
}


@pytest.mark.parametrize("what", FORWARDS)
@on_virtual_clock
async def test_forwarding_and_subsystems(what: str) -> None:
    async with serving(echo) as world, connect(world.server) as client:
        session = await client.open("x")
        with pytest.raises((asyncssh.ChannelOpenError, asyncssh.ChannelListenError, asyncssh.Error)):
            await asked(FORWARDS[what])(client)
        session.send(b"x")
        await session.wait_closed()
        assert session.exit_status == 4
    assert not world.records.tracebacks


@on_virtual_clock
async def test_the_reason_is_said() -> None:
    async with serving(echo) as world, connect(world.server) as client:
        with pytest.raises(asyncssh.ChannelOpenError, match="this server forwards nothing"):
            await asked(FORWARDS["-L"])(client)


REQUESTS = {
    "agent": (b"auth-agent-req@openssh.com",),
    "x11": (b"x11-req", Boolean(False), String("MIT-MAGIC-COOKIE-1"), String("00" * 16), UInt32(0)),
    "unknown": (b"nonsense@example.com",),
}


@pytest.mark.parametrize("what", REQUESTS)
@on_virtual_clock
async def test_requests_within_a_session(what: str) -> None:
    async with serving(echo) as world, connect(world.server) as client:
        session = await client.open("x")
        assert await asked(lambda _: session.raw._make_request(*REQUESTS[what]))(client) is False
        session.send(b"x")
        await session.wait_closed()
        assert session.exit_status == 4


@on_virtual_clock
async def test_agent_and_x11_are_declined_while_opening() -> None:
    async with serving(echo) as world, connect(world.server, agent_forwarding="/nowhere") as client:
        session = await client.open("x", pty="xterm")
        session.send(b"x")
        await session.wait_closed()
        assert session.exit_status == 4

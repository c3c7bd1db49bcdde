"""The whole server, asyncssh included, over in-memory streams on the virtual clock: key exchange to pixels."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import asyncssh
import trio

from chatd.adapters.ssh.server import SshServer
from chatd.tasks.serve import serve_terminal
from chatd.testing import Mode, Screen, World, run
from chatd.testing.ssh import ClientChannel, connect, inline_engine
from tests.support import make_limits, plain_scripts

HOST_KEY, ALICE, BOB = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
log = logging.getLogger("chatd.test")


@asynccontextmanager
async def ssh_world() -> AsyncIterator[tuple[World, SshServer]]:
    """A world whose people come in over ssh."""
    async with inline_engine(log), World.open(scripts=plain_scripts()) as world:
        server = SshServer(
            HOST_KEY, world.hub.names, partial(serve_terminal, world.hub, world.server.screens), make_limits(), log
        )
        async with server.open():
            yield world, server


def screen_of(channel: ClientChannel) -> str:
    screen = Screen(80, 24)
    screen.feed(channel.stdout)
    return screen.text


async def conversation() -> str:
    async with (
        ssh_world() as (world, server),
        connect(server, user="alice", keys=[ALICE]) as alice,
        connect(server, user="bob", keys=[BOB]) as bob,
    ):
        bot = world.model("bot")
        hers, his = await alice.open(pty="xterm-256color"), await bob.open(pty="xterm-256color")
        await world.settle()
        hers.send(b"@bot hi\r")
        bot.says("hel")
        await world.settle()
        assert "bot hel [open]" in screen_of(his)
        hers.send(b"\x03")
        await world.settle()
        assert "bot hel [cancelled]" in screen_of(his) and bot.open_streams == 0
        asked = await alice.open("ask @echo over ssh")
        asked.send_eof()
        await asked.wait_closed()
        assert (asked.stdout, asked.exit_status) == (b"over ssh\n", 0)
        hers.send(b"@bot again\r")
        bot.says("more")
        await world.settle()
        await alice.vanish()
        await world.settle()
        assert "bot more [cancelled]" in screen_of(his)
        return screen_of(his)


def test_a_conversation_over_ssh() -> None:
    assert "alice @bot hi" in run(conversation)


def test_the_same_under_another_schedule() -> None:
    assert run(conversation, seed=3, mode=Mode.SHUFFLE) == run(conversation, seed=4, mode=Mode.SERIAL)


def test_a_stolen_public_key_is_no_identity() -> None:
    """Who only has somebody's public key is offered nothing for it, and comes in as a guest."""

    async def main() -> None:
        async with ssh_world() as (_, server):
            async with connect(server, user="alice", keys=[ALICE]) as owner:
                name = await owner.open("whoami")
                await name.wait_closed()
                assert name.stdout.startswith(b"alice\n")
            async with connect(server, user="alice", keys=[BOB]) as thief:
                name = await thief.open("whoami")
                await name.wait_closed()
                assert name.stdout.startswith(b"guest-alice\n")

    run(main)


def test_the_servers_stop_reaches_the_client() -> None:
    async def main() -> None:
        async with ssh_world() as (world, server), connect(server, user="alice", keys=[ALICE]) as alice:
            channel = await alice.open(pty="xterm")
            await world.settle()
            world.hub.stop(trio.current_time() + 2)
            with trio.fail_after(2):
                await server.goodbye("the server is stopping")
            assert b"the server is stopping" in channel.stdout and channel.exit_status == 143

    run(main)

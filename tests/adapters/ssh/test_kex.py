"""Algorithms: the cheap ones where they are safe, nobody locked out, guesses judged as the RFC has it."""

from __future__ import annotations

from typing import Any

import asyncssh
import pytest
import trio

from chatd.adapters.ssh.options import CIPHERS, KEX, MACS
from chatd.ports import Terminal
from chatd.testing.ssh import connect
from tests.adapters.ssh.clients import Counter, Guesser, Spinner, Staller, Waiter
from tests.adapters.ssh.world import greet, on_virtual_clock, serving
from tests.support import make_limits

CHACHA = "chacha20-poly1305@openssh.com"


@pytest.mark.parametrize(
    ("version", "ciphers", "chosen"),
    [
        ("OpenSSH_9.9", [CHACHA, "aes256-ctr", "aes256-gcm@openssh.com"], "aes256-gcm@openssh.com"),
        ("OpenSSH_7.4", [CHACHA, "aes256-ctr"], CHACHA),
        ("OpenSSH_7.4", ["aes128-ctr"], "aes128-ctr"),
        ("PuTTY_Release_0.78", ["aes256-ctr", CHACHA, "aes256-gcm@openssh.com"], "aes256-gcm@openssh.com"),
        ("AsyncSSH_2.24.1", [CHACHA, "aes256-gcm@openssh.com", "aes128-gcm@openssh.com"], "aes256-gcm@openssh.com"),
        ("dropbear_2022.83", [CHACHA, "aes256-ctr"], CHACHA),
        ("dropbear_2022.83", ["aes256-ctr"], "aes256-ctr"),
    ],
)
@on_virtual_clock
async def test_whoever_lists_gcm_gets_it(version: str, ciphers: list[str], chosen: str) -> None:
    async with serving(greet) as world:
        options: dict[str, Any] = {"client_version": version, "encryption_algs": ciphers, "mac_algs": ["hmac-sha2-256"]}
        async with connect(world.server, **options) as client:
            assert client.raw.get_extra_info("recv_cipher") == chosen
            assert client.raw.get_extra_info("send_cipher") == chosen
            await (await client.open("x")).wait_closed()
        assert trio.current_time() == 0


@on_virtual_clock
async def test_who_waits_for_our_algorithms_gets_them_after_a_second() -> None:
    async with serving(greet) as world:
        async with connect(world.server, engine=Waiter, client_version="OpenSSH_9.9"):
            assert trio.current_time() == 1
        async with connect(world.server, engine=Waiter) as client:
            assert trio.current_time() == 2
            assert client.raw.get_extra_info("recv_cipher") == CHACHA, "by its own order: we had to offer all we have"


@on_virtual_clock
async def test_a_wrong_guess_is_ignored_though_it_names_what_is_agreed_on() -> None:
    """Dropbear sends its first packet again when its first choices are not the server's: the first must not count."""
    async with serving(greet) as world, connect(world.server, engine=Guesser, kex_algs=[KEX[2], KEX[0]]) as client:
        assert client.raw._session_id


class RightGuesser(Guesser):
    wrong = False


@pytest.mark.parametrize("ciphers", [[CHACHA], [CHACHA, "aes128-gcm@openssh.com"]])
@on_virtual_clock
async def test_a_right_guess_counts_whichever_cipher_it_is(ciphers: list[str]) -> None:
    """A guess is of the key exchange and the host key; which ciphers we offer does not make it wrong."""
    options: dict[str, Any] = {"kex_algs": ["curve25519-sha256"], "server_host_key_algs": ["ssh-ed25519"]}
    options["encryption_algs"] = ciphers
    async with serving(greet) as world, connect(world.server, engine=RightGuesser, **options) as client:
        assert client.raw.get_extra_info("recv_cipher") == ciphers[-1]
        assert trio.current_time() == 0


@pytest.mark.parametrize("kex", KEX)
@on_virtual_clock
async def test_key_exchanges(kex: str) -> None:
    async with serving(greet) as world, connect(world.server, kex_algs=[kex]):
        pass


@pytest.mark.parametrize("mac", MACS)
@on_virtual_clock
async def test_macs(mac: str) -> None:
    async with serving(greet) as world, connect(world.server, encryption_algs=["aes128-ctr"], mac_algs=[mac]):
        pass


@pytest.mark.parametrize("weak", ["diffie-hellman-group14-sha1", "ecdh-sha2-nistp256", "diffie-hellman-group14-sha256"])
@on_virtual_clock
async def test_weak_key_exchanges_are_not_offered(weak: str) -> None:
    async with serving(greet) as world:
        with pytest.raises((asyncssh.KeyExchangeFailed, asyncssh.ConnectionLost)):
            async with connect(world.server, kex_algs=[weak]):
                pass
    assert len(world.records.lines) == 1
    assert "No matching key exchange algorithm" in world.records.lines[0]


def test_nothing_weak_is_in_the_lists() -> None:
    names = " ".join((*KEX, *CIPHERS, *MACS))
    for weak in ("sha1", "md5", "cbc", "arcfour", "3des", "group", "nistp"):
        assert weak not in names


async def write_much(terminal: Terminal) -> int:
    """100 kB at once, then a megabyte more without waiting, if it is to be `too much`."""
    await trio.sleep(1)
    terminal.write(b"x" * 100_000)
    assert terminal.unsent() >= 100_000
    await trio.sleep(1)
    if terminal.visit.command == "too much":
        terminal.write(b"x" * 1_000_000)
    return 0


@pytest.mark.parametrize("command", ["much", "too much"])
@on_virtual_clock
async def test_output_waits_for_a_key_exchange_where_it_is_counted(command: str) -> None:
    async with serving(write_much) as world, connect(world.server, engine=Staller) as client:
        assert isinstance(client.raw, Staller)
        channel = await client.open(command)
        client.raw.exchange_keys()
        await trio.sleep(3)
        client.raw.go.set()
        await channel.wait_closed()
        if command == "much":
            assert (len(channel.stdout), channel.exit_status) == (100_000, 0)
        else:
            assert (channel.stdout, channel.exit_status) == (b"", None)
            assert "the limit is 1048576" in world.records.lines[-1]


@on_virtual_clock
async def test_a_key_exchange_stalled_on_purpose_holds_back_only_so_much() -> None:
    async with serving(greet, make_limits(deferred_packets=100)) as world:
        async with connect(world.server, engine=Staller) as client:
            assert isinstance(client.raw, Staller)
            client.raw.exchange_keys()
            client.raw._kex_complete = True  # so that its requests are not held back on its own side
            for _ in range(200):
                client.raw._send_global_request(b"nonsense@example.com", want_reply=True)
            await trio.sleep(1)
            client.raw.go.set()
        assert world.records.lines[-1].endswith("its key exchange does not end")


@on_virtual_clock
async def test_strangers_exchange_keys_once() -> None:
    async with serving(greet) as world:
        with pytest.raises(asyncssh.DisconnectError, match="Second key exchange before the login"):
            async with connect(world.server, engine=Spinner):
                pass


@on_virtual_clock
async def test_no_empty_packets_are_sent() -> None:
    async with serving(greet) as world, connect(world.server, engine=Counter) as client:
        await (await client.open("x")).wait_closed()
    assert Counter.empty == 0


@pytest.mark.parametrize("cipher", [CHACHA, "aes256-gcm@openssh.com", "aes128-ctr"])
@on_virtual_clock
async def test_output_survives_key_exchanges_in_between(cipher: str) -> None:
    options: dict[str, Any] = {"rekey_bytes": 3000, "encryption_algs": [cipher]}
    async with serving(greet) as world, connect(world.server, keys=[], **options) as client:
        for _ in range(20):
            channel = await client.open("x" * 500)
            await channel.wait_closed()
            assert len(channel.stdout) > 500
        assert client.raw.get_extra_info("recv_cipher") == cipher

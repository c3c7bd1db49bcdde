"""Algorithms: the cheap ones where they are safe, nobody locked out, guesses judged as the RFC has it."""

from __future__ import annotations

from typing import Any

import asyncssh
import pytest
import trio

from chatd.adapters.ssh.options import CIPHERS, KEX, MACS
from chatd.testing.ssh import connect
from tests.adapters.ssh.clients import Guesser, Waiter
from tests.adapters.ssh.world import greet, on_virtual_clock, serving

CHACHA = "chacha20-poly1305@openssh.com"


@pytest.mark.parametrize(
    ("version", "ciphers", "chosen"),
    [
        ("OpenSSH_9.9", [CHACHA, "aes256-ctr", "aes256-gcm@openssh.com"], "aes256-gcm@openssh.com"),
        ("OpenSSH_7.4", [CHACHA, "aes256-ctr"], CHACHA),
        ("OpenSSH_7.4", ["aes128-ctr"], "aes128-ctr"),
        ("PuTTY_Release_0.78", [CHACHA, "aes256-gcm@openssh.com"], CHACHA),
        ("dropbear_2022.83", ["aes256-ctr"], "aes256-ctr"),
    ],
)
@on_virtual_clock
async def test_openssh_gets_gcm_if_it_has_it(version: str, ciphers: list[str], chosen: str) -> None:
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
        async with connect(world.server, engine=Waiter):
            assert trio.current_time() == 1


@on_virtual_clock
async def test_a_wrong_guess_is_ignored_though_it_names_what_is_agreed_on() -> None:
    """Dropbear sends its first packet again when its first choices are not the server's: the first must not count."""
    async with serving(greet) as world, connect(world.server, engine=Guesser, kex_algs=[KEX[2], KEX[0]]) as client:
        assert client.raw._session_id


class RightGuesser(Guesser):
    wrong = False


@on_virtual_clock
async def test_a_right_guess_counts() -> None:
    options: dict[str, Any] = {"kex_algs": ["curve25519-sha256"], "server_host_key_algs": ["ssh-ed25519"]}
    async with serving(greet) as world, connect(world.server, engine=RightGuesser, **options):
        pass


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


@on_virtual_clock
async def test_output_survives_key_exchanges_in_between() -> None:
    async with serving(greet) as world, connect(world.server, rekey_bytes=3000, keys=[]) as client:
        for _ in range(20):
            channel = await client.open("x" * 500)
            await channel.wait_closed()
            assert len(channel.stdout) > 500

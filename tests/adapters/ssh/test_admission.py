"""Who may connect at all."""

from __future__ import annotations

import asyncssh
import pytest
import trio
import trio.testing

from chatd.adapters.peer import Peer, peer_named
from chatd.adapters.ssh.admission import disconnect_message
from chatd.testing.ssh import connect
from tests.adapters.ssh.world import greet, on_virtual_clock, read_all, serving, wait_forever
from tests.support import make_limits


@on_virtual_clock
async def test_when_too_many_wait_to_log_in_the_oldest_goes() -> None:
    async with serving(greet, make_limits(waiting_logins=3)) as world:
        async with connect(world.server):
            strangers = [await world.knock() for _ in range(4)]
            assert world.server.counts == (5, 3)  # the one told to go may still linger
            assert b"3 others wait to log in" in await read_all(strangers[0])
            await strangers[0].aclose()
            await trio.testing.wait_all_tasks_blocked()
            assert world.server.counts == (4, 3)
            async with connect(world.server, user="bob") as client:
                await client.open("x")
        for stranger in strangers:
            await stranger.aclose()
        await trio.sleep(1)
        assert world.server.counts == (0, 0)
    gone = [line for line in world.records.lines if "went without logging in" in line]
    assert [line.split(": ")[1] for line in gone] == ["3 others wait to log in"] * 2 + ["hung up"] * 2


@on_virtual_clock
async def test_a_source_has_few_places_to_wait_in_and_its_own_oldest_goes() -> None:
    async with serving(greet, make_limits(waiting_logins_per_address=3)) as world:
        elsewhere = [await world.knock(f"192.0.2.{number}") for number in range(20, 30)]
        flood = [await world.knock() for _ in range(50)]
        await trio.testing.wait_all_tasks_blocked()
        assert b"3 others from there wait to log in" in await read_all(flood[0])
        assert world.server.counts[1] == 13
        async with connect(world.server, user="bob", address="192.0.2.9") as client:
            await client.open("x")
        for stranger in (*elsewhere, *flood):
            await stranger.aclose()
        await trio.sleep(2)
    gone = [line for line in world.records.lines if "others from there" in line]
    assert len(gone) == 48 and all("192.0.2.9 went without logging in" in line for line in gone)


@on_virtual_clock
async def test_a_full_waiting_room_is_left_by_the_source_that_has_most() -> None:
    async with serving(greet, make_limits(waiting_logins=6)) as world:
        quiet = await world.knock("192.0.2.20")
        loud = [await world.knock("192.0.2.30") for _ in range(5)]
        newcomer = await world.knock("192.0.2.40")
        assert b"6 others wait to log in" in await read_all(loud[0])
        assert world.server._gate._waiting_sources == {"192.0.2.20": 1, "192.0.2.30": 4, "192.0.2.40": 1}
        for stranger in (quiet, *loud, newcomer):
            await stranger.aclose()
        await trio.sleep(2)


@on_virtual_clock
async def test_connections_are_limited_by_address_and_in_all() -> None:
    limits = make_limits(connections=4, connections_per_address=2)
    async with serving(wait_forever, limits) as world:
        async with connect(world.server), connect(world.server):
            with pytest.raises(asyncssh.DisconnectError, match="2 connections from one address, the limit"):
                async with connect(world.server):
                    pass
            async with connect(world.server, address="192.0.2.2"), connect(world.server, address="192.0.2.3"):
                with pytest.raises(asyncssh.DisconnectError, match="the server has 4 connections, the limit"):
                    async with connect(world.server, address="192.0.2.4"):
                        pass
            await trio.sleep(2)
        await trio.sleep(2)
        async with connect(world.server):
            pass
    assert not world.server._gate._sources
    refused = [line for line in world.records.lines if line.startswith("refused")]
    assert refused == [
        "refused 192.0.2.1: 2 connections from one address, the limit",
        "refused 192.0.2.4: the server has 4 connections, the limit",
    ]


@on_virtual_clock
async def test_a_crowd_that_does_not_log_in_keeps_nobody_of_its_address_out() -> None:
    async with serving(wait_forever, make_limits(connections_per_address=3)) as world:
        async with connect(world.server, address="192.0.2.9"):
            elsewhere = await world.knock("192.0.2.1")
            crowd = [await world.knock() for _ in range(30)]
            async with connect(world.server, user="bob", address="192.0.2.9") as client:
                await client.open("x")
                gone = [await read_all(stranger) for stranger in crowd[:29]]
                assert all(b"3 connections from one address, the limit" in words for words in gone)
                await trio.sleep(2)
                assert world.server.counts == (4, 2)  # two inside; the newest of the crowd, and who came from elsewhere
                async with connect(world.server, user="carol", address="192.0.2.9"):
                    with pytest.raises(asyncssh.DisconnectError, match="3 connections from one address, the limit"):
                        async with connect(world.server, user="dora", address="192.0.2.9"):
                            pass
        for stranger in (*crowd, elsewhere):
            await stranger.aclose()
        await trio.sleep(2)
    assert not world.server._gate._sources


@on_virtual_clock
async def test_a_full_server_lets_those_go_who_have_not_logged_in() -> None:
    async with serving(wait_forever, make_limits(connections=3)) as world:
        async with connect(world.server, address="192.0.2.1"):
            first, second = await world.knock("192.0.2.2"), await world.knock("192.0.2.3")
            async with connect(world.server, user="bob", address="192.0.2.4"):
                assert b"the server has 3 connections, the limit" in await read_all(first)
                async with connect(world.server, user="carol", address="192.0.2.5"):
                    assert b"the server has 3 connections, the limit" in await read_all(second)
                    with pytest.raises(asyncssh.DisconnectError, match="the server has 3 connections, the limit"):
                        async with connect(world.server, user="dora", address="192.0.2.6"):
                            pass
        await trio.sleep(2)


@on_virtual_clock
async def test_those_told_to_go_do_not_pile_up() -> None:
    async with serving(greet, make_limits(connections_per_address=3)) as world:
        crowd = [await world.knock() for _ in range(200)]
        await trio.testing.wait_all_tasks_blocked()
        assert world.server.counts == (53, 3)
        for stranger in crowd[:150]:
            assert b"the limit" in await read_all(stranger)
        for stranger in crowd:
            await stranger.aclose()
        await trio.sleep(2)


@on_virtual_clock
async def test_in_a_flood_everybody_is_told_why_and_nobody_waits_long() -> None:
    async with serving(greet, make_limits(connections=0)) as world:
        flood = [await world.knock() for _ in range(60)]
        await trio.testing.wait_all_tasks_blocked()
        assert len(world.server._refusals) == 50
        answers = [await read_all(stranger) for stranger in flood]
        assert all(b"the limit" in answer for answer in answers)


def test_addresses_are_counted_by_what_one_customer_has() -> None:
    assert Peer("192.0.2.1", 5).source == "192.0.2.1"
    assert Peer("2001:db8:1:2:3::4").source == Peer("2001:db8:1:2:ffff::1").source
    assert Peer("2001:db8:1:2::4").source != Peer("2001:db8:1:3::4").source
    assert Peer("memory").source == "memory"
    assert [str(peer) for peer in (Peer("::1", 22), Peer("192.0.2.1", 22), Peer("memory"))] == [
        "[::1]:22",
        "192.0.2.1:22",
        "memory",
    ]


@pytest.mark.parametrize(
    ("name", "shown", "source"),
    [
        (("192.0.2.1", 22), "192.0.2.1:22", "192.0.2.1"),
        (("::ffff:192.0.2.1", 22, 0, 0), "192.0.2.1:22", "192.0.2.1"),
        (("fe80::1%eth0", 22, 0, 2), "[fe80::1]:22", "fe80::/64"),
        ("", "unix", "unix"),
    ],
)
def test_peers(name: object, shown: str, source: str) -> None:
    assert (str(peer_named(name)), peer_named(name).source) == (shown, source)


@pytest.mark.parametrize("length", range(24))
def test_a_refusal_is_a_whole_packet(length: int) -> None:
    words, greeting, packet = disconnect_message("x" * length).split(b"\r\n", 2)
    assert (words, greeting) == (b"x" * length, b"SSH-2.0-chatd")
    assert len(packet) % 8 == 0
    assert int.from_bytes(packet[:4], "big") == len(packet) - 4
    assert packet[4] >= 4

"""How many connections there may be, who is refused, and the end of them all."""

from __future__ import annotations

import errno

import pytest
import trio
import trio.testing

from chatd.adapters.web.forwarded import Proxies
from chatd.testing.web import WebConnection
from tests.adapters.ssh.test_accept import Queue
from tests.adapters.ssh.world import on_virtual_clock
from tests.adapters.web.world import WebWorld, serving

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def busy(world: WebWorld, address: str) -> WebConnection:
    """A connection with an answer on its way."""
    connection = world.connect(address)
    await connection.send("GET", "/stream")
    await connection.head()
    return connection


@on_virtual_clock
async def test_one_too_many_is_told_so_and_may_come_again() -> None:
    async with serving(connections=3) as world:
        there = [await busy(world, f"192.0.2.{number}") for number in range(3)]
        refused = world.connect("192.0.2.9")
        await refused.send("GET", "/")
        answer = await refused.answer()
        assert (answer.status, answer.text) == (503, "the limit of connections is 3\n")
        assert (answer.headers["retry-after"], answer.headers["connection"]) == ("1", "close")
        await there[0].leave()
        await trio.testing.wait_all_tasks_blocked()
        assert (await world.client("192.0.2.9").get("/")).status == 200
    assert "refused 192.0.2.9: the limit of connections is 3" in world.lines


@on_virtual_clock
async def test_one_address_has_its_own_limit_and_a_trusted_proxy_has_none() -> None:
    async with serving(Proxies(["10.0.0.1"]), connections_per_address=2) as world:
        for _ in range(2):
            await busy(world, "2001:db8::1")
        answer = await world.says(GET, "2001:db8::2")
        assert answer.startswith(b"HTTP/1.1 503 ") and b"the limit of connections from one address is 2" in answer
        assert (await world.client("192.0.2.1").get("/")).status == 200
        for _ in range(9):
            await busy(world, "10.0.0.1")
        assert world.server.count == 11


@on_virtual_clock
async def test_where_there_are_too_many_one_that_waits_for_a_request_goes_first() -> None:
    async with serving(connections=3) as world:
        first = await busy(world, "192.0.2.1")
        silent = world.connect("192.0.2.2")
        await trio.testing.wait_all_tasks_blocked()
        idle = world.connect("192.0.2.3")
        await idle.send("GET", "/")
        await idle.answer()
        for gone in (silent, idle):
            assert (await busy(world, "192.0.2.4")).status == 200
            assert await gone.hung_up() == b""
        assert (await world.says(GET, "192.0.2.5")).startswith(b"HTTP/1.1 503 ")
        assert first.status == 200 and world.server.count == 3 and trio.current_time() < 2


@on_virtual_clock
async def test_a_flood_of_refused_ones_does_not_pile_up() -> None:
    async with serving(connections=1) as world:
        await busy(world, "192.0.2.1")
        for _ in range(500):
            world.connect("192.0.2.2")
        await trio.testing.wait_all_tasks_blocked()
        assert len(world.server._refusals) == 50
        await trio.sleep(2)
        assert len(world.server._refusals) == 0 and world.server.count == 1


@on_virtual_clock
async def test_without_descriptors_it_waits() -> None:
    def following() -> object:
        return OSError(errno.EMFILE, "Too many open files") if trio.current_time() < 5 else None

    async with serving() as world:
        listener = Queue(following)
        with trio.move_on_after(10):
            await world.server.accept([listener])
        assert listener.closed and "connections have to wait" in world.lines[0] and len(world.lines) == 1


@on_virtual_clock
async def test_a_goodbye_closes_the_listeners() -> None:
    listener = Queue(lambda: None)
    async with serving() as world, trio.open_nursery() as nursery:
        nursery.start_soon(world.server.accept, [listener])
        await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(1):
            await world.server.goodbye("time to go")
            await trio.testing.wait_all_tasks_blocked()
        assert listener.closed


@on_virtual_clock
async def test_leaving_cancels_every_handler_and_closes_every_connection() -> None:
    async with serving() as world:
        there = [await busy(world, "192.0.2.1") for _ in range(5)]
    assert world.handlers.cancelled == 5
    for connection in there:
        with pytest.raises(trio.EndOfChannel):
            await connection.rest()

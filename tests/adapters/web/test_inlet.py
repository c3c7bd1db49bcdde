"""Reading ahead: so much is kept, some is thrown away while an answer is on its way, and who sends more is gone."""

from __future__ import annotations

import trio
import trio.testing

from tests.adapters.ssh.world import on_virtual_clock
from tests.adapters.web.world import serving

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
KIB = 1024


@on_virtual_clock
async def test_what_fits_is_served_when_its_turn_comes() -> None:
    async with serving() as world:
        connection = world.connect()
        many = 64 * KIB // len(GET) - 2
        await connection.stream.send_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + GET * many)
        await trio.testing.wait_all_tasks_blocked()
        world.handlers.open.set()
        await trio.sleep(1)
        assert len(world.handlers.requests) == many
        await connection.leave()


@on_virtual_clock
async def test_more_than_fits_ends_the_connection_with_the_answer_that_is_on_its_way() -> None:
    async with serving() as world:
        connection = world.connect()
        await connection.send("GET", "/wait")
        await connection.stream.send_all(GET * (100 * KIB // len(GET)))
        await trio.sleep(2)
        assert world.handlers.running == 1
        world.handlers.open.set()
        answer = await connection.answer()
        assert (answer.body, answer.headers["connection"]) == (b"waited", "close")
        assert await connection.hung_up() == b"" and not world.handlers.requests


@on_virtual_clock
async def test_more_than_fits_behind_a_short_answer_waits_for_its_turn() -> None:
    async with serving() as world:
        body = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000
        last = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        answers = await world.says(GET + body + GET + body + last)
        assert answers.count(b"HTTP/1.1 200 ") == 4 and answers.endswith(b"missing")


@on_virtual_clock
async def test_an_answer_that_is_whole_lets_the_next_request_come_whatever_its_handler_still_does() -> None:
    async with serving() as world:
        connection = world.connect()
        await connection.send("GET", "/linger")
        assert (await connection.answer()).body == b"hello"
        await connection.send("POST", "/echo", body=b"x" * 500_000)
        await trio.sleep(5)
        world.handlers.open.set()
        assert len((await connection.answer()).body) == 500_000
        await connection.leave()


@on_virtual_clock
async def test_who_leaves_behind_more_than_fits_is_noticed() -> None:
    async with serving() as world:
        connection = world.connect()
        await connection.send("GET", "/stream")
        await connection.head()
        await connection.stream.send_all(GET * (500 * KIB // len(GET)))
        await trio.sleep(0.9)
        assert world.handlers.running == 1
        await connection.leave()
        await trio.sleep(0.2)
        assert (world.handlers.running, world.server.count) == (0, 0)


@on_virtual_clock
async def test_who_sends_without_an_end_is_hung_up_on() -> None:
    async with serving() as world:
        connection = world.connect()
        await connection.send("GET", "/stream")
        await connection.head()
        await connection.stream.send_all(b"x" * 2000 * KIB)
        await trio.sleep(2)
        assert (world.handlers.running, world.server.count) == (0, 0)


@on_virtual_clock
async def test_without_an_answer_on_its_way_the_client_has_to_wait() -> None:
    """A body that nobody reads yet is not read ahead beyond the limit: the client's machine keeps the rest."""
    async with serving() as world:
        ours, theirs = trio.testing.lockstep_stream_pair()
        world.server.connections.start_soon(world.server.serve_stream, theirs, "192.0.2.1")
        await ours.send_all(b"POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        sent = 0
        with trio.move_on_after(5):
            while True:
                await ours.send_all(b"x" * KIB)
                sent += KIB
        assert 60 * KIB <= sent <= 80 * KIB
        await ours.aclose()

"""One connection: requests one after the other, time limits, and clients that leave."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from tests.adapters.ssh.world import on_virtual_clock
from tests.adapters.web.world import serving

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@on_virtual_clock
async def test_a_connection_serves_one_request_after_the_other() -> None:
    async with serving() as world:
        connection = world.connect()
        for _ in range(3):
            await connection.send("GET", "/")
            answer = await connection.answer()
            assert (answer.status, answer.body, "connection" in answer.headers) == (200, b"hello", False)
        assert world.server.count == 1
        await connection.leave()
        await trio.testing.wait_all_tasks_blocked()
        assert world.server.count == 0


@on_virtual_clock
async def test_requests_that_come_together_are_answered_in_their_order() -> None:
    async with serving() as world:
        second = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nmore"
        last = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        answers = await world.says(GET + second + GET + last)
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert bodies == [b"hello", b"more", b"hello", b"missing"]


@on_virtual_clock
async def test_who_waits_too_long_for_the_next_request_is_hung_up_on() -> None:
    async with serving() as world:
        connection = world.connect()
        await connection.send("GET", "/")
        await connection.answer()
        began = trio.current_time()
        assert await connection.hung_up() == b""
        assert trio.current_time() == began + 30


@on_virtual_clock
async def test_who_says_nothing_is_hung_up_on_without_a_word() -> None:
    async with serving() as world:
        assert await world.connect().hung_up() == b""
        assert trio.current_time() == pytest.approx(10)
    assert world.lines == []


@on_virtual_clock
async def test_a_head_that_takes_too_long_is_a_408() -> None:
    async with serving() as world:
        connection = world.connect()
        for letter in GET[:12]:
            await connection.stream.send_all(bytes([letter]))
            await trio.sleep(0.9)
        assert trio.current_time() < 11
        assert (await connection.hung_up()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert world.lines == ["refused a request from 192.0.2.1 with 408: the head took too long"]


@on_virtual_clock
async def test_who_leaves_takes_the_handler_along_at_once() -> None:
    """Whether it waits, or streams, or there is another request waiting behind it."""
    async with serving() as world:
        for path in (b"/wait", b"/stream"):
            for behind in (b"", GET, GET * 500):
                connection = world.connect()
                await connection.stream.send_all(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n" + behind)
                await trio.testing.wait_all_tasks_blocked()
                assert world.handlers.running == 1
                await connection.leave()
                await trio.testing.wait_all_tasks_blocked()
                assert (world.handlers.running, world.server.count) == (0, 0)
    assert world.handlers.cancelled == 6 and not world.records.tracebacks
    assert [line.split(", ")[-1] for line in world.lines] == ["the client left"] * 6


@on_virtual_clock
async def test_who_leaves_while_its_body_is_awaited_is_no_failure() -> None:
    async with serving() as world:
        connection = world.connect()
        await connection.stream.send_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
        await trio.testing.wait_all_tasks_blocked()
        await connection.leave()
    assert world.lines == ["POST /echo 0, 0 bytes, 0 ms, 192.0.2.1, the client left"]


@on_virtual_clock
async def test_who_closes_one_side_is_gone() -> None:
    async with serving() as world:
        connection = world.connect()
        await connection.send("GET", "/stream")
        await connection.head()
        await connection.stream.send_eof()
        with pytest.raises(trio.EndOfChannel):
            await connection.rest()
        assert world.handlers.cancelled == 1


@on_virtual_clock
async def test_a_goodbye_ends_who_waits_and_lets_answers_end() -> None:
    async with serving() as world:
        idle, busy, half = world.connect(), world.connect(), world.connect()
        await idle.send("GET", "/")
        await idle.answer()
        await busy.send("GET", "/stream")
        await busy.head()
        await half.stream.send_all(GET[:9])
        await trio.testing.wait_all_tasks_blocked()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(world.server.goodbye, "the server is stopping")
            assert await idle.hung_up() == b"" and trio.current_time() == 0
            await half.stream.send_all(GET[9:])
            last = await half.answer()
            assert (last.body, last.headers["connection"]) == (b"hello", "close")
            late = await world.says(GET)
            assert late.startswith(b"HTTP/1.1 503 ") and late.endswith(b"the server is stopping\n")
            await half.leave()
            world.handlers.open.set()
            assert [await busy.piece() for _ in range(3)] == [b"first", b"last", b""]
            await busy.leave()
        assert world.server.count == 0


@on_virtual_clock
async def test_a_goodbye_waits_until_it_is_cancelled_and_the_end_cancels_what_is_left() -> None:
    async with serving() as world:
        busy = world.connect()
        await busy.send("GET", "/wait")
        await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(2) as patience:
            await world.server.goodbye("the server is stopping")
        assert patience.cancelled_caught and world.handlers.running == 1
    assert world.handlers.cancelled == 1
    assert world.lines == ["GET /wait 0, 0 bytes, 2000 ms, 192.0.2.1, cut off"]

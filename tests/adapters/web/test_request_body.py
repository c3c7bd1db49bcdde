"""Bodies: whole or in chunks, too large, too slow, not wanted."""

from __future__ import annotations

import trio
import trio.testing

from chatd.errors import BodyTooLarge, BodyTooSlow, UsageError
from tests.adapters.ssh.world import on_virtual_clock
from tests.adapters.web.world import serving

CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
KIB = 1024


@on_virtual_clock
async def test_a_body_comes_whole_or_in_chunks() -> None:
    async with serving() as world:
        assert (await world.client().post("/echo", body=b"hello")).body == b"hello"
        assert (await world.client().post("/echo")).body == b""
        connection = world.connect()
        await connection.stream.send_all(CHUNKED + b"3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n")
        assert b"\r\n\r\nhello" in bytes(await connection.stream.receive_some())
        await connection.leave()


@on_virtual_clock
async def test_a_body_may_have_a_mebibyte() -> None:
    async with serving() as world:
        assert (await world.client().post("/echo", body=b"x" * KIB * KIB)).status == 200
        assert (await world.client().post("/echo", body=b"x" * (KIB * KIB + 1))).status == 400
        chunk = b"4000\r\n" + b"x" * 16 * KIB + b"\r\n"
        assert (await world.says(CHUNKED + 65 * chunk + b"0\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
    assert [str(error) for error in world.handlers.refused] == ["the body is over 1 MiB, which is the limit"] * 2


@on_virtual_clock
async def test_a_handler_may_take_less_and_what_is_said_to_come_is_not_awaited() -> None:
    async with serving() as world:
        world.handlers.takes = 10
        assert (await world.client().post("/echo", body=b"x" * 10)).status == 200
        answer = await world.says(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ") and b"connection: close" in answer
        assert trio.current_time() < 2
    assert [str(error) for error in world.handlers.refused] == ["the body is over 10 bytes, which is the limit"]


@on_virtual_clock
async def test_chunks_of_a_byte_each_cost_more_than_they_may() -> None:
    async with serving() as world:
        answer = await world.says(CHUNKED + b"1\r\nx\r\n" * (400 * KIB))
        assert answer.startswith(b"HTTP/1.1 400 ")
    assert [type(error) for error in world.handlers.refused] == [BodyTooLarge]


@on_virtual_clock
async def test_a_body_that_takes_too_long_is_told_and_ends_the_connection() -> None:
    async with serving() as world:
        connection = world.connect()
        await connection.stream.send_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n")
        for _ in range(40):
            if world.handlers.refused:
                break
            await connection.stream.send_all(b"x")
            await trio.sleep(1)
        assert 30 <= trio.current_time() <= 31
        assert (await connection.hung_up()).startswith(b"HTTP/1.1 400 ")
    (error,) = world.handlers.refused
    assert isinstance(error, BodyTooSlow) and str(error) == "the body took longer than 30 seconds"


@on_virtual_clock
async def test_chunks_that_are_none_are_the_clients_fault() -> None:
    async with serving() as world:
        assert (await world.says(CHUNKED + b"nonsense\r\n")).startswith(b"HTTP/1.1 400 ")
    assert [type(error) for error in world.handlers.refused] == [UsageError] and not world.records.tracebacks


@on_virtual_clock
async def test_who_asks_first_is_invited_when_the_body_is_wanted() -> None:
    head = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    async with serving() as world:
        connection = world.connect()
        await connection.stream.send_all(head % b"/echo")
        assert bytes(await connection.stream.receive_some()) == b"HTTP/1.1 100 \r\n\r\n"
        await connection.stream.send_all(b"body")
        assert (await connection.answer()).body == b"body"
        await connection.leave()
        answer = await world.says(head % b"/ignore")
        assert answer.startswith(b"HTTP/1.1 200 ") and b"connection: close" in answer


@on_virtual_clock
async def test_a_body_that_nobody_reads_ends_the_connection_only_when_it_has_not_come() -> None:
    async with serving() as world:
        connection = world.connect()
        for _ in range(2):
            await connection.send("POST", "/ignore", body=b"body")
            assert (await connection.answer()).headers.get("connection") is None
        await connection.stream.send_all(b"POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
        assert b"connection: close" in await connection.hung_up()


@on_virtual_clock
async def test_who_leaves_while_its_body_is_not_read_is_noticed() -> None:
    async with serving() as world:
        for path in (b"/wait", b"/stream"):
            connection = world.connect()
            await connection.stream.send_all(b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\nx")
            await trio.testing.wait_all_tasks_blocked()
            assert world.handlers.running == 1
            await connection.leave()
            await trio.testing.wait_all_tasks_blocked()
            assert world.handlers.running == 0

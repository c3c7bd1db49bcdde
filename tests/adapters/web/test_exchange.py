"""One request and its answer: what becomes of handlers that fail, and of clients that take nothing."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from tests.adapters.ssh.world import on_virtual_clock
from tests.adapters.web.world import serving


@on_virtual_clock
async def test_a_request_leaves_one_line_without_what_clients_write_into_it() -> None:
    async with serving() as world:
        client = world.client("192.0.2.7")
        await client.get("/rooms/caf%C3%A9%0A%1b/rows?token=secret", authorization="Bearer secret", cookie="s=secret")
        await client.request("POST", "/" + "x" * 500, body=b"secret")
    assert world.lines == [
        "GET /rooms/café\\n\\x1b/rows 404, 7 bytes, 0 ms, 192.0.2.7",
        f"POST /{'x' * 199}… 404, 7 bytes, 0 ms, 192.0.2.7",
    ]


@on_virtual_clock
async def test_a_handler_that_fails_is_logged_once_and_answered_with_a_bare_500() -> None:
    async with serving() as world:
        answer = await world.client().get("/fail")
        assert (answer.status, answer.body, answer.headers["connection"]) == (500, b"", "close")
    assert world.lines == ["the handler of GET /fail failed", "GET /fail 500, 0 bytes, 0 ms, 192.0.2.1"]
    (record,) = world.records.tracebacks
    assert record.exc_info is not None and record.exc_info[0] is KeyError


@on_virtual_clock
async def test_an_answer_that_fails_in_its_middle_does_not_look_whole() -> None:
    async with serving() as world:
        with pytest.raises(trio.EndOfChannel):
            await world.client().get("/fail-late")
    assert len(world.records.tracebacks) == 1
    assert world.lines[-1] == "GET /fail-late 200, 6 bytes, 0 ms, 192.0.2.1, cut off"


@on_virtual_clock
async def test_an_answer_of_another_length_than_it_says_is_a_failure_of_its_handler() -> None:
    async with serving() as world:
        assert (await world.client().get("/length/more")).body == b"hello"
        with pytest.raises(trio.EndOfChannel):
            await world.client().get("/length/less")
    assert len(world.records.tracebacks) == 2


@on_virtual_clock
async def test_a_handler_that_answers_nothing_has_failed() -> None:
    async with serving() as world:
        assert (await world.client().get("/silent")).status == 500
    assert world.lines[0] == "the handler of GET /silent ended without an answer"


@on_virtual_clock
async def test_head_is_answered_as_get_without_the_body() -> None:
    async with serving() as world:
        connection = world.connect()
        await connection.send("HEAD", "/")
        answer = await connection.answer()
        assert (answer.status, answer.headers["content-length"], answer.body) == (200, "5", b"")
        await connection.send("HEAD", "/stream")
        assert (await connection.answer()).body == b""
        await trio.testing.wait_all_tasks_blocked()
        assert world.handlers.running == 0
        await connection.send("GET", "/")
        assert (await connection.answer()).body == b"hello"
        await connection.leave()
    assert not world.records.tracebacks


@on_virtual_clock
async def test_http_1_0_is_answered_and_its_streams_end_with_the_connection() -> None:
    async with serving() as world:
        world.handlers.open.set()
        answer = await world.says(b"GET /stream HTTP/1.0\r\n\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        assert body == b"firstlast" and b"chunked" not in head and b"connection: close" in head.lower()
        assert (await world.says(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")).endswith(b"\r\n\r\nhello")


@on_virtual_clock
async def test_who_takes_nothing_is_dropped_after_a_while() -> None:
    async with serving() as world:
        client = world.client(streams=trio.testing.lockstep_stream_pair)
        async with client.stream("GET", "/pour") as stream:
            await stream.piece()
            await trio.sleep(29)
            assert world.handlers.running == 1
            await trio.sleep(2)
            assert (world.handlers.running, world.server.count) == (0, 0)
    assert world.lines[-1].endswith("192.0.2.1, cut off") and not world.records.tracebacks


@on_virtual_clock
async def test_who_takes_little_is_served_on() -> None:
    async with serving() as world:
        ours, theirs = trio.testing.lockstep_stream_pair()
        world.server.connections.start_soon(world.server.serve_stream, theirs, "192.0.2.1")
        await ours.send_all(b"GET /pour HTTP/1.1\r\nHost: a\r\n\r\n")
        taken = 0
        for _ in range(40):
            await trio.sleep(5)
            taken += len(await ours.receive_some(4096))
        assert world.handlers.running == 1 and taken > 40 * 2048
        await ours.aclose()


@on_virtual_clock
async def test_every_answer_has_a_date() -> None:
    async with serving() as world:
        for path in ("/", "/nowhere", "/fail"):
            assert (await world.client().get(path)).headers["date"] == "Tue, 14 Nov 2023 22:13:20 GMT"

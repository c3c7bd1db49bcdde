"""Heads: their forms, what is refused in them, and where they lead."""

from __future__ import annotations

import pytest

from tests.adapters.ssh.world import on_virtual_clock
from tests.adapters.web.world import serving

HOST = b"Host: a\r\n"
BODY = b"POST /echo HTTP/1.1\r\n" + HOST


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (BODY + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (BODY + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (BODY + b"Content-Length: +3\r\n\r\nabc", 400),
        (BODY + b"Content-Length : 3\r\n\r\nabc", 400),
        (BODY + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabc", 400),
        (BODY + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
        (BODY + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"CONNECT a:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET rooms HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET http:///x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /caf\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 16 * 1024 + b"\r\n\r\n", 431),
        (b"GET /" + b"x" * 70_000, 431),
    ],
)
def test_what_is_refused_is_told_in_one_line_and_ends_the_connection(raw: bytes, status: int) -> None:
    @on_virtual_clock
    async def converse() -> None:
        async with serving() as world:
            answer = await world.says(raw)
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d " % status) and b"connection: close" in head
            assert body.count(b"\n") == 1 and answer.count(b"HTTP/1.1 ") == 1 + body.count(b"HTTP/1.1 ")
            assert not world.handlers.requests and not world.records.tracebacks

    converse()


@on_virtual_clock
async def test_a_head_of_almost_16_kib_is_read() -> None:
    async with serving() as world:
        answer = await world.client().get("/", x="x" * (16 * 1024 - 100))
        assert answer.status == 200


@on_virtual_clock
async def test_a_whole_url_leads_to_its_path_and_names_the_host() -> None:
    async with serving() as world:
        for target, path, query in (
            ("http://chat.example/rooms/a%2Fb%zz/rows?x=1#y", "/rooms/a/b%zz/rows", {"x": "1"}),
            ("HTTPS://chat.example", "/", {}),
            ("http://chat.example?q=%ff&q=%C3%A9&empty", "/", {"q": "é", "empty": ""}),
        ):
            assert (await world.client().request("GET", target)).status in (200, 404)
            request = world.handlers.requests[-1]
            assert (request.path, request.query, request.headers["host"]) == (path, query, "chat.example")


@on_virtual_clock
async def test_an_upgrade_is_not_taken_up() -> None:
    async with serving() as world:
        connection = world.connect()
        for name in ("h2c", "websocket"):
            asked = f"Connection: Upgrade\r\nUpgrade: {name}\r\nHTTP2-Settings: AAAAAAA\r\n\r\n"
            await connection.stream.send_all(b"GET / HTTP/1.1\r\nHost: a\r\n" + asked.encode())
            data = bytes(await connection.stream.receive_some())
            assert data.startswith(b"HTTP/1.1 200 ") and data.endswith(b"hello")
        await connection.leave()

"""Routes, and requests in the shape of the port."""

from __future__ import annotations

import pytest

from tests.adapters.ssh.world import on_virtual_clock
from tests.adapters.web.world import serving


@on_virtual_clock
async def test_a_handler_is_told_what_was_asked() -> None:
    async with serving() as world:
        client = world.client("192.0.2.7")
        await client.request(
            "GET", "/rooms/caf%C3%A9%20x/rows?limit=5&limit=6&q=a%20b+c&empty=&bad=%zz%ff",
            headers={"Cookie": 'a=1; b="x=y"; a=2; =; nothing', "X-Thing": "é"},
        )  # fmt: skip
        (request,) = world.handlers.requests
    assert (request.method, request.path, request.parts) == ("GET", "/rooms/café x/rows", {"room": "café x"})
    assert request.query == {"limit": "6", "q": "a b c", "empty": "", "bad": "%zz\ufffd"}
    assert request.cookies == {"a": "1", "b": "x=y"}
    assert request.headers["x-thing"] == "é".encode().decode("latin-1")
    assert (request.address, request.direct, request.secure) == ("192.0.2.7", True, False)


@on_virtual_clock
async def test_repeated_headers_are_one_and_cookies_stay_apart() -> None:
    async with serving() as world:
        await world.says(
            b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nCookie: a=1\r\nx: 2\r\nCookie: b=2\r\nConnection: close\r\n\r\n"
        )
        (request,) = world.handlers.requests
    assert request.headers["x"] == "1, 2" and request.cookies == {"a": "1", "b": "2"}


@on_virtual_clock
async def test_other_methods_are_told_which_there_are() -> None:
    async with serving() as world:
        answer = await world.client().request("DELETE", "/rooms/x/rows")
        assert (answer.status, answer.text) == (405, "GET HEAD OPTIONS POST")
        for path, allowed in (("/rooms/x/rows", "GET, HEAD, OPTIONS, POST"), ("/echo", "OPTIONS, POST")):
            answer = await world.client().request("OPTIONS", path)
            assert (answer.status, answer.headers["allow"], answer.body) == (204, allowed, b"")
        assert (await world.client().request("OPTIONS", "*")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
        assert (await world.client().request("OPTIONS", "/nowhere")).status == 404


@pytest.mark.parametrize(
    "path", ["/rooms//rows", "/rooms/a/rows/", "/rooms/a%2Fb/rows", "/wait%0A", "//", "/%00", "/*"]
)
def test_what_is_no_route_is_missing(path: str) -> None:
    @on_virtual_clock
    async def converse() -> None:
        async with serving() as world:
            assert (await world.client().get(path)).text == "missing"

    converse()


@on_virtual_clock
async def test_a_body_is_read_once_and_given_as_often_as_it_is_asked_for() -> None:
    async with serving() as world:
        await world.client().post("/echo", body=b"hello")
        (request,) = world.handlers.requests
        assert [await request.read(5), await request.read(100)] == [b"hello", b"hello"]

"""The site: what is missing, and failures of handlers."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable

import pytest
import trio

from chatd.errors import ChatdError, InternalFault, LimitReached, NotFound, TerminalGone
from chatd.ports import Headers, WebReply, WebRequest
from chatd.tasks.web.front import open_front
from chatd.tasks.web.replies import reply_empty, reply_json
from chatd.tasks.web.site import guarded, make_site
from chatd.tasks.web.terms import WebTerms
from chatd.testing import World
from chatd.wire.web.openapi import ENDLESS, SCHEMAS, description
from tests.support import in_world


class Reply:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.begun = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def start(self, status: int, headers: Headers) -> None:
        self.begun, self.status, self.headers = True, status, dict(headers)

    async def send(self, data: bytes) -> None:
        self.body += data


def request() -> WebRequest:
    async def read(limit: int) -> bytes:
        return b""

    return WebRequest("GET", "/x", {}, {}, {}, {}, "192.0.2.1", "192.0.2.1", True, False, read)


def replied(handler: Callable[[WebRequest, WebReply], Awaitable[None]]) -> Reply:
    """What a guarded handler replies."""
    reply = Reply()
    trio.run(guarded(handler), request(), reply)
    return reply


def raising(error: Exception, *, begin: bool = False) -> Callable[[WebRequest, WebReply], Awaitable[None]]:
    async def handler(_: WebRequest, reply: WebReply) -> None:
        if begin:
            await reply.start(200, [])
        raise error

    return handler


@in_world(web=True)
async def test_what_is_not_there_is_a_problem(world: World) -> None:
    answer = await world.browser().get("/no%22thing/" + "x" * 500)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json() == {
        "title": "Not Found", "status": 404, "detail": f"there is nothing at /no\"thing/{'x' * 90}",
    }  # fmt: skip


@in_world(web=True)
async def test_another_method_is_told_which_there_are(world: World) -> None:
    answer = await world.browser().post("/healthz", {})
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json()["detail"] == "what is at this path takes GET, HEAD, OPTIONS"


def test_an_expected_failure_is_a_problem_alone_and_in_a_group() -> None:
    for error in (NotFound("no room"), ExceptionGroup("", [NotFound("no room")])):
        reply = replied(raising(error))
        assert (reply.status, reply.body) == (404, b'{"title":"Not Found","status":404,"detail":"no room"}')
        assert reply.headers["cache-control"] == "no-store" and reply.headers["x-content-type-options"] == "nosniff"
    assert replied(raising(LimitReached("4 at once"))).headers["retry-after"] == "5"


def test_what_is_nobodys_business_is_logged_once_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "chatd.web"):
        reply = replied(raising(InternalFault("the recorder has ended")))
    assert reply.status == 500 and b"recorder" not in reply.body
    assert [record.getMessage() for record in caplog.records] == ["/x failed: the recorder has ended"]


@pytest.mark.parametrize(
    "error", [KeyError("a bug"), TerminalGone("left"), ExceptionGroup("", [NotFound("x"), KeyError("a bug")])]
)
def test_bugs_and_clients_that_leave_are_the_gateways(error: Exception) -> None:
    reply = Reply()
    with pytest.raises((KeyError, TerminalGone, ExceptionGroup)):
        trio.run(guarded(raising(error)), request(), reply)
    assert not reply.begun


def test_when_the_reply_has_begun_no_status_can_tell_it() -> None:
    reply = Reply()
    with pytest.raises(ExceptionGroup) as caught:
        trio.run(guarded(raising(NotFound("late"), begin=True)), request(), reply)
    assert caught.group_contains(ChatdError) and (reply.status, reply.body) == (200, b"")


def test_texts_that_utf_8_cannot_hold_are_mended() -> None:
    async def handler(_: WebRequest, reply: WebReply) -> None:
        await reply_json(reply, {"text": "\ud800é"}, status=201, headers=[("x", "y")])

    reply = replied(handler)
    assert (reply.status, reply.body.decode(), reply.headers["x"]) == (201, '{"text":"\ufffdé"}', "y")
    assert reply.headers["content-length"] == str(len(reply.body))


def test_nothing_to_say_is_a_204() -> None:
    reply = replied(lambda _, reply: reply_empty(reply))
    assert (reply.status, reply.body) == (204, b"")


@in_world(web=True)
async def test_the_description_has_every_path_but_endless_ones_and_the_page(world: World) -> None:
    described = (await world.browser().get("/openapi.json")).json()
    told = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    async with open_front(world.hub, WebTerms()) as front:
        there = {(route.method, route.path.replace(":path", "")) for route in make_site(front, {}).routes}
    told_elsewhere = ENDLESS | {"/", "/login", "/page/{name}"}
    assert told == {(method, path) for method, path in there if path not in told_elsewhere}


def test_whatever_the_description_refers_to_is_in_it() -> None:
    text = json.dumps(description("1", needs_login=True))
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in SCHEMAS
    for path, methods in json.loads(text)["paths"].items():
        for described in methods.values():
            given = {one["name"] for one in described["parameters"] if one["in"] == "path"}
            assert given == set(re.findall(r"{(\w+)}", path)), path

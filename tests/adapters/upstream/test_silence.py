"""Servers that send much and say nothing: time limits hold, there is an end to it, and everybody else goes on."""

from __future__ import annotations

import json
import time

import anyio
import pytest
import trio
import trio.testing

from chatd.adapters.upstream.deadlines import StageDeadlines
from chatd.errors import LimitFailure
from chatd.testing.upstream import (
    OLLAMA,
    OPENAI,
    WIRES,
    Close,
    Drip,
    FakeUpstream,
    Send,
    Wire,
    json_reply,
    page,
    refusal,
    response,
    streamed,
)
from chatd.testing.upstream.replies import head
from tests.adapters.upstream.faults import ok
from tests.adapters.upstream.world import LIMITS, ask, endpoint_of, model_of, really, simulated

EMPTY = {OLLAMA: OLLAMA.token(""), OPENAI: OPENAI.token("")}


@simulated
async def test_time_counts_while_something_comes_that_is_no_content() -> None:
    """However little of it is spent waiting."""
    patience = StageDeadlines(LIMITS, "models.test")
    patience.asked()
    begun = trio.current_time()
    for _ in range(30):
        with patience.waiting():
            await trio.lowlevel.checkpoint()
        await trio.sleep(10)  # what came is looked at: a busy server
    with pytest.raises(LimitFailure, match="no answer began within 300 s"), patience.waiting():
        pass
    assert trio.current_time() - begun == 300


@simulated
async def test_whoever_takes_the_content_slowly_uses_up_nothing() -> None:
    patience = StageDeadlines(LIMITS, "models.test")
    patience.asked()
    for _ in range(3):
        with patience.waiting():
            await trio.sleep(LIMITS.timeout - 1)
        patience.content()
        await trio.sleep(10 * LIMITS.timeout)


@pytest.mark.real
@pytest.mark.parametrize("wire", EMPTY)
@pytest.mark.parametrize("begun", [False, True])
def test_nothing_at_full_speed_meets_the_limit_in_time_and_delays_nobody(wire: Wire, begun: bool) -> None:
    async def story() -> None:
        first = [wire.token("a")] if begun else []
        flood = [EMPTY[wire] * 500] * 20_000
        fake = FakeUpstream().reply(*streamed(wire, *first, *flood))
        async with fake.listening() as url, endpoint_of(wire, url=url) as endpoint, anyio.create_task_group() as tasks:
            late = 0.0

            async def others() -> None:
                nonlocal late
                while True:
                    before = time.monotonic()
                    await anyio.sleep(0.005)
                    late = max(late, time.monotonic() - before)

            tasks.start_soon(others)
            model = model_of(endpoint, timeout=0.5, first_token_timeout=0.5, retry_attempts=1, without_content=1 << 40)
            heard = await ask(model)
            tasks.cancel_scope.cancel()
        assert "0.5 s" in heard.reason
        assert 0.4 < heard.ended < 1.5
        assert late < 0.25, "what others do is delayed by a slice, and by the machine"

    really(story, "trio")


@pytest.mark.parametrize("wire", WIRES)
@simulated
async def test_there_is_an_end_to_bytes_that_say_nothing(wire: Wire) -> None:
    for first in ([], [wire.opening(), wire.token("a")]):
        fake = FakeUpstream().reply(*streamed(wire, *first, *[wire.ping() * 100] * 2000))
        async with fake.network() as network, endpoint_of(wire, network) as endpoint:
            heard = await ask(model_of(endpoint, without_content=64 * 1024))
        assert "sent more than 64 KiB without a word of an answer" in heard.reason
        assert heard.text == "a" * bool(first)


@simulated
async def test_content_begins_the_count_anew() -> None:
    pings = OPENAI.ping() * 1000
    parts = [part for _ in range(20) for part in (OPENAI.token("a"), pings)]
    fake = FakeUpstream().reply(*streamed(OPENAI, *parts, OPENAI.done()))
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        heard = await ask(model_of(endpoint, without_content=2 * len(pings)))
    assert heard.text == "a" * 20 and heard.failure is None


# --- errors in a stream, and replies that are none


@pytest.mark.parametrize(
    ("error", "requests"),
    [
        ({"message": "busy", "code": 503}, 2),
        ({"message": "overloaded", "type": "overloaded_error"}, 2),
        ({"message": "no", "code": 402}, 1),
        ({"message": "nobody knows"}, 1),
    ],
)
@simulated
async def test_an_error_before_the_first_piece_counts_as_the_status_it_names(error: object, requests: int) -> None:
    told = b"data: " + json.dumps({"error": error}).encode() + b"\n\n"
    fake = FakeUpstream().reply(*streamed(OPENAI, OPENAI.opening(), told)).reply(*ok(OPENAI))
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        heard = await ask(model_of(endpoint))
    assert len(fake.requests) == requests and (heard.text == "hello") == (requests == 2)
    assert all(request.json["stream"] for request in fake.requests)


@simulated
async def test_a_stream_that_is_refused_within_itself_is_asked_for_whole() -> None:
    told = b'data: {"error": {"message": "streaming is not for you", "code": 400}}\n\n'
    fake = FakeUpstream().reply(*streamed(OPENAI, told)).reply(*json_reply(OPENAI.whole("hello")))
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        heard = await ask(model_of(endpoint))
    assert heard.text == "hello" and [request.json["stream"] for request in fake.requests] == [True, False]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("said", ["", ": ping\n\n", "\n"])
@simulated
async def test_an_empty_body_is_no_stream(wire: Wire, said: str) -> None:
    """As llama-cpp-python answers what is too long for it; asked for a whole reply it says so."""
    empty = streamed(wire, said.encode()) if said else response(200, b"", wire.content_type)
    fake = FakeUpstream().reply(*empty).reply(*json_reply(wire.whole("hello")))
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        heard = await ask(model_of(endpoint))
    if wire is OLLAMA and said.startswith(":"):
        assert "not JSON" in heard.reason  # its protocol has no comments
        return
    assert heard.text == "hello" and [request.json["stream"] for request in fake.requests] == [True, False]


@simulated
async def test_kept_connections_that_are_dead_cost_a_silent_request_each() -> None:
    """Other answers may have left several of them."""
    fake = FakeUpstream()
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        model = model_of(endpoint)
        for _ in range(3):
            fake.reply(*ok(OPENAI))
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(ask, model)
        for _ in range(3):
            fake.reply(Close())
        fake.reply(*ok(OPENAI))
        heard = await ask(model)
    assert heard.text == "hello" and heard.retries == []


LOGIN = (
    "<!-- x --><html><head><title>Log in, please</title><style>b{color:red}</style></head><body><b>no</b></body></html>"
)


@pytest.mark.parametrize("wire", WIRES)
@simulated
async def test_a_page_is_told_by_its_title_and_never_by_its_source(wire: Wire) -> None:
    """Whatever its status, and however it is labelled."""
    pages = [page(LOGIN), page(LOGIN, 502), response(200, LOGIN.encode(), wire.content_type),
             response(200, LOGIN.encode(), "application/json"), refusal(wire, 403, LOGIN)]  # fmt: skip
    for script in pages:
        fake = FakeUpstream().reply(*script)
        async with fake.network() as network, endpoint_of(wire, network) as endpoint:
            heard = await ask(model_of(endpoint, retry_attempts=1))
        assert "Log in, please" in heard.reason
        assert "<" not in heard.reason and "color" not in heard.reason


@simulated
async def test_a_head_that_takes_long_is_no_content() -> None:
    slow = head(200, {"Content-Type": "text/event-stream"})
    fake = FakeUpstream().reply(Drip(slow, 1, 10), Send(b""))
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        heard = await ask(model_of(endpoint, retry_attempts=1))
    assert "no answer began within 300 s" in heard.reason and heard.ended == 300

"""Leaving, at any moment: the server sees the connection close at once, and the next question is answered."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import anyio
import pytest
import trio

from chatd.core.question import Question
from chatd.core.stream import Retrying, Started, Token
from chatd.testing.upstream import (
    OLLAMA,
    WIRES,
    FakeUpstream,
    Fault,
    Gate,
    Hold,
    Send,
    Step,
    Wait,
    WaitForClose,
    Wire,
    refusal,
    streamed,
)
from chatd.testing.upstream.replies import head
from tests.adapters.upstream.faults import begun, ok
from tests.adapters.upstream.world import Heard, ask, endpoint_of, model_of, simulated

SCRIPTS: dict[str, Callable[[Wire], Sequence[Step]]] = {
    "before the head": lambda w: (WaitForClose(),),
    "between the head and the first piece": lambda w: streamed(w, WaitForClose()),
    "between pieces": lambda w: streamed(w, *begun(w), WaitForClose()),
    "within a piece": lambda w: streamed(w, w.token("hello")[:20], WaitForClose()),
    "in the body of an error": lambda w: (Send(head(400, {"Content-Length": "99"}) + b"half"), WaitForClose()),
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("when", SCRIPTS)
@simulated
async def test_a_cancel_closes_the_connection_at_once(when: str, wire: Wire) -> None:
    fake = FakeUpstream().reply(*SCRIPTS[when](wire)).reply(*ok(wire))
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        model = model_of(endpoint)
        with anyio.move_on_after(2) as scope:
            await ask(model)
        assert scope.cancelled_caught
        await trio.testing.wait_all_tasks_blocked()
        assert trio.current_time() - fake.requests[0].at == 2
        assert (fake.requests[0].closed_at, network.open_streams) == (trio.current_time(), 0)
        assert (await ask(model)).text == "hello"


@simulated
async def test_a_cancel_ends_the_wait_for_the_next_try() -> None:
    fake = FakeUpstream().reply(*refusal(OLLAMA, 503, "busy", {"Retry-After": "50"})).reply(*ok(OLLAMA))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        heard = Heard()
        with anyio.move_on_after(2) as scope:
            await ask(model_of(endpoint), heard=heard)
        assert scope.cancelled_caught
        assert isinstance(heard.events[-1], Retrying)
        await anyio.sleep(100)
        assert len(fake.requests) == 1, "nothing is asked on behalf of one who left"


@pytest.mark.parametrize("fault", [Fault.DNS_HANGS, Fault.CONNECT_HANGS])
@simulated
async def test_a_cancel_ends_a_stuck_connection(fault: Fault) -> None:
    fake = FakeUpstream().reply(*ok(OLLAMA))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        network.fault = fault
        with anyio.move_on_after(2) as scope:
            await ask(model_of(endpoint))
        assert scope.cancelled_caught
        assert trio.current_time() == 2
        network.fault = None
        assert (await ask(model_of(endpoint))).text == "hello"


@pytest.mark.parametrize("wire", WIRES)
@simulated
async def test_leaving_the_block_closes_the_connection_too(wire: Wire) -> None:
    fake = FakeUpstream().reply(*streamed(wire, *begun(wire), WaitForClose()))
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        async with model_of(endpoint).stream(Question("hi")) as events:
            async for event in events:
                if event == Token("lo"):
                    break
        await trio.testing.wait_all_tasks_blocked()
        assert fake.requests[0].closed_at == fake.requests[0].at
        assert network.open_streams == 0
        async with model_of(endpoint).stream(Question("hi")):
            pass
        assert len(fake.requests) == 1, "who does not read does not ask"


@simulated
async def test_a_finished_answer_gives_its_connection_back_even_when_its_reader_stops_at_the_end() -> None:
    fake = FakeUpstream().reply(*ok(OLLAMA))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        for _ in range(3):
            async with model_of(endpoint).stream(Question("hi")) as events:
                while (await anext(events)) != Token("lo"):
                    pass
                await anext(events)
                await anext(events)  # the count, and Done
        assert network.connects == 1


@simulated
async def test_a_server_that_does_not_end_its_body_is_not_waited_for() -> None:
    fake = FakeUpstream().reply(*streamed(OLLAMA, *OLLAMA.answer("hi"), WaitForClose()))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        heard = await ask(model_of(endpoint))
        assert heard.times[-1] == 0, "the end of the answer is given at once"
        assert heard.ended < 0.2
        assert network.open_streams == 0


@simulated
async def test_a_slow_reader_uses_up_no_time_of_the_server() -> None:
    """The time limits are for the server's silence; back-pressure is no silence."""
    gate = Gate()
    fake = FakeUpstream().reply(*streamed(OLLAMA, OLLAMA.token("hel"), Hold(gate), OLLAMA.token("lo"), OLLAMA.done()))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        text = ""
        async with model_of(endpoint, timeout=5.0, first_token_timeout=5.0).stream(Question("hi")) as events:
            async for event in events:
                text += event.text if isinstance(event, Token) else ""
                await anyio.sleep(1000)
                gate.open()
        assert text == "hello"


@simulated
async def test_many_cancels_at_random_moments_leave_nothing_behind() -> None:
    """480 answers, five at a time, each left at some moment: no connection and no request stays."""
    chance = random.Random(7)
    fake = FakeUpstream().answers(
        lambda request: (
            Wait(chance.choice((0, 0.1))),
            *streamed(
                OLLAMA, *[part for piece in "abcdef" for part in (OLLAMA.token(piece), Wait(0.1))], OLLAMA.done()
            ),
        )
    )
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        model = model_of(endpoint)
        cancelled = 0

        async def one() -> None:
            nonlocal cancelled
            for _ in range(96):
                with anyio.move_on_after(chance.uniform(0, 0.8)) as scope:
                    heard = await ask(model)
                    assert (heard.text, heard.failure) == ("abcdef", None)
                cancelled += scope.cancelled_caught

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(one)
        assert 200 < cancelled < 480
        await trio.testing.wait_all_tasks_blocked()
        assert network.open_streams == fake.open_connections <= 5
        heard = await ask(model)
        assert heard.events[0] == Started()
        assert heard.text == "abcdef"
    assert (network.open_streams, fake.open_connections) == (0, 0)


@simulated
async def test_every_cancel_point_of_one_answer() -> None:
    """Cancelled at each step in turn, an answer leaves no open connection."""
    requests = 0

    def busy_at_first(_: object) -> Sequence[Step]:
        nonlocal requests
        requests += 1
        return refusal(OLLAMA, 503, "busy") if requests == 1 else ok(OLLAMA)

    fake = FakeUpstream().answers(busy_at_first)
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        model = model_of(endpoint)
        steps, ended = 0, False
        while not ended:
            steps += 1
            requests = 0
            with anyio.CancelScope() as scope:
                heard = await _cancelled_after(steps, model, scope)
                ended = heard.done is not None
            await trio.testing.wait_all_tasks_blocked()
            assert network.open_streams <= 1, "at most the one that is kept for the next question"
        assert steps > 20


async def _cancelled_after(steps: int, model: object, scope: anyio.CancelScope) -> Heard:
    """Ask, with the scope cancelled when the answer has been scheduled so many times."""
    task = trio.lowlevel.current_task()

    class Countdown(trio.abc.Instrument):
        def __init__(self) -> None:
            self.left = steps

        def before_task_step(self, stepped: trio.lowlevel.Task) -> None:
            if stepped is task:
                self.left -= 1
                if self.left == 0:
                    scope.cancel()

    countdown = Countdown()
    trio.lowlevel.add_instrument(countdown)
    try:
        return await ask(model)  # type: ignore[arg-type]
    finally:
        trio.lowlevel.remove_instrument(countdown)

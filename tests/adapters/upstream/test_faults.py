"""Every fault of the table, in every protocol, in memory; the answers between them are never lost or made up."""

from __future__ import annotations

import random
import re

import anyio
import pytest

from chatd.core.stream import Done, Retrying, Started, Token
from chatd.errors import NetworkFailure
from chatd.testing.upstream import WIRES, Close, FakeUpstream, Reset, Send, Wire, streamed
from tests.adapters.upstream.faults import CASES, Scenario, ok
from tests.adapters.upstream.world import KEY, ask, endpoint_of, model_of, simulated


def named(case: object) -> str:
    return case.name if isinstance(case, Scenario) else str(getattr(case, "provider", case))


@pytest.mark.parametrize(("scenario", "wire"), CASES, ids=named)
@simulated
async def test_what_comes_of_a_fault(scenario: Scenario, wire: Wire) -> None:
    """The text that came is kept, the failure is of its family and says what to mend, the next answer is whole."""
    fake = FakeUpstream()
    for script in scenario.replies(wire):
        fake.reply(*script)
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        network.fault = scenario.network
        heard = await ask(model_of(endpoint))
        if scenario.failure is None:
            assert heard.failure is None, heard.reason
            assert heard.done is not None
            assert heard.text == scenario.text
        else:
            assert isinstance(heard.failure, scenario.failure)
            assert re.search(scenario.sentence, heard.reason), heard.reason
            assert not any(isinstance(event, Done) for event in heard.events)
            assert heard.text.startswith(scenario.text)
            assert heard.failure.cut == scenario.cut, heard.reason
            assert scenario.status in {None, heard.failure.status}
            assert heard.failure.exit_code == (scenario.exit)
        assert KEY not in heard.reason
        assert heard.reason.isprintable()
        assert len(fake.requests) == scenario.requests
        assert heard.events.count(Started()) <= len(heard.retries) + 1
        first = next((n for n, event in enumerate(heard.events) if isinstance(event, Token)), len(heard.events))
        assert not any(isinstance(event, Retrying) for event in heard.events[first:])
        # The same endpoint answers the next question.
        network.fault = None
        fake.reply(*ok(wire))
        assert (await ask(model_of(endpoint))).text == "hello"
    assert network.open_streams == 0


CUTS = 170
"""Random places for each protocol: with three of them, 500 and more."""


@pytest.mark.parametrize("wire", WIRES, ids=named)
@simulated
async def test_a_stream_cut_anywhere_keeps_what_came_and_is_never_called_done(wire: Wire) -> None:
    pieces = ["grüß ", "dich, ", "Wel", "t 🌍", " <thi", "nk>"]
    script = streamed(wire, *wire.answer(*pieces))
    raw = b"".join(step.data for step in script if isinstance(step, Send))
    end = max(raw.find(mark) for mark in (b'"done": true', b'"finish_reason": "stop"', b'"stop_reason": "end_turn"'))
    head = raw.index(b"\r\n\r\n") + 4
    chance = random.Random(wire.provider)
    fake = FakeUpstream()
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        model = model_of(endpoint, retry_attempts=1)
        for _ in range(CUTS):
            place = chance.randrange(1, end)
            fake.reply(Send(raw[:place]), chance.choice((Reset(), Close())))
            heard = await ask(model)
            assert isinstance(heard.failure, NetworkFailure)
            assert heard.done is None
            assert "".join(pieces).startswith(heard.text)
            assert heard.failure.cut == (place >= head)
            shown = [piece for piece in pieces if raw.find(piece.encode()) + len(piece.encode()) + 60 < place]
            assert len(heard.text) >= len("".join(shown)) or wire.provider != "ollama"
        assert network.open_streams == 0


@pytest.mark.parametrize("wire", WIRES, ids=named)
@simulated
async def test_a_server_that_has_said_the_answers_end_owes_nothing_more(wire: Wire) -> None:
    """What follows the end of the answer is ignored, and a break there is no fault."""
    fake = FakeUpstream()
    for tail in ((Reset(),), (Close(),), (wire.token("more"), wire.done(), Reset())):
        fake.reply(*streamed(wire, *wire.answer("hel", "lo"), *tail, ended=False))
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        for _ in range(3):
            heard = await ask(model_of(endpoint))
            assert (heard.text, heard.failure) == ("hello", None)
            assert heard.done is not None
            await anyio.sleep(1)
            assert network.open_streams == 0

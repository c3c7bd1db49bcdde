"""Servers that refuse a part of the question, or find it too long: asked once more on other terms, and then at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatd.core.question import Question, Said
from chatd.core.retrieval import Related, told
from chatd.core.stream import Retrying, Sources
from chatd.core.tool import NO_PARAMETERS, ToolSpec
from chatd.testing.upstream import (
    ANTHROPIC,
    OLLAMA,
    OPENAI,
    REFUSALS,
    WIRES,
    FakeUpstream,
    Strict,
    Wire,
    json_reply,
    refusal,
    streamed,
)
from tests.adapters.upstream.faults import ok
from tests.adapters.upstream.world import Heard, ask, endpoint_of, model_of, simulated

CLOCK = ToolSpec("clock", "Tells the time.", NO_PARAMETERS)


def question(*older: str) -> Question:
    said = tuple(Said("bob", text) for text in older)
    asked = Said("alice", "what is up?", asked=True)
    return Question("what is up?", messages=(*said, asked), system="Be brief.", tools=(CLOCK,), older=len(said))


async def asked(wire: Wire, strict: Any, *put: Question, **changes: Any) -> tuple[list[Heard], FakeUpstream]:
    """Questions to one model, one after the other."""
    fake = FakeUpstream().answers(strict)
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        model = model_of(endpoint, **changes)
        return [await ask(model, one) for one in put], fake


@pytest.mark.parametrize("part", REFUSALS)
@simulated
async def test_a_part_that_is_refused_is_left_out_streamed_and_the_next_question_knows(part: str) -> None:
    strict = Strict(OPENAI, refuses=[part])
    (first, second), fake = await asked(OPENAI, strict, question(), question())
    assert (first.text, second.text) == ("well answered", "well answered")
    assert len(fake.requests) == 3 and all(request.json["stream"] for request in fake.requests)
    (retry,) = first.retries
    assert retry.wait == 0 and "from now on" in retry.reason and second.retries == []
    text = fake.requests[-1].body.decode()
    assert "Be brief." in text and "what is up?" in text


@simulated
async def test_everything_may_be_refused_one_after_the_other() -> None:
    strict = Strict(OPENAI, refuses=list(REFUSALS))
    (first, second), fake = await asked(OPENAI, strict, question("hi"), question("hi"), retry_attempts=1)
    assert (first.text, len(first.retries), second.retries) == ("well answered", 4, [])
    body = fake.requests[-1].json
    assert body["max_completion_tokens"] == 100 and "tools" not in body and "stream_options" not in body
    assert body["messages"] == [{"role": "user", "content": "Be brief.\n\nbob: hi\n\nalice: what is up?"}]


@pytest.mark.parametrize("wire", [OLLAMA, ANTHROPIC])
@pytest.mark.parametrize("part", ["system", "tools"])
@simulated
async def test_in_every_protocol(wire: Wire, part: str) -> None:
    (first, second), _ = await asked(wire, Strict(wire, refuses=[part]), question("hi"), question("hi"))
    assert (first.text, len(first.retries), second.retries) == ("well answered", 1, [])


@pytest.mark.parametrize("status", [404, 422, 500])
@simulated
async def test_whatever_the_status(status: int) -> None:
    """404 with such words is no missing model, 500 none that passes."""
    fake = FakeUpstream().reply(*refusal(OPENAI, status, "No endpoints found that support tool use")).reply(*ok(OPENAI))
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        heard = await ask(model_of(endpoint), question())
    assert heard.text == "hello" and [retry.wait for retry in heard.retries] == [0]


@simulated
async def test_told_in_a_stream_before_its_first_piece_it_counts_as_well() -> None:
    refused = streamed(OPENAI, OPENAI.opening(), OPENAI.error("System role not supported"))
    fake = FakeUpstream().reply(*refused).reply(*ok(OPENAI))
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        heard = await ask(model_of(endpoint), question())
    assert heard.text == "hello"
    assert fake.requests[-1].json["stream"] and "system" not in fake.requests[-1].body.decode()


@simulated
async def test_what_did_not_help_is_not_remembered() -> None:
    """The words were misleading: the next question is put as the first one was."""
    fake = FakeUpstream().reply(*refusal(OPENAI, 400, "tools are not supported on Sundays"))
    fake.reply(*refusal(OPENAI, 402, "pay first")).reply(*ok(OPENAI))
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        model = model_of(endpoint)
        first, second = await ask(model, question()), await ask(model, question())
    assert "pay first" in first.reason and second.text == "hello"
    assert "tools" in fake.requests[-1].json


@simulated
async def test_a_server_that_says_so_whatever_it_is_asked_is_given_up() -> None:
    for wire in WIRES:
        fake = FakeUpstream().reply(*refusal(wire, 400, "max_tokens, tools and the system role are not supported"))
        async with fake.network() as network, endpoint_of(wire, network) as endpoint:
            heard = await ask(model_of(endpoint), question())
        assert "not supported" in heard.reason
        assert len(fake.requests) <= 4


# --- too long

LONG = ["x" * 3000] * 8
"""About 8,000 tokens."""


@pytest.mark.parametrize("wire", WIRES)
@simulated
async def test_a_question_that_is_too_long_is_asked_with_less_and_the_size_is_remembered(wire: Wire) -> None:
    strict = Strict(wire, context=2500)
    (first, second), fake = await asked(wire, strict, question(*LONG), question(*LONG))
    assert (first.text, second.text) == ("well answered", "well answered")
    assert all("what is up?" in request.body.decode() and request.json["stream"] for request in fake.requests)
    assert len(first.retries) == 1 and second.retries == [] and len(fake.requests) == 3
    (retry,) = first.retries
    assert "context_tokens = 2500" in retry.reason and retry.context_tokens == 2500
    assert fake.requests[2].body == fake.requests[1].body


@simulated
async def test_what_was_looked_up_and_has_no_room_is_told_to_have_gone() -> None:
    related = (Related(1, "x1", "bob", "x" * 12_000),)
    looked_up = replace(question(told(related)), related=related)
    (first, second, short), _ = await asked(OPENAI, Strict(OPENAI, context=2500), looked_up, looked_up, question())
    for heard in (first, second):
        assert heard.text == "well answered" and heard.events.count(Sources(())) == 1
    assert Sources(()) not in short.events


@simulated
async def test_a_server_that_names_no_size_is_asked_with_half_and_half_again() -> None:
    words = "the prompt is longer than the context length currently available to the model"
    fake = FakeUpstream().reply(*refusal(OLLAMA, 400, words)).reply(*refusal(OLLAMA, 400, words)).reply(*ok(OLLAMA))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        model = model_of(endpoint)
        heard = await ask(model, question(*LONG))
        assert model.info.context_tokens and model.info.context_tokens < 8000 // 3
    sizes = [len(request.body) for request in fake.requests]
    assert heard.text == "hello" and sizes[1] < sizes[0] * 0.6 and sizes[2] < sizes[1] * 0.6
    assert fake.requests[-1].json["tools"]


@simulated
async def test_a_question_too_long_by_itself_fails_with_words_that_say_so() -> None:
    (heard,), fake = await asked(OPENAI, Strict(OPENAI, context=20), question(*LONG))
    assert heard.reason.startswith("the question alone does not fit the model's context")
    assert "(20 tokens)" in heard.reason
    assert len(fake.requests) <= 5


@simulated
async def test_sizes_that_contradict_the_words_do_not_go_round_for_ever() -> None:
    refused = json_reply({"error": {"message": "prompt is too long: 5 tokens > 999999 maximum"}}, 400)
    (heard,), fake = await asked(OPENAI, lambda _: refused, question(*LONG))
    assert "the question alone does not fit" in heard.reason and len(fake.requests) < 10


@simulated
async def test_each_change_is_told_before_its_request() -> None:
    (heard,), fake = await asked(OPENAI, Strict(OPENAI, refuses=["tools"], context=2500), question(*LONG))
    assert [type(event).__name__ for event in heard.events[:5]] == [
        "Started", "Retrying", "Started", "Retrying", "Started",
    ]  # fmt: skip
    attempts = [event.attempt for event in heard.events if isinstance(event, Retrying)]
    assert attempts == [2, 3] and len(fake.requests) == 3

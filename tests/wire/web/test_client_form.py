"""What is written in each form, our own client of models' servers reads as what was meant; and the other way about."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.question import Answered, Message, Question, Said, ToolReturned
from chatd.core.row import Status
from chatd.core.sampling import REQUIRED, Sampling
from chatd.core.stream import Done, Thinking, Token, ToolCall, Usage
from chatd.core.tool import ToolSpec
from chatd.wire.models.anthropic import ANTHROPIC
from chatd.wire.models.decoder import Decoder, decode_whole
from chatd.wire.models.ollama import OLLAMA
from chatd.wire.models.openai import OPENAI
from chatd.wire.models.protocol import WireProtocol
from chatd.wire.models.request import RequestSettings
from chatd.wire.web.chat_request import ChatRequest
from chatd.wire.web.client_form import ClientForm, Cost, Refusal, StopReason, WholeReply
from chatd.wire.web.completions import Completions
from chatd.wire.web.messages import Messages
from chatd.wire.web.ollama_chat import OllamaChat
from tests.wire.models.streams import LIMITS

BOTH: list[tuple[ClientForm, WireProtocol]] = [(Completions(), OPENAI), (Messages(), ANTHROPIC), (OllamaChat(), OLLAMA)]
"""Forms that our own client speaks, too."""

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
words = st.text("abcdefgh_-", min_size=1, max_size=12)
calls = st.builds(
    lambda name, value: ToolCall("", name, json.dumps({"x": value})), words, st.integers() | texts
)  # fmt: skip
items = st.lists(st.one_of(texts.map(Token), texts.map(Thinking)), max_size=12)
forms = pytest.mark.parametrize(("form", "protocol"), BOTH, ids=["openai", "anthropic", "ollama"])


def numbered(called: list[ToolCall]) -> list[ToolCall]:
    return [ToolCall(f"call-{number}", call.name, call.arguments) for number, call in enumerate(called)]


def text(events: list[object], kind: type[Token | Thinking]) -> str:
    return "".join(event.text for event in events if isinstance(event, kind))


def called(events: list[object]) -> list[tuple[str, object]]:
    return [(event.name, json.loads(event.arguments)) for event in events if isinstance(event, ToolCall)]


@forms
@given(items, st.lists(calls, max_size=3), st.sampled_from([StopReason.STOP, StopReason.LENGTH]), st.integers(1, 10**6))
def test_a_streamed_reply_is_read_as_it_was_meant(
    form: ClientForm, protocol: WireProtocol, said: list[Token | Thinking], asked: list[ToolCall], finish: StopReason,
    tokens: int,
) -> None:  # fmt: skip
    asked = numbered(asked)
    finish = StopReason.CALLS if asked else finish
    writer = form.writer(ChatRequest("m", stream=True, with_usage=True), "1", 1_700_000_000_000)
    told = writer.begin()
    for item in said:
        told += writer.piece(item.text) if isinstance(item, Token) else writer.thought(item.text)
    told += "".join(map(writer.call, asked)) + writer.end(finish, Cost(7, tokens))
    decoder = Decoder(protocol, LIMITS)
    events: list[object] = [*decoder.feed(told.encode()), *decoder.end()]
    assert decoder.failure is None, told
    assert text(events, Token) == text(list(said), Token)
    assert text(events, Thinking) == text(list(said), Thinking)
    assert called(events) == called(list(asked))
    usage = next(event for event in events if isinstance(event, Usage))
    assert (usage.prompt_tokens, usage.completion_tokens) == (7, tokens)
    last = events[-1]
    assert isinstance(last, Done) and (last.status is Status.LENGTH) == (finish is StopReason.LENGTH)


@forms
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.lists(calls, max_size=3))
def test_so_is_a_whole_one(form: ClientForm, protocol: WireProtocol, said: str, asked: list[ToolCall]) -> None:
    reply = WholeReply(said, "", tuple(numbered(asked)), StopReason.CALLS if asked else StopReason.STOP, Cost(7, 9))
    body = json.dumps(form.whole(ChatRequest("m"), "1", 1_700_000_000_000, reply)).encode()
    events, failure = decode_whole(protocol, body, LIMITS)
    assert failure is None
    assert text([*events], Token) == said and called([*events]) == called([*asked])


@forms
def test_a_failure_is_read_as_one_in_the_words_it_was_told_in(form: ClientForm, protocol: WireProtocol) -> None:
    writer = form.writer(ChatRequest("m", stream=True), "1", 0)
    decoder = Decoder(protocol, LIMITS)
    decoder.feed((writer.begin() + writer.piece("so f") + writer.fail(Refusal(502, "the model is gone"))).encode())
    assert "the model is gone" in str(decoder.failure)
    _, failure = decode_whole(protocol, json.dumps(form.refusal(Refusal(429, "too many"))).encode(), LIMITS)
    assert "too many" in str(failure)


TALK: tuple[Message, ...] = (
    Said("", "what is two and two?", asked=True),
    Answered("let me see", (ToolCall("call-1", "sum", '{"of": [2, 2]}'), ToolCall("call-2", "check", "{}"))),
    ToolReturned("call-1", "sum", "4"),
    ToolReturned("call-2", "check", "fine"),
    Answered("4"),
    Said("", "sure?", asked=True),
)
SUM = ToolSpec("sum", "adds", {"type": "object", "properties": {"of": {"type": "array"}}})


@forms
def test_what_our_own_client_asks_is_read_as_the_same_conversation(form: ClientForm, protocol: WireProtocol) -> None:
    sampling = Sampling(temperature=0.5, top_p=0.9, stop=("END",), max_tokens=100)
    question = Question("sure?", messages=TALK, system="be brief", tools=(SUM,), sampling=sampling)
    body = protocol.encode(question, RequestSettings("m", 2048), stream=True)
    asked = form.read(json.dumps(body).encode())
    assert asked.model == "m" and asked.system == "be brief" and asked.stream
    assert [(type(one), one.text) for one in asked.messages] == [(type(one), one.text) for one in TALK]
    second = asked.messages[1]
    assert isinstance(second, Answered)
    assert called([*second.calls]) == [("sum", {"of": [2, 2]}), ("check", {})]
    assert asked.tools == (SUM,) and asked.last_said == "sure?"
    assert asked.sampling == sampling


@pytest.mark.parametrize(("form", "protocol"), BOTH[:2], ids=["openai", "anthropic"])
@pytest.mark.parametrize("choice", [REQUIRED, "sum", ""])
def test_a_tool_that_must_be_called_is_handed_on(form: ClientForm, protocol: WireProtocol, choice: str) -> None:
    question = Question("?", messages=TALK[:1], tools=(SUM,), sampling=Sampling(max_tokens=9, tool_choice=choice))
    body = protocol.encode(question, RequestSettings("m", 2048), stream=True)
    assert form.read(json.dumps(body).encode()).sampling.tool_choice == choice


@forms
def test_the_operators_limit_holds_beside_the_clients(form: ClientForm, protocol: WireProtocol) -> None:
    for wanted, sent in ((10, 10), (5000, 2048), (None, 2048)):
        question = Question("?", messages=TALK[:1], sampling=Sampling(max_tokens=wanted))
        body = protocol.encode(question, RequestSettings("m", 2048), stream=False)
        assert form.read(json.dumps(body).encode()).sampling.max_tokens == sent

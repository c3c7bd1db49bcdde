"""What is asked, in the shapes that servers accept: strict about pairs of calls and results, blanks, and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.question import Answered, Message, Question, Said, ToolReturned
from chatd.core.stream import ToolCall
from chatd.core.tool import NO_PARAMETERS, ToolSpec
from chatd.wire.models.protocols import PROTOCOLS
from chatd.wire.models.refusal_causes import parts_of
from chatd.wire.models.request import EARLIER, STOPPED, Part, RequestSettings
from tests.wire.models.streams import PROVIDERS

SETTINGS = RequestSettings("m", 100, context_tokens=8192)
CLOCK = ToolSpec("clock", "Tells the time.", NO_PARAMETERS)
CALL = ToolCall("a", "clock", '{"zone": "é"}')
TALK = (
    Said("alice", "Hello."),
    Said("bob", "What time is it?", asked=True),
    Answered("Let me see. ", (CALL,)),
    ToolReturned("a", "clock", "ten"),
    Answered("Ten."),
    Said("", "Thanks."),
)
QUESTION = Question("Thanks.", messages=TALK, system="Be brief.", tools=(CLOCK,))
FUNCTION = {"type": "function", "function": {"name": "clock", "description": "Tells the time.",
                                             "parameters": {"type": "object", "properties": {}}}}  # fmt: skip
SCHEMA = {"name": "clock", "description": "Tells the time.", "input_schema": {"type": "object", "properties": {}}}


def encode(provider: str, question: Question, settled: RequestSettings, *, stream: bool) -> dict[str, Any]:
    """The body of a request in that protocol."""
    return PROTOCOLS[provider].encode(question, settled, stream=stream)


def ask(provider: str, *messages: Message, **more: object) -> dict[str, object]:
    return encode(provider, Question("?", messages=messages, **more), SETTINGS, stream=True)  # type: ignore[arg-type]


def test_openai() -> None:
    assert encode("openai", QUESTION, SETTINGS, stream=True) == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 100,
        "tools": [FUNCTION],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "alice: Hello.\n\nbob: What time is it?"},
            {
                "role": "assistant",
                "content": "Let me see. ",
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "clock", "arguments": '{"zone": "é"}'}}
                ],
            },
            {"role": "tool", "content": "ten", "tool_call_id": "a"},
            {"role": "assistant", "content": "Ten."},
            {"role": "user", "content": "Thanks."},
        ],
    }


def test_openai_asked_for_a_whole_reply_or_by_the_newer_key() -> None:
    body = encode("openai", QUESTION, RequestSettings("m", 100, without=frozenset({Part.MAX_TOKENS})), stream=False)
    assert body["stream"] is False
    assert body["max_completion_tokens"] == 100
    assert "max_tokens" not in body and "stream_options" not in body


def test_ollama() -> None:
    assert encode("ollama", QUESTION, SETTINGS, stream=False) == {
        "model": "m",
        "stream": False,
        "options": {"num_predict": 100, "num_ctx": 8192},
        "tools": [FUNCTION],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "alice: Hello.\n\nbob: What time is it?"},
            {
                "role": "assistant",
                "content": "Let me see. ",
                "tool_calls": [{"id": "a", "function": {"name": "clock", "arguments": {"zone": "é"}}}],
            },
            {"role": "tool", "content": "ten", "tool_name": "clock", "tool_call_id": "a"},
            {"role": "assistant", "content": "Ten."},
            {"role": "user", "content": "Thanks."},
        ],
    }
    unpinned = encode("ollama", QUESTION, RequestSettings("m", 100), stream=True)
    assert unpinned["options"] == {"num_predict": 100}


def test_anthropic() -> None:
    """Users' messages in a row are one, and so is what follows a result."""
    assert encode("anthropic", QUESTION, SETTINGS, stream=True) == {
        "model": "m",
        "stream": True,
        "max_tokens": 100,
        "system": "Be brief.",
        "tools": [SCHEMA],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "alice: Hello."},
                    {"type": "text", "text": "bob: What time is it?"},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Let me see."},
                    {"type": "tool_use", "id": "a", "name": "clock", "input": {"zone": "é"}},
                ],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "ten"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Ten."}]},
            {"role": "user", "content": [{"type": "text", "text": "Thanks."}]},
        ],
    }


def test_anthropic_begins_with_the_user() -> None:
    messages = ask("anthropic", Answered("Hi."), Said("", "?"))["messages"]
    assert isinstance(messages, list)
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_tools_no_key(provider: str) -> None:
    """Some models' servers refuse a request that has it, even empty."""
    assert "tools" not in ask(provider, Said("", "?"))
    assert "tools" not in ask(provider, Said("", "?"), tools=(CLOCK,), may_call=False)
    assert "system" not in json.dumps(ask(provider, Said("", "?")))


def test_after_the_last_round_no_tool_may_be_called() -> None:
    for provider in ("ollama", "openai"):
        assert "tools" not in ask(provider, *TALK, tools=(CLOCK,), may_call=False)
    body = ask("anthropic", *TALK, tools=(CLOCK,), may_call=False)
    assert (body["tools"], body["tool_choice"]) == ([SCHEMA], {"type": "none"})
    assert "tool_choice" not in ask("anthropic", *TALK, tools=(CLOCK,))


def test_anthropic_is_told_of_tools_that_are_gone() -> None:
    """It refuses calls in the history otherwise."""
    body = ask("anthropic", *TALK)
    assert (body["tools"], body["tool_choice"]) == ([SCHEMA | {"description": ""}], {"type": "none"})


@pytest.mark.parametrize(
    "raw", ["", "null", '{"a', "[1]", '"{}"', '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "[" * 9999]
)
def test_arguments_that_no_server_could_read_are_replayed_as_none(raw: str) -> None:
    """One broken call would make every later question of the conversation fail."""
    talk = (Said("", "?"), Answered("", (ToolCall("a", "f", raw),)), ToolReturned("a", "f", "invalid arguments"))
    for provider in PROVIDERS:
        body = json.dumps(ask(provider, *talk), allow_nan=False, ensure_ascii=False).encode()
        assert (b'"arguments": "{}"' if provider == "openai" else b": {}}") in body


def test_an_assistant_that_only_calls_has_content_that_is_empty_not_null() -> None:
    talk = (Said("", "?"), Answered("", (CALL,)), ToolReturned("a", "clock", ""))
    for provider in ("ollama", "openai"):
        messages = ask(provider, *talk)["messages"]
        assert isinstance(messages, list)
        assert messages[1]["content"] == ""
    messages = ask("anthropic", *talk)["messages"]
    assert isinstance(messages, list)
    assert [kind["type"] for kind in messages[1]["content"]] == ["tool_use"]


def test_a_question_without_a_conversation_is_one() -> None:
    """An empty list of messages means to load the model, to Ollama."""
    assert ask("ollama")["messages"] == [{"role": "user", "content": "?"}]


def test_results_stand_behind_their_calls_in_the_order_of_the_calls() -> None:
    """Whatever people said meanwhile; also when two rounds have calls of the same id."""
    other = ToolCall("b", "roll", "{}")
    talk = (
        Answered("", (CALL, other)),
        Said("", "one"),
        ToolReturned("b", "roll", "6"),
        Said("", "two"),
        ToolReturned("a", "clock", "ten"),
        Answered("", ()),
        Answered("", (CALL,)),
        ToolReturned("a", "clock", "eleven"),
    )
    messages = ask("openai", *talk)["messages"]
    assert isinstance(messages, list)
    contents = [message["content"] for message in messages]
    assert contents == [EARLIER, "", "ten", "6", STOPPED, "one\n\ntwo", "", "eleven"]


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    texts = st.sampled_from(["", " ", "x", "x\n", "🌍"])
    messages: list[Message] = []
    waiting: list[ToolCall] = []
    for number in range(draw(st.integers(0, 8))):
        match draw(st.sampled_from(["said", "answered", "called", "returned"])):
            case "said":
                messages.append(Said(draw(st.sampled_from(["", "alice"])), draw(texts)))
            case "answered":
                messages.append(Answered(draw(texts)))
            case "called":
                calls = [ToolCall(f"c{number}.{n}", "f", "{}") for n in range(draw(st.integers(1, 3)))]
                messages.append(Answered(draw(texts), tuple(calls)))
                waiting += calls
            case _ if waiting:
                messages.append(ToolReturned(waiting.pop().id, "f", draw(texts)))
            case _:
                pass
    return (*messages, *(ToolReturned(call.id, "f", "") for call in waiting))


@settings(max_examples=150)
@given(conversations())
def test_any_conversation_keeps_the_rules_of_the_servers(messages: tuple[Message, ...]) -> None:
    turns = ask("anthropic", *messages)["messages"]
    assert isinstance(turns, list)
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"] * (len(turns) % 2)
    owed: list[str] = []
    for turn in turns:
        kinds = turn["content"]
        assert kinds
        assert all(kind["text"].strip() for kind in kinds if kind["type"] == "text")
        results = [kind["tool_use_id"] for kind in kinds if kind["type"] == "tool_result"]
        assert results == owed
        assert [kind["type"] for kind in kinds[: len(owed)]] == ["tool_result"] * len(owed)
        owed = [kind["id"] for kind in kinds if kind["type"] == "tool_use"]
    assert not owed
    for provider in ("openai", "ollama"):
        flat = ask(provider, *messages)["messages"]
        assert isinstance(flat, list)
        check_strict(flat)


def check_strict(messages: list[dict[str, Any]]) -> None:
    """What the strictest templates demand: results right behind their calls, then an assistant; else turn by turn."""
    owed: list[str] = []
    before = "assistant"
    for message in messages:
        match message["role"]:
            case "tool":
                assert message["tool_call_id"] == owed.pop(0)
            case "user":
                assert before == "assistant" and not owed
            case role:
                assert role == "assistant" and before in ("user", "tool") and not owed
                assert message["content"].strip() or message["tool_calls"]
                owed = [call["id"] for call in message.get("tool_calls", [])]
        before = message["role"]
    assert not owed


@settings(max_examples=150)
@given(conversations(), st.sets(st.sampled_from(Part)), st.sampled_from(PROVIDERS))
def test_what_a_server_refuses_is_not_in_a_request(
    messages: tuple[Message, ...], refused: set[Part], provider: str
) -> None:
    question = Question("?", messages=messages, system="Be brief.", tools=(CLOCK,))
    refusing = replace(SETTINGS, without=frozenset(refused))
    body = encode(provider, question, refusing, stream=True)
    assert parts_of(body) & refused <= ({Part.MAX_TOKENS} if provider == "anthropic" else set()), "it demands this one"
    assert json.dumps(body).count("Be brief.") == 1
    if provider != "anthropic":
        check_strict([message for message in body["messages"] if message["role"] != "system"])


def test_without_a_role_for_it_the_preamble_is_the_first_that_is_heard() -> None:
    for provider in ("openai", "ollama"):
        body = encode(provider, QUESTION, replace(SETTINGS, without=frozenset({Part.SYSTEM})), stream=True)
        messages = body["messages"]
        assert isinstance(messages, list)
        assert messages[0] == {"role": "user", "content": "Be brief.\n\nalice: Hello.\n\nbob: What time is it?"}


def test_without_tools_what_they_gave_is_heard() -> None:
    messages = encode("openai", QUESTION, replace(SETTINGS, without=frozenset({Part.TOOLS})), stream=True)["messages"]
    assert isinstance(messages, list)
    assert messages[2:] == [
        {"role": "assistant", "content": "Let me see. "}, {"role": "user", "content": "clock: ten"},
        {"role": "assistant", "content": "Ten."}, {"role": "user", "content": "Thanks."},
    ]  # fmt: skip


def test_the_bound_on_an_answer_goes_by_the_name_that_the_server_takes_or_by_none() -> None:
    for refused, key in [((), "max_tokens"), (("MAX_TOKENS",), "max_completion_tokens"), (Part.__members__, None)]:
        without = frozenset(Part[name] for name in refused)
        body = encode("openai", QUESTION, replace(SETTINGS, without=without), stream=True)
        assert [name for name in body if name.startswith("max_")] == ([key] if key else [])


def test_nothing_to_say_is_no_system_message() -> None:
    for provider in PROVIDERS:
        assert "system" not in json.dumps(encode(provider, replace(QUESTION, system=" \n"), SETTINGS, stream=True))


def test_the_result_of_a_call_that_nobody_made_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="nobody made"):
        ask("openai", ToolReturned("x", "f", ""))

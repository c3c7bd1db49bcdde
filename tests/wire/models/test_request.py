"""What is asked, in the shapes that servers accept: strict about pairs of calls and results, blanks, and JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.prompt import Answered, Message, Question, Returned, Said
from chatd.core.stream import ToolCall
from chatd.core.tool import NO_PARAMETERS, ToolSpec
from chatd.wire.models.decoder import RequestSettings, encode
from tests.wire.models.streams import PROVIDERS

SETTINGS = RequestSettings("m", 100, context_tokens=8192)
CLOCK = ToolSpec("clock", "Tells the time.", NO_PARAMETERS)
CALL = ToolCall("a", "clock", '{"zone": "é"}')
TALK = (
    Said("alice", "Hello."),
    Said("bob", "What time is it?", asked=True),
    Answered("Let me see. ", (CALL,)),
    Returned("a", "clock", "ten"),
    Answered("Ten."),
    Said("", "Thanks."),
)
QUESTION = Question("Thanks.", messages=TALK, system="Be brief.", tools=(CLOCK,))
FUNCTION = {"type": "function", "function": {"name": "clock", "description": "Tells the time.",
                                             "parameters": {"type": "object", "properties": {}}}}  # fmt: skip
SCHEMA = {"name": "clock", "description": "Tells the time.", "input_schema": {"type": "object", "properties": {}}}


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
            {"role": "user", "content": "alice: Hello."},
            {"role": "user", "content": "bob: What time is it?"},
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
    body = encode("openai", QUESTION, RequestSettings("m", 100, max_completion_tokens=True), stream=False)
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
            {"role": "user", "content": "alice: Hello."},
            {"role": "user", "content": "bob: What time is it?"},
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
    talk = (Said("", "?"), Answered("", (ToolCall("a", "f", raw),)), Returned("a", "f", "invalid arguments"))
    for provider in PROVIDERS:
        body = json.dumps(ask(provider, *talk), allow_nan=False, ensure_ascii=False).encode()
        assert (b'"arguments": "{}"' if provider == "openai" else b": {}}") in body


def test_an_assistant_that_only_calls_has_content_that_is_empty_not_null() -> None:
    talk = (Said("", "?"), Answered("", (CALL,)), Returned("a", "clock", ""))
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
        Returned("b", "roll", "6"),
        Said("", "two"),
        Returned("a", "clock", "ten"),
        Answered("", ()),
        Answered("", (CALL,)),
        Returned("a", "clock", "eleven"),
    )
    messages = ask("openai", *talk)["messages"]
    assert isinstance(messages, list)
    contents = [message["content"] for message in messages]
    assert contents == ["", "ten", "6", "one", "two", "", "eleven"]


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
                messages.append(Returned(waiting.pop().id, "f", draw(texts)))
            case _:
                pass
    return (*messages, *(Returned(call.id, "f", "") for call in waiting))


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
    flat = ask("openai", *messages)["messages"]
    assert isinstance(flat, list)
    for message in flat:
        if message["role"] == "tool":
            assert message["tool_call_id"] == owed.pop(0)
        else:
            assert not owed
        owed += [call["id"] for call in message.get("tool_calls", [])]
    assert not owed


def test_the_result_of_a_call_that_nobody_made_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="nobody made"):
        ask("openai", Returned("x", "f", ""))

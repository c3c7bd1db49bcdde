"""Anthropic's protocol: named events, blocks, and whatever kinds of them the future brings."""

from __future__ import annotations

import pytest

from chatd.core.row import Status
from chatd.core.stream import Done, Thinking, Token, ToolCall, Usage
from chatd.errors import Exit
from tests.wire.models.streams import block, delta, events, named, run

START: dict[str, object] = {
    "type": "message_start",
    "message": {"usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1}},
}
STOP: dict[str, object] = {"type": "message_stop"}


def end(index: int) -> dict[str, object]:
    return {"type": "content_block_stop", "index": index}


def stopped(reason: str | None, **usage: int) -> dict[str, object]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def test_a_conversation_with_a_thought_a_text_and_calls() -> None:
    outcome = run(
        "anthropic",
        named(
            START,
            block(0, "thinking", thinking=""),
            {"type": "ping"},
            delta(0, "thinking_delta", thinking="Hm."),
            delta(0, "signature_delta", signature="abc"),
            end(0),
            block(1, "redacted_thinking", data="xyz"),
            end(1),
            block(2, "text", text=""),
            delta(2, "text_delta", text="Let me see."),
            end(2),
            block(3, "tool_use", id="toolu_1", name="clock", input={}),
            end(3),
            block(4, "tool_use", id="toolu_2", name="roll", input={}),
            delta(4, "input_json_delta", partial_json=""),
            delta(4, "input_json_delta", partial_json='{"sides"'),
            delta(4, "input_json_delta", partial_json=": 6}"),
            end(4),
            stopped("tool_use", output_tokens=20),
            STOP,
        ),
    )
    assert outcome.events == [
        Thinking("Hm."),
        Token("Let me see."),
        ToolCall("toolu_1", "clock", "{}"),
        ToolCall("toolu_2", "roll", '{"sides": 6}'),
        Usage(15, 20),
        Done(Status.COMPLETE, "tool_use"),
    ]


def test_events_without_a_name_or_with_the_usual_one_are_told_by_their_type() -> None:
    data = events(delta(0, "text_delta", text="a"), stopped("end_turn"), STOP)
    for body in (data, b"event: message\n" + data.replace(b"\n\n", b"\n\nevent: message\n")):
        assert run("anthropic", body).events == [Token("a"), Done(Status.COMPLETE, "end_turn")]


def test_events_and_blocks_of_new_kinds_mean_nothing() -> None:
    news: list[dict[str, object]] = [
        {"type": "brand_new"},
        block(7, "server_tool_use", id="s", name="web_search", input={}),
        delta(7, "input_json_delta", partial_json='{"query'),
        delta(7, "citations_delta", citation={}),
        end(7),
    ]
    data = b"event: newer\ndata: not even JSON\n\n" + named(*news, delta(0, "text_delta", text="a"), STOP)
    assert run("anthropic", data).events == [Token("a"), Done(Status.COMPLETE, "end_turn")]


def test_input_that_comes_with_the_block_is_the_input() -> None:
    """Some servers that only resemble Anthropic's send it whole."""
    data = named(block(0, "tool_use", id="a", name="f", input={"x": 1}), end(0), stopped("tool_use"), STOP)
    assert run("anthropic", data).calls == [ToolCall("a", "f", '{"x": 1}')]


def test_blocks_that_are_not_closed_are_closed_by_the_end() -> None:
    data = named(block(0, "tool_use", id="a", name="f", input={}), stopped("tool_use"))
    for body in (data, data + named(STOP)):
        assert run("anthropic", body).calls == [ToolCall("a", "f", "{}")]


def test_text_that_comes_with_the_block_is_text() -> None:
    assert run("anthropic", named(block(0, "text", text="a"), STOP)).text == "a"


def test_answers_ended_by_a_length() -> None:
    for reason in ("max_tokens", "model_context_window_exceeded"):
        data = named(delta(0, "text_delta", text="a"), stopped(reason), STOP)
        assert run("anthropic", data).events[-1] == Done(Status.LENGTH, reason)


@pytest.mark.parametrize(("reason", "says"), [("refusal", "refused to answer"), ("pause_turn", "paused")])
def test_an_answer_that_a_refusal_or_a_pause_ended(reason: str, says: str) -> None:
    done = run("anthropic", named(START, stopped(reason), STOP)).events[-1]
    assert isinstance(done, Done)
    assert (done.status, done.finish_reason) == (Status.TRUNCATED, reason) and says in done.reason


def test_an_overloaded_server_may_be_asked_again() -> None:
    error: dict[str, object] = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    failure = run("anthropic", named(START, error)).failure
    assert failure is not None
    assert (failure.status, failure.retry, failure.exit_code) == (529, True, Exit.TEMPORARY)

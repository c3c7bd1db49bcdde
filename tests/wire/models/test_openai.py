"""OpenAI's protocol as its many servers speak it."""

from __future__ import annotations

import pytest

from chatd.core.row import Status
from chatd.core.stream import Done, Thinking, Token, ToolCall, Usage
from tests.wire.models.streams import chunk, events, run


def test_a_conversation_with_a_reasoning_model() -> None:
    outcome = run(
        "openai",
        events(
            chunk(role="assistant", content=""),
            chunk(reasoning_content="Hm, "),
            chunk(reasoning="well."),
            chunk(content="Yes"),
            chunk(content="."),
            chunk("stop"),
            {"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}},
            "[DONE]",
        ),
    )
    assert outcome.events == [
        Thinking("Hm, "), Thinking("well."), Token("Yes"), Token("."), Usage(10, 5), Done(),
    ]  # fmt: skip


def test_a_thought_under_both_names_is_thought_once() -> None:
    assert run("openai", events(chunk(reasoning="hm", reasoning_content="hm"), "[DONE]")).thoughts == "hm"


def test_done_without_a_reason_is_a_stop() -> None:
    assert run("openai", events(chunk(content="a"), "[DONE]")).events == [Token("a"), Done()]


def test_a_reason_without_done_is_an_end() -> None:
    """As transformers ends every reply; the usage comes with the last chunk."""
    last = chunk("stop") | {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}
    assert run("openai", events(chunk(content="a"), last)).events == [Token("a"), Usage(1, 2), Done()]


@pytest.mark.parametrize("reason", ["length", "max_tokens", "model_length"])
def test_an_answer_ended_by_its_length(reason: str) -> None:
    assert run("openai", events(chunk(reason, content="a"), "[DONE]")).events[-1] == Done(Status.LENGTH, reason)


def test_the_word_of_the_server_is_kept() -> None:
    assert run("openai", events(chunk("eos", content="a"), "[DONE]")).events[-1] == Done(Status.COMPLETE, "eos")
    long = run("openai", events(chunk("x" * 1000, content="a"), "[DONE]")).events[-1]
    assert isinstance(long, Done)
    assert len(long.finish_reason) == 64


def test_an_answer_kept_back() -> None:
    """With what came before; whether that is anything is for others to say."""
    for reason in ("content_filter", "SAFETY", "sensitive"):
        token, done = run("openai", events(chunk(content="a"), chunk(reason), "[DONE]")).events
        assert token == Token("a") and isinstance(done, Done)
        assert (done.status, done.finish_reason) == (Status.TRUNCATED, reason)
        assert done.reason == f"a filter of the model's server ended the answer ({reason})"


def test_a_refusal_is_what_the_model_says_and_no_answer() -> None:
    outcome = run("openai", events(chunk(refusal="I will "), chunk(refusal="not."), chunk("stop"), "[DONE]"))
    done = outcome.events[-1]
    assert outcome.text == "I will not." and isinstance(done, Done)
    assert done.status is Status.TRUNCATED and "refused" in done.reason


def test_the_older_way_to_call_is_a_repetition() -> None:
    """llama-cpp-python says each call twice."""
    function = {"name": "f", "arguments": "{}"}
    both = chunk(function_call=function, tool_calls=[{"index": 0, "id": "a", "function": function}])
    assert run("openai", events(both, chunk("tool_calls"), "[DONE]")).calls == [ToolCall("a", "f", "{}")]


def test_calls_without_an_index_are_told_apart_by_their_place() -> None:
    calls = [{"id": "a", "function": {"name": "f", "arguments": {"x": "é"}}}, {"id": "b", "function": {"name": "g"}}]
    outcome = run("openai", events(chunk(tool_calls=calls), "[DONE]"))
    assert outcome.calls == [ToolCall("a", "f", '{"x": "é"}'), ToolCall("b", "g", "")]


def test_only_the_first_choice_is_read() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": "length"}]}
    assert run("openai", events(chunk(content="a"), other, chunk("stop"), "[DONE]")).events == [Token("a"), Done()]


def test_a_whole_message_in_a_stream() -> None:
    """Read when there were no deltas; behind them it repeats them."""
    whole: dict[str, object] = {"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}
    assert run("openai", events(whole, "[DONE]")).text == "Yes."
    assert run("openai", events(chunk(content="Yes."), whole, "[DONE]")).text == "Yes."


def test_usage_said_more_than_once_is_what_was_said_last() -> None:
    counts = [{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": number}} for number in (1, 2)]
    outcome = run("openai", events(*counts, {"usage": {"prompt_tokens": -1, "completion_tokens": True}}, "[DONE]"))
    assert outcome.events == [Usage(3, 2), Done()]


def test_pings_and_empty_deltas_say_nothing() -> None:
    assert run("openai", b": ping - 2026\n\n" + events(chunk(content=""), chunk(), "[DONE]")).events == [Done()]


def test_the_servers_own_clock() -> None:
    """As llama.cpp tells it, beside the usage."""
    last = chunk("stop", content="a") | {
        "usage": {"completion_tokens": 9},
        "timings": {"predicted_ms": 1500.5, "prompt_ms": 20},
    }
    assert run("openai", events(last, "[DONE]")).events[1] == Usage(None, 9, eval_ms=1500.5, prompt_eval_ms=20.0)
    odd = last | {"timings": {"predicted_ms": float("inf")}}
    assert run("openai", events(odd, "[DONE]")).events[1] == Usage(None, 9)

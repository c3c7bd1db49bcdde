"""Ollama's own protocol."""

from __future__ import annotations

from chatd.core.row import Status
from chatd.core.stream import Done, Thinking, Token, ToolCall, Usage
from chatd.errors import Exit, ProtocolFailure
from tests.wire.models.streams import lines, ollama, run

CALL = {"id": "call_x", "function": {"index": 0, "name": "clock", "arguments": {"zone": "Zürich"}}}


def test_a_conversation_with_a_thinking_model() -> None:
    outcome = run(
        "ollama",
        lines(
            ollama(message={"role": "assistant", "content": "", "thinking": "Hm."}),
            ollama("Yes"),
            ollama(".", done=True, done_reason="stop", prompt_eval_count=26, eval_count=9, total_duration=0),
        ),
    )
    assert outcome.events == [Thinking("Hm."), Token("Yes"), Token("."), Usage(26, 9), Done()]


def test_calls_in_a_message_before_the_last_or_in_the_last() -> None:
    """With text beside them; they come whole, their arguments an object."""
    expected = [Token("Let me see."), ToolCall("call_x", "clock", '{"zone": "Zürich"}'), Done()]
    message = {"content": "Let me see.", "tool_calls": [CALL]}
    assert run("ollama", lines(ollama(message=message), ollama(done=True))).events == expected
    assert run("ollama", lines(ollama(message=message, done=True))).events == expected


def test_calls_without_ids_get_some() -> None:
    """Also when two calls are alike: with whole calls it is plain that they are two."""
    call = {"function": {"name": "roll", "arguments": {}}}
    outcome = run("ollama", lines(ollama(message={"tool_calls": [call, call]}, done=True)))
    assert outcome.calls == [ToolCall("call_1", "roll", "{}"), ToolCall("call_2", "roll", "{}")]


def test_ids_that_are_taken_are_replaced() -> None:
    outcome = run("ollama", lines(ollama(message={"tool_calls": [CALL, CALL]}, done=True)))
    assert [call.id for call in outcome.calls] == ["call_x", "call_1"]


def test_arguments_that_are_text_stay_as_they_are() -> None:
    call = {"function": {"name": "f", "arguments": '{"a'}}
    assert run("ollama", lines(ollama(message={"tool_calls": [call]}, done=True))).calls[0].arguments == '{"a'


def test_a_call_without_a_name_is_a_fault() -> None:
    outcome = run("ollama", lines(ollama(message={"content": "a", "tool_calls": [{}]}, done=True)))
    assert outcome.events == [Token("a")]
    assert isinstance(outcome.failure, ProtocolFailure)


def test_a_model_that_was_only_loaded_has_said_nothing() -> None:
    for reason in ("load", "unload"):
        outcome = run("ollama", lines(ollama(done=True, done_reason=reason)))
        assert outcome.events == [Done(Status.COMPLETE, reason)]


def test_an_answer_ended_by_its_length() -> None:
    assert run("ollama", lines(ollama("a", done=True, done_reason="length"))).events[-1] == Done(
        Status.LENGTH, "length"
    )


def test_a_model_that_is_not_there() -> None:
    failure = run("ollama", lines({"error": "model 'qwen2.5:7b' not found"})).failure
    assert failure is not None
    assert failure.exit_code is Exit.UNAVAILABLE


def test_two_counts_are_told_as_far_as_they_are_known() -> None:
    assert run("ollama", lines(ollama("a", done=True, prompt_eval_count=5))).events[1] == Usage(5, None)
    assert run("ollama", lines(ollama("a", done=True, prompt_eval_count=0, eval_count=0))).events[1] == Usage(0, 0)


def test_a_cumulative_server_is_taken_at_its_word_in_the_done_object_too() -> None:
    """Its last piece may happen to be all pieces joined."""
    assert run("ollama", lines(ollama("a"), ollama("aa"), ollama("aaa", done=True)), cumulative=True).text == "aaa"


def test_the_servers_own_clock() -> None:
    """In nanoseconds; one that stands still says nothing."""
    done = ollama("a", done=True, eval_count=9, eval_duration=1_500_000_000)
    assert run("ollama", lines(done)).events[1] == Usage(None, 9, 1500.0)
    times = {"total_duration": 5_000_000_000, "load_duration": 2_000_000_000, "prompt_eval_duration": 500_000}
    found = run("ollama", lines(done | times)).events[1]
    assert found == Usage(None, 9, eval_ms=1500.0, prompt_eval_ms=0.5, load_ms=2000.0, total_ms=5000.0)
    for odd in (0, -1, True, "1", None):
        assert run("ollama", lines(done | {"eval_duration": odd})).events[1] == Usage(None, 9)

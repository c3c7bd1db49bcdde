"""Replies of all protocols: however the bytes are cut the events are the same, and what is cut short is never whole."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.row import Status
from chatd.core.stream import Done, StreamEvent, Token, ToolCall, Usage
from chatd.errors import Exit, LimitFailure, ProtocolFailure
from chatd.wire.models.decoder import Decoder, decode_whole
from chatd.wire.models.protocols import PROTOCOLS
from tests.wire.models.streams import (
    LIMITS,
    PROVIDERS,
    Recorded,
    Wire,
    block,
    chunk,
    cut,
    delta,
    events,
    lines,
    named,
    ollama,
    record,
    recorded,
    run,
)

ANSWER = {"ollama": "stop", "openai": "tool_calls", "anthropic": "tool_use"}


@settings(max_examples=120, deadline=None)
@given(recorded(), st.lists(st.integers(0, 5000), max_size=12))
def test_however_bytes_are_cut_the_events_are_the_same(reply: Recorded, cuts: list[int]) -> None:
    whole = run(reply.provider, reply.data)
    assert whole.failure is None
    assert whole.text == "".join(piece for _, piece in reply.said)
    assert "\ufffd" not in whole.text or any("\ufffd" in piece for _, piece in reply.said)
    assert run(reply.provider, *cut(reply.data, cuts)) == whole
    assert run(reply.provider, *(reply.data[at : at + 1] for at in range(len(reply.data)))) == whole


@settings(max_examples=60, deadline=None)
@given(recorded())
def test_events_come_in_their_order(reply: Recorded) -> None:
    """Text, then whole calls, the usage, and Done, once and last."""
    decoder = Decoder(PROTOCOLS[reply.provider], LIMITS)
    found = decoder.feed(reply.data) + decoder.end()
    *text, call, usage, done = found
    assert all(isinstance(event, Token) for event in text)
    assert isinstance(call, ToolCall)
    assert (call.name, json.loads(call.arguments)) == ("clock", {"zone": "é\u2028"})
    assert usage == Usage(3, 4)
    assert done == Done(Status.COMPLETE, ANSWER[reply.provider])
    assert decoder.over
    assert decoder.end() == decoder.feed(b"\r\n ") == []
    assert decoder.ignored == 0


@settings(max_examples=60, deadline=None)
@given(recorded(), st.data())
def test_a_reply_that_is_cut_is_never_done_and_loses_nothing_that_came(reply: Recorded, data: st.DataObject) -> None:
    """For every way to end: an orderly end of the body, and a broken connection."""
    at = data.draw(st.integers(0, reply.end - 1))
    for ends_well in (True, False):
        decoder = Decoder(PROTOCOLS[reply.provider], LIMITS)
        found = decoder.feed(reply.data[:at])
        found += decoder.end() if ends_well else decoder.broken()
        assert not any(isinstance(event, Done) for event in found)
        assert "".join(event.text for event in found if isinstance(event, Token)) == reply.text_at(at)
        assert decoder.over
        if ends_well:
            assert isinstance(decoder.failure, ProtocolFailure)
            assert decoder.failure.cut or "empty reply" in str(decoder.failure)
            assert decoder.failure.cut or not re.search(rb"data|event:|\{", reply.data[:at])
            assert decoder.failure.exit_code is Exit.FAILED
        else:
            assert decoder.failure is None


@settings(max_examples=40, deadline=None)
@given(recorded(), st.data())
def test_a_reply_that_said_its_end_is_done_though_the_body_goes_on_no_further(
    reply: Recorded, data: st.DataObject
) -> None:
    at = data.draw(st.integers(reply.done, len(reply.data)))
    outcome = run(reply.provider, reply.data[:at])
    assert outcome.failure is None
    assert outcome.events[-1] == Done(Status.COMPLETE, ANSWER[reply.provider])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_calls_of_a_cut_reply_are_given_so_that_they_can_be_recorded(provider: str) -> None:
    """In pieces, perhaps, but none is lost; before the failure."""
    reply = record(provider, ["Let me see."], Wire(provider))
    for end in (Decoder.end, Decoder.broken):
        decoder = Decoder(PROTOCOLS[provider], LIMITS)
        found = decoder.feed(reply.data[: reply.end - 1]) + end(decoder)
        call = found[-1]
        assert isinstance(call, ToolCall)
        assert (call.name, json.loads(call.arguments)) == ("clock", {"zone": "é\u2028"})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_without_a_frame_the_reply_was_empty(provider: str) -> None:
    for body in (b"", b"\r\n\r\n", b": ping\n\n" if provider != "ollama" else b"\n"):
        outcome = run(provider, body)
        assert outcome.events == []
        assert isinstance(outcome.failure, ProtocolFailure)
        assert "empty reply" in str(outcome.failure)
        assert not outcome.failure.cut


def test_a_connection_that_breaks_before_done_gives_no_done_though_a_reason_was_said() -> None:
    """The usage may be missing, and an error may have been on its way."""
    decoder = Decoder(PROTOCOLS["openai"], LIMITS)
    assert decoder.feed(events(chunk("stop", content="Hi"))) == [Token("Hi")]
    assert decoder.broken() == []
    assert decoder.over
    assert decoder.end() == decoder.broken() == []


def test_what_is_held_back_is_given_whatever_ends_the_reply() -> None:
    for ending in (b"", b"{broken}\n", lines({"error": "no"})):
        assert run("ollama", lines(ollama(" <thi")) + ending).text == " <thi"
    decoder = Decoder(PROTOCOLS["openai"], LIMITS)
    assert decoder.feed(events(chunk(content="<thi"))) == []
    assert decoder.broken() == [Token("<thi")]


def test_half_a_character_at_the_end_is_told() -> None:
    """Its other half never came: what stands for it is a part of the answer, as it is of what others see."""
    assert run("ollama", lines(ollama("a\ud83d"))).text == "a\ufffd"
    assert run("openai", events(chunk(content="a\ud83d"))).text == "a\ufffd"
    assert run("openai", events(chunk(content="a\ud83d"), chunk(content="\ude00"))).text == "a😀"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_bytes_after_the_end_are_counted_and_ignored(provider: str) -> None:
    reply = record(provider, ["Yes."], Wire(provider))
    decoder = Decoder(PROTOCOLS[provider], LIMITS)
    first = decoder.feed(reply.data + reply.data)
    assert [type(event) for event in first].count(Done) == 1
    assert decoder.ignored > 0
    ignored = decoder.ignored
    assert decoder.feed(b"\x00garbage{") == []
    assert decoder.ignored == ignored + 9
    assert decoder.failure is None


BIG = "x" * 5000


@pytest.mark.parametrize(
    ("provider", "data"),
    [
        ("ollama", lines(ollama("first"), ollama(BIG))),
        ("openai", events(chunk(content="first"), chunk(content=BIG))),
        ("anthropic", named(delta(0, "text_delta", text="first"), delta(0, "text_delta", text=BIG))),
    ],
)
def test_each_limit_names_itself_and_keeps_what_came_before(provider: str, data: bytes) -> None:
    line = run(provider, data, limits=replace(LIMITS, line=4096))
    assert (line.text, type(line.failure)) == ("first", LimitFailure)
    assert "a line is over the limit of 4 KiB" in str(line.failure)
    reply = run(provider, data, limits=replace(LIMITS, reply=5004))
    assert (reply.text, type(reply.failure)) == ("first", LimitFailure)
    assert "the reply is over the limit of 4.9 KiB" in str(reply.failure)
    assert run(provider, data, limits=replace(LIMITS, reply=5005)).text == "first" + BIG
    if provider != "ollama":
        event = run(provider, data, limits=replace(LIMITS, event=4096))
        assert (event.text, type(event.failure)) == ("first", LimitFailure)
        assert "an event is over the limit of 4 KiB" in str(event.failure)


def test_the_limit_of_a_reply_counts_thoughts_and_calls_in_bytes() -> None:
    limits = replace(LIMITS, reply=5)
    thought = chunk(reasoning="🌍")
    call = chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": "[]"}}])
    assert run("openai", events(thought, chunk(content="x"), "[DONE]"), limits=limits).failure is None
    assert isinstance(run("openai", events(thought, call, "[DONE]"), limits=limits).failure, LimitFailure)
    deltas = named(block(0, "tool_use", id="a", name="f", input={}), delta(0, "input_json_delta", partial_json="[[[[["))
    assert isinstance(run("anthropic", deltas, limits=limits).failure, LimitFailure)


WHOLE = {
    "ollama": ollama(
        message={
            "content": "Yes.",
            "thinking": "hm",
            "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {"x": 1}}}],
        },
        done=True, done_reason="stop", prompt_eval_count=3, eval_count=4,
    ),
    "openai": {
        "choices": [
            {
                "message": {
                    "content": "Yes.",
                    "reasoning_content": "hm",
                    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}],
                },
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4},
    },
    "anthropic": {
        "type": "message",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "Yes."},
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
        ],
        "stop_reason": "stop",
        "usage": {"input_tokens": 3, "output_tokens": 4},
    },
}  # fmt: skip


def told(found: list[StreamEvent]) -> list[str]:
    return [type(event).__name__ for event in found]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_whole_reply_gives_what_its_stream_would(provider: str) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(WHOLE[provider]).encode()
    found, failure = decode_whole(PROTOCOLS[provider], body, LIMITS)
    assert failure is None
    assert told(found) == ["Thinking", "Token", "ToolCall", "Usage", "Done"]
    assert found[1:] == [
        Token("Yes."), ToolCall("a", "f", '{"x": 1}'), Usage(3, 4), Done(Status.COMPLETE, "stop"),
    ]  # fmt: skip


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty reply"),
        (b"<html><title>502</title>", "a page for browsers: 502"),
        (b"plain", "not JSON: plain"),
        (b"[1]", "no part of an answer: [1]"),
        (b"42", "no part of an answer: 42"),
        (b'{"a": 1}', 'no part of an answer: {"a": 1}'),
        (b'{"error": {"message": "broken"}}', "broken"),
        (b'{"detail": "broken"}', "broken"),
        (b"[" * 10_000, "not JSON"),
        (b"[" * 100_000, "more than 20,000 values"),
        (b'{"a":' + b"9" * 5000 + b"}", "no part of an answer"),
    ],
)
def test_a_whole_reply_that_is_none_fails(provider: str, body: bytes, says: str) -> None:
    found, failure = decode_whole(PROTOCOLS[provider], body, LIMITS)
    assert found == []
    assert says in str(failure)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_whole_reply_has_its_limit(provider: str) -> None:
    _, failure = decode_whole(PROTOCOLS[provider], json.dumps(WHOLE[provider]).encode(), replace(LIMITS, reply=5))
    assert isinstance(failure, LimitFailure)


def test_a_whole_reply_may_hold_a_tagged_thought() -> None:
    body = json.dumps(ollama("<think>hm</think>\n\nYes.", done=True)).encode()
    found, _ = decode_whole(PROTOCOLS["ollama"], body, LIMITS)
    assert told(found) == ["Thinking", "Token", "Done"]


@pytest.mark.parametrize("provider", ["ollama", "openai"])
@given(st.lists(st.text(st.sampled_from("ab\n🌍"), min_size=1, max_size=3), min_size=1, max_size=6))
def test_a_cumulative_server_says_nothing_twice(provider: str, pieces: list[str]) -> None:
    so_far = list(accumulate(pieces))
    if provider == "ollama":
        data = lines(*map(ollama, so_far), ollama(so_far[-1], done=True))
    else:
        data = events(*(chunk(content=text) for text in so_far), "[DONE]")
    outcome = run(provider, data, cumulative=True)
    assert (outcome.text, outcome.failure) == ("".join(pieces), None)


def test_a_piece_that_does_not_repeat_the_text_is_a_fault_not_an_answer_mixed_up() -> None:
    outcome = run("openai", events(chunk(content="Hello"), chunk(content=" world"), "[DONE]"), cumulative=True)
    assert outcome.text == "Hello"
    assert "cumulative" in str(outcome.failure)
    assert run("openai", events(chunk(content="ha"), chunk(content="ha"), "[DONE]")).text == "haha"

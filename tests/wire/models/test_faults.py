"""What servers get wrong on the wire, one test for each kind of fault."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chatd.core.row import Status
from chatd.core.stream import Done, Thinking, Token, ToolCall, Usage
from chatd.core.tool import BadArguments, parse_arguments
from chatd.errors import LimitFailure, ModelFailure, ProtocolFailure, UpstreamFailure
from chatd.wire.models.decoder import Decoder
from chatd.wire.models.protocols import PROTOCOLS
from tests.wire.models.streams import (
    LIMITS,
    PROVIDERS,
    Wire,
    block,
    chunk,
    delta,
    events,
    lines,
    named,
    ollama,
    record,
    run,
)

ODD = "\u2028\u2029\x85\x0b\x0c\x1b\x00"


def one_by_one(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_characters_and_messages_split_over_reads(provider: str) -> None:
    """F1, F2: no stand-in appears, nothing is lost."""
    reply = record(provider, ["é世🌍", "👩‍👩‍👧"], Wire(provider))
    outcome = run(provider, *one_by_one(reply.data))
    assert (outcome.text, outcome.failure) == ("é世🌍👩‍👩‍👧", None)


def test_a_character_split_over_two_messages() -> None:
    """F1: as two halves of UTF-16, each in a delta of its own."""
    halves = events('{"choices":[{"delta":{"content":"\\ud83c"}}]}', '{"choices":[{"delta":{"content":"\\udf0d"}}]}')
    assert run("openai", halves).text == "🌍"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_many_messages_in_one_read(provider: str) -> None:
    """F3: all of them, in order."""
    pieces = [f"{number} " for number in range(50)]
    assert run(provider, record(provider, pieces, Wire(provider)).data).text == "".join(pieces)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_other_systems(provider: str, newline: str) -> None:
    """F4. A lone CR ends lines of SSE only; in NDJSON it is a blank like any other."""
    if (provider, newline) != ("ollama", "\r"):
        assert run(provider, record(provider, ["a", "b"], Wire(provider, newline)).data).text == "ab"
    assert run("ollama", b'{"message":\r{"content":"a\\r"},\r"done":true}\n').text == "a\r"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_byte_order_mark(provider: str) -> None:
    """F5: only at the very beginning; later it is text."""
    reply = record(provider, ["\ufeffa"], Wire(provider))
    outcome = run(provider, b"\xef\xbb\xbf" + reply.data)
    assert (outcome.text, outcome.failure) == ("\ufeffa", None)
    cut = run(provider, b"\xef\xbb")
    assert "empty reply" in str(cut.failure), "a body that ends within the mark has said nothing"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_blank_lines(provider: str) -> None:
    """F6."""
    reply = record(provider, ["a"], Wire(provider))
    blank = reply.data.replace(b"\n", b"\n\n\n") if provider == "ollama" else b"\n\n" + reply.data + b"\n\n"
    assert run(provider, blank).text == "a"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_unicode_calls_a_line_end_is_text(provider: str) -> None:
    """F7: raw or escaped."""
    for ascii_only in (True, False):
        outcome = run(provider, *one_by_one(record(provider, [ODD, "b"], Wire(provider, ascii=ascii_only)).data))
        assert (outcome.text, outcome.failure) == (ODD + "b", None)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_last_line_without_its_end(provider: str) -> None:
    """F8: also the blank line after the last event."""
    data = record(provider, ["a"], Wire(provider)).data.rstrip(b"\n")
    outcome = run(provider, data)
    assert isinstance(outcome.events[-1], Done)


def test_what_comes_after_the_end_is_ignored() -> None:
    """F9: another done object, text, an error: the answer is what it was."""
    done = ollama(done=True)
    outcome = run("ollama", lines(ollama("a"), done, done, ollama("b"), {"error": "late"}) + b"{broken")
    assert (outcome.text, outcome.failure) == ("a", None)
    assert outcome.events[1:] == [Done()]
    assert outcome.ignored > 0
    assert run("openai", events(chunk("stop", content="a"), "[DONE]", chunk(content="b"))).text == "a"


@pytest.mark.parametrize(
    ("so_far", "last", "text"),
    [
        (["Hello", " world"], "!", "Hello world!"),
        (["Hello", " world"], "Hello world", "Hello world"),
        (["ha"], "ha", "ha"),
        (["ha"], "haha", "hahaha"),
        (["The sky"], "The sky appears blue.", "The sky appears blue."),
        (["I"], "It is so.", "It is so."),
        (["ha"], " ha ha", "ha ha ha"),
        (["sixteen ", "letters!"], "sixteen letters!!", "sixteen letters!!"),
        (["sixteen ", "letters!"], "sixteen letters", "sixteen letters!sixteen letters"),
        (["sixteen ", "letters!"], "sixteen letters.!", "sixteen letters!sixteen letters.!"),
        ([], "all at once", "all at once"),
        (["a"], "", "a"),
    ],
)
def test_text_in_the_done_object(so_far: list[str], last: str, text: str) -> None:
    """F10: a delta, unless it begins with all so far, and does not only laugh."""
    assert run("ollama", lines(*map(ollama, so_far), ollama(last, done=True))).text == text
    thoughts = [ollama(message={"thinking": piece}) for piece in so_far]
    assert run("ollama", lines(*thoughts, ollama(message={"thinking": last}, done=True))).thoughts == text


def test_ends_that_are_said_otherwise() -> None:
    """F11."""
    assert run("ollama", lines(ollama("a", done_reason="length"))).events[-1] == Done(Status.LENGTH, "length")
    assert run("ollama", lines(ollama("a"), {"status": "success"})).events[-1] == Done()
    assert run("ollama", lines(ollama("a"), {"model": "m", "done": True})).events[-1] == Done()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_body_that_ends_before_the_reply_does(provider: str) -> None:
    """F12: the text is kept, the end is a failure."""
    reply = record(provider, ["kept"], Wire(provider))
    outcome = run(provider, reply.data[: reply.end - 1])
    assert outcome.text == "kept"
    assert outcome.failure is not None
    assert outcome.failure.cut
    assert "broke off" in str(outcome.failure)


def test_an_error_swallowed_by_the_server_is_an_end_that_was_not_said() -> None:
    """F12: an empty chunk, then nothing."""
    outcome = run("openai", events(chunk(content="")))
    assert outcome.failure is not None
    assert outcome.failure.cut


@pytest.mark.parametrize(
    ("provider", "error"),
    [
        ("ollama", lines({"error": "out of memory"})),
        ("ollama", lines({"model": "m", "error": "out of memory", "done": True})),
        ("ollama", lines({"error": json.dumps({"error": {"message": "out of memory", "code": 500}})})),
        ("openai", events({"error": {"message": "out of memory", "type": "server_error", "code": 500}}, "[DONE]")),
        ("openai", events({"error": "out of memory"})),
        ("openai", b'event: error\ndata: {"message": "out of memory"}\n\n'),
        ("openai", b"event: error\ndata: out of memory\n\n"),
        ("openai", b'error: {"code": 500, "message": "out of memory", "type": "server_error"}\n\n'),
        ("openai", events({"object": "error", "message": "out of memory"})),
        ("openai", events({"detail": "out of memory"})),
        ("openai", events(chunk("error") | {"error": {"message": "out of memory"}})),
        ("anthropic", named({"type": "error", "error": {"type": "api_error", "message": "out of memory"}})),
        ("anthropic", events({"type": "error", "error": {"type": "api_error", "message": "out of memory"}})),
    ],
)
def test_errors_within_a_stream(provider: str, error: bytes) -> None:
    """F15: what came is kept, the words are passed on."""
    begun = {
        "ollama": lines(ollama("kept")),
        "openai": events(chunk(content="kept")),
        "anthropic": named(delta(0, "text_delta", text="kept")),
    }[provider]
    outcome = run(provider, begun + error)
    assert outcome.events == [Token("kept")]
    assert isinstance(outcome.failure, UpstreamFailure)
    assert "out of memory" in str(outcome.failure)
    assert not outcome.failure.cut


def test_a_reply_that_ends_in_error_without_a_word() -> None:
    """F15: as a finish reason, or as an event without data."""
    assert isinstance(run("openai", events(chunk("error", content="a"))).failure, UpstreamFailure)
    assert isinstance(run("anthropic", b"event: error\n\n").failure, UpstreamFailure)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_object_that_is_no_part_of_an_answer(provider: str) -> None:
    """F16."""
    odd = {"error parsing tool call": "raw='{'"}
    outcome = run(provider, lines(odd) if provider == "ollama" else events(odd))
    assert isinstance(outcome.failure, ProtocolFailure)
    assert "error parsing tool call" in str(outcome.failure)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("bad", [b"{broken}", b"plain", b"[" * 10_000])
def test_the_first_message_that_is_no_json_ends_the_reply(provider: str, bad: bytes) -> None:
    """F17: to skip one would leave a hole in the text that nobody sees."""
    before, after = [record(provider, [text], Wire(provider)) for text in ("kept", "lost")]
    begun = before.data[: before.said[0][0]] + b"\n\n"
    outcome = run(provider, begun + (bad if provider == "ollama" else b"data: " + bad) + b"\n\n" + after.data)
    assert outcome.events == [Token("kept")]
    assert isinstance(outcome.failure, ProtocolFailure)
    assert "not JSON" in str(outcome.failure)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("value", [b'"text"', b"[]", b"12", b"null", b'{"type": "billing"}', b'{"hook_results": {}}'])
def test_what_no_protocol_defines_is_ignored(provider: str, value: bytes) -> None:
    """It may come anywhere; when nothing else comes, it is told."""
    reply = record(provider, ["a", "b"], Wire(provider))
    stray = (value if provider == "ollama" else b"data: " + value) + b"\n\n"
    for at in (0, reply.data.index(b"\n", reply.said[0][0]) + (1 if provider == "ollama" else 2)):
        outcome = run(provider, reply.data[:at] + stray + reply.data[at:])
        assert (outcome.text, outcome.failure) == ("ab", None)
    alone = run(provider, stray)
    assert isinstance(alone.failure, ProtocolFailure)
    assert "no part of an answer" in str(alone.failure) and not alone.failure.cut


def test_a_failure_told_within_a_chunk() -> None:
    told: list[dict[str, object]] = [
        {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}, "choices": None},
        {"error_code": 17, "error_msg": "insufficient balance"},
    ]
    for value in told:
        assert "insufficient balance" in str(run("openai", events(value, "[DONE]")).failure)
    fine = {"base_resp": {"status_code": 0, "status_msg": ""}} | chunk("stop", content="a")
    assert run("openai", events(fine, "[DONE]")).text == "a"


def test_a_last_chunk_that_repeats_the_whole() -> None:
    """Only a text that nobody says twice: other servers' last chunk has a piece like any other."""
    long = "sixteen letters!"
    assert run("openai", events(chunk(content=long), chunk("stop", content=long), "[DONE]")).text == long
    assert run("openai", events(chunk(content=long), chunk("stop", content=f"{long}!"), "[DONE]")).text == f"{long}!"
    assert run("openai", events(chunk(content="ha"), chunk("stop", content="ha"), "[DONE]")).text == "haha"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_events_without_blank_lines_between_them(size: int) -> None:
    """Also named ones, and one whose JSON goes over several lines is still one."""
    named_ones = named(block(0, "text", text="a"), delta(0, "text_delta", text="b"), {"type": "message_stop"})
    plain = events(chunk(content="a"), chunk("stop", content="b"), "[DONE]")
    pretty = b'data: {"choices":\ndata: [{"delta": {"content": "ab"}}]}\n\ndata: [DONE]\n\n'
    for provider, data in [("openai", plain), ("anthropic", named_ones)]:
        bare = data.replace(b"\n\n", b"\n")
        assert run(provider, *[bare[at : at + size] for at in range(0, len(bare), size)]).text == "ab"
    assert run("openai", pretty).text == "ab"


def test_without_blank_lines_no_piece_waits_for_the_one_after_the_next() -> None:
    decoder = Decoder(PROTOCOLS["openai"], LIMITS)
    texts = [decoder.feed(events(chunk(content=letter))[:-1]) for letter in "abc"]
    assert texts == [[], [Token("a"), Token("b")], [Token("c")]]


def test_numbers_that_are_none_harm_nobody() -> None:
    """F17: NaN is what Python's servers send for a probability of nothing."""
    assert run("openai", events('{"choices":[{"delta":{"content":"a"},"logprob":NaN}]}', "[DONE]")).text == "a"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_sizes_without_bound(provider: str) -> None:
    """F18: the limit is named, without waiting for the line's end."""
    endless = [b'{"message": "' if provider == "ollama" else b"data: ", *[b"x" * 4096] * 300]
    outcome = run(provider, *endless)
    assert isinstance(outcome.failure, LimitFailure)
    assert "1 MiB" in str(outcome.failure)


def test_an_event_of_endless_lines() -> None:
    """F18."""
    outcome = run("openai", *[b"data: " + b"x" * 1000 + b"\n"] * 50, limits=replace(LIMITS, event=20_000))
    assert isinstance(outcome.failure, LimitFailure)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_bytes_that_are_no_utf_8(provider: str) -> None:
    """F28: whatever a header claims, it is UTF-8; what is not is shown as such."""
    data = record(provider, ["a?b"], Wire(provider)).data.replace(b"?", b"\xe9")
    outcome = run(provider, data)
    assert (outcome.text, outcome.failure) == ("a\ufffdb", None)


def test_what_is_null_or_missing_is_nothing() -> None:
    """F29."""
    nothing: list[dict[str, object]] = [
        {"choices": []},
        {"choices": None},
        {"choices": None, "usage": None},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"index": 0, "delta": None, "finish_reason": None}]},
        {"choices": [{"index": 0, "finish_reason": ""}]},
        chunk(content=None, tool_calls=None, reasoning=None, refusal=None),
        chunk(tool_calls=[]),
    ]
    outcome = run("openai", events(*nothing, chunk(content="a"), *nothing, chunk("stop"), *nothing, "[DONE]"))
    assert outcome.events == [Token("a"), Done()]
    empty: list[dict[str, object]] = [ollama(None), ollama(message={}), ollama(message={"tool_calls": None})]
    assert run("ollama", lines(*empty, ollama("a"), ollama(message=None, done=True))).events == [Token("a"), Done()]
    blocks: list[dict[str, object]] = [
        {"type": "message_start", "message": None},
        {"type": "content_block_start", "index": 0, "content_block": None},
        {"type": "content_block_delta", "index": 0, "delta": None},
        delta(0, "text_delta", text=None),
        {"type": "message_delta", "delta": None, "usage": None},
    ]
    outcome = run("anthropic", named(*blocks, delta(0, "text_delta", text="a"), {"type": "message_stop"}))
    assert outcome.events == [Token("a"), Done(Status.COMPLETE, "end_turn")]


def test_content_as_a_list_of_parts() -> None:
    """F30: the text of those that have some."""
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}, "b", None, {"text": "c"}]
    assert run("openai", events(chunk(content=parts), "[DONE]")).text == "abc"
    assert run("ollama", lines(ollama(parts, done=True))).text == "abc"


def test_deltas_that_repeat_all_so_far() -> None:
    """F31: only when told that the server is like that."""
    data = events(chunk(content="He"), chunk(content="Hello"), chunk("stop"), "[DONE]")
    assert run("openai", data, cumulative=True).text == "Hello"
    assert run("openai", data).text == "HeHello"


@pytest.mark.parametrize("raw", ['{"a', '"{}"', "[1]", "", "null", "{}"])
def test_arguments_come_through_as_the_model_wrote_them(raw: str) -> None:
    """F32: what is wrong with them is for the model to hear; nothing and null are no arguments."""
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": raw}}
    assert run("openai", events(chunk(tool_calls=[call]), "[DONE]")).calls == [ToolCall("a", "f", raw)]
    if raw in {"", "null", "{}"}:
        assert parse_arguments(raw) == {}
    else:
        with pytest.raises(BadArguments):
            parse_arguments(raw)


def test_calls_of_a_reply_that_ended_by_its_length() -> None:
    """F33: given, perhaps cut; the status tells that they must not be run."""
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{\n\t"city"\n\t:\n'}}
    outcome = run("openai", events(chunk(tool_calls=[call]), chunk("length"), "[DONE]"))
    assert outcome.events == [ToolCall("a", "f", '{\n\t"city"\n\t:\n'), Done(Status.LENGTH, "length")]


def test_calls_without_ids_and_all_with_index_0() -> None:
    """F35."""
    calls = [{"index": 0, "function": {"name": "f", "arguments": f'{{"n":{number}}}'}} for number in (1, 2)]
    expected = [ToolCall("call_1", "f", '{"n":1}'), ToolCall("call_2", "f", '{"n":2}')]
    assert run("openai", events(chunk(tool_calls=calls), "[DONE]")).calls == expected
    apart = [chunk(tool_calls=[call]) for call in calls]
    assert run("openai", events(*apart, "[DONE]")).calls == expected


def test_an_answer_of_nothing_is_done_and_shows_what_it_cost() -> None:
    """F39: whoever asked can say that it was empty, or only thought."""
    assert run("ollama", lines(ollama(done=True, eval_count=40))).events == [Usage(None, 40), Done()]
    assert run("openai", events(chunk(reasoning="hm"), "[DONE]")).events == [Thinking("hm"), Done()]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_tagged_thoughts(provider: str) -> None:
    """F40: told from the answer over any pieces; without its end it is all thought."""
    for text, thoughts, answer in [
        ("<think>\nhm\n</think>\n\nYes.", "hm", "Yes."),
        ("<think>hm", "hm", ""),
        ("Use <think>.", "", "Use <think>."),
    ]:
        outcome = run(provider, record(provider, list(text), Wire(provider)).data)
        assert (outcome.thoughts, outcome.text) == (thoughts, answer)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nothing_is_raised_whatever_comes(provider: str) -> None:
    """Objects of the right names and the wrong kinds."""
    wrong: list[object] = [0, 1.5, True, "x", [], [1], {}, {"a": 1}, None]
    for value in wrong:
        for key in ("message", "choices", "error", "usage", "delta", "content_block", "type", "index", "detail"):
            body = {"type": "content_block_delta", "index": 0, "choices": [{"delta": value}], key: value}
            for frame in (body, {"choices": [body]}, {"choices": [{"delta": {"tool_calls": [body, value]}}]}):
                data = lines(frame) if provider == "ollama" else events(frame)
                failure = run(provider, data).failure
                assert failure is None or isinstance(failure, ModelFailure)

"""Streams that servers have sent (`streams.json`): what each of them must come to, however its bytes are cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatd.core.row import Status
from chatd.core.stream import Done
from chatd.wire.models.decoder import decode_whole
from chatd.wire.models.protocols import PROTOCOLS
from tests.wire.models.streams import LIMITS, Outcome, chunk, delta, run

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("streams.json").read_text())


def untagged(case: dict[str, Any]) -> bool:
    return "untagged" in case["expect"].get("only_with", "")


def status_of(outcome: Outcome) -> str:
    """As a room tells it: an answer without text is none."""
    last = outcome.events[-1] if outcome.events else None
    ended = last.status if isinstance(last, Done) and (outcome.text.strip() or outcome.calls) else Status.FAILED
    return str(ended)


def check(case: dict[str, Any], outcome: Outcome) -> None:
    expected = case["expect"]
    assert status_of(outcome) == expected.get("status", "complete")
    assert outcome.text == expected.get("text", "")
    assert outcome.thoughts == expected.get("thinking", "")
    calls = [{"name": call.name, "arguments": json.loads(call.arguments)} for call in outcome.calls]
    assert calls == expected.get("calls", [])
    assert expected.get("reason_contains", "") in str(outcome.failure)
    if "reason_not_contains" in expected:
        assert outcome.failure is not None and expected["reason_not_contains"] not in str(outcome.failure)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_it_comes_to_the_same_at_every_cut(case: dict[str, Any]) -> None:
    data = "".join(case["wire"]).encode()
    pieces = [[part.encode() for part in case["wire"]], [data[at : at + 1] for at in range(len(data))]]
    pieces += [[data[:at], data[at:]] for at in range(len(data) + 1)]
    for cut in pieces:
        check(case, run(case["provider"], *cut, untagged=untagged(case)))


def test_without_the_setting_a_thought_that_was_never_opened_is_text() -> None:
    (case,) = filter(untagged, CASES)
    outcome = run("openai", *(part.encode() for part in case["wire"]))
    assert (outcome.text, outcome.thoughts) == ("I should greet. Yes.\n</think>\n\nHello!", "")


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "thinking", "thinking": "abc"}, {"type": "text", "text": "Hello!"}]},
        {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "abc"}]}, "Hello!"]},
        {"content": "Hello!", "reasoning_details": [{"type": "reasoning.summary", "summary": "abc"},
                                                    {"type": "reasoning.encrypted", "data": "xyz"}]},
        {"content": "Hello!", "thinking_blocks": [{"type": "thinking", "thinking": "abc", "signature": "s"}]},
        {"content": [{"type": "thinking", "thinking": "abc"}, {"type": "text", "text": "Hello!"}], "reasoning": "abc"},
        {"content": "Hello!", "thinking": "abc", "reasoning": {"text": "abc"}},
        {"content": "<think>abc</think>Hello!"},
    ],
)  # fmt: skip
def test_thoughts_in_all_their_shapes(message: dict[str, object]) -> None:
    """In the protocols whose messages are alike, streamed or whole."""
    replies = {
        "openai": {"choices": [{"message": message, "finish_reason": "stop"}]},
        "ollama": {"message": message, "done": True},
    }
    for provider, reply in replies.items():
        events, failure = decode_whole(PROTOCOLS[provider], json.dumps(reply).encode(), LIMITS)
        outcome = Outcome(events, failure)
        assert (outcome.thoughts, outcome.text, failure) == ("abc", "Hello!", None)
    streamed = run("openai", b"data: " + json.dumps(chunk("stop", **message)).encode() + b"\n\ndata: [DONE]\n\n")
    assert (streamed.thoughts, streamed.text) == ("abc", "Hello!")


def test_an_anthropic_block_of_an_unknown_kind_is_ignored() -> None:
    odd = [delta(7, "new_delta", text="no"), {"type": "content_block_start", "index": 7, "content_block": None}]
    said = [{"type": "message_start"}, *odd, delta(0, "text_delta", text="Hello!"), {"type": "message_stop"}]
    assert run("anthropic", b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in said)).text == "Hello!"

"""Servers that want back with a tool's result what came with the call: they refuse the second round without it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatd.testing import World
from chatd.testing.upstream import ANTHROPIC, OLLAMA, OPENAI, FakeUpstream, MemoryNetwork, Received, Wire, streamed
from chatd.testing.upstream.fake import Script
from chatd.testing.upstream.replies import json_reply, refusal
from tests.models.upstreams import questions, rows, settings, tell

SIGNATURE = "c2lnbmF0dXJl" * 20
EXTRA = {"google": {"thought_signature": SIGNATURE}}
ARGUMENTS = {"expression": "6*7"}


def chunks(*deltas: dict[str, Any]) -> bytes:
    said: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    said.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in said) + b"data: [DONE]\n\n"


def called(**more: Any) -> dict[str, Any]:
    function = {"name": "calculate", "arguments": json.dumps(ARGUMENTS)}
    return {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": function, **more}]}


def named(*values: dict[str, Any]) -> bytes:
    return b"".join(f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode() for value in values)


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    pieces = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    begin = {"type": "content_block_start", "index": index, "content_block": start}
    return [begin, *pieces, {"type": "content_block_stop", "index": index}]


SIGNED = [
    {"type": "thinking", "thinking": "Let me reckon.", "signature": SIGNATURE},
    {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"},
]
DETAILS = [
    {"type": "reasoning.text", "text": "Let me reckon.", "signature": SIGNATURE, "index": 0, "format": "anthropic"},
    {"type": "reasoning.encrypted", "data": "ZW5jcnlwdGVk", "id": "r1"},
]
ROUNDS: list[tuple[str, Wire, bytes, Any]] = [
    ("google", OPENAI, chunks(called(extra_content=EXTRA)),
     lambda made: made["tool_calls"][0].get("extra_content") == EXTRA),
    ("google, beside the name", OPENAI,
     chunks(called(), {"tool_calls": [{"index": 0, "extra_content": EXTRA}]}),
     lambda made: made["tool_calls"][0].get("extra_content") == EXTRA),
    ("deepseek", OPENAI, chunks({"reasoning_content": "Let me "}, {"reasoning_content": "reckon."}, called()),
     lambda made: made.get("reasoning_content") == "Let me reckon."),
    ("openrouter", OPENAI,
     chunks({"reasoning_details": [{"type": "reasoning.text", "text": "Let me ", "index": 0, "format": "anthropic"}]},
            {"reasoning_details": [{"type": "reasoning.text", "text": "reckon.", "index": 0}]},
            {"reasoning_details": [{"type": "reasoning.text", "signature": SIGNATURE, "index": 0}, DETAILS[1]]},
            called()),
     lambda made: made.get("reasoning_details") == DETAILS),
    ("anthropic", ANTHROPIC,
     named({"type": "message_start", "message": {}},
           *block(0, {"type": "thinking", "thinking": "", "signature": ""},
                  {"type": "thinking_delta", "thinking": "Let me "}, {"type": "thinking_delta", "thinking": "reckon."},
                  {"type": "signature_delta", "signature": SIGNATURE}),
           *block(1, SIGNED[1]),
           *block(2, {"type": "tool_use", "id": "c1", "name": "calculate", "input": {}},
                  {"type": "input_json_delta", "partial_json": json.dumps(ARGUMENTS)}),
           {"type": "message_delta", "delta": {"stop_reason": "tool_use"}}, {"type": "message_stop"}),
     lambda made: made["content"][:2] == SIGNED),
    ("ollama", OLLAMA,
     OLLAMA.thinking("Let me reckon.") + OLLAMA.call("c1", "calculate", ARGUMENTS) + OLLAMA.done("tool_calls"),
     lambda made: made.get("thinking") == "Let me reckon."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wire", "first", "is_there"), ROUNDS, ids=[case[0] for case in ROUNDS])
def test_it_is_sent_back_unchanged(name: str, wire: Wire, first: bytes, is_there: Any) -> None:
    def answer(request: Received) -> Script:
        made = [message for message in request.json["messages"] if message["role"] == "assistant"]
        if not made:
            return streamed(wire, first)
        if not is_there(made[-1]):
            return refusal(wire, 400, "Function call is missing what came with it")
        return streamed(wire, *wire.answer("42"))

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        fake.answers(answer)
        seen = await world.command("alice", "ask @m what is 6*7?")
        assert (seen.exit_status, seen.output) == (0, "42\n"), seen.errors
        assert len(questions(fake)) == 2
        (call,) = [row for row in await rows(world) if row["content_method"] == "tool.call"]
        assert call["meta"]["sent_back"]

    tell(story, settings(wire, fallback_on_error=False))


def test_a_reply_that_was_not_streamed_too() -> None:
    message = {"role": "assistant", "content": "", **called(extra_content=EXTRA), "reasoning_content": "hm"}
    reply = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        fake.reply(*json_reply(reply)).reply(*json_reply(OPENAI.whole("42")))
        seen = await world.command("alice", "ask @m what is 6*7?")
        assert seen.output == "42\n"
        made = questions(fake)[-1].json["messages"][-2]
        assert made["tool_calls"][0]["extra_content"] == EXTRA and made["reasoning_content"] == "hm"

    tell(story, settings(OPENAI, enabled=False))


def test_what_is_much_is_sent_back_and_not_kept_and_what_is_broken_is_neither() -> None:
    """Halves of characters and numbers that are none could not be stored, nor sent."""
    much = chunks({"reasoning_content": "x" * 70_000}, called())
    broken = chunks(called(extra_content={"a": "\ud83c"})).replace(b'"calculate"', b'"calculate"')
    odd = chunks(called(extra_content={"a": 1})).replace(b'{"a": 1}', b'{"a": NaN}')

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        for first in (much, broken, odd):
            fake.reply(*streamed(OPENAI, first)).reply(*streamed(OPENAI, *OPENAI.answer("42")))
            seen = await world.command("alice", "ask @m what is 6*7?")
            assert seen.output == "42\n", seen.errors
        made = [request.json["messages"][-2] for request in questions(fake)[1::2]]
        assert made[0]["reasoning_content"] == "x" * 70_000
        assert made[1]["tool_calls"][0]["extra_content"] == {"a": "\ufffd"}
        assert "extra_content" not in made[2]["tool_calls"][0]
        kept = [row["meta"].get("sent_back") for row in await rows(world) if row["content_method"] == "tool.call"]
        assert [bool(value) for value in kept] == [False, True, False]

    tell(story, settings(OPENAI))

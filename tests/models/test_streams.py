"""Streams that servers have sent, through a whole server: what the room keeps of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatd.testing import World
from chatd.testing.upstream import ANTHROPIC, OLLAMA, OPENAI, WIRES, FakeUpstream, MemoryNetwork, Wire, streamed, whole
from tests.adapters.upstream.faults import ok
from tests.models.upstreams import rows, script, settings, tell
from tests.wire.models.test_streams import CASES, untagged


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_recorded_stream(case: dict[str, Any]) -> None:
    wire = OLLAMA if case["provider"] == "ollama" else OPENAI
    expected = case["expect"]

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, streamed(wire, *(part.encode() for part in case["wire"])), ok(wire))
        await world.command("alice", "ask @m hi")
        found = await rows(world)
        said = [row for row in found if row["content_method"] == "message.model"]
        called = [row for row in found if row["content_method"] == "tool.call"]
        told = [row["content"] for row in found if row["content_method"] == "message.system"]
        calls = [{"name": row["tool_name"], "arguments": json.loads(row["content"])} for row in called]
        assert calls == expected.get("calls", [])
        if "calls" in expected:
            return
        assert [row["content"] for row in said if row["content"]] == list(filter(None, [expected["text"]]))
        assert [row["status"] for row in said] == ["complete"] * (expected["status"] == "complete")
        assert [row["meta"].get("thinking", "") for row in said if row["content"]] in (
            [],
            [expected.get("thinking", "")],
        )
        assert len(told) == (expected["status"] == "failed")
        assert expected.get("reason_contains", "") in "".join(told)
        assert expected.get("reason_not_contains", "?") not in "".join(told)

    tell(story, settings(wire, model={"thinking": "untagged" if untagged(case) else ""}, fallback_on_error=False))


@pytest.mark.parametrize("wire", WIRES)
def test_a_thought_between_tags_is_a_thought_in_every_protocol(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        text = "<think>\nhm\n</think>\n\nYes."
        script(fake, streamed(wire, *wire.answer(*text)), whole(wire, text))
        for _number in range(2):
            await world.command("alice", "ask @m hi")
            answer = (await rows(world))[-1]
            assert (answer["content"], answer["meta"]["thinking"], answer["status"]) == ("Yes.", "hm", "complete")

    tell(story, settings(wire))


ENDS = [
    (OPENAI, b'data: {"choices":[{"delta":{},"finish_reason":"content_filter"}]}\n\n', "a filter", "content_filter"),
    (OPENAI, b'data: {"choices":[{"delta":{"refusal":"No."},"finish_reason":"stop"}]}\n\n', "refused", "stop"),
    (ANTHROPIC, b'data: {"type":"message_delta","delta":{"stop_reason":"refusal"}}\n\n', "refused", "refusal"),
    (ANTHROPIC, b'data: {"type":"message_delta","delta":{"stop_reason":"pause_turn"}}\n\n', "paused", "pause_turn"),
    (OLLAMA, b'{"message":{"content":""},"done":true,"done_reason":"safety"}\n', "a filter", "safety"),
]
"""The last message of a stream, what the system row says, and the server's own word."""


@pytest.mark.parametrize(("wire", "end", "says", "word"), ENDS)
def test_an_answer_that_was_ended_early_is_kept_and_not_complete(wire: Wire, end: bytes, says: str, word: str) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, streamed(wire, wire.opening(), wire.token("half an answer "), end))
        seen = await world.command("alice", "ask @m hi")
        _question, answer, told = await rows(world)
        assert answer["content"].startswith("half an answer ") and answer["status"] == "truncated"
        assert answer["meta"]["finish_reason"] == word
        assert told["content_method"] == "message.system" and says in told["content"]
        assert seen.exit_status == 1 and says in seen.errors

    tell(story, settings(wire))


@pytest.mark.parametrize(("wire", "end", "says", "word"), [end for end in ENDS if b"No." not in end[1]])
def test_an_answer_that_was_ended_before_it_began_has_failed(wire: Wire, end: bytes, says: str, word: str) -> None:
    """What was thought is kept."""

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, streamed(wire, wire.opening(), wire.thinking("hm"), end), streamed(wire, wire.opening(), end))
        await world.command("alice", "ask @m hi")
        _question, answer, told = await rows(world)
        assert (answer["content"], answer["status"], answer["meta"]["thinking"]) == ("", "failed", "hm")
        assert says in told["content"]
        await world.command("alice", "ask @m hi")
        question, told = (await rows(world))[-2:]
        assert question["content"] == "@m hi" and says in told["content"], "an answer of nothing leaves no row"

    tell(story, settings(wire))


def test_a_call_in_an_answer_that_was_ended_early_is_not_run() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        call = OPENAI.call("c1", "calculate", {"expression": "6*7"})
        script(fake, streamed(OPENAI, OPENAI.token("so "), call, ENDS[0][1]))
        await world.command("alice", "ask @m hi")
        (result,) = [row for row in await rows(world) if row["content_method"] == "tool.result"]
        assert result["status"] == "failed" and result["content"].startswith("not run")

    tell(story, settings(OPENAI))

"""What counts as progress: content, in whatever shape it comes, and nothing else."""

from __future__ import annotations

import json

import pytest

from chatd.core.stream import Retrying
from chatd.testing.upstream import ANTHROPIC, OPENAI, FakeUpstream, Step, Wait, Wire, streamed
from tests.adapters.upstream.world import LIMITS, ask, endpoint_of, model_of, simulated


def event(value: object) -> bytes:
    named = f"event: {value['type']}\n" if isinstance(value, dict) and "type" in value else ""
    return f"{named}data: {json.dumps(value)}\n\n".encode()


def openai(**call: object) -> bytes:
    return event({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, **call}]}}]})


def anthropic(text: str) -> bytes:
    delta = {"type": "input_json_delta", "partial_json": text}
    return event({"type": "content_block_delta", "index": 0, "delta": delta})


PIECES = ['{"text": "', "a ", "very ", "long ", 'one"}']
BEGIN = {
    OPENAI: openai(id="c1", function={"name": "write", "arguments": ""}),
    ANTHROPIC: event({"type": "message_start", "message": {}})
    + event({"type": "content_block_start", "index": 0,
             "content_block": {"type": "tool_use", "id": "c1", "name": "write", "input": {}}}),
}  # fmt: skip
END = {
    OPENAI: event({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}) + b"data: [DONE]\n\n",
    ANTHROPIC: event({"type": "content_block_stop", "index": 0})
    + event({"type": "message_delta", "delta": {"stop_reason": "tool_use"}})
    + event({"type": "message_stop"}),
}


@pytest.mark.parametrize("wire", [OPENAI, ANTHROPIC], ids=lambda wire: wire.provider)
@simulated
async def test_a_call_that_takes_long_to_write_is_progress(wire: Wire) -> None:
    """Its fragments give no event before the end, and are content all the same."""
    fragments = [openai(function={"arguments": p}) if wire is OPENAI else anthropic(p) for p in PIECES]
    slowly: list[Step | bytes] = [step for piece in fragments for step in (Wait(LIMITS.timeout - 5), piece)]
    fake = FakeUpstream()
    fake.reply(*streamed(wire, BEGIN[wire], *slowly, END[wire]))
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        heard = await ask(model_of(endpoint))
    assert heard.failure is None, heard.reason
    assert [call.arguments for call in heard.calls] == ["".join(PIECES)]
    assert not any(isinstance(event, Retrying) for event in heard.events)

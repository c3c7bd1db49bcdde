"""A response that streams is the one that is told whole at its end, and each of its items begins, grows and ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.question import Answered, Said, ToolReturned
from chatd.core.stream import Thinking, Token, ToolCall
from chatd.errors import WrongField
from chatd.wire.models.sse import SseFrames
from chatd.wire.web.chat_request import ChatRequest
from chatd.wire.web.client_form import Cost, Refusal, StopReason, WholeReply
from chatd.wire.web.responses import Responses
from tests.wire.web.test_client_form import calls, texts

ASKED = ChatRequest("m", stream=True)
pieces = st.lists(st.one_of(texts.map(Token), texts.map(Thinking), calls), max_size=10)


def events(told: str) -> list[dict[str, Any]]:
    frames = SseFrames(1 << 20, 1 << 20)
    got = [*frames.feed(told.encode()), *frames.end()]
    found = [json.loads(frame.data) for frame in got]
    assert [frame.name for frame in got] == [event["type"] for event in found]
    return found


def written(said: list[Token | Thinking | ToolCall], finish: StopReason = StopReason.STOP) -> list[dict[str, Any]]:
    writer = Responses().writer(ASKED, "1", 0)
    told = writer.begin()
    for item in said:
        match item:
            case Token(text=text):
                told += writer.piece(text)
            case Thinking(text=text):
                told += writer.thought(text)
            case ToolCall():
                told += writer.call(item)
    return events(told + writer.end(finish, Cost(3, 4)))


@given(pieces)
def test_every_item_is_added_grows_and_is_done(said: list[Token | Thinking | ToolCall]) -> None:
    told = written(said)
    assert [event["sequence_number"] for event in told] == [*range(len(told))]
    assert [event["type"] for event in told[:2]] == ["response.created", "response.in_progress"]
    output: list[dict[str, Any]] = []
    open_item: str | None = None
    grown = ""
    for event in told[2:-1]:
        match event["type"]:
            case "response.output_item.added":
                assert open_item is None and event["output_index"] == len(output)
                open_item, grown = event["item"]["id"], ""
            case "response.output_item.done":
                assert event["item"]["id"] == open_item and event["output_index"] == len(output)
                output.append(event["item"])
                parts = event["item"].get("content") or event["item"].get("summary")
                assert grown == (parts[0]["text"] if parts else event["item"]["arguments"])
                open_item = None
            case kind:
                assert event["item_id"] == open_item
                grown += event["delta"] if kind.endswith(".delta") else ""
    last = told[-1]
    assert last["type"] == "response.completed" and last["response"]["output"] == output
    assert last["response"]["usage"]["total_tokens"] == 7
    spoken = "".join(item["content"][0]["text"] for item in output if item["type"] == "message")
    assert spoken == "".join(item.text for item in said if isinstance(item, Token))


@pytest.mark.parametrize(("finish", "status"), [(StopReason.LENGTH, "incomplete"), (StopReason.CALLS, "completed")])
def test_its_last_event_says_how_it_ended(finish: StopReason, status: str) -> None:
    assert written([Token("x")], finish)[-1]["response"]["status"] == status


def test_a_failure_keeps_what_came() -> None:
    writer = Responses().writer(ASKED, "1", 0)
    last = events(writer.begin() + writer.piece("so f") + writer.fail(Refusal(502, "gone")))[-1]
    assert last["type"] == "response.failed" and last["response"]["error"]["message"] == "gone"
    assert last["response"]["output"][0]["content"][0]["text"] == "so f"


def test_whole_it_has_the_same_items() -> None:
    call = ToolCall("c", "f", "{}")
    whole = Responses().whole(ASKED, "1", 0, WholeReply("hi", "hm", (call,), StopReason.CALLS, Cost()))
    output = whole["output"]
    assert isinstance(output, list)
    assert [item["type"] for item in output] == ["reasoning", "message", "function_call"]
    assert output[2]["call_id"] == "c"


def test_items_become_a_conversation() -> None:
    asked = Responses().read(json.dumps({
        "model": "m", "instructions": "be brief",
        "input": [
            {"role": "developer", "content": "and kind"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "2+2?"}]},
            {"type": "reasoning", "summary": []},
            {"type": "function_call", "call_id": "a", "name": "sum", "arguments": "{}"},
            {"type": "function_call", "call_id": "b", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "4"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "4"}]},
            {"role": "user", "content": "sure?"},
        ],
        "tools": [{"type": "function", "name": "sum"}, {"type": "web_search"}],
    }).encode())  # fmt: skip
    assert asked.system == "be brief\n\nand kind" and [tool.name for tool in asked.tools] == ["sum"]
    kinds = [type(message) for message in asked.messages]
    # The second call has no result: it gets one that says so, before anything else is said.
    assert kinds == [Said, Answered, ToolReturned, ToolReturned, Answered, Said]
    assert "not finished" in asked.messages[3].text


@pytest.mark.parametrize("field", ["previous_response_id", "conversation", "background"])
def test_what_would_need_a_memory_is_refused(field: str) -> None:
    body = {"model": "m", "input": "x", field: True if field == "background" else "resp_1"}
    with pytest.raises(WrongField, match=field):
        Responses().read(json.dumps(body).encode())

"""Bad requests are refused with the path of what is wrong, in every form; good ones of all shapes are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatd.core.question import Answered, Said
from chatd.errors import WrongField
from chatd.wire.web.client_form import ClientForm
from chatd.wire.web.completions import Completions
from chatd.wire.web.messages import Messages
from chatd.wire.web.ollama_chat import OllamaChat, OllamaGenerate

HI = {"role": "user", "content": "hi"}


def read(form: ClientForm, **body: Any) -> Any:
    return form.read(json.dumps({"model": "m", **body}).encode())


@pytest.mark.parametrize(
    ("form", "body", "path"),
    [
        (Completions(), {"messages": [HI], "model": None}, "model"),
        (Completions(), {"messages": []}, "messages"),
        (Completions(), {"messages": "hi"}, "messages"),
        (Completions(), {"messages": ["hi"]}, "messages[0]"),
        (Completions(), {"messages": [{"role": "robot", "content": ""}]}, "messages[0].role"),
        (Completions(), {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
         "messages[0].content[0].type"),
        (Completions(), {"messages": [HI, {"role": "tool", "tool_call_id": "x", "content": ""}]},
         "messages[1].tool_call_id"),
        (Completions(), {"messages": [HI], "temperature": 3}, "temperature"),
        (Completions(), {"messages": [HI], "n": 2}, "n"),
        (Completions(), {"messages": [HI], "stream": "yes"}, "stream"),
        (Completions(), {"messages": [HI], "tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        (Messages(), {"messages": [HI]}, "max_tokens"),
        (Messages(), {"messages": [{"role": "tool", "content": ""}], "max_tokens": 1}, "messages[0].role"),
        (Messages(), {"messages": [{"role": "user", "content": [{"type": "image"}]}], "max_tokens": 1},
         "messages[0].content[0].type"),
        (OllamaChat(), {"messages": [{**HI, "images": ["x"]}]}, "messages[0].images"),
        (OllamaChat(), {"messages": [HI], "options": {"temperature": "hot"}}, "options.temperature"),
        (OllamaGenerate(), {"prompt": 5}, "prompt"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(form: ClientForm, body: dict[str, Any], path: str) -> None:
    with pytest.raises(WrongField) as caught:
        read(form, **body)
    assert caught.value.path == path


def test_a_prompt_of_ollamas_is_a_conversation_and_none_is_none() -> None:
    asked = read(OllamaGenerate(), prompt="why?", system="be brief", stream=False)
    assert asked.messages == (Said("", "why?", asked=True),) and asked.system == "be brief" and not asked.stream
    assert read(OllamaChat(), messages=[]).messages == () and read(OllamaGenerate()).stream


def test_results_of_ollamas_name_the_tool_alone() -> None:
    calls = [{"function": {"name": "f", "arguments": {"x": 1}}}, {"function": {"name": "g", "arguments": {}}}]
    asked = read(OllamaChat(), messages=[
        HI, {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "tool_name": "g", "content": "two"}, {"role": "tool", "content": "one"},
    ])  # fmt: skip
    said = asked.messages[1]
    assert isinstance(said, Answered) and [call.name for call in said.calls] == ["f", "g"]
    assert [(message.name, message.text) for message in asked.messages[2:]] == [("g", "two"), ("f", "one")]


def test_blocks_of_a_user_are_results_first_then_what_was_said() -> None:
    use = {"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}}
    asked = read(Messages(), max_tokens=5, messages=[
        HI, {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": ""}, use]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "one"}]},
            {"type": "text", "text": "and now?"},
        ]},
    ])  # fmt: skip
    assert [message.text for message in asked.messages] == [
        "hi",
        "",
        "one",
        "and now?",
    ] and asked.last_said == "and now?"


def test_thoughts_are_told_to_those_who_ask_for_them() -> None:
    assert not read(Messages(), max_tokens=5, messages=[HI]).with_thoughts
    assert read(Messages(), max_tokens=5, messages=[HI], thinking={"type": "enabled", "budget_tokens": 9}).with_thoughts
    assert "thinking" not in Messages().writer(read(Messages(), max_tokens=5, messages=[HI]), "1", 0).thought("hm")

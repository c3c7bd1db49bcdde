"""What is put to an actor by name: an address, and a question as a text, a mapping, or as it goes to the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chatd.core.question import Question, Said
from chatd.core.tool import ToolSpec
from chatd.errors import UsageError
from chatd.ports import ModelInfo

Payload = str | Mapping[str, Any] | Question

PAYLOAD_KEYS = ("message", "content", "system", "situation")
"""What a question may have when it is a mapping: its text under one of two names, what stands above it, and where it is
asked, in words or as a value.
"""


def question_of(payload: Payload, info: ModelInfo, tools: tuple[ToolSpec, ...]) -> Question:
    """The question of a payload, for an actor that may call these tools.

    Raises UsageError for a mapping without a text, or with what no question has: nothing is dropped in silence.
    """
    if isinstance(payload, Question):
        return payload
    fields = payload if isinstance(payload, Mapping) else {"message": payload}
    if unknown := [str(key)[:40] for key in fields if key not in PAYLOAD_KEYS]:
        raise UsageError(f"a question has no {', '.join(unknown)}; it has {', '.join(PAYLOAD_KEYS)}")
    text = fields.get("message", fields.get("content"))
    system, situation = fields.get("system", info.system), fields.get("situation", "")
    if not isinstance(text, str) or not text.strip() or not isinstance(system, str):
        raise UsageError("a question is a text, or a mapping with the text as message, and perhaps as system")
    if situation:
        told = situation if isinstance(situation, str) else json.dumps(situation, ensure_ascii=False, default=str)
        system = f"{system}\n\nThe situation: {told}".strip()
    return Question(text, messages=(Said("", text, asked=True),), system=system, tools=tools)


def actor_name(address: str) -> str:
    """The name in an address: `qwen`, `@qwen` or `@(qwen)`."""
    return address.removeprefix("@").removeprefix("(").removesuffix(")")

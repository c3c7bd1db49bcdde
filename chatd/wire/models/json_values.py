"""JSON as strangers write it: parsed with bounds, and read without trusting that anything is there or of its type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from chatd.errors import ProtocolFailure
from chatd.wire.models.excerpt import quote

DONE = "[DONE]"
"""What OpenAI's stream ends with, where all else is JSON."""

Object = Mapping[str, object]

MAX_COUNT = 1 << 40
"""More than any server counts of anything; a larger number is a mistake, and would be one in every sum."""

_EXCERPT = 120
"""Characters quoted of what is no part of an answer."""


class NotJson(ProtocolFailure):
    """A frame that is no JSON. `text` is the frame."""

    def __init__(self, text: str) -> None:
        super().__init__(f"the model's server sent something that is not JSON: {quote(text, limit=_EXCERPT)}")
        self.text = text


def parse_object(text: str) -> Object:
    """The object that `text` is; an empty one for JSON of another shape, which says nothing in any protocol.

    Raises NotJson, also for an object nested so deeply or with numbers so long that they were made to do harm.
    """
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        raise NotJson(text) from None
    return an_object(value)


def is_whole(text: str) -> bool:
    """Whether a text is an object of JSON, or the mark `[DONE]`, and not the beginning of one."""
    text = text.strip()
    if text == DONE:
        return True
    try:
        return text.startswith("{") and text.endswith("}") and isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def strange(text: str) -> ProtocolFailure:
    """The failure for an object that is no part of an answer."""
    return ProtocolFailure(
        f"the model's server sent something that is no part of an answer: {quote(text, limit=_EXCERPT)}"
    )


def an_object(value: object) -> Object:
    """The object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def a_list(value: object) -> Sequence[object]:
    """The list, or an empty one for anything else."""
    return value if isinstance(value, list) else ()


def a_string(value: object) -> str:
    """The string, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def a_count(value: object) -> int | None:
    """The number of something, or None for anything else, a number out of all reason included."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None


def text_within(value: object) -> str:
    """The text of a string, of a part of a message, or of a list of these, joined; parts of other kinds have none."""
    if isinstance(value, list):
        return "".join(map(text_within, value))
    return a_string(an_object(value).get("text")) if isinstance(value, dict) else a_string(value)

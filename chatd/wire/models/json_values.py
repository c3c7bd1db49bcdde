"""JSON as strangers write it: parsed with bounds, and read without trusting that anything is there or of its type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from chatd.errors import ProtocolFailure
from chatd.wire.models.excerpt import quote

Object = Mapping[str, object]

MAX_COUNT = 1 << 40
"""More than any server counts of anything; a larger number is a mistake, and would be one in every sum."""

_EXCERPT = 120
"""Characters quoted of what is no part of an answer."""


class NotJson(ProtocolFailure):
    """A frame that is no object of JSON. `text` is the frame."""

    def __init__(self, text: str) -> None:
        super().__init__(f"the model's server sent something that is not JSON: {quote(text, limit=_EXCERPT)}")
        self.text = text


def parse_object(text: str) -> Object:
    """The object that `text` is.

    Raises NotJson, also for an object nested so deeply or with numbers so long that they were made to do harm.
    """
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        raise NotJson(text) from None
    if not isinstance(value, dict):
        raise NotJson(text)
    return value


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


def content_text(value: object) -> str:
    """The text of a message's content: a string, or a list of parts, whose text is joined. Other parts have none."""
    if isinstance(value, list):
        return "".join(a_string(an_object(part).get("text")) if isinstance(part, dict) else a_string(part)
                       for part in value)  # fmt: skip
    return a_string(value)

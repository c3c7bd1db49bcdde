"""Reads thoughts from the fields in which servers keep them apart from the answer."""

from __future__ import annotations

from chatd.errors import LimitFailure
from chatd.wire.models.json_values import Object, a_list, a_string, an_object, text_within

MAX_PARTS = 1000
"""Parts of one message, or of a thought in it: a delta has one or two, a whole reply some dozen."""

_NAMES = ("reasoning_content", "reasoning", "thinking", "thought")
"""Keys of a message that hold the text of a thought."""
_LISTS = ("reasoning_details", "thinking_blocks")
"""Keys of a message that hold a thought in parts."""
_IN_PARTS = ("text", "thinking", "summary", "reasoning")
"""Keys of a part that hold its text."""
_KINDS = ("thinking", "reasoning", "thought")
"""Prefixes of the types of those parts of a message's content that are thoughts."""


def thought_of(message: Object) -> str:
    """The thought in a message; the same thought under several keys counts once."""
    for key in _NAMES:
        if said := text_within(message.get(key)):
            return said
    for key in _LISTS:
        if said := "".join(map(_text_of_part, a_list(message.get(key))[:MAX_PARTS])):
            return said
    return ""


def parts_of_content(content: object) -> list[tuple[bool, str]]:
    """The parts of a message's content: whether each is a thought, and its text. Raises LimitFailure over MAX_PARTS."""
    if not isinstance(content, list):
        return [(False, a_string(content))]
    if len(content) > MAX_PARTS:
        raise LimitFailure(f"a message of the model's server has more than {MAX_PARTS:,} parts")
    return [(True, _text_of_part(part)) if _is_thought(part) else (False, text_within(part)) for part in content]


def _is_thought(part: object) -> bool:
    return a_string(an_object(part).get("type")).startswith(_KINDS)


def _text_of_part(part: object) -> str:
    found = (text_within(an_object(part).get(key)) for key in _IN_PARTS)
    return next(filter(None, found), "")

"""JSON as strangers write it: parsed with bounds, and read without trusting that anything is there or of its type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from chatd.errors import LimitFailure, ProtocolFailure
from chatd.wire.models.html_pages import page_words
from chatd.wire.models.quotation import quote

DONE = "[DONE]"
"""What OpenAI's stream ends with, where all else is JSON."""

Object = Mapping[str, object]

MAX_COUNT = 1 << 40
"""More than any server counts of anything; a larger number is a mistake, and would be one in every sum."""

MAX_VALUES = 20_000
"""Values in one message, about: a MiB of small ones takes the loop for a tenth of a second."""

_SEPARATORS = (",", "[", "{")
"""What stands before a value, more or less."""
_QUOTES = 20_000
"""Quotes looked at in one go; an even number, so that each go begins outside of a string."""
_MAX_DIGITS = 20

_EXCERPT = 120
"""Characters quoted of what is no part of an answer."""


def _number(digits: str) -> int | float:
    """A number of so many digits is none that counts anything, and takes long to make."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


_DECODER = json.JSONDecoder(parse_int=_number)


class NotJson(ProtocolFailure):
    """A frame that is no JSON. `text` is the frame."""

    def __init__(self, text: str) -> None:
        page = page_words(text)
        what = "something that is not JSON" if page is None else "a page for browsers"
        said = quote(text if page is None else page, limit=_EXCERPT) or "nothing"
        super().__init__(f"the model's server sent {what}: {said}")
        self.text = text


def parse_object(text: str) -> Object:
    """The object that `text` is; an empty one for JSON of another shape, which says nothing in any protocol.

    Raises what `parse` does.
    """
    return an_object(parse(text))


def parse(text: str) -> object:
    """The value that `text` is.

    Raises NotJson, also for a value nested so deeply or with numbers so long that they were made to do harm, and
    LimitFailure for one of so many parts.
    """
    if sum(map(text.count, _SEPARATORS)) > MAX_VALUES and _has_too_many(text):
        raise LimitFailure(f"the model's server sent more than {MAX_VALUES:,} values in one message")
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise NotJson(text) from None


def _has_too_many(text: str) -> bool:
    """Whether a JSON text has too many values, not going by what its strings hold. Stops where that is known."""
    rest, found = text.replace("\\\\", "").replace('\\"', ""), 0
    while rest and found <= MAX_VALUES:
        parts = rest.split('"', _QUOTES)
        rest = parts.pop() if len(parts) > _QUOTES else ""
        found += sum(map("".join(parts[::2]).count, _SEPARATORS))
    return found > MAX_VALUES


def is_whole(text: str) -> bool:
    """Whether a text is an object of JSON, or the mark `[DONE]`, and not the beginning of one."""
    text = text.strip()
    if text == DONE:
        return True
    try:
        return text.startswith("{") and text.endswith("}") and isinstance(parse(text), dict)
    except NotJson:
        return False
    except LimitFailure:
        return True


def not_an_answer(text: str) -> ProtocolFailure:
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


def a_duration(value: object) -> float | None:
    """A length of time in whatever unit, above zero, or None for anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and 0 < value <= MAX_COUNT else None  # type: ignore[operator, arg-type]


def text_within(value: object) -> str:
    """The text of a string, of a part of a message, or of a list of these, joined; parts of other kinds have none."""
    return "".join(map(_text_of_part, value)) if isinstance(value, list) else _text_of_part(value)


def _text_of_part(value: object) -> str:
    return a_string(value.get("text")) if isinstance(value, dict) else a_string(value)

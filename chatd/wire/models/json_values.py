"""Parses JSON from servers within bounds, and reads values whose presence and type are not trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from chatd.core.stream import MAX_COUNT
from chatd.errors import LimitFailure, ProtocolFailure
from chatd.wire.models.html_pages import page_words
from chatd.wire.models.quotation import quote

DONE = "[DONE]"
"""The last data of a stream in OpenAI's protocol; all other data is JSON."""

Object = Mapping[str, object]

MAX_VALUES = 20_000
"""Values in one message, roughly: parsing a MiB of small ones blocks the loop for a tenth of a second."""

_SEPARATORS = (",", "[", "{")
"""Characters that come before a value; counting them counts the values roughly."""
_QUOTES = 20_000
"""Quotation marks in one step of the scan; an even number, so that each step begins outside a string."""
_MAX_DIGITS = 20

_EXCERPT = 120
"""Characters that a failure quotes of a message that is no part of an answer."""


def _number(digits: str) -> int | float:
    """An int, or a float for so many digits that conversion would take long: no count has as many."""
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
    """Parse a JSON object; any other JSON value gives an empty one, since it means nothing in any protocol.

    Raises what `parse` does.
    """
    return an_object(parse(text))


def parse(text: str) -> object:
    """Parse a JSON value.

    Raises NotJson, also for nesting and numbers that the parser does not bear, and LimitFailure over MAX_VALUES values.
    """
    if sum(map(text.count, _SEPARATORS)) > MAX_VALUES and _has_too_many(text):
        raise LimitFailure(f"the model's server sent more than {MAX_VALUES:,} values in one message")
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise NotJson(text) from None


def _has_too_many(text: str) -> bool:
    """Whether a JSON text has over MAX_VALUES values, ignoring what strings hold; reads no further than it must."""
    rest, found = text.replace("\\\\", "").replace('\\"', ""), 0
    while rest and found <= MAX_VALUES:
        parts = rest.split('"', _QUOTES)
        rest = parts.pop() if len(parts) > _QUOTES else ""
        found += sum(map("".join(parts[::2]).count, _SEPARATORS))
    return found > MAX_VALUES


def is_whole(text: str) -> bool:
    """Whether a text is a complete JSON object, or the mark `[DONE]`."""
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
    """The failure for a message that is no part of an answer."""
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
    """The whole number from 0 to MAX_COUNT, or None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None


def a_duration(value: object) -> float | None:
    """The duration in the unit of the server, above zero, or None for anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and 0 < value <= MAX_COUNT else None  # type: ignore[operator, arg-type]


def text_within(value: object) -> str:
    """The text of a string, of a part of a message, or of a list of these, joined; other values have no text."""
    return "".join(map(_text_of_part, value)) if isinstance(value, list) else _text_of_part(value)


def _text_of_part(value: object) -> str:
    return a_string(value.get("text")) if isinstance(value, dict) else a_string(value)

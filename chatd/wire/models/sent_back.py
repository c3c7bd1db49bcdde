"""Collects the values that a server wants back unchanged with the result of a tool call: signatures, encoded thoughts.

They arrive in pieces, beside the message or beside one call. `ToolCall.extra` carries them: under `message` those of
the whole message (with its first call), under `call` those of the call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from chatd.core.stream import ToolCall
from chatd.core.text import storable
from chatd.wire.models.json_values import Object, a_string, an_object

MESSAGE = "message"
CALL = "call"

_GROWING = ("text", "summary", "data", "thinking", "signature")
"""Keys of a part whose strings may come in pieces, which are joined."""


class _Part:
    """One part of a list, as far as it was received."""

    def __init__(self) -> None:
        self._values: dict[str, object] = {}
        self._texts: dict[str, list[str]] = {}

    def add(self, piece: Object) -> None:
        for name, value in piece.items():
            if name in _GROWING and isinstance(value, str):
                self._texts.setdefault(name, []).append(value)
            else:
                self._values[name] = value

    def value(self) -> dict[str, object]:
        return {**self._values, **{name: "".join(pieces) for name, pieces in self._texts.items()}}


class SentBack:
    """The values of one message or one call, as far as they were received."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._parts: dict[str, dict[object, _Part]] = {}
        self._values: dict[str, object] = {}

    def take(self, told: Object, keys: Sequence[str]) -> None:
        """Keep the values of these keys, which come whole."""
        self._values |= {key: told[key] for key in keys if told.get(key) is not None}

    def add_text(self, key: str, text: str) -> None:
        """Add a piece of the text under a key."""
        if text:
            self._texts.setdefault(key, []).append(text)

    def add_part(self, key: str, part: Object, number: object = None) -> None:
        """Add a part to the list under a key, or a piece to the part of the same number; None is no number."""
        parts = self._parts.setdefault(key, {})
        parts.setdefault(("alone", len(parts)) if number is None else number, _Part()).add(part)

    def value(self) -> dict[str, object]:
        """All values under their keys; empty when JSON cannot hold them."""
        texts = {key: "".join(pieces) for key, pieces in self._texts.items()}
        lists = {key: [part.value() for part in parts.values()] for key, parts in self._parts.items()}
        found = {**self._values, **texts, **lists}
        try:
            return dict(an_object(json.loads(storable(json.dumps(found, ensure_ascii=False, allow_nan=False)))))
        except (ValueError, RecursionError):
            return {}


def of_message(calls: Sequence[ToolCall]) -> Mapping[str, object]:
    """The values that belong to the message with these calls."""
    return next((found for call in calls if (found := an_object(call.extra.get(MESSAGE)))), {})


def of_call(call: ToolCall) -> Mapping[str, object]:
    """The values that belong to one call."""
    return an_object(call.extra.get(CALL))


def number_of(part: Object) -> object:
    """The number that the pieces of one part share; None for a part that comes whole."""
    index = part.get("index")
    return (a_string(part.get("type")), index) if isinstance(index, int) else None

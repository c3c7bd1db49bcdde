"""Values by key, as scripts keep them: as JSON, and within bounds that are said aloud."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chatd.core.text import check_length, check_size, size_of, storable
from chatd.errors import LimitReached, ScriptError, UsageError
from chatd.ports import Plain

MAX_KEY = 256
"""Bytes of a key: it names a thing, it is none."""

MAX_DEPTH = 16
MAX_ITEMS = 16_384
"""Of a value that was read from a disk: any deeper or longer one cannot be handed to a script, and none has made it."""


@dataclass(frozen=True, slots=True)
class ValueLimits:
    """How much one person's scripts may keep; sizes in bytes."""

    keys: int
    value: int
    total: int
    """Of all values and their keys."""


class Values:
    """A bounded map of keys to plain values."""

    def __init__(self, limits: ValueLimits) -> None:
        self._limits = limits
        self._texts: dict[str, str] = {}
        self.size = 0
        """Bytes of all values and their keys."""

    def get(self, key: str) -> Plain:
        """The value, or None."""
        text = self._texts.get(key)
        value: Plain = None if text is None else json.loads(text)
        return value

    def set(self, key: str, value: Plain) -> bool:
        """Keep a value; None forgets it. Returns whether that changes anything.

        Raises UsageError or LimitReached for too much, ScriptError for what is no value of JSON; then nothing changes.
        """
        if value is None:
            text = None
        else:
            try:
                text = storable(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
            except ValueError:
                raise ScriptError("infinities and what is no number cannot be kept") from None
        if text == self._texts.get(key):
            return False
        if text is not None:
            self._check(key, text)
        self._put(key, text)
        return True

    def text(self, key: str) -> str | None:
        """The value as JSON, or None."""
        return self._texts.get(key)

    def items(self) -> Mapping[str, str]:
        """Every value as JSON."""
        return dict(self._texts)

    def fill(self, texts: Mapping[str, str]) -> None:
        """Take what was kept elsewhere, whatever its size."""
        for key, text in texts.items():
            self._put(key, text)

    def _put(self, key: str, text: str | None) -> None:
        old = self._texts.pop(key, None)
        if old is not None:
            self.size -= _weight(key, old)
        if text is not None:
            self._texts[key] = text
            self.size += _weight(key, text)

    def _check(self, key: str, text: str) -> None:
        limits = self._limits
        if not key or size_of(key) > MAX_KEY:
            raise UsageError(f"a key has 1 to {MAX_KEY} bytes")
        check_size(repr(key[:40]), text, limits.value)
        if key not in self._texts and len(self._texts) >= limits.keys:
            raise LimitReached(f"{limits.keys} values are kept already, that is the limit")
        old = self._texts.get(key)
        size = self.size + _weight(key, text) - (0 if old is None else _weight(key, old))
        # What was kept under larger limits may always become less.
        if size > self.size:
            check_length(f"with {key[:40]!r} what is kept", size, limits.total)


def readable(text: str) -> bool:
    """Whether a text from a disk is a value that scripts can be given."""
    try:
        level: list[Plain] = [json.loads(text)]
    except (ValueError, RecursionError):
        return False
    items = depth = 0
    while level:
        items, depth = items + len(level), depth + 1
        if items > MAX_ITEMS or depth > MAX_DEPTH:
            return False
        level = [inner for value in level for inner in _inside(value)]
    return True


def _inside(value: Plain) -> Iterable[Plain]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def _weight(key: str, text: str) -> int:
    return size_of(key) + size_of(text)

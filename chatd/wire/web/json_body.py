"""Bodies of requests: JSON objects, read field by field, each wrong one told with its path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NoReturn

from chatd.core.text import storable
from chatd.errors import UsageError, WrongField

MAX_SHOWN = 40
"""Characters of a wrong value that are told."""


def parse_object(data: bytes) -> Fields:
    """The object in a body. Raises UsageError when it is no JSON, WrongField when it is no object."""
    try:
        value = json.loads(data, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise UsageError("the body is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UsageError(f"the body is not JSON: {why}"[:200]) from None
    if not isinstance(value, dict):
        raise WrongField("", "an object of JSON is wanted")
    return Fields(value)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


class Fields:
    """One object. A field that is null counts as one that is not there."""

    def __init__(self, value: Mapping[str, object], path: str = "") -> None:
        self.value = value
        self._path = path

    def __contains__(self, key: str) -> bool:
        return self.value.get(key) is not None

    def path(self, key: str) -> str:
        """Where a field stands in the body."""
        return f"{self._path}.{key}" if self._path else key

    def wrong(self, key: str, wanted: str) -> WrongField:
        """What to raise for a field that should be otherwise."""
        return WrongField(self.path(key), wanted)

    def text(self, key: str, default: str | None = None) -> str:
        """A string, fit to be stored. Raises WrongField for anything else, and without a default when there is none."""
        value = self.value.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.wrong(key, "a string is wanted" if key in self else "is missing")
        return storable(value)

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self.value.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false is wanted")
        return value

    def number(self, key: str, least: float, most: float) -> float | None:
        """A number in these bounds, both included; None when there is none."""
        value = self.value.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(key, f"a number from {least:g} to {most:g} is wanted")
        return value

    def whole(self, key: str, least: int, most: int) -> int | None:
        """A whole number in these bounds, both included; None when there is none."""
        value = self.value.get(key)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(key, f"a whole number from {least} to {most} is wanted")
        return value

    def inner(self, key: str) -> Fields | None:
        """An object; None when there is none."""
        value = self.value.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key, "an object is wanted")
        return Fields(value, self.path(key))

    def items(self, key: str, most: int) -> list[object]:
        """A list of anything, of `most` items at most; empty when there is none."""
        value = self.value.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            raise self.wrong(key, f"a list of up to {most} is wanted")
        return value

    def objects(self, key: str, most: int) -> Iterator[Fields]:
        """A list of objects, of `most` at most; empty when there is none."""
        for number, value in enumerate(self.items(key, most)):
            if not isinstance(value, dict):
                raise WrongField(f"{self.path(key)}[{number}]", "an object is wanted")
            yield Fields(value, f"{self.path(key)}[{number}]")

    def texts(self, key: str, most: int) -> tuple[str, ...]:
        """A list of strings, or one alone; empty when there is none."""
        value = self.value.get(key)
        if isinstance(value, str):
            return (storable(value),)
        values = self.items(key, most)
        if not all(isinstance(item, str) for item in values):
            raise self.wrong(key, "strings are wanted")
        return tuple(storable(str(item)) for item in values)

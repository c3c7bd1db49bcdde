"""What crosses the border to Lua, as scalars only: the tokens `boot/border.lua` decodes, and its JSON, decoded here.

Text: Python hands over UTF-8 as bytes; what comes back arrives as Latin-1 text, one character a byte, because that is
the one encoding under which no byte string can fail inside lupa, where an error would leave the border half crossed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chatd.errors import ScriptError
from chatd.ports import Plain

Token = bytes | int | float | bool | None

MAX_TOKENS = 65_536
"""Scalars of one crossing into Lua: some 4,000 rows; each takes about 0.1 us and 40 bytes."""
MAX_DEPTH = 32
"""Nested lists and mappings of one crossing into Lua."""
MAX_SHAPES = 64
"""Kinds of mapping remembered by their keys; later ones cross with their keys each time."""
MAX_SHAPE_KEYS = 40

_NIL, _SCALAR, _LIST, _MAP, _SHAPE, _SCALARS = range(6)
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_HUGE = 1e999
"""Lua's `math.huge`, which such a literal is there."""


def to_lua_text(text: str) -> bytes:
    """UTF-8; lone surrogates, which have none, become `?`."""
    return text.encode("utf-8", "replace")


def from_lua_text(text: str) -> str:
    """What lupa decoded as Latin-1, read as UTF-8; bytes that are not become U+FFFD."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


def from_lua_json(text: str) -> Plain:
    """The value `boot/border.lua` encoded. An empty table arrives as an empty mapping."""
    value: Plain = json.loads(from_lua_text(text))
    return value


def to_lua_scalar(value: str | int | float | None) -> Token:
    """A scalar as it crosses. Integers beyond 64 bits become floats, as such literals do in Lua."""
    if isinstance(value, str):
        return to_lua_text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return float(value)
    if _INT_MIN <= value <= _INT_MAX:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        return _HUGE if value > 0 else -_HUGE


def _add_scalars(out: list[Token], values: Iterable[Plain]) -> bool:
    """Add bare values; False, with some of them added, when one is no scalar. By exact type first: rows come here."""
    for value in values:
        kind = type(value)
        if kind is str:
            out.append(value.encode("utf-8", "replace"))  # type: ignore[union-attr]
        elif value is None or kind is bool or kind is float:
            out.append(value)  # type: ignore[arg-type]
        elif isinstance(value, (str, int, float)):
            out.append(to_lua_scalar(value))
        else:
            return False
    return True


@dataclass(slots=True)
class Encoder:
    """Turns plain values into tokens for one runtime, which remembers the shapes it has been told."""

    _shapes: dict[tuple[str, ...], int] = field(default_factory=dict)
    _new: list[tuple[str, ...]] = field(default_factory=list)

    def tokens(self, values: Sequence[Plain]) -> list[Token]:
        """The tokens for a list of values: the new shapes, the number of values, the values.

        Raises ScriptError for too much, TypeError for what is not plain.
        """
        body: list[Token] = [len(values)]
        new: list[tuple[str, ...]] = []
        self._new = new
        complete = False
        try:
            for value in values:
                self._add(body, value, 0)
            complete = True
        finally:
            if not complete:
                for keys in new:  # Lua will not hear of them
                    del self._shapes[keys]
        head: list[Token] = [len(new)]
        for keys in new:
            head += (self._shapes[keys], len(keys), *map(to_lua_text, keys))
        return head + body

    def forget(self) -> None:
        """The runtime has lost some of the shapes: it is told of each again."""
        self._shapes.clear()

    def _add(self, out: list[Token], value: Plain, depth: int) -> None:
        if isinstance(value, Mapping):
            self._add_mapping(out, value, depth)
        elif value is None:
            out.append(_NIL)
        elif isinstance(value, (str, int, float)):
            out += (_SCALAR, to_lua_scalar(value))
        elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
            self._add_list(out, value, depth)
        else:
            raise TypeError(f"a {type(value).__name__} cannot cross to Lua")
        if len(out) > MAX_TOKENS:
            raise ScriptError(f"more than {MAX_TOKENS} values")

    def _add_list(self, out: list[Token], value: Sequence[Plain], depth: int) -> None:
        self._check(out, depth)
        start = len(out)
        out += (_SCALARS, len(value))
        if not _add_scalars(out, value):
            del out[start:]
            out += (_LIST, len(value))
            for item in value:
                self._add(out, item, depth + 1)

    def _add_mapping(self, out: list[Token], value: Mapping[str, Plain], depth: int) -> None:
        keys = tuple(value)
        shape = self._shapes.get(keys)
        if shape is None:
            shape = self._new_shape(keys, value)
        if shape is not None:
            start = len(out)
            out += (_SHAPE, shape)
            if _add_scalars(out, value.values()):
                return
            del out[start:]
        self._check(out, depth)
        out += (_MAP, len(value))
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a {type(key).__name__} cannot be a key in Lua")
            out.append(to_lua_text(key))
            self._add(out, item, depth + 1)

    def _new_shape(self, keys: tuple[str, ...], value: Mapping[str, Plain]) -> int | None:
        """A number for a mapping worth remembering: not too large, named keys, scalars at this moment."""
        if not keys or len(keys) > MAX_SHAPE_KEYS or len(self._shapes) >= MAX_SHAPES:
            return None
        if not all(isinstance(key, str) and key.isidentifier() and len(key) <= 64 for key in keys):
            return None
        if not all(item is None or isinstance(item, (str, int, float)) for item in value.values()):
            return None
        number = self._shapes[keys] = len(self._shapes) + 1
        self._new.append(keys)
        return number

    @staticmethod
    def _check(out: list[Token], depth: int) -> None:
        if depth >= MAX_DEPTH or len(out) > MAX_TOKENS:
            raise ScriptError(f"nested deeper than {MAX_DEPTH} levels, or more than {MAX_TOKENS} values")

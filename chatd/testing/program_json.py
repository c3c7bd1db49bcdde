"""Programs as text: one line of JSON, which replays a world and is kept when what draws programs has changed."""

from __future__ import annotations

import json
from dataclasses import astuple, fields
from typing import Any, get_args, get_type_hints

from chatd.errors import UsageError
from chatd.testing import program as acts
from chatd.testing.program import Act, Program

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Act)}

_SIZE = tuple[int, int]


def to_json(program: Program) -> str:
    """`{"seed": 7, "drawn": true, "acts": [["Join", "alice", "screen", [80, 24]], …]}`, in ASCII."""
    listed = [[type(act).__name__, *astuple(act)] for act in program.acts]
    return json.dumps({"seed": program.seed, "drawn": program.drawn, "acts": listed}, separators=(",", ":"))


def from_json(text: str) -> Program:
    """The program of such a line. Raises UsageError for any other text."""
    try:
        told = json.loads(text)
        seed, drawn, listed = told["seed"], told["drawn"], told["acts"]
        if len(told) != 3 or type(seed) is not int or type(drawn) is not bool or not listed:
            raise ValueError("it has seed, drawn and acts")
        return Program(seed, tuple(_act(one) for one in listed), drawn)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(f"that is no program: {error}") from error


def _act(told: Any) -> Act:
    name, *values = told
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"there is no act {str(name)[:20]!r}")
    known = fields(kind)
    if len(values) != len(known):
        raise ValueError(f"{name} has {', '.join(field.name for field in known)}")
    hints = get_type_hints(kind, vars(acts))
    act: Act = kind(*(_value(value, hints[field.name], field.name) for value, field in zip(values, known, strict=True)))
    return act


def _value(value: Any, wanted: Any, name: str) -> Any:
    if wanted == _SIZE:
        columns, rows = value
        if type(columns) is int and type(rows) is int:
            return columns, rows
    elif type(value) in (get_args(wanted) or (wanted,)) or (wanted is float and type(value) is int):
        return value
    raise ValueError(f"{name} is no {value!r}")

"""Tools as models see them: what they are called and take; and the arguments models write, taken apart with care."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from chatd.core.sanitize import sanitize
from chatd.core.text import storable

Schema = Mapping[str, object]
"""A JSON Schema, draft 2020-12."""

MAX_NAME = 64
"""Characters of a tool's name, and letters, digits, `_` and `-` alone: what every server takes."""

_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")

NO_PARAMETERS: Schema = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a model is told of a tool. `parameters` describes the one object that a call passes."""

    name: str
    description: str
    parameters: Schema


class BadArguments(ValueError):
    """The arguments are no object of JSON; the message is for the model."""


def parse_arguments(raw: str) -> dict[str, object]:
    """The arguments a model wrote. Nothing and `null` are no arguments.

    Raises BadArguments for anything that is no JSON object, a string with JSON in it included: guessing what was
    meant would run something that was not asked for.
    """
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadArguments(f"invalid arguments: not JSON ({error})"[:300]) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadArguments(f"invalid arguments: an object is wanted, this is {_kind(value)}")
    return value


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "a number"


def fit_name(name: str) -> str:
    """The name of a called tool as it can be written down: servers refuse a history with any other in it."""
    return _UNFIT.sub("_", name)[:MAX_NAME] or "tool"


def canonical(name: str, raw: str) -> str:
    """Name and arguments such that equal calls give equal texts, however they are spelled."""
    try:
        return name + json.dumps(parse_arguments(raw), sort_keys=True)
    except (BadArguments, RecursionError):
        return name + raw


def clean_output(text: str) -> str:
    """A tool's output without control characters and what else no terminal and no model should get."""
    return sanitize(storable(text))

"""The port `SchemaChecker` on jsonschema: draft 2020-12, nothing fetched, nothing that could take forever.

Schemas come from tools' authors, arguments from models, and the check runs on the loop. So a schema is bounded when it
is compiled, what cannot be bounded in it is refused then, and a check has a budget of steps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import unquote

from chatd.adapters.schema_patterns import MAX_MATCHED, check_pattern
from chatd.core.sanitize import sanitize_line
from chatd.core.text import check_length, size_of
from chatd.core.tool import Schema
from chatd.errors import UsageError

MAX_SCHEMA = 32 * 1024
"""Bytes of a schema as JSON: several times what the largest tools have."""

MAX_DEPTH = 32
"""Objects and lists inside one another, in a schema."""

MAX_STEPS = 50_000
"""Comparisons in one check: more than a list of ten thousand numbers needs, and two tenths of a second at worst."""

MAX_ERRORS = 20
"""Errors looked at to find the one that says most."""

MAX_SENTENCE = 200
"""Characters of it: it is for a model that mends its call."""

COMPILED = 256
"""Schemas kept compiled: every tool of a server, before and after it was redefined."""

_REFUSED = (
    "patternProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "$dynamicRef",
    "$dynamicAnchor",
    "$anchor",
)
"""Keywords that match or refer in ways that are not bounded here; no tool's schema needs them."""

_DATA = frozenset({"const", "enum", "default", "examples"})
"""Keywords whose values are data, whatever these look like."""

_NAMED = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
"""Keywords under which there are names that somebody chose, and no keywords."""


def compile_schema(schema: Schema) -> Callable[[Mapping[str, object]], str | None]:
    """The port's call. Raises ValueError, with a sentence, for a schema that is none or is refused."""
    try:
        text = json.dumps(dict(schema), sort_keys=True, allow_nan=False)
        check_length("the schema", size_of(text), MAX_SCHEMA)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("the schema is not JSON") from None
    except UsageError as error:
        raise ValueError(str(error)) from None
    return _compiled(text)


@lru_cache(COMPILED)
def _compiled(text: str) -> _Check:
    schema = json.loads(text)
    # Where it comes from does not matter, and which draft it names neither: tools are written for the same keywords.
    schema.pop("$id", None)
    schema.pop("$schema", None)
    if schema.get("type", "object") != "object":
        raise ValueError("the schema must describe an object: arguments have names")
    survey = _Survey()
    survey.visit(schema, 1)
    return _Check(schema, [survey.target(schema, reference) for reference in survey.references])


class _Survey:
    """Walks through a schema once. Raises ValueError for what is refused in it."""

    def __init__(self) -> None:
        self.references: dict[str, None] = {}
        self._seen: set[int] = set()

    def visit(self, node: Any, depth: int) -> None:
        """Look at `node`, which stands where a schema or a list of them may stand."""
        if depth > MAX_DEPTH:
            raise ValueError(f"the schema is nested more than {MAX_DEPTH} deep")
        if isinstance(node, list):
            for part in node:
                self.visit(part, depth + 1)
        if not isinstance(node, dict):
            return
        self._seen.add(id(node))
        for refused in (*_REFUSED, "$id", "$schema"):
            if refused in node:
                raise ValueError(f"{refused} is not supported in a tool's schema")
        if isinstance(node.get("$ref"), str):
            self.references[node["$ref"]] = None
        if isinstance(node.get("pattern"), str):
            check_pattern(node["pattern"])
        for key, value in node.items():
            if key in _NAMED and isinstance(value, dict):
                for part in value.values():
                    self.visit(part, depth + 2)
            elif key not in _DATA:
                self.visit(value, depth + 1)

    def target(self, schema: Any, reference: str) -> Any:
        """The part of the schema that `reference`, a JSON pointer after `#`, leads to."""
        if not reference.startswith("#"):
            raise ValueError(f"the reference {reference[:60]!r} leads outside the schema; nothing is fetched")
        found = schema
        for step in unquote(reference[1:]).split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and key.isascii() and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                found = found.get(key) if isinstance(found, dict) else None
        if reference[1:2] not in ("", "/") or not (isinstance(found, bool) or id(found) in self._seen):
            raise ValueError(f"the reference {reference[:60]!r} leads to no schema")
        return found


class _TooMuch(Exception):
    """The check would take too long."""


class _Check:
    """A compiled schema. One check at a time: it has one count of steps."""

    def __init__(self, schema: Any, targets: list[Any]) -> None:
        # Slow to import (about 60 ms), and of no use to any command but the server.
        import jsonschema  # noqa: PLC0415
        from referencing import Registry  # noqa: PLC0415

        base = jsonschema.Draft202012Validator
        try:
            for part in (schema, *targets):
                base.check_schema(part)
        except jsonschema.SchemaError as error:
            raise ValueError(f"the schema is none: {_sentence(error)}") from None
        self._best = jsonschema.exceptions.best_match
        self._steps = 0
        counted = {keyword: self._counted(keyword, work) for keyword, work in base.VALIDATORS.items()}
        # An empty registry: a reference that leads outside is an error, not a request.
        self._validator = jsonschema.validators.extend(base, counted)(schema, registry=Registry())

    def _counted(self, keyword: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def check(validator: Any, value: Any, instance: Any, node: Any) -> Any:
            self._steps += 1 + (len(value) if isinstance(value, list | dict) else 0)
            if keyword == "uniqueItems" and isinstance(instance, list):
                self._steps += len(instance) ** 2 if any(isinstance(i, list | dict) for i in instance) else 0
            if self._steps > MAX_STEPS:
                raise _TooMuch("they are too large to be checked")
            if keyword == "pattern" and isinstance(instance, str) and len(instance) > MAX_MATCHED:
                raise _TooMuch(f"a text that has a pattern is longer than {MAX_MATCHED} characters")
            return work(validator, value, instance, node)

        return check

    def __call__(self, arguments: Mapping[str, object]) -> str | None:
        self._steps = 0
        try:
            errors: Iterator[Any] = self._validator.iter_errors(dict(arguments))
            worst = self._best(islice(errors, MAX_ERRORS))
        except _TooMuch as refusal:
            return str(refusal)
        except RecursionError:
            return "they are nested too deep to be checked"
        except (ArithmeticError, ValueError):  # infinity, NaN, and integers that no float can hold
            return "a number in them cannot be checked"
        return None if worst is None else _sentence(worst)


def _sentence(error: Any) -> str:
    path = ".".join(str(step) for step in error.absolute_path)
    text = sanitize_line(f"{path}: {error.message}" if path else error.message)
    return text if len(text) <= MAX_SENTENCE else text[: MAX_SENTENCE - 1] + "…"

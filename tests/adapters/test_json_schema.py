"""Schema checks: what does not fit is named in a sentence; nothing is fetched, nothing holds the server up."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.adapters.json_schema import MAX_DEPTH, MAX_SENTENCE, compile_schema
from chatd.core.tool import NO_PARAMETERS
from chatd.ports import SchemaChecker

CHECKER: SchemaChecker = compile_schema


def taking(**properties: object) -> dict[str, object]:
    """A schema of an object with these properties, all of them required."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "arguments", "problem"),
    [
        (NO_PARAMETERS, {}, None),
        (taking(city={"type": "string"}), {"city": "Wien"}, None),
        (taking(city={"type": "string"}), {"city": 5}, "city: 5 is not of type 'string'"),
        (taking(city={"type": "string"}), {}, "'city' is a required property"),
        (taking(), {"x": 1}, "Additional properties are not allowed ('x' was unexpected)"),
        (taking(a=taking(b={"enum": [1, 2]})), {"a": {"b": 3}}, "a.b: 3 is not one of [1, 2]"),
        (taking(a={"items": {"type": "integer"}}), {"a": [1, "x"]}, "a.1: 'x' is not of type 'integer'"),
        (taking(a={"pattern": "^[a-z]+$"}), {"a": "B"}, "a: 'B' does not match '^[a-z]+$'"),
        (taking(a={"pattern": "^[a-z]+$"}), {"a": "b"}, None),
        (taking(a={"const": {"$ref": "http://x"}}), {"a": {"$ref": "http://x"}}, None),
        (taking(pattern={"type": "string"}), {"pattern": "("}, None),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "$id": "http://x/y", "maxProperties": 0}, {}, None),
        (taking(**{"\x1b[2J": {"type": "string"}}), {"\x1b[2J": 5}, "␛[2J: 5 is not of type 'string'"),
    ],
)
def test_what_does_not_fit_is_named(
    schema: dict[str, object], arguments: Mapping[str, object], problem: str | None
) -> None:
    assert compile_schema(schema)(arguments) == problem


def test_references_within_the_schema_are_followed() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#/$defs/a~1tree"}}, "additionalProperties": False}
    check = compile_schema({"$ref": "#/$defs/a~1tree", "$defs": {"a/tree": tree}})
    assert check({"left": {"left": {}}}) is None
    assert check({"left": {"right": {}}}) == "left: Additional properties are not allowed ('right' was unexpected)"


def deep(depth: int) -> dict[str, Any]:
    return {"not": deep(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "obj"}, "must describe an object"),
        ({"type": "string"}, "must describe an object"),
        (taking(a={"type": "text"}), "the schema is none: properties.a.type: 'text' is not valid"),
        ({"required": "a"}, "the schema is none: required: 'a' is not of type 'array'"),
        (taking(a=object()), "not JSON"),
        (taking(a={"const": float("nan")}), "not JSON"),
        (taking(a={"description": "x" * 40_000}), r"39\.\d KiB, the limit is 32 KiB"),
        (deep(MAX_DEPTH), "nested more than"),
        ({"$ref": "https://example.com/schema"}, "leads outside the schema; nothing is fetched"),
        ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, "leads outside"),
        (taking(a={"$ref": "file:///etc/passwd"}), "leads outside"),
        ({"$ref": "#/$defs/none"}, "leads to no schema"),
        ({"$ref": "#name"}, "leads to no schema"),
        (taking(a={"enum": [{"pattern": "(a+)+$"}]}, b={"$ref": "#/properties/a/enum/0"}), "leads to no schema"),
        ({"x-y": {"type": 5}, "$ref": "#/x-y"}, "the schema is none: type: 5"),
        (taking(a={"$id": "http://x/"}), r"\$id is not supported"),
        (taking(a={"$schema": "http://x/"}), r"\$schema is not supported"),
        ({"patternProperties": {"a": {}}}, "patternProperties is not supported"),
        ({"unevaluatedProperties": False}, "unevaluatedProperties is not supported"),
        (taking(a={"pattern": "(a+)+$"}), "could take too long"),
    ],
)
def test_a_schema_that_is_none_or_not_bounded_is_refused(schema: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        compile_schema(schema)
    assert "\n" not in str(refusal.value)


def test_nothing_is_ever_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        pytest.fail("it reaches for the network")

    monkeypatch.setattr(socket, "getaddrinfo", connect)
    monkeypatch.setattr(socket.socket, "connect", connect)
    for reference in ("http://127.0.0.1:1/x", "//example.com/x", "x.json", "urn:x"):
        with pytest.raises(ValueError, match="leads outside"):
            compile_schema(taking(a={"$ref": reference}))


def doubling(steps: int) -> dict[str, object]:
    """Each definition asks for the next one twice."""
    chain = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(steps)}
    return {"$ref": "#/$defs/d0", "$defs": {**chain, f"d{steps}": {}}}


@pytest.mark.parametrize(
    ("schema", "arguments", "problem"),
    [
        (doubling(40), {}, "they are too large to be checked"),
        ({"$ref": "#"}, {}, "they are nested too deep to be checked"),
        (taking(a={"items": {"anyOf": [{"type": "string"}] * 400}}), {"a": [1] * 30_000}, None),
        (taking(a={"items": {"enum": list(range(2000))}}), {"a": [1] * 30_000}, "they are too large to be checked"),
        (taking(a={"uniqueItems": True}), {"a": [{"x": i} for i in range(9000)]}, "they are too large to be checked"),
        (taking(a={"pattern": "x"}), {"a": "x" * 129}, "a text that has a pattern is longer than 128 characters"),
        (taking(a={"multipleOf": 0.1}), {"a": float("inf")}, "a number in them cannot be checked"),
        (taking(a={"multipleOf": 0.1}), {"a": float("nan")}, "a number in them cannot be checked"),
        (taking(a={"multipleOf": 0.1}), {"a": 10**400}, "a number in them cannot be checked"),
    ],
)
def test_a_check_has_a_budget(schema: dict[str, object], arguments: Mapping[str, object], problem: str | None) -> None:
    found = compile_schema(schema)(arguments)
    assert found == problem if problem is not None else found is not None


def test_a_budget_is_for_one_check_alone() -> None:
    check = compile_schema(taking(a={"items": {"type": "integer"}}))
    assert [check({"a": list(range(20_000))}) for _ in range(4)] == [None] * 4


def test_a_sentence_is_short_and_one_line() -> None:
    problem = compile_schema(taking(a={"enum": ["x"]}))({"a": "long\n" * 999})
    assert problem is not None
    assert len(problem) == MAX_SENTENCE and problem.endswith("…") and "\n" not in problem


keywords = st.sampled_from(
    ["type", "properties", "items", "enum", "const", "$ref", "pattern", "anyOf", "required", "minimum", "multipleOf",
     "not", "$defs", "format", "uniqueItems", "additionalProperties", "maxLength", "$id", "if", "contains"]
)  # fmt: skip
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["string", "#", "#/$defs/a", "a", "[", "x*"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(keywords, st.just("a")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(keywords, values, max_size=4), st.dictionaries(st.just("a"), values))
@settings(max_examples=150, deadline=None)
def test_any_schema_is_refused_or_checks_any_arguments(schema: dict[str, object], arguments: dict[str, object]) -> None:
    try:
        check = compile_schema(schema)
    except ValueError as refusal:
        problem: str | None = str(refusal)
    else:
        problem = check(arguments)
    assert problem is None or re.fullmatch(r".+", problem)

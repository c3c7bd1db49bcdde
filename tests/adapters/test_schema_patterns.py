"""Patterns of schemas: those that tools have are run, those that could hold the server up are not."""

from __future__ import annotations

import pytest

from chatd.adapters.schema_patterns import check_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "^[a-z0-9-]+$",
        r"^\d{4}-\d{2}-\d{2}$",
        r"^\d{4}-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$",
        "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$",
        "^(red|green|blue)$",
        "^#([0-9a-f]{3}){1,2}$",
        r"^https?://[^\s/]+(/.*)?$",
        r"^[^@\s]+@[^@\s]+\.[a-z]+$",
        "(?i)^[)(*+|]+$",
        r"\(\*\)\+[]*]+",
        "(?P<name>a)",
    ],
)
def test_what_tools_have(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*",
        "(a|aa)+$",
        "((a?)b?){20}",
        "(x(a+)y)*",
        "(?:a+){2,}",
        "(a{1,9}){1,9}",
        "(a|aa)" * 20,
        "a?" * 25 + "a" * 25,
        "a*a*a*a*b",
        "a{,200}" * 4,
        "a{1000}",
        "(?:a+)+?b",
    ],
)
def test_what_could_take_too_long(pattern: str) -> None:
    with pytest.raises(ValueError, match="could take too long"):
        check_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(", "[", "*", r"\p{L}", "a{99999999999}", "(" * 5000])
def test_what_is_no_regular_expression(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no regular expression"):
        check_pattern(pattern)

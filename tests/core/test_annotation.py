"""Annotations: what scripts have found out about a row, within bounds, and nothing else of its meta changes by it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.annotation import (
    MAX_DEPTH,
    MAX_KEYS,
    MAX_VALUE,
    annotated,
    annotation_size,
    annotations_in,
    check_annotation,
    difference,
)
from chatd.errors import UsageError

KEYS = st.sampled_from(["ethos", "logos", "tone"])
VALUES = st.none() | st.integers(0, 3) | st.text(max_size=3) | st.lists(st.booleans(), max_size=2)
CHANGES = st.dictionaries(KEYS, VALUES, max_size=3)


@given(st.lists(CHANGES, max_size=6))
def test_the_last_value_of_each_key_stands_and_the_rest_of_the_meta_as_it_was(changes: list[dict[str, object]]) -> None:
    meta: dict[str, object] = {"model": "bot", "thinking": "hm"}
    last: dict[str, object] = {}
    for values in changes:
        meta = annotated(meta, values)
        last |= values
    wanted = {key: value for key, value in last.items() if value is not None}
    assert annotations_in(meta) == wanted and ("x" in meta) == bool(wanted)
    assert {key: value for key, value in meta.items() if key != "x"} == {"model": "bot", "thinking": "hm"}


@given(CHANGES, CHANGES)
def test_the_difference_makes_the_one_into_the_other_and_is_nothing_between_equals(
    before: dict[str, object], after: dict[str, object]
) -> None:
    had, has = annotated({"k": 1}, before), annotated({"other": 2}, after)
    assert annotations_in(annotated(had, difference(had, has))) == annotations_in(has)
    assert not difference(has, has) and not difference(has, annotated({}, after))


def test_true_is_not_one_and_a_fraction_no_whole_number() -> None:
    """To Python they are equal, to whoever reads the JSON they are not."""
    assert difference({"x": {"a": 1, "b": 1}}, {"x": {"a": True, "b": 1.0}}) == {"a": True, "b": 1.0}


def nested(depth: int) -> object:
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("", 1, "is no key"), ("a" * 33, 1, "is no key"), ("-a", 1, "is no key"), ("a b", 1, "is no key"),
        ("é", 1, "is no key"), ("a", float("nan"), "is none"), ("a", [float("inf")], "is none"),
        ("a", nested(MAX_DEPTH + 1), "deeper than 4"), ("a", "x" * MAX_VALUE, "is 1026 bytes, the limit is 1024 bytes"),
        ("a", {"b": "é" * MAX_VALUE}, "the limit is 1 KiB"),
    ],
)  # fmt: skip
def test_what_may_not_be_kept_is_refused_with_the_limit(key: str, value: object, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        check_annotation({}, key, value)


def test_what_is_within_the_bounds_may_be_kept() -> None:
    for key, value in (("a", 1), ("A.b-c_9", "x" * (MAX_VALUE - 2)), ("z" * 32, nested(MAX_DEPTH)), ("gone", None)):
        check_annotation({}, key, value)


def test_a_row_that_has_all_its_keys_takes_new_values_of_those_and_no_further_key() -> None:
    full = annotated({}, {f"k{n}": n for n in range(MAX_KEYS)})
    check_annotation(full, "k3", "new")
    check_annotation(full, "other", None)
    with pytest.raises(UsageError, match="has 16 keys already, the limit is 16"):
        check_annotation(full, "other", 1)


def test_size_is_that_of_the_text_that_is_written() -> None:
    assert annotation_size({"a": "é"}) == len('{"a": "é"}')

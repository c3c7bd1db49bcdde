"""What scripts keep: plain values come back as they were, and no order of changes gets past the bounds."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.text import size_of
from chatd.errors import LimitReached, ScriptError, UsageError
from chatd.ports import Plain
from chatd.tasks.chat.values import ValueLimits, Values

LIMITS = ValueLimits(keys=4, value=40, total=100)

PLAIN: st.SearchStrategy[Plain] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=6,
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", "déjà", "e", "f", ""]), PLAIN), max_size=20))
def test_they_are_a_dictionary_within_bounds(changes: list[tuple[str, Plain]]) -> None:
    values, model = Values(LIMITS), dict[str, Plain]()
    for key, value in changes:
        try:
            values.set(key, value)
        except (LimitReached, UsageError):
            assert value is not None, "forgetting is always possible"
        else:
            model[key] = value
            if value is None:
                del model[key]
        assert {k: json.loads(text) for k, text in values.items().items()} == model
        texts = values.items()
        assert values.size == sum(size_of(k) + size_of(text) for k, text in texts.items()) <= LIMITS.total
        assert len(texts) <= LIMITS.keys and all(size_of(text) <= LIMITS.value for text in texts.values())
    assert all(values.get(key) == model.get(key) for key in "abc")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("k", "x" * 50, "'k' is 52 bytes, the limit is 40 bytes"),
        ("new", 1, "4 values are kept already, that is the limit"),
        ("a", "y" * 38, "with 'a' what is kept is 128 bytes, the limit is 100 bytes"),
        ("", 1, "a key has 1 to 256 bytes"),
        ("x" * 257, 1, "a key has 1 to 256 bytes"),
    ],
)
def test_what_is_too_much_is_said_with_both_sizes_and_changes_nothing(key: str, value: Plain, reason: str) -> None:
    values = Values(LIMITS)
    for name, size in (("a", 4), ("b", 30), ("c", 30), ("d", 18)):
        values.set(name, "x" * size)
    before = values.items()
    with pytest.raises((LimitReached, UsageError)) as refused:
        values.set(key, value)
    assert str(refused.value) == reason and values.items() == before


@pytest.mark.parametrize("number", [math.nan, float("inf"), -float("inf")])
def test_what_json_has_no_word_for_is_refused(number: float) -> None:
    with pytest.raises(ScriptError, match="cannot be kept"):
        Values(LIMITS).set("a", [number])


def test_what_was_kept_under_larger_limits_can_become_less() -> None:
    values = Values(LIMITS)
    values.fill({name: json.dumps("x" * 60) for name in "abc"})
    values.set("a", "x" * 30)
    assert values.get("a") == "x" * 30 and values.size > LIMITS.total

"""Whatever a body is, it is read, or refused in a sentence that names what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import UsageError, WrongField
from chatd.wire.web.json_body import Fields, parse_object

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": NaN}', "NaN is no number"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": 1' + b"0" * 10_000 + b"}", "not JSON"),
        (b"[1]", "an object of JSON is wanted"),
        (b'"x"', "an object of JSON is wanted"),
    ],
)
def test_what_is_no_object_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_object(body)


@given(values, st.sampled_from(["text", "flag", "number", "whole", "inner", "items", "objects", "texts"]))
def test_a_field_is_read_as_what_it_is_or_its_path_is_told(value: object, kind: str) -> None:
    body = parse_object(json.dumps({"a": {"b": value}}).encode()).inner("a")
    assert body is not None
    read: Callable[[], object] = {
        "text": lambda: body.text("b"), "flag": lambda: body.flag("b"), "number": lambda: body.number("b", -9, 9),
        "whole": lambda: body.whole("b", -9, 9), "inner": lambda: body.inner("b"), "items": lambda: body.items("b", 2),
        "objects": lambda: [*body.objects("b", 2)], "texts": lambda: body.texts("b", 2),
    }[kind]  # fmt: skip
    with suppress(WrongField):
        read()
        return
    with pytest.raises(WrongField, match=r"^a\.b") as caught:
        read()
    assert caught.value.path.startswith("a.b")


def test_a_field_that_is_null_is_not_there() -> None:
    body = Fields({"a": None})
    assert (
        "a" not in body and body.text("a", "x") == "x" and body.number("a", 0, 1) is None and body.items("a", 1) == []
    )
    with pytest.raises(WrongField, match=r"^a: is missing$"):
        body.text("a")


def test_true_is_no_number_and_no_half_is_whole() -> None:
    body = Fields({"yes": True, "half": 1.5, "two": 2.0})
    assert body.whole("two", 0, 9) == 2
    for key in ("yes", "half"):
        with pytest.raises(WrongField, match=f"^{key}: a whole number"):
            body.whole(key, 0, 9)
    with pytest.raises(WrongField):
        body.number("yes", 0, 9)


def test_text_can_be_stored() -> None:
    assert parse_object(b'{"a": "\\ud800x"}').text("a") == "\ufffdx"

"""JSON Lines are one line each, safe on a terminal, and lossless."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.jsonl import dump


@given(
    st.recursive(
        st.text() | st.integers() | st.none() | st.booleans(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_lossless_and_without_control_characters(value: object) -> None:
    line = dump(value)
    assert json.loads(line) == value
    assert all(char >= " " and not "\x7f" <= char <= "\x9f" and char not in "\u2028\u2029" for char in line)


def test_escapes_look_like_json() -> None:
    assert dump("\x1b\x9b\u2028é") == '"\\u001b\\u009b\\u2028é"'

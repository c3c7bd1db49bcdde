"""JSON Lines are one line each, safe on a terminal, and lossless."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.sanitize import sanitize
from chatd.wire.jsonl import dump, encode, escape


@given(
    st.recursive(
        st.text() | st.integers() | st.none() | st.booleans(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_lossless_and_without_control_characters(value: object) -> None:
    line = dump(value)
    assert json.loads(line) == value
    assert all(char >= " " and not "\x7f" <= char <= "\x9f" and char not in "\u2028\u2029" for char in line)


UNSEEN = [
    char
    for code in [*range(0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE1000)]
    if unicodedata.category(char := chr(code)) in {"Cc", "Cf", "Zl", "Zp", "Cn", "Mn", "Lo"}
    and char not in sanitize(f"世{char}")
]
"""What a screen shows nothing, or a stand-in, for: the bidi controls, zero widths and tags among them."""


@given(st.lists(st.sampled_from(UNSEEN) | st.sampled_from("\u200d\ufe0f\U000e01ef世a"), max_size=20).map("".join))
def test_what_cannot_be_seen_is_escaped(text: str) -> None:
    line = dump({"content": text, text: [text]})
    assert json.loads(line) == {"content": text, text: [text]}
    assert not set(line) & {*UNSEEN, "\u200d", "\ufe0f", "\U000e01ef"}


def test_everything_that_a_screen_leaves_out_is_escaped() -> None:
    assert {"\u202e", "\u2066", "\u200b", "\ufeff", "\xad", "\U000e0041"} <= set(UNSEEN)
    assert dump("".join(UNSEEN)).isascii()


def test_escapes_look_like_json() -> None:
    assert dump("\x1b\x9b\x7f\u2028é") == '"\\u001b\\u009b\\u007f\\u2028é"'
    assert dump("\u202e\U000e0041") == '"\\u202e\\udb40\\udc41"'


@given(st.text('é\u202e\x7f"\\\n\U000e0041a', max_size=30), st.integers(1, 5))
def test_a_line_is_escaped_in_any_pieces(text: str, size: int) -> None:
    line = encode(text)
    assert "".join(escape(line[at : at + size]) for at in range(0, len(line), size)) == dump(text)

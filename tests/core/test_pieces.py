"""Pieces: whatever stands in a text is found by any part of it, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.pieces import is_piece, pieces_of, sought, without_pieces

runs = st.text("今天气好東京タワー안녕하세요สวัสดี👍🫨", min_size=1, max_size=12)


def found(text: str, part: str) -> bool:
    """What the index does: pieces in a row, the last of them by its beginning where that will do."""
    have = f" {pieces_of(text)} "
    return all(f" {' '.join(one.pieces)}{'' if one.begins else ' '}" in have for one in sought(part))


@given(runs, st.data())
def test_every_part_of_a_run_is_found(run: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(run) - 1))
    part = run[start : data.draw(st.integers(start + 1, len(run)))]
    assert found(f"so: {run}, yes", part)


@given(runs, runs)
def test_nothing_else_is_found(run: str, other: str) -> None:
    assert found(run, other) == (other in run)


def test_words_are_left_to_the_words() -> None:
    assert without_pieces("用iPhone拍照 now").split() == ["iPhone", "now"]
    assert pieces_of("plain text, café, Привет, 12:30") == ""
    assert not is_piece("é") and is_piece("é天"[1])


def test_selectors_and_joiners_are_not_looked_for() -> None:
    assert pieces_of("\u2764\ufe0f") == pieces_of("\u2764")
    assert found("\U0001f469\u200d\U0001f4bb", "\U0001f4bb")
    assert found("\U0001f44d\U0001f3fd", "\U0001f44d")


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_a_text_of_words_is_left_as_it_is(text: str) -> None:
    assert without_pieces(text) == text and pieces_of(text) == ""

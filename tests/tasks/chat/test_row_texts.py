"""Prepared texts are what sanitising and wrapping the whole row gives, however it grew and whoever looked when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.live_row import LiveRow
from chatd.core.row import Finished, Method, Row, Status
from chatd.core.sanitize import sanitize
from chatd.screen.wrap import wrap
from chatd.tasks.chat import row_layouts, row_texts
from chatd.tasks.chat.row_texts import DEAR, PIECE, PREFIX, PREFIX_FROM, RowTexts


def growing(row_id: str = "x") -> LiveRow:
    return LiveRow(Row(row_id, "lobby", "b", 1, Method.CHUNK, "bot", "", Status.OPEN, 0, 0, None))


def finish(live: LiveRow) -> None:
    live.finish(Finished(9, live.head.id, Status.COMPLETE, Method.MODEL, {}, 1))


@given(st.lists(st.tuples(st.text(max_size=12), st.sampled_from([1, 7, 80, None])), max_size=12))
def test_any_growth_and_any_looks(steps: list[tuple[str, int | None]]) -> None:
    texts, live = RowTexts(), growing()
    for piece, width in steps:
        live.grow(piece, 0)
        if width is not None:
            texts.of(live).lines(width)
    finish(live)
    whole = sanitize("".join(piece for piece, _ in steps))
    for width in (1, 7, 80):
        assert texts.of(live).lines(width)[0] == wrap(whole, width)
    assert texts.of(live).text == whole
    assert texts.of(live).lines(7)[0] == wrap(whole, 7)
    assert len(texts.of(live).prefix.encode()) <= PREFIX and whole.startswith(texts.of(live).prefix)


@given(st.lists(st.text(max_size=30), max_size=6), st.integers(1, 20), st.sampled_from([1, 7, 80]))
def test_a_long_text_is_laid_out_over_several_looks(pieces: list[str], most: int, width: int) -> None:
    texts, live = RowTexts(), growing()
    for piece in pieces:
        live.grow(piece, 0)
    finish(live)
    text = texts.of(live)
    for look in (text.lines, text.markdown):
        taken, complete = 0, False
        while not complete:
            lines, took, complete = look(width, most)
            assert took < most + DEAR * PIECE and (took > 0 or complete), "each look does a bounded piece of it"
            taken += took
        assert taken >= text.chars and lines == look(width)[0]


@pytest.mark.parametrize("dear", ["a\u0301", "\u202e", "\x1b", "a\u200d"])
def test_a_text_of_any_shape_is_prepared_a_piece_at_a_time(dear: str) -> None:
    """A quarter of a megabyte that each character of must be looked at: no look takes more than its share."""
    texts, live, looks = RowTexts(), growing(), 0
    live.grow(dear * (262_144 // len(dear)), 0)
    finish(live)
    assert len(texts.of(live).prefix) <= PREFIX
    assert not texts.of(live).has(PREFIX_FROM + 1), "no more than it takes"
    while not texts.of(live).has(live.length):
        assert texts.of(live).prepare(most=8192) <= 8192 + DEAR * PIECE
        looks += 1
    assert looks > 50 and texts.of(live).text == sanitize(live.text)


def test_reading_it_as_a_whole_leaves_the_layouts() -> None:
    texts, live = RowTexts(), growing()
    for piece in ("one two ", "three four ", "five"):
        live.grow(piece, 0)
        texts.of(live).lines(7)
    before = texts.of(live).lines(7)[0]
    assert texts.of(live).text == "one two three four five"
    live.grow(" six", 0)
    assert texts.of(live).lines(7)[0] is before, "it is laid out further, not anew"
    assert before == wrap("one two three four five six", 7)


def test_what_is_kept_is_bounded_and_can_be_had_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_texts, "MAX_CHARS", 100)
    texts = RowTexts()
    rows = [growing(f"row{i}") for i in range(10)]
    for live in rows:
        live.grow("x" * 30, 0)
        texts.of(live).prepare()
    texts.of(rows[-1])
    assert sum(len(text.text) for text in texts._texts.values()) <= 100
    assert texts.of(rows[0]).text == "x" * 30


def test_who_is_late_and_has_an_older_state_of_a_row_is_given_the_newer_text() -> None:
    """A room may have forgotten a row whose beginning somebody still has to be told of."""
    texts, live = RowTexts(), growing()
    beginning = LiveRow(live.row)
    live.grow("text", 0)
    finish(live)
    assert texts.of(live).prefix == "text"
    late = texts.of(beginning)
    assert late.has_prefix  # else asking for it would never end
    assert (late.prefix, late.text, late.complete) == ("text", "text", True)


def test_terminals_of_many_widths_see_the_end_of_an_answer() -> None:
    """Each has a piece of it laid out in its turn; what one has is not thrown away for what the next one gets."""
    texts, live, widths = RowTexts(), growing(), range(60, 90)
    live.grow("some words of an answer, and more of them " * 350, 0)
    for _ in range(10):
        seen = [texts.of(live).markdown(width, 2048)[2] for width in widths]
    assert all(seen)
    live.grow(" and its end", 0)
    assert sum(texts.of(live).markdown(width, 2048)[1] for width in widths) == len(widths) * len(" and its end")


def test_what_is_too_much_to_be_kept_for_all_is_finished_for_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_layouts, "MAX_LAID_OUT", 20_000)
    live = growing()
    live.grow("some words of an answer, and more of them " * 350, 0)
    texts, waiting = RowTexts(), list(range(60, 80))
    for _ in range(60):
        waiting = [width for width in waiting if not texts.of(live).markdown(width, 2048)[2]]
    assert not waiting
    assert texts.of(live).weight < 30 * live.length


def test_layouts_count_for_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_texts, "MAX_CHARS", 100_000)
    texts, rows = RowTexts(), [growing(f"row{number}") for number in range(10)]
    for live in rows:
        live.grow("some words " * 100, 0)
        for width in range(40, 60):
            texts.of(live).lines(width)
    kept = [texts.of(live).weight for live in reversed(rows)]
    assert 0 < sum(kept) < 150_000

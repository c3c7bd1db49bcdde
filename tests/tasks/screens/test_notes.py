"""Notes stand behind their rows in the order in which they came, and no more are kept than are allowed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.tasks.screens.notes import MAX_CHARS, MAX_NOTES, Notes


@given(behind=st.lists(st.integers(0, 6), max_size=30).map(sorted))
def test_they_are_found_behind_their_rows_from_both_ends(behind: list[int]) -> None:
    notes = Notes()
    for number, row in enumerate(behind):
        notes.add(f"note {number}", "info", row)
    for row in range(8):
        numbers = [number for number, its in enumerate(behind) if its == row]
        forwards: list[int] = []
        at = notes.first(row)
        while at is not None:
            forwards.append(at)
            at = notes.first(row, at)
        backwards: list[int] = []
        at = notes.last(row)
        while at is not None:
            backwards.append(at)
            at = notes.last(row, at)
        assert forwards == numbers == backwards[::-1]
        assert [note.text for number in numbers if (note := notes.get(number))] == [f"note {n}" for n in numbers]


def test_old_ones_are_let_go() -> None:
    notes = Notes()
    for number in range(MAX_NOTES + 5):
        notes.add(str(number), "info", number)
    assert notes.get(4) is None and notes.first(4) is None
    assert (kept := notes.get(5)) is not None and kept.text == "5"
    for _ in range(3):
        notes.add("x" * MAX_CHARS, "info", MAX_NOTES + 5)
    assert notes.first(MAX_NOTES + 4) is None
    assert notes.first(MAX_NOTES + 5) == notes.last(MAX_NOTES + 5)

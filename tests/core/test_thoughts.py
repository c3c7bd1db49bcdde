"""Thoughts: each row has its own, whole, however it came in pieces, until it is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.row import Method, NewRow, Think, Thought
from chatd.core.thoughts import Thoughts


@given(st.lists(st.tuples(st.sampled_from("ab"), st.text(max_size=3)), max_size=20), st.integers(0, 30))
def test_thoughts_of_several_rows_are_put_together(pieces: list[tuple[str, str]], offset: int) -> None:
    thoughts = Thoughts()
    for at, (row_id, text) in enumerate(pieces):
        for thought in thoughts.gather([(Think(NewRow(row_id, Method.CHUNK, "bot"), text), at)]):
            thoughts.apply(thought)
    for row_id in "ab":
        whole = "".join(text for other, text in pieces if other == row_id)
        assert thoughts.since(row_id, 0) == whole and thoughts.since(row_id, offset) == whole[offset:]
        assert thoughts.newest(row_id, offset) == whole[max(0, len(whole) - offset) :]
        thoughts.forget(row_id)
        assert thoughts.since(row_id, 0) == ""


def test_what_waits_together_is_one_fact_for_each_row_behind_what_there_is() -> None:
    thoughts, row = Thoughts(), {name: NewRow(name, Method.CHUNK, "bot") for name in "ab"}
    drafts = [(Think(row[name], text), at) for at, (name, text) in enumerate([("a", "1"), ("b", "2"), ("a", "3")])]
    first = thoughts.gather(drafts)
    assert first == (Thought(row["a"], 0, "13", 0), Thought(row["b"], 0, "2", 1))
    for thought in first:
        thoughts.apply(thought)
    assert thoughts.gather(drafts[:1]) == (Thought(row["a"], 2, "1", 0),)
    with pytest.raises(AssertionError, match="goes on at 0, has 2"):
        thoughts.apply(first[0])

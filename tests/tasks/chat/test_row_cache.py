"""Rows fetched for screens are kept while there is room, the ones that nobody looks at least."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.live_row import LiveRow
from chatd.core.row import Method, Row, Status
from chatd.tasks.chat import row_cache as stored
from chatd.tasks.chat.row_cache import RowCache


def row(name: str, length: int) -> LiveRow:
    return LiveRow(Row(name, "lobby", "b", 1, Method.USER, "bob", "x" * length, Status.COMPLETE, 0, 0, 0))


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 60), st.booleans()), max_size=30))
def test_what_is_kept_is_bounded_and_the_newest_is_there(acts: list[tuple[str, int, bool]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "MAX_CHARS", 100)
        kept = RowCache()
        for name, length, looks in acts:
            if looks:
                kept.get(name)
            else:
                kept.put(live := row(name, length))
                assert kept.get(name) is live
            weights = [found.weight for found in map(kept.get, "abcdef") if found is not None]
            assert sum(weights) <= 100 or len(weights) == 1


def test_what_was_looked_at_stays_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MAX_CHARS", 100)
    kept = RowCache()
    kept.put(row("a", 40))
    kept.put(row("b", 40))
    kept.get("a")
    kept.put(row("c", 40))
    assert kept.get("a") is not None and kept.get("b") is None

"""Callbacks about rows are handed over in batches, each once and in their order, with the pieces of texts made safe;
others have their turns in between."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.sanitize import sanitize
from chatd.ports import MAX_CALLS, Call, Plain
from chatd.tasks.scripts import row_calls
from chatd.tasks.scripts.row_calls import tell
from chatd.tasks.slices import SLICE
from chatd.testing import run

VIEW: Plain = {"content": "\x1b"}
"""A row, whose text is safe already."""


class Runtime:
    """Runs as many of a batch as the test says, all of them by default."""

    def __init__(self, *runs: int) -> None:
        self._runs = list(runs)
        self.batches: list[list[Call]] = []
        self.told: list[Call] = []

    async def call_each(self, calls: Sequence[Call]) -> int:
        assert 0 < len(calls) <= MAX_CALLS
        self.batches.append(list(calls))
        made = min(self._runs.pop(0), len(calls)) if self._runs else len(calls)
        self.told += calls[:made]
        return made


def tell_all(calls: Sequence[Call], runtime: Runtime) -> set[int]:
    """Tell them; behind how many batches others had a turn."""
    behind: set[int] = set()

    async def others() -> None:
        while True:
            behind.add(len(runtime.batches))
            await trio.lowlevel.checkpoint()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(others)
            await trio.lowlevel.checkpoint()
            await tell(calls, runtime.call_each)
            nursery.cancel_scope.cancel()

    run(main)
    return behind - {0, len(runtime.batches)}


def added(number: int) -> Call:
    return "on_row_added", f"b{number}", VIEW


def grown(text: str) -> Call:
    return "on_row_changed", "b", VIEW, text


def safe(call: Call) -> Call:
    callback, *arguments = call
    return grown(sanitize(str(arguments[-1]))) if callback == "on_row_changed" else call


@given(
    st.lists(st.one_of(st.integers().map(added), st.text("a\x1b\r\t", max_size=SLICE).map(grown)), max_size=150),
    st.lists(st.integers(1, 9), max_size=9),
)
def test_each_is_told_once_in_its_order_and_safe(calls: list[Call], runs: list[int]) -> None:
    runtime = Runtime(*runs)
    tell_all(calls, runtime)
    assert runtime.told == list(map(safe, calls))


def test_a_batch_has_so_many_and_others_have_a_turn_after_it() -> None:
    runtime = Runtime()
    assert tell_all([added(n) for n in range(MAX_CALLS * 2 + 1)], runtime) == {1, 2}
    assert [len(batch) for batch in runtime.batches] == [MAX_CALLS, MAX_CALLS, 1]


def test_what_was_left_begins_the_next_batch() -> None:
    runtime = Runtime(2, 1)
    calls = [added(n) for n in range(5)]
    assert tell_all(calls, runtime) == {1, 2}
    assert runtime.batches == [calls, calls[2:], calls[3:]]


def test_no_step_looks_at_more_text_than_one_may_and_at_each_piece_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    def noted(text: str) -> str:
        looked_at.append(len(text))
        return sanitize(text)

    monkeypatch.setattr(row_calls, "sanitize", noted)
    runtime, sizes = Runtime(1, 1), [SLICE - 1, 1, 1, SLICE, SLICE // 2, SLICE // 2, 0]
    assert tell_all([added(0), *(grown("x" * size) for size in sizes)], runtime) == {1, 2, 3}
    assert looked_at == sizes
    pieces = [[len(call[-1]) for call in batch if isinstance(call[-1], str)] for batch in runtime.batches]
    assert pieces == [sizes[:2], sizes[:3], sizes[1:4], sizes[4:]]

"""A browser reads events in whatever pieces they come, and remembers the newest id."""

from __future__ import annotations

from typing import Any, cast

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.testing import run
from chatd.testing.web_events import ReadEvents, ToldEvent

WIRE = b'retry: 5\n\ndata: {"n":1}\n\nid: 7\n\n: quiet\n\nevent: done\nid: 9\ndata: {"n":2}\n\ndata: [DONE]\n\nid: 1'
TOLD = [ToldEvent("", {"n": 1}), ToldEvent("done", {"n": 2}, "9"), ToldEvent("", {})]


class Cut:
    """A stream in these pieces."""

    def __init__(self, sizes: list[int]) -> None:
        self._left = WIRE
        self._sizes = iter(sizes)

    async def piece(self) -> bytes:
        await trio.lowlevel.checkpoint()
        size = next(self._sizes, len(self._left))
        piece, self._left = self._left[:size], self._left[size:]
        return piece


@settings(deadline=None)
@given(st.lists(st.integers(1, 20), max_size=10))
def test_however_it_is_cut_it_says_the_same(sizes: list[int]) -> None:
    async def main() -> None:
        events = ReadEvents(cast(Any, Cut(sizes)), "5")
        assert events.last_id == "5"
        assert await events.rest() == TOLD
        assert events.last_id == "9", "what is not whole has not been told"
        with pytest.raises(EOFError):
            await events.next()

    run(main)

"""A text made safe in steps is the text made safe at once."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.sanitize import sanitize
from chatd.tasks import slices
from chatd.tasks.slices import sanitized


@given(st.text("a\u0301\u200d\r\n\x1b\u202e👩é", max_size=40), st.integers(1, 7))
def test_wherever_it_is_cut(text: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "SLICE", size)
        patch.setattr(slices.slices, "__defaults__", (size,))
        assert trio.run(sanitized, text) == sanitize(text)


def test_others_have_their_turns_meanwhile() -> None:
    async def main() -> None:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                await trio.lowlevel.checkpoint()
                turns += 1

        async with trio.open_nursery() as nursery:
            nursery.start_soon(others)
            await sanitized("a\u0301" * 100_000)
            nursery.cancel_scope.cancel()
        assert turns >= 200_000 // slices.SLICE - 5

    trio.run(main, clock=trio.testing.MockClock())

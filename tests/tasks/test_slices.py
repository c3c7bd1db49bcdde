"""A text made safe in steps is the text made safe at once."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.sanitize import sanitize
from chatd.core.search import about, parse_query, place
from chatd.tasks import slices
from chatd.tasks.slices import sanitized, snippet


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


@given(st.text("ab c", max_size=60), st.sampled_from(["a", "ab", "ab c", '"b c"', "a b"]), st.integers(1, 12))
def test_the_place_is_found_wherever_the_text_is_cut(text: str, sought: str, size: int) -> None:
    """None that the whole text has is missed, and no beginning of a word is taken for one."""
    query = parse_query(sought)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "STEP", size * 4)
        found = trio.run(snippet, text, query)
    assert found == about(text, place(text, query, 0, len(text)) or 0)


def test_looking_for_a_phrase_in_a_text_that_nearly_has_it_everywhere_has_steps() -> None:
    text, query = "*a_" * 100_000, parse_query('"' + "a " * 400 + '"')
    turns = 0

    async def main() -> None:
        async def others() -> None:
            nonlocal turns
            while True:
                await trio.lowlevel.checkpoint()
                turns += 1

        async with trio.open_nursery() as nursery:
            nursery.start_soon(others)
            await snippet(text, query)
            nursery.cancel_scope.cancel()

    trio.run(main)
    assert turns >= 10

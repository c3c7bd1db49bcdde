"""An answer that is text alone: its events, whatever becomes of its pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio

from chatd.core.stream import Done, Started, StreamEvent, Token
from chatd.errors import ChatdError, ModelUnavailable
from chatd.ports import Speaking
from chatd.testing import run


class Pieces:
    """Says these, a second apart; raises what is an error."""

    def __init__(self, *pieces: str | ChatdError) -> None:
        self.left = list(pieces)

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        await trio.sleep(1)
        if not self.left:
            raise StopAsyncIteration
        piece = self.left.pop(0)
        if isinstance(piece, ChatdError):
            raise piece
        return piece


async def heard(events: AsyncIterator[StreamEvent]) -> list[StreamEvent]:
    return [event async for event in events]


def test_it_starts_before_the_first_piece_and_is_done_after_the_last_once() -> None:
    async def main() -> None:
        events = Speaking(Pieces("a", "b"))
        assert await anext(events) == Started() and trio.current_time() == 0
        assert await heard(events) == [Token("a"), Token("b"), Done()]
        assert await heard(events) == [] and trio.current_time() == 3, "no piece is asked for after the end"

    run(main)


def test_what_the_pieces_raise_is_the_end_and_there_is_no_done() -> None:
    async def main() -> None:
        events = Speaking(Pieces("a", ModelUnavailable("gone"), "b"))
        assert [await anext(events), await anext(events)] == [Started(), Token("a")]
        with pytest.raises(ModelUnavailable, match="gone"):
            await anext(events)
        assert await heard(events) == []

    run(main)


def test_a_wait_that_is_given_up_loses_no_piece() -> None:
    async def main() -> None:
        events = Speaking(Pieces("a"))
        assert await anext(events) == Started()
        with trio.move_on_after(0.5):
            await anext(events)
        assert await heard(events) == [Token("a"), Done()]

    run(main)

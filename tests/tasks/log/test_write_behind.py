"""Whatever the disk does, everything that is owed is written at last, and only then is it flushed."""

from __future__ import annotations

import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.errors import StorageError
from chatd.tasks.log.backoff import Backoff
from chatd.tasks.log.write_behind import WriteBehind
from chatd.testing import run

PAUSE = 2.0


class Notebook(WriteBehind):
    """Owes words to a disk that fails when told to."""

    def __init__(self) -> None:
        super().__init__(Backoff(1, 8), PAUSE)
        self.waiting: list[str] = []
        self.written: list[list[str]] = []
        self.failing = False

    @property
    def debt(self) -> int:
        return len(self.waiting)

    def owe(self, word: str) -> None:
        self.waiting.append(word)
        self._owe()

    async def write(self) -> None:
        words = list(self.waiting)
        await trio.sleep(0.5)
        if self.failing:
            raise StorageError("the disk is full")
        del self.waiting[: len(words)]
        self.written.append(words)
        self._paid()


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["word", "fails", "works"]), st.floats(0, 20)), max_size=20))
def test_what_is_owed_is_written_once_and_in_order(acts: list[tuple[str, float]]) -> None:
    notes, owed = Notebook(), [f"word {number}" for number, (act, _) in enumerate(acts) if act == "word"]

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(notes.run)
            for number, (act, seconds) in enumerate(acts):
                if act == "word":
                    notes.owe(f"word {number}")
                else:
                    notes.failing = act == "fails"
                await trio.sleep(seconds)
            notes.failing = False
            await notes.flushed()
            assert [word for words in notes.written for word in words] == owed
            nursery.cancel_scope.cancel()

    run(main)


def test_changes_wait_for_others_unless_the_server_stops() -> None:
    notes = Notebook()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(notes.run)
            notes.owe("a")
            await trio.sleep(1)
            notes.owe("b")
            await notes.flushed()
            assert (notes.written, trio.current_time()) == ([["a", "b"]], PAUSE + 0.5)
            notes.expedite()
            notes.owe("c")
            await notes.flushed()
            assert trio.current_time() == PAUSE + 1
            nursery.cancel_scope.cancel()

    run(main)

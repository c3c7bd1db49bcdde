"""Rows that have words of a question: of one room alone, the likeliest first, and never at any price."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatd.adapters.sqlite import related
from chatd.core.retrieval import telling_terms
from chatd.core.row import Finish, Status
from chatd.errors import LimitReached
from chatd.testing import run
from tests.adapters.sqlite.test_search import Shelf, opened, said


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    opened_shelf = Shelf()
    yield opened_shelf
    opened_shelf.check()
    opened_shelf.database.close()


async def found(shelf: Shelf, question: str, *, room: str = "r", before: int = 99, limit: int = 9) -> str:
    rows = await shelf.log.related(room, telling_terms(question), before, limit)
    return " ".join(row.id for row in rows)


def test_any_of_the_words_will_do_and_rare_ones_count_most(shelf: Shelf) -> None:
    async def main() -> None:
        await shelf.write(
            "r", said("a", "the budget of the harbour is 40"), said("b", "budget"), said("c", "rain again")
        )
        await shelf.write("r", *(said(f"n{n}", "the budget, as ever") for n in range(5)), said("d", "東京の天気"))
        assert (await found(shelf, "What is the harbour budget?")).split()[0] == "a"
        assert len((await found(shelf, "budget?")).split()) == 7 and await found(shelf, "budget?", limit=1) == "b"
        assert await found(shelf, "snow?") == "" and await found(shelf, "東京?") == "d"
        (row,) = await shelf.log.related("r", ("harbour",), 99, 9)
        assert row.line == "#1 alice: the budget of the harbour is 40"

    run(main)


def test_only_what_was_said_before_in_this_room_and_is_whole(shelf: Shelf) -> None:
    async def main() -> None:
        await shelf.write(
            "r", said("a", "harbour one"), said("s", "harbour", method="message.system"), opened("o", "harbour")
        )
        await shelf.write("other", said("x", "harbour elsewhere"))
        await shelf.write("r", said("b", "harbour two"))
        assert await found(shelf, "harbour") == "b a" and await found(shelf, "harbour", before=4) == "a"
        assert await found(shelf, "harbour", room="other") == "x" and await found(shelf, "harbour", room="none") == ""
        await shelf.write("r", Finish("o", Status.COMPLETE))
        assert sorted((await found(shelf, "harbour")).split()) == ["a", "b", "o"]
        await shelf.log.drop_room("r")
        assert await found(shelf, "harbour") == ""

    run(main)


@pytest.mark.parametrize("terms", [(), ("NEAR(",), ('"',), ("content:x",), ("*",), ("\0",)])
def test_nothing_that_is_looked_for_is_an_operator(shelf: Shelf, terms: tuple[str, ...]) -> None:
    async def main() -> None:
        await shelf.write("r", said("a", "near content x"))
        assert await shelf.log.related("r", terms, 99, 9) in ([], await shelf.log.related("r", ("near",), 99, 9))

    run(main)


def test_what_would_take_too_long_is_not_looked_for(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(related, "MAX_STEPS", 1)

    async def main() -> None:
        for n in range(40):
            await shelf.write("r", *(said(f"{n}-{i}", "harbour") for i in range(250)))
        with pytest.raises(LimitReached, match="takes too long"):
            await shelf.log.related("r", ("harbour",), 99999, 9)

    run(main)


def test_words_that_are_everywhere_are_not_looked_for(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(related, "MOST_HITS", 4)

    async def main() -> None:
        await shelf.write("r", *(said(f"n{n}", f"budget {n}") for n in range(9)), said("a", "harbour budget"))
        assert await found(shelf, "harbour budget?") == "a" and await found(shelf, "budget?") == ""
        await shelf.write("r", *(said(f"m{n}", "rain") for n in range(3)))
        assert len((await found(shelf, "harbour rain budget?")).split()) == 4, "as long as they are few together"

    run(main)

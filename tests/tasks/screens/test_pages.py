"""Rows further up than the room's memory goes: loaded when they are asked for, bounded, and never out of date."""

from __future__ import annotations

from chatd.core.excerpt import EXCERPT, Excerpt
from chatd.core.live_row import LiveRow
from chatd.core.room import Room, RoomLimits
from chatd.core.row import Row, Status
from chatd.tasks.chat.row_cache import RowCache
from chatd.tasks.screens.pages import LOST, MAX_ROWS, PAGE, Pages


def row(seq: int, content: str = "hello", **more: object) -> Row:
    given: dict[str, object] = {"method": "message.user", "status": Status.COMPLETE, **more}
    return Row(f"row{seq}", "lobby", "b", seq, author="bob", content=content, created_at=0, updated_at=0,
               finished_at=0, **given)  # type: ignore[arg-type]  # fmt: skip


def room(first: int, last: int) -> Room:
    limits = RoomLimits(rows=1000, row_chars=1 << 20, entries=10, entry_chars=1 << 20)
    made = Room("lobby", "lobby", "b", number=last, seq=last, limits=limits)
    made.restore([row(seq) for seq in range(first, last + 1)])
    return made


def page(last: int, first: int = 1) -> list[Excerpt]:
    return [Excerpt.of(row(seq)) for seq in range(max(first, last - PAGE + 1), last + 1)]


def content(pages: Pages, seq: int) -> str | None:
    live = pages.at(seq)
    return live.text if isinstance(live, LiveRow) else None


def wanted(pages: Pages) -> int | None:
    return pages.wanted


def test_what_is_not_at_hand_is_wanted_and_then_it_is_there() -> None:
    pages = Pages(room(900, 1000), RowCache())
    assert content(pages, 950) == "hello"
    assert wanted(pages) is None
    assert [pages.at(899), pages.at(880)] == [None, None]
    assert wanted(pages) == 899
    pages.add(899, page(899))
    assert content(pages, 899) == content(pages, 800) == "hello"


def test_a_row_the_log_does_not_have_is_lost_and_not_asked_for_again() -> None:
    pages = Pages(room(900, 1000), RowCache())
    pages.add(899, [excerpt for excerpt in page(899, 790) if excerpt.row.seq != 850])
    pages.wanted = None
    assert pages.at(850) is LOST and pages.wanted is None
    pages.add(60, page(60, 40))
    assert pages.at(3) is LOST, "before the first of the log"


def test_of_a_long_row_the_whole_is_fetched() -> None:
    cache = RowCache()
    pages = Pages(room(900, 1000), cache)
    long = row(899, "x" * (EXCERPT + 1))
    pages.add(899, [*page(898), Excerpt.of(long)][-PAGE:])
    assert pages.at(899) is None and pages.whole == "row899"
    cache.put(LiveRow(long))
    assert content(pages, 899) == long.content
    pages.lose("row899")
    assert pages.at(899) is LOST


def test_a_row_that_has_changed_on_the_disk_is_loaded_again() -> None:
    pages = Pages(room(900, 1000), RowCache())
    pages.add(899, page(899))
    pages.forget("row899")
    assert pages.at(899) is None and pages.wanted == 899
    pages.clear()
    assert pages.at(898) is None


def test_results_are_found_by_their_calls() -> None:
    pages = Pages(room(900, 1000), RowCache())
    answer = row(899, "ten", method="tool.result", parent_id="row898")
    pages.add(899, [*page(898)[1:], Excerpt.of(answer)])
    assert (result := pages.result_of("row898")) is not None and result.text == "ten"
    assert pages.result_of("row1") is None


def test_no_more_rows_are_kept_than_are_allowed() -> None:
    pages = Pages(room(9900, 10_000), RowCache())
    for last in range(9899, 8000, -PAGE):
        pages.add(last, page(last))
    at_hand = [seq for seq in range(1, 9900) if pages.at(seq) is not None]
    assert len(at_hand) <= MAX_ROWS
    assert content(pages, 8090) == "hello", "those near to where one reads are kept"

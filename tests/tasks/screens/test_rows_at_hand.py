"""Rows further up than the room's memory goes: loaded when they are asked for, bounded, and never out of date."""

from __future__ import annotations

from chatd.core.excerpt import EXCERPT, Excerpt
from chatd.core.live_row import LiveRow
from chatd.core.room import Room, RoomLimits
from chatd.core.row import Row, Status
from chatd.tasks.chat.row_cache import RowCache
from chatd.tasks.screens.rows_at_hand import LOST, MAX_ROWS, PAGE, RowsAtHand


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


def content(rows: RowsAtHand, seq: int) -> str | None:
    live = rows.at(seq)
    return live.text if isinstance(live, LiveRow) else None


def wanted(rows: RowsAtHand) -> int | None:
    return rows.wanted


def test_what_is_not_at_hand_is_wanted_and_then_it_is_there() -> None:
    rows = RowsAtHand(room(900, 1000), RowCache())
    assert content(rows, 950) == "hello"
    assert wanted(rows) is None
    assert [rows.at(899), rows.at(880)] == [None, None]
    assert wanted(rows) == 899
    rows.add(899, page(899))
    assert content(rows, 899) == content(rows, 800) == "hello"


def test_a_row_the_log_does_not_have_is_lost_and_not_asked_for_again() -> None:
    rows = RowsAtHand(room(900, 1000), RowCache())
    rows.add(899, [excerpt for excerpt in page(899, 790) if excerpt.row.seq != 850])
    rows.wanted = None
    assert rows.at(850) is LOST and rows.wanted is None
    rows.add(60, page(60, 40))
    assert rows.at(3) is LOST, "before the first of the log"


def test_of_a_long_row_the_whole_is_fetched() -> None:
    cache = RowCache()
    rows = RowsAtHand(room(900, 1000), cache)
    long = row(899, "x" * (EXCERPT + 1))
    rows.add(899, [*page(898), Excerpt.of(long)][-PAGE:])
    assert rows.at(899) is None and rows.whole == "row899"
    cache.put(LiveRow(long))
    assert content(rows, 899) == long.content
    rows.lose("row899")
    assert rows.at(899) is LOST


def test_a_row_that_has_changed_on_the_disk_is_loaded_again() -> None:
    rows = RowsAtHand(room(900, 1000), RowCache())
    rows.add(899, page(899))
    rows.forget("row899")
    assert rows.at(899) is None and rows.wanted == 899
    rows.clear()
    assert rows.at(898) is None


def test_results_are_found_by_their_calls() -> None:
    rows = RowsAtHand(room(900, 1000), RowCache())
    answer = row(899, "ten", method="tool.result", parent_id="row898")
    rows.add(899, [*page(898)[1:], Excerpt.of(answer)])
    assert (result := rows.result_of("row898")) is not None and result.text == "ten"
    assert rows.result_of("row1") is None


def test_no_more_rows_are_kept_than_are_allowed() -> None:
    rows = RowsAtHand(room(9900, 10_000), RowCache())
    for last in range(9899, 8000, -PAGE):
        rows.add(last, page(last))
    at_hand = [seq for seq in range(1, 9900) if rows.at(seq) is not None]
    assert len(at_hand) <= MAX_ROWS
    assert content(rows, 8090) == "hello", "those near to where one reads are kept"

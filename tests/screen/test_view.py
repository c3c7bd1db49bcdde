"""A view is a window of all lines there are: whatever is scrolled, grows, comes, is hidden, or is not at hand yet.

The model is plain: the list of all lines, and a place in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from chatd.screen.block import Block
from chatd.screen.composition import BEFORE, FIRST_NOTE, PENDING, ROW, Composition, Key
from chatd.screen.view import View

Act = tuple[str, int]


@dataclass
class Things:
    """Implements view.Items: rows of so many lines each, some with a line before them, some with notes behind them."""

    rows: list[int]
    heads: set[int] = field(default_factory=set)
    notes: list[int] = field(default_factory=list)
    """Behind which row each note stands, in order."""
    at_hand: set[Key] | None = None
    """The things whose height is known; all of them without it."""
    asked: set[Key] = field(default_factory=set)

    def keys(self) -> list[Key]:
        found: list[Key] = [(0, FIRST_NOTE + n) for n, behind in enumerate(self.notes) if behind == 0]
        for seq in range(1, len(self.rows) + 1):
            found += [(seq, BEFORE), (seq, ROW)]
            found += [(seq, FIRST_NOTE + n) for n, behind in enumerate(self.notes) if behind == seq]
        return found

    def newest(self) -> Key | None:
        keys = self.keys()
        return keys[-1] if keys else None

    def before(self, key: Key) -> Key | None:
        keys = self.keys()
        return keys[keys.index(key) - 1] if key != keys[0] else None

    def after(self, key: Key) -> Key | None:
        keys = self.keys()
        return keys[keys.index(key) + 1] if key != keys[-1] else None

    def height(self, key: Key) -> int:
        seq, rank = key
        return self.rows[seq - 1] if rank == ROW else 1 if rank >= FIRST_NOTE else int(seq in self.heads)

    def block(self, key: Key, first: int, last: int) -> Block | None:
        self.asked.add(key)
        if self.at_hand is not None and key not in self.at_hand:
            return None
        block = Block()
        block.height = self.height(key)
        for number in range(1, block.height + 1):
            block.put(number, ((f"{key} {number}", ""),))
        return block

    def lines(self) -> list[str]:
        return [f"{key} {number}" for key in self.keys() for number in range(1, self.height(key) + 1)]


def shown(composition: Composition, rows: int) -> list[str]:
    return ["".join(text for text, _ in line) for line in composition.lines(rows)]


def window(lines: list[str], top: int | None, rows: int) -> list[str]:
    part = lines[max(0, len(lines) - rows) :] if top is None else lines[top : top + rows]
    return [""] * (rows - len(part)) + part


def press(top: int | None, by: int, lines: int, rows: int) -> int | None:
    """Where the top is after scrolling by so many lines; None while following."""
    last = max(0, lines - rows)
    if by > 0 and top is None:
        return None
    moved = max(0, min((last if top is None else top) + by, lines - 1))
    return None if moved >= last else moved


heights = st.integers(0, 4)
acts = st.lists(
    st.tuples(st.just("scroll"), st.integers(-12, 12)) | st.tuples(st.just("row"), heights)
    | st.tuples(st.just("grow"), st.integers(1, 3)) | st.tuples(st.just("follow"), st.just(0)),
    max_size=12,
)  # fmt: skip


@given(rows=st.lists(heights, max_size=12), acts=acts, high=st.integers(1, 9))
def test_it_is_a_window_of_all_lines(rows: list[int], acts: list[Act], high: int) -> None:
    items, view, top = Things(list(rows)), View(), None
    view.compose(items, high)
    for what, number in acts:
        if what == "scroll":
            view.scroll(number)
            top = press(top, number, len(items.lines()), high) if number else top
        elif what == "row":
            items.rows.append(number)
        elif what == "grow" and items.rows:
            items.rows[-1] += number
        elif what == "follow":
            view.follow()
            top = None
        assert shown(view.compose(items, high), high) == window(items.lines(), top, high)


@given(
    rows=st.lists(heights, min_size=1, max_size=12), by=st.lists(st.integers(-9, 9), max_size=5), high=st.integers(1, 9)
)
def test_what_is_not_at_hand_is_asked_for_and_then_it_is_as_if_it_had_been(
    rows: list[int], by: list[int], high: int
) -> None:
    """However late the heights are known, one ends where one would have been at once."""
    known, late = Things(list(rows)), Things(list(rows), at_hand=set())
    at_once, patient = View(), View()
    at_once.compose(known, high)
    settle(patient, late, high)
    for lines in by:
        at_once.scroll(lines)
        patient.scroll(lines)
        expected = at_once.compose(known, high)
        assert shown(settle(patient, late, high), high) == shown(expected, high)


def settle(view: View, items: Things, high: int) -> Composition:
    for _ in range(1000):
        composition = view.compose(items, high)
        assert items.at_hand is not None
        missing = items.asked - items.at_hand
        if not missing:
            assert composition.complete
            return composition
        items.at_hand |= missing
    raise AssertionError("it asks for ever")


@given(rows=st.lists(heights, min_size=1, max_size=12), first=st.integers(1, 12), high=st.integers(1, 9))
def test_a_tail_is_the_end_of_the_whole(rows: list[int], first: int, high: int) -> None:
    items = Things(list(rows))
    whole = View().compose(items, high)
    tail = View().tail(items, (first, BEFORE), high)
    assert places(tail) == [place for place in places(whole) if place[0] >= (first, BEFORE)]


def places(composition: Composition) -> list[tuple[Key, int, int]]:
    return [(piece.key, piece.first, piece.last) for piece in composition.pieces]


def test_what_takes_the_place_of_a_row_that_is_not_at_hand_has_not_been_seen() -> None:
    items, view = Things([9]), View()
    view.compose(items, 5)
    view.scroll(-3)
    view.compose(items, 5)
    items.rows += [1, 1]
    assert shown(view.compose(items, 5), 5) == items.lines()[1:6] and view.seen == 1
    items.at_hand = set(items.keys()) - {(1, ROW)}
    assert not view.compose(items, 5).complete and view.seen == 1
    items.at_hand = None
    view.compose(items, 9)
    assert view.seen == 2


def test_notes_stand_behind_their_rows_and_are_scrolled_past() -> None:
    items = Things([1, 1, 1], notes=[0, 2, 2, 3])
    view = View()
    assert shown(view.compose(items, 3), 3) == items.lines()[-3:]
    view.scroll(-3)
    assert shown(view.compose(items, 3), 3) == items.lines()[-6:-3]


def test_what_waits_stands_at_the_bottom_and_leaves_a_line_for_rows() -> None:
    waiting = [Block() for _ in range(3)]
    for number, block in enumerate(waiting):
        block.height = 1
        block.put(1, ((f"waits {number}", ""),))
    items, view = Things([1] * 5), View()
    assert shown(view.compose(items, 3, waiting), 3) == ["(5, 1) 1", "waits 1", "waits 2"]
    assert view.compose(items, 3, waiting).pieces[-1].key[0] == PENDING
    view.scroll(-3)
    assert "waits" not in str(shown(view.compose(items, 3, waiting), 3))


def test_what_was_cleared_comes_back_when_one_scrolls() -> None:
    items, view = Things([1] * 5), View()
    view.compose(items, 3)
    view.clear(items.newest())
    assert shown(view.compose(items, 3), 3) == ["", "", ""]
    items.rows.append(1)
    assert shown(view.compose(items, 3), 3) == ["", "", "(6, 1) 1"]
    view.scroll(-1)
    assert shown(view.compose(items, 3), 3) == items.lines()[-3:]
    view.clear(items.newest())
    view.compose(items, 3)
    view.scroll(-1)
    assert shown(view.compose(items, 3), 3) == items.lines()[-3:]


def test_a_place_is_brought_below_the_top() -> None:
    items, view = Things([2] * 20), View()
    view.compose(items, 6)
    view.show((10, ROW), 2, 2)
    assert shown(view.compose(items, 6), 6) == [
        "(9, 1) 2",
        "(10, 1) 1",
        "(10, 1) 2",
        "(11, 1) 1",
        "(11, 1) 2",
        "(12, 1) 1",
    ]
    assert not view.follows
    items.rows[10] = 1
    assert shown(view.compose(items, 6), 6)[0] == "(9, 1) 2", "what is above stays where it is"


def test_what_has_been_seen_is_counted() -> None:
    items, view = Things([1] * 9), View()
    view.compose(items, 3)
    view.scroll(-3)
    items.rows += [1, 1]
    view.compose(items, 3)
    assert view.seen == 9
    view.follow()
    view.compose(items, 3)
    assert view.seen == 11
    assert replace(view).seen == 11


@dataclass
class Hidden(Things):
    """Rows that take no line, but for a few; as many are at hand as a person keeps: those asked for last."""

    kept: dict[Key, None] = field(default_factory=dict)

    def newest(self) -> Key | None:
        return (len(self.rows), ROW)

    def before(self, key: Key) -> Key | None:
        return (key[0], BEFORE) if key[1] == ROW else (key[0] - 1, ROW) if key[0] > 1 else None

    def after(self, key: Key) -> Key | None:
        return (key[0], ROW) if key[1] == BEFORE else (key[0] + 1, BEFORE) if key[0] < len(self.rows) else None

    def block(self, key: Key, first: int, last: int) -> Block | None:
        if key not in self.kept:
            self.asked.add(key)
            return None
        return super().block(key, first, last)

    def load(self) -> bool:
        """What was asked for is at hand now; whether anything was."""
        asked = sorted(self.asked - set(self.kept), reverse=True)[:200]
        self.asked.clear()
        for key in asked:
            self.kept[key] = None
        while len(self.kept) > 1000:
            del self.kept[next(iter(self.kept))]
        return bool(asked)


def settled(view: View, items: Hidden, rows: int) -> Composition:
    for _ in range(1000):
        composition = view.compose(items, rows)
        if not items.load():
            return composition
    raise AssertionError("rows are loaded for ever")


def test_a_room_in_which_all_is_hidden_is_not_read_again_and_again() -> None:
    """More rows in a row are hidden than are kept at hand: the screen stays blank, and nothing more is asked for."""
    items, view = Hidden([1] * 30 + [0] * 3000), View()
    assert not settled(view, items, 10).pieces
    items.rows += [1, 1]
    assert len(settled(view, items, 10).pieces) == 2


def test_one_scrolls_through_what_is_hidden() -> None:
    items, view = Hidden([1] * 30 + [0] * 1500 + [1] * 30), View()
    assert len(settled(view, items, 10).pieces) == 10
    view.scroll(-25)
    assert settled(view, items, 10).pieces[0].key == (26, ROW)
    view.scroll(25)
    assert settled(view, items, 10).pieces[-1].key == (1560, ROW)

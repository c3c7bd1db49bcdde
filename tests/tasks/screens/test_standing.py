"""Standings: whoever has the same before them goes on to the same, and nobody to anything else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.screen.block import Block
from chatd.screen.composition import BEFORE, FIRST_NOTE, ROW, Piece, height_of
from chatd.tasks.screens.room_ends import RoomEnd
from chatd.tasks.screens.standing import MAX_STEPS, SAME, Standings, Step

BLOCKS = [Block() for _ in range(6)]
for height, block in enumerate(BLOCKS, 1):
    block.height = height


def piece(seq: int, rank: int = ROW, lines: int = 1) -> Piece:
    return Piece((seq, rank), BLOCKS[lines - 1], 1, lines)


def end(*pieces: Piece, shared: bool = True) -> RoomEnd:
    return RoomEnd(pieces[0].key, pieces, frozenset(), frozenset(), shared)


def pieces_of(lines: list[int], first: int = 1) -> tuple[Piece, ...]:
    return tuple(piece(seq, lines=count) for seq, count in enumerate(lines, first))


def told(step: Step | None) -> object:
    if step is None:
        return None
    after, update = step.standing, step.update
    return after.pieces, after.rows, after.moving, (update.old, update.new), step.seen, step.top, step.unfinished


@given(lines=st.lists(st.integers(1, 4), max_size=6), new=st.lists(st.integers(1, 6), min_size=1, max_size=3))
def test_a_step_is_the_same_for_one_and_for_all(lines: list[int], new: list[int]) -> None:
    standings, rows = Standings(), 12
    stands = pieces_of(lines)
    while height_of(stands) > rows:
        stands = stands[1:]
    for first in range(1, len(lines) + 2):
        comes = pieces_of(new, first)
        if height_of(comes) > rows:
            continue
        moving = frozenset(one.key for one in stands[::2])
        standing = standings.standing(stands, rows, moving, follows=True)
        shared = standings.step(standing, end(*comes))
        assert told(shared) == told(standings.step(standing, end(*comes, shared=False)))
        old = [one for one in stands if one.key >= comes[0].key]
        assert (shared is None) == (height_of(comes) < height_of(old)), "what is above would come down"
        if shared is not None:
            after = shared.standing
            assert after.pieces[-len(comes) :] == comes and after.height <= rows
            assert after.height == min(rows, height_of([one for one in stands if one not in old]) + height_of(comes))
            assert after.moving <= {one.key for one in after.pieces}


def test_whose_views_have_come_to_be_alike_share_what_follows() -> None:
    standings = Standings()
    greeted = standings.standing((piece(1, FIRST_NOTE), piece(2)), 2, frozenset(), follows=True)
    other = standings.standing((piece(1, BEFORE), piece(2)), 2, frozenset(), follows=True)
    assert not greeted.shared and other.shared
    room = end(piece(3), piece(4))
    steps = [standings.step(one, room) for one in (greeted, other)]
    assert steps[0] is not None and steps[1] is not None
    assert steps[0].standing is steps[1].standing, "the note has left the screen"
    assert steps[0].update == steps[1].update and hash(steps[0].update) == hash(steps[1].update)
    after = end(piece(5))
    assert standings.step(steps[0].standing, after) is standings.step(steps[1].standing, after)


def test_what_ends_as_it_did_is_the_same() -> None:
    standings = Standings()
    standing = standings.standing((piece(1), piece(2)), 4, frozenset(), follows=True)
    step = standings.step(standing, end(piece(2)))
    assert step is not None and step.update is SAME and step.standing is standing


def test_no_more_steps_are_kept_than_are_allowed() -> None:
    standings = Standings()
    standing = standings.standing((piece(1),), 4, frozenset(), follows=True)
    for number in range(MAX_STEPS * 2):
        standings.step(standing, end(piece(2 + number)))
    assert len(standings._steps) == MAX_STEPS

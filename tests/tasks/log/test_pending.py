"""What waits is taken once, in its order, and what belongs together is never parted."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.room import Room, RoomLimits
from chatd.core.row import Add, Method, NewRow
from chatd.tasks.log.pending import Pending

GROUPS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=12)


@given(GROUPS, st.integers(1, 6))
def test_it_is_taken_in_order_in_whole_groups_and_owed_until_it_is_paid(
    groups: list[tuple[int, int]], most: int
) -> None:
    rooms = [Room(f"r{i}", f"room-{i}", f"b{i}", limits=RoomLimits(99, 9999, 99, 9999)) for i in range(3)]
    pending, ids, tokens = Pending(), itertools.count(), itertools.count()
    submitted: dict[str, list[list[str]]] = {room.id: [] for room in rooms}
    for which, size in groups:
        drafts = [Add(NewRow(f"row{next(ids)}", Method.USER, "alice", "xy")) for _ in range(size)]
        pending.add(rooms[which], drafts, 1000)
        submitted[rooms[which].id].append([draft.row.id for draft in drafts])
    assert pending.chars == 2 * pending.owed
    taken: dict[str, list[str]] = {room.id: [] for room in rooms}
    while pending:
        batches = pending.take(most, lambda: f"t{next(tokens)}")
        assert batches
        for batch in batches:
            ids_of = [entry.row.id for entry in batch.append.entries]  # type: ignore[union-attr]
            assert len(ids_of) < most + 4, "no more than asked for, and the rest of a group"
            taken[batch.room.id] += ids_of
            ends = list(itertools.accumulate(len(group) for group in submitted[batch.room.id]))
            assert len(taken[batch.room.id]) in ends, "a group is parted"
            for entry in batch.append.entries:
                batch.room.apply(entry)
            for receipt in batch.receipts:
                assert not receipt.committed
                pending.pay(receipt)
    assert taken == {room: list(itertools.chain(*those)) for room, those in submitted.items()}
    assert (pending.owed, pending.chars) == (0, 0)


def test_what_waits_for_a_room_that_goes_is_let_go() -> None:
    room = Room("r", "lobby", "b", limits=RoomLimits(9, 999, 9, 999))
    pending = Pending()
    (receipt,) = pending.add(room, [Add(NewRow("a", Method.USER, "alice", "xy"))], 1000)
    assert room in pending
    assert pending.forget(room) == [receipt]
    assert room not in pending and not pending and pending.owed == 1
    pending.pay(receipt)
    assert receipt.committed and pending.chars == 0

"""The recorder: what it cannot explain stops the server; what is only slow or broken does not."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
import trio

from chatd.core.numbering import number
from chatd.core.replication import Delta
from chatd.core.room import Room, RoomLimits
from chatd.core.row import Add, Added, Method, NewRow
from chatd.errors import InternalFault, StorageError, first_error
from chatd.ports import Append, AppendOutcome, Committed, Conflict, Head, Unknown
from chatd.tasks.log.bell import Bell
from chatd.tasks.log.recorder import CONFLICTS_AT_ONCE, Recorder, serve_recorder
from chatd.testing import run
from chatd.testing.sources import CountingIds, VirtualTime
from chatd.wiring.limits import recorder_limits


class FakeLog:
    """A log that answers as told, and remembers what it was asked."""

    def __init__(self, *answers: AppendOutcome | Exception, news: Sequence[Delta | None] = ()) -> None:
        self.answers = list(answers)
        self.news = list(news)
        self.appends: list[list[Append]] = []
        self.times: list[float] = []

    async def append(self, batch: list[Append]) -> list[AppendOutcome]:
        self.appends.append(list(batch))
        self.times.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        answer = self.answers.pop(0) if self.answers else Committed()
        if isinstance(answer, Exception):
            raise answer
        return [answer] * len(batch)

    async def follow(self, _room_id: str, _after: int, _limit: int) -> Delta | None:
        await trio.lowlevel.checkpoint()
        return self.news.pop(0)


def make(log: FakeLog) -> tuple[Recorder, Room]:
    room = Room("r", "lobby", "b", limits=RoomLimits(10, 1000, 10, 1000))
    return Recorder(log, VirtualTime(), CountingIds(), recorder_limits()), room  # type: ignore[arg-type]


def said(row_id: str) -> Add:
    return Add(NewRow(row_id, Method.USER, "alice", "x"))


def theirs(log: Room, *row_ids: str) -> Delta:
    """What another writer has appended: these rows."""
    entries = number(log, [(said(row_id), 0) for row_id in row_ids])
    for entry in entries:
        log.apply(entry)
    return Delta(log.number, log.seq, log.settings, tuple(entry for entry in entries if isinstance(entry, Added)))


@pytest.mark.parametrize(
    "log",
    [
        FakeLog(ValueError("a bug")),
        FakeLog(Conflict(), news=[None]),
        FakeLog(Conflict(), news=[Delta(2, 2, {}, ())]),
        FakeLog(Conflict(), news=[Delta(1, 1, {}, ())]),
        FakeLog(Conflict(), news=[Delta(3, 1, {}, ())]),
        FakeLog(Conflict(), news=[Delta(3, 3, {}, ())]),
    ],
    ids=["bug", "no such room", "nothing new", "went backwards", "rows went", "rows are missing"],
)
def test_a_log_that_contradicts_us_stops_the_server(log: FakeLog) -> None:
    async def main() -> None:
        recorder, room = make(log)
        theirs(room, "x", "y")
        recorder.submit(room, said("a"))
        with pytest.raises(InternalFault):
            await serve_recorder(recorder)
        assert [live.head.id for live in room.tail(9)] == ["x", "y"]

    run(main)


def test_who_comes_too_late_goes_on_behind_what_others_have_appended() -> None:
    """In the order of submission; what others said is seen before, also while the next try takes long."""

    async def main() -> None:
        log_of_both = Room("r", "lobby", "b", limits=RoomLimits(10, 1000, 10, 1000))
        log = FakeLog(Conflict(), Unknown("no disk"), news=[theirs(log_of_both, "x", "y")])
        recorder, room = make(log)
        recorder.watch(room, bell := Bell())
        receipts = recorder.submit_together(room, [said("a"), said("b")])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_recorder, recorder)
            await bell.wait()
            assert [live.head.id for live in room.tail(9)] == ["x", "y"] and not receipts[0].committed
            await receipts[1].wait()
            nursery.cancel_scope.cancel()
        assert [(live.head.id, live.head.seq) for live in room.tail(9)] == [("x", 1), ("y", 2), ("a", 3), ("b", 4)]
        assert [append.head for (append,) in log.appends] == [Head(0, 0), Head(2, 2), Head(2, 2)]
        assert len({append.token for (append,) in log.appends}) == 1

    run(main)


def test_only_the_room_that_was_behind_is_tried_again() -> None:
    async def main() -> None:
        class TwoRooms(FakeLog):
            async def append(self, batch: list[Append]) -> list[AppendOutcome]:
                await super().append(batch)
                late = len(self.appends) == 1
                return [Conflict() if late and append.room_id == "r" else Committed() for append in batch]

        log = TwoRooms(news=[theirs(Room("r", "lobby", "b", limits=RoomLimits(10, 1000, 10, 1000)), "x")])
        recorder, room = make(log)
        other = Room("s", "den", "c", limits=RoomLimits(10, 1000, 10, 1000))
        recorder.submit(room, said("a"))
        recorder.submit(other, said("b"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_recorder, recorder)
            await recorder.flushed()
            nursery.cancel_scope.cancel()
        assert [[append.room_id for append in appends] for appends in log.appends] == [["r", "s"], ["r"]]
        assert [live.head.id for live in room.tail(9)] == ["x", "a"]
        assert [live.head.id for live in other.tail(9)] == ["b"]

    run(main)


def test_who_is_always_too_late_does_not_spin() -> None:
    async def main() -> None:
        other = Room("r", "lobby", "b", limits=RoomLimits(10, 1000, 10, 1000))
        log = FakeLog(*[Conflict()] * 10, news=[theirs(other, f"x{i}") for i in range(10)])
        recorder, room = make(log)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_recorder, recorder)
            await recorder.confirm(recorder.submit(room, said("a")))
            nursery.cancel_scope.cancel()
        pauses = [round(b - a, 3) for a, b in itertools.pairwise(log.times)]
        pause = recorder_limits().pause_s
        assert pauses == [0] * CONFLICTS_AT_ONCE + [pause] * (10 - CONFLICTS_AT_ONCE)
        assert room.seq == 11 and recorder.trouble is None

    run(main)


def test_a_room_that_goes_while_it_is_behind_takes_its_drafts_along() -> None:
    async def main() -> None:
        class Dropping(FakeLog):
            async def follow(self, _room_id: str, _after: int, _limit: int) -> Delta | None:
                recorder.forget(room)
                return None

        log = Dropping(*[Conflict()] * 3)
        recorder, room = make(log)
        receipt = recorder.submit(room, said("a"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_recorder, recorder)
            await receipt.wait()
            nursery.cancel_scope.cancel()
        assert room.number == 0 and len(log.appends) == 2

    run(main)


def test_a_failing_log_gets_the_same_append_again_with_back_off() -> None:
    async def main() -> None:
        log = FakeLog(*[Unknown("no disk")] * 5)
        recorder, room = make(log)
        bell = Bell()
        recorder.health.hang(bell)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_recorder, recorder)
            receipt = recorder.submit(room, said("a"))
            await bell.wait()
            assert (recorder.trouble, receipt.committed) == ("no disk", False)
            with pytest.raises(StorageError, match="no disk: nothing new can be kept now"):
                recorder.submit(room, said("b"))
            urgent = recorder.submit(room, said("c"), urgent=True)
            await receipt.wait()
            await urgent.wait()
            nursery.cancel_scope.cancel()
        assert recorder.trouble is None
        assert len({appends[0].token for appends in log.appends[:6]}) == 1
        pauses = [round(b - a, 1) for a, b in zip(log.times[:6], log.times[1:6], strict=False)]
        assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6]
        assert [live.head.id for live in room.tail(9)] == ["a", "c"]

    run(main)


def test_confirm_gives_up_when_the_log_fails_and_not_before() -> None:
    async def main() -> None:
        recorder, room = make(FakeLog(Committed(), Unknown("no disk"), Unknown("no disk")))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_recorder, recorder)
            await recorder.confirm(recorder.submit(room, said("a")))
            with pytest.raises(StorageError, match="no disk: it is not kept yet") as refused:
                await recorder.confirm(recorder.submit(room, said("b")))
            assert not isinstance(first_error(BaseExceptionGroup("", [refused.value])), trio.Cancelled)
            await recorder.flushed()
            nursery.cancel_scope.cancel()
        assert room.seq == 2 and recorder.health.empty, "who waits no longer leaves no bell behind"

    run(main)


def test_bells_ring_after_the_room_has_changed() -> None:
    async def main() -> None:
        recorder, room = make(FakeLog())
        seen: list[int] = []

        class Watcher:
            def ring(self) -> None:
                seen.append(room.number)

        watcher = Watcher()
        recorder.watch(room, watcher)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_recorder, recorder)
            recorder.submit(room, said("a"))
            await recorder.flushed()
            recorder.unwatch(room, watcher)
            recorder.submit(room, said("b"))
            await recorder.flushed()
            nursery.cancel_scope.cancel()
        assert seen == [1]

    run(main)


def test_a_room_that_is_gone_takes_its_drafts_along() -> None:
    async def main() -> None:
        recorder, room = make(FakeLog())
        receipt = recorder.submit(room, said("a"))
        recorder.forget(room)
        await receipt.wait()
        await recorder.flushed()
        assert room.number == 0

    run(main)

"""The recorder: what it cannot explain stops the server; what is only slow or broken does not."""

from __future__ import annotations

import pytest
import trio

from chatd.core.room import Room, RoomLimits
from chatd.core.row import Add, Method, NewRow
from chatd.errors import InternalFault, StorageError, first_error
from chatd.ports import Append, AppendOutcome, Committed, Conflict, Unknown
from chatd.tasks.log.bell import Bell
from chatd.tasks.log.recorder import Recorder, serve_recorder
from chatd.testing import run
from chatd.testing.sources import CountingIds, VirtualTime
from chatd.wiring.limits import recorder_limits


class FakeLog:
    """A log that answers as told, and remembers what it was asked."""

    def __init__(self, *answers: AppendOutcome | Exception) -> None:
        self.answers = list(answers)
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


def make(log: FakeLog) -> tuple[Recorder, Room]:
    room = Room("r", "lobby", "b", limits=RoomLimits(10, 1000, 10, 1000))
    return Recorder(log, VirtualTime(), CountingIds(), recorder_limits()), room  # type: ignore[arg-type]


def said(row_id: str) -> Add:
    return Add(NewRow(row_id, Method.USER, "alice", "x"))


@pytest.mark.parametrize("answer", [Conflict(), ValueError("a bug")])
def test_a_log_that_contradicts_us_stops_the_server(answer: AppendOutcome | Exception) -> None:
    async def main() -> None:
        recorder, room = make(FakeLog(answer))
        recorder.submit(room, said("a"))
        with pytest.raises(InternalFault):
            await serve_recorder(recorder)
        assert room.number == 0

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

"""The machine: ids that sort, threads one at a time."""

from __future__ import annotations

import pytest
import trio

from chatd.adapters.system import SortedIds, SystemClock, SystemMachine, Worker


def test_ids_are_different_and_sort_by_time() -> None:
    ids = SortedIds()
    made = [ids.new() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert {len(one) for one in made} == {18}
    assert [one[:9] for one in made] == sorted(one[:9] for one in made)


def test_the_clock_counts_milliseconds() -> None:
    assert 1_700_000_000_000 < SystemClock().now_ms() < 10_000_000_000_000


@pytest.mark.real
def test_a_worker_runs_one_call_at_a_time_and_lets_go_of_one_that_hangs() -> None:
    async def main() -> None:
        worker = Worker()
        running: list[int] = []

        def job(number: int) -> int:
            running.append(number)
            assert len(running) == 1
            running.pop()
            return number

        async with trio.open_nursery() as nursery:
            for i in range(20):
                nursery.start_soon(worker, job, i)
        assert await worker(job, 7) == 7
        with pytest.raises(ZeroDivisionError):
            await worker(lambda: 1 / 0)

    trio.run(main)


def test_the_process_takes_some_memory() -> None:
    assert 1 << 20 < SystemMachine().memory() < 1 << 40

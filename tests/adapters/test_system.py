"""The machine: ids that sort, threads one at a time."""

from __future__ import annotations

import resource

import pytest
import trio

from chatd.adapters.system import SortedIds, SystemClock, SystemMachine, Worker, allow_descriptors


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


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "allowed"),
    [(64, 4096, 1000, 1000), (64, 500, 1000, 500), (2000, 4096, 1000, 2000), (64, -1, 1000, 1000), (-1, -1, 10, 10)],
)
def test_descriptors_are_allowed_as_far_as_they_are_needed(
    soft: int, hard: int, wanted: int, allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    assert allow_descriptors(wanted) == allowed
    assert limits[-1][0] in (soft, allowed) and limits[-1][1] == hard


def test_the_process_takes_some_memory() -> None:
    assert 1 << 20 < SystemMachine().memory() < 1 << 40

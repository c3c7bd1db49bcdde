"""The machine: ids that sort, threads one at a time, a directory for one server."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from chatd.adapters.system import DataDirectory, SortedIds, SystemClock, Worker
from chatd.errors import CannotCreate


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


def test_a_data_directory_is_for_one_server(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path / "data")
    with pytest.raises(CannotCreate, match="in use by another server"):
        DataDirectory(tmp_path / "data")
    first.close()
    DataDirectory(tmp_path / "data").close()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotCreate, match="data directory"):
        DataDirectory(tmp_path / "file" / "data")

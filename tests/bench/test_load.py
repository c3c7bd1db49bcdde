"""The parts of the bench on real sockets: the floor, people, the recording, processor time, the command line."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import processes
from tests.bench.browsers import bare
from tests.bench.delivery import Talk
from tests.bench.marks import mark
from tests.bench.people import names, people, until
from tests.bench.processes import settings
from tests.bench.recording import Recording
from tests.end_to_end.server import poll

pytestmark = pytest.mark.real


def test_the_floor_has_rooms_and_gives_keys_back() -> None:
    async def conversation() -> None:
        async with processes.floor() as floor, people(floor) as those:
            alice, bob = await those.crowd(names("a", 2))
            (carol,) = await those.crowd(names("c", 1))
            heard = {person: bytearray() for person in (alice, bob, carol)}
            for person, bytes_of in heard.items():
                person.hears = bytes_of.extend
            alice.types("hello\rx")
            await until(lambda: bool(heard[bob]) and heard[alice].endswith(b"x"), 10)
            assert bytes(heard[bob]) == b"a-0: hello\r\n"
            assert bytes(heard[alice]) == b"a-0: hello\r\nx"
            assert not heard[carol]

    asyncio.run(conversation())


def test_the_floor_sends_what_was_recorded() -> None:
    async def conversation() -> None:
        async with processes.floor() as floor, people(floor) as those:
            alice, bob = await those.crowd(names("a", 2))
            recording = Recording(bob)
            alice.types("once\r")
            alice.types("more\r")
            await until(lambda: recording.frames == 2, 10)
            heard = bytearray()
            alice.hears = heard.extend
            await recording.replay(floor)
            await until(lambda: len(heard) >= 24, 10)
            assert bytes(heard) == b"a-0: once\r\na-0: more\r\n"

    asyncio.run(conversation())


def test_the_webs_floor_tells_every_reader_of_each_event() -> None:
    async def conversation() -> None:
        async with processes.web_floor() as floor, bare(floor) as those:
            readers = await those.crowd(3, "/events")
            heard = {reader: bytearray() for reader in readers}
            for reader, data in heard.items():
                reader.hears = data.extend
            await floor.tell("say 2 50 10")
            assert (await floor.line()).strip() == "said"
            await until(lambda: all(data.count(b"x" * 10) == 2 for data in heard.values()), 10)

    asyncio.run(conversation())


def test_every_message_is_delivered_to_everybody_and_takes_processor_time() -> None:
    async def conversation() -> None:
        async with processes.chatd(settings()) as server, people(server) as those:
            talk = await Talk.open(those, 3)
            assert await talk.paced(1) > 0
            assert talk.lost == 0 and len(talk.deliveries.took) == 5 * 3
            assert await talk.rushed(200, 0.2) > 0
            assert talk.lost == 0

    asyncio.run(conversation())


def test_nobody_is_left_when_the_block_is_left_by_an_error() -> None:
    async def conversation() -> asyncio.subprocess.Process:
        try:
            async with processes.floor() as floor, people(floor) as those:
                await those.enter("a-0")
                raise KeyError
        except KeyError:
            return floor.process

    assert asyncio.run(conversation()).returncode is not None


def test_the_table_is_printed_and_written_down(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.bench", "--quick", "--only", "start", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "start to ready, s" in done.stdout
    told = json.loads(file.read_text())
    assert [figure["name"] for figure in told["figures"]] == ["start", "start-cpu"]
    assert told["machine"]["cores"] >= 1
    compared = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--compare", str(file), str(file)], capture_output=True, text=True
    )
    assert "x 1.00" in compared.stdout


def test_a_figure_that_cannot_be_taken_is_a_line_and_an_exit_status() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "--only", "start", "--deadline", "0.01"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "start: was not done" in done.stdout


def test_nobody_is_left_when_the_table_is_ended() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "--only", "delivered"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as bench:
        poll(lambda: len(children(bench.pid)) == 2)
        started = children(bench.pid)
        bench.terminate()
        assert bench.wait(20) == 143
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def children(pid: int) -> list[int]:
    """The processes that it has started and that still run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    command = [sys.executable, "-m", "tests.bench", "--only", "nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 64
    assert "there is no nonsense" in done.stderr and "delivered" in done.stderr


def test_the_marks_of_a_message_are_found_on_a_real_screen() -> None:
    async def conversation() -> None:
        async with processes.chatd(settings()) as server, people(server) as those:
            alice, bob = await those.crowd(names("u", 2))
            heard = bytearray()
            bob.hears = heard.extend
            for number in range(40):  # more than a screen: later ones stand where others stood
                alice.types(mark(number) + "\r")
                await until(lambda: mark(number).encode() in heard, 5)  # noqa: B023
            assert all(mark(number).encode() in heard for number in range(40))

    asyncio.run(conversation())

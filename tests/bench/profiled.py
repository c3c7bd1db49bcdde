"""A flame graph of the server while fifty look on and somebody speaks.

python -m tests.bench.profiled [FILE.svg] [--rate MESSAGES] [--seconds N] [--viewers N]

With py-spy beside this Python (`pip install py-spy`) the server runs as shipped and py-spy looks at it from outside;
else it looks at its own stack (tests.bench.profiling), and the folded stacks are left beside the drawing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import processes
from tests.bench.delivery import Talk
from tests.bench.figure import SERVER
from tests.bench.flame_graph import as_lines, folded, svg
from tests.bench.people import Pace, people
from tests.bench.processes import Running, settings, started

SAMPLES = 250
"""A second, of py-spy."""

WARM_S = 2.0


def py_spy() -> Path | None:
    """Where py-spy is, if it is installed with this Python."""
    program = Path(sys.executable).parent / "py-spy"
    return program if program.exists() else None


async def speak(talk: Talk, rate: float, seconds: float) -> None:
    """Messages at this rate."""
    pace = Pace(1 / rate)
    for _ in range(round(seconds * rate)):
        await pace.next()
        talk.speak()


async def loaded(running: Running, options: argparse.Namespace, look: asyncio.Event) -> tuple[float, float]:
    """Everybody comes in, somebody speaks; `look` is set when it is time to look at the server. From when to when."""
    async with people(running) as those:
        talk = await Talk.open(those, options.viewers)
        await speak(talk, options.rate, WARM_S)
        look.set()
        began = time.monotonic()
        await speak(talk, options.rate, options.seconds)
        return began, time.monotonic()


async def spied(program: Path, options: argparse.Namespace) -> str:
    """From outside; returns what was wrong, "" for nothing."""
    look = asyncio.Event()
    async with processes.chatd(settings()) as running, asyncio.TaskGroup() as group:
        group.create_task(loaded(running, options, look))
        await look.wait()
        spy = await asyncio.create_subprocess_exec(
            str(program), "record", "--pid", str(running.process.pid), "--duration", str(int(options.seconds)),
            "--rate", str(SAMPLES), "--output", options.file, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, errors = await spy.communicate()
        return errors.decode() if spy.returncode else ""


async def sampled(options: argparse.Namespace) -> None:
    """From within: the server writes down what it was doing when it ends."""
    look = asyncio.Event()
    with TemporaryDirectory(prefix="chatd-bench-") as directory:
        home = Path(directory)
        config, report = home / "chatd.toml", home / "report.json"
        await asyncio.to_thread(config.write_text, settings())
        command = [sys.executable, "-m", "tests.bench.host", str(config), str(report), "--profile"]
        async with started(SERVER, command, home) as running:
            running.port = int(await running.line())
            begin, end = await loaded(running, options, look)
        told = json.loads(await asyncio.to_thread(report.read_text))
    stacks = [[place.rpartition(":")[0] for place in stack] for at, stack in told["profile"] if begin <= at <= end]
    counted = folded(stacks)
    file = Path(options.file)
    title = f"chatd, {options.viewers} viewers, {options.rate:g} messages a second"
    await asyncio.to_thread(file.write_text, svg(counted, title))
    await asyncio.to_thread(file.with_suffix(".folded").write_text, as_lines(counted))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.profiled")
    parser.add_argument("file", nargs="?", default="profile.svg")
    parser.add_argument("--rate", type=float, default=5.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--viewers", type=int, default=50)
    options = parser.parse_args()
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    program = py_spy()
    wrong = asyncio.run(spied(program, options)) if program else "it is not installed"
    if wrong:
        print(f"without py-spy ({wrong.strip()}): the server samples itself")
        asyncio.run(sampled(options))
    print(f"{options.file} is a flame graph")


if __name__ == "__main__":
    main()

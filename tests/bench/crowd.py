"""Two hundred answers at once on one core, and what that does to people who type.

python -m tests.bench.crowd [--profile]

Fifty people ask four models each, in rooms of eight answers; real ssh clients take every event. Others sit in front of
full screens and type a character every 50 ms, some in rooms full of answers, some in a quiet one. The server has one
core for itself; the model's server and all clients share the others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from chatd.tasks.chat.lag import percentile
from tests.bench.host import Host, host
from tests.bench.processes import settings
from tests.bench.profiling import shares
from tests.bench.typist import Typist
from tests.bench.upstream import WORDS, upstream

ASKERS = 50
MODELS = ("ann", "ben", "cat", "dan")
ROOMS = 25
PACE = 20
"""Tokens a second of each answer."""

STREAMS = ASKERS * len(MODELS)
TYPISTS = 3
"""In rooms with answers, and as many in a quiet one."""

QUIET_S = 4
FULL_S = 15
RAMP_S = 18
"""Time for everybody to log in and ask; the first answers must not end before the last ones have begun."""


def stage(server: Host, people: ExitStack) -> tuple[list[Typist], list[Typist]]:
    """Make the rooms and sit people in them: those where answers will run, and those in a quiet room."""
    rooms = "".join(f"/create r{number}\n" for number in range(ROOMS)) + "/create quiet\n"
    subprocess.run(_line_mode(server, "maker"), input=rooms.encode(),
                   stdout=subprocess.DEVNULL, check=True, timeout=30)  # fmt: skip
    there = {f"busy{i}": f"r{i}" for i in range(TYPISTS)} | {f"calm{i}": "quiet" for i in range(TYPISTS)}
    sat = {name: people.enter_context(Typist(server.ssh(name), name, room)) for name, room in there.items()}
    return [sat[name] for name in there if name[0] == "b"], [sat[name] for name in there if name[0] == "c"]


def _line_mode(server: Host, name: str) -> list[str]:
    command = server.ssh(name)
    return [command[0], "-T", *command[1:]]


@contextmanager
def typing(typists: Sequence[Typist]) -> Iterator[None]:
    """All of them type while the block runs; a thread each, and their processes mostly wait."""
    stop = threading.Event()
    threads = [threading.Thread(target=typist.run, args=(stop,)) for typist in typists]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def ask_all(server: Host) -> subprocess.Popen[str]:
    """Let the crowd ask; it has begun when this returns."""
    question = f"say {(RAMP_S + FULL_S) * PACE} tokens, {PACE} a second"
    asked = "@" + ",".join(MODELS)
    clients = [
        server.ssh(f"user{i}", "ask", "--json", "--room", f"r{i % ROOMS}", asked, question) for i in range(ASKERS)
    ]
    plan = server.home / "plan.json"
    plan.write_text(json.dumps({"clients": clients, "answers": STREAMS}))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.askers", str(plan)], stdout=subprocess.PIPE, text=True
    )  # fmt: skip


def say_typing(heading: str, typists: Sequence[Typist]) -> None:
    """Print how long echoes took."""
    waits = [wait * 1000 for typist in typists for wait in typist.take()]
    missed = sum(typist.missed for typist in typists)
    told = "   ".join(f"{share:g}% {percentile(waits, share / 100):6.1f}" for share in (50, 90, 99))
    over = sum(wait > 100 for wait in waits)
    print(f"  {heading:34} {told}   max {max(waits):6.1f}   {len(waits)} keys, {over} over 100, {missed} never",
          flush=True)  # fmt: skip


def say_load(
    report: dict[str, Any], told: dict[str, Any], window: tuple[float, float], cpu: float, waited: float
) -> None:
    """Print what the server did within the window."""
    begin, end = window
    lags = [lag * 1000 for at, lag in report["lags"] if begin <= at <= end]
    characters = sum(count for at, count in told["got"] if begin <= at < end)
    per_token = len("".join(WORDS)) / len(WORDS)
    got, wanted = characters / per_token / (end - begin), STREAMS * PACE
    print(f"  loop lag, ms      99% {percentile(lags, 0.99):.1f}   max {max(lags):.1f}")
    pauses = [took * 1000 for at, took, _ in report["collections"] if begin <= at <= end]
    print(f"  collections of garbage over 1 ms: {len(pauses)}   max {max(pauses, default=0):.1f}"
          f"   together {sum(pauses) / (end - begin) / 10:.1f}% of the time")  # fmt: skip
    print(f"  CPU of the server {cpu / (end - begin) * 100:.0f}% of one core, {cpu / (end - begin) / got * 1e6:.0f}"
          " us a token")  # fmt: skip
    print(
        f"  others had the core for {waited / (end - begin) * 100:.1f}% of the time while the server was ready to run"
    )
    print(f"  tokens a second   {got:.0f} of {wanted} wanted")
    print(f"  endings           {told['endings']}")


def say_profile(report: dict[str, Any], window: tuple[float, float]) -> None:
    """Print where the time went within the window."""
    begin, end = window
    samples = [sample for sample in report["profile"] if begin <= sample[0] <= end]
    for own, heading in ((True, "self"), (False, "with what they call")):
        print(f"CPU by function, {heading}")
        for name, share in shares(samples, own=own)[: 40 if own else 70]:
            print(f"  {share * 100:5.1f}%  {name}")
    print("passes of the loop over 50 ms: ms, steps, tasks with most of it")
    for at, took, steps, tasks in report["stalls"]:
        if begin <= at <= end:
            print(f"  {took * 1000:6.1f} {steps:5}  " + ", ".join(f"{name} {ms * 1000:.1f}" for name, ms in tasks))


def main(*, profile: bool) -> None:
    """Print the table."""
    core = max(os.sched_getaffinity(0))
    others = os.sched_getaffinity(0) - {core}
    os.sched_setaffinity(0, others or {core})
    with tempfile.TemporaryDirectory() as directory, upstream() as url, ExitStack() as people:
        config = settings(url, dict.fromkeys(MODELS, "ollama"), rooms_per_day=str(ROOMS + 1))
        with host(Path(directory), config, core=core, profile=profile) as server, people:
            busy, calm = stage(server, people)
            print(f"From a key to its echo, ms, {len(busy) + len(calm)} real ssh clients that type")
            with typing([*busy, *calm]):
                time.sleep(QUIET_S)
            say_typing("nobody asks", [*busy, *calm])
            crowd = ask_all(server)
            assert crowd.stdout is not None
            assert crowd.stdout.readline() == "started\n", (Path(directory) / "log").read_text()
            before, waited, began = server.cpu(), server.waited(), time.monotonic()
            with typing([*busy, *calm]):
                time.sleep(FULL_S - 2)
            window = (began, time.monotonic())
            cpu, waited = server.cpu() - before, server.waited() - waited
            say_typing(f"{STREAMS} answers, 8 of them here", busy)
            say_typing(f"{STREAMS} answers, in other rooms", calm)
            told = json.loads(crowd.stdout.read())
            crowd.wait()
        say_load(server.report, told, window, cpu, waited)
        if profile:
            say_profile(server.report, window)


if __name__ == "__main__":
    main(profile="--profile" in sys.argv)

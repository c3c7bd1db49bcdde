"""Many people who ask: real ssh clients that take the answers' events, in a process of their own.

python -m tests.bench.askers PLAN      PLAN is JSON: a command line for each client, and how many answers all together

It prints `started` once every answer has begun, and at the end what came when, in JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import trio

BUCKET_S = 0.1
"""Characters that came are counted by tenths of a second."""

AT_ONCE = 8
"""Clients that log in at the same time; the others wait for them."""


class Crowd:
    """All clients, and what they have got."""

    def __init__(self, answers: int) -> None:
        self._answers = answers
        self._begun: set[str] = set()
        self._places = trio.CapacityLimiter(AT_ONCE)
        self.got: Counter[int] = Counter()
        self.endings: Counter[str] = Counter()

    async def client(self, command: Sequence[str]) -> None:
        """One client, to its end."""
        async with self._places:
            process = await trio.lowlevel.open_process(
                list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            assert process.stdout is not None
            rest = await process.stdout.receive_some(65536)
        while rest:
            *lines, last = rest.split(b"\n")
            for line in lines:
                self._take(json.loads(line))
            more = await process.stdout.receive_some(65536)
            rest = last + more if more else b""
        if await process.wait():
            self.endings["exit " + str(process.returncode)] += 1

    def _take(self, event: dict[str, str]) -> None:
        match event["type"]:
            case "token":
                self.got[int(time.monotonic() / BUCKET_S)] += len(event["content"])
                if event["mention_id"] not in self._begun:
                    self._begun.add(event["mention_id"])
                    if len(self._begun) == self._answers:
                        print("started", flush=True)
            case "done" | "error":
                self.endings[event["error"] or event["status"]] += 1


async def main(plan: str) -> None:
    """Ask, listen, tell."""
    told = json.loads(plan)
    crowd = Crowd(told["answers"])
    async with trio.open_nursery() as nursery:
        for command in told["clients"]:
            nursery.start_soon(crowd.client, command)
    got = [(bucket * BUCKET_S, characters) for bucket, characters in crowd.got.items()]
    print(json.dumps({"got": got, "endings": dict(crowd.endings)}), flush=True)


if __name__ == "__main__":
    os.nice(5)  # the clients that type are measured, these are not
    trio.run(main, Path(sys.argv[1]).read_text())

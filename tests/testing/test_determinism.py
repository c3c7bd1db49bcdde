"""The same seed gives the same run, byte for byte; another seed another order."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from chatd.testing import Mode, World
from tests.support import converse


def trace(seed: int, mode: Mode) -> str:
    """What every terminal was sent and when, and what the database holds in the end."""
    digest = hashlib.sha256()

    async def conversation(world: World) -> None:
        bot = world.model("bot")
        people = [await world.join(name) for name in ("alice", "bob", "carol")]
        for i, person in enumerate(people):
            person.types(f"hello {i}\r").types("@bot go\r").types("@eliza I feel sad\r")
            bot.says("one ", "two").pauses(0.05).says("three").ends()
        await world.settle(0.3)
        people[0].types("\x03")
        people[1].hangs_up()
        await world.settle(3)
        for person in people:
            digest.update(repr(person.writes).encode())
        digest.update("\n".join(world.database.writer.iterdump()).encode())

    converse(conversation, seed=seed, mode=mode)
    return digest.hexdigest()


@pytest.mark.parametrize("mode", list(Mode))
def test_the_same_seed_twice(mode: Mode) -> None:
    assert trace(5, mode) == trace(5, mode)


def test_schedules_differ() -> None:
    assert len({trace(seed, Mode.SERIAL) for seed in range(4)}) > 1


def test_the_hash_seed_of_python_changes_nothing() -> None:
    program = "from tests.testing.test_determinism import *; print(trace(5, Mode.SERIAL))"
    traces = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(traces) == 1

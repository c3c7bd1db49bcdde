"""The same seed gives the same run, byte for byte; another seed another order."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from itertools import pairwise

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.testing import Mode, World, run
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


def turns(seed: int, mode: Mode, names: list[str], steps: int = 40) -> list[str]:
    """Who of these tasks took each step, where all of them always can."""
    taken: list[str] = []

    async def walk(name: str) -> None:
        for _ in range(steps):
            await trio.lowlevel.checkpoint()
            taken.append(name)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for name in names:
                nursery.start_soon(walk, name, name=name)

    run(main, seed=seed, mode=mode)
    return taken


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([Mode.SHUFFLE, Mode.SERIAL, Mode.PCT]), st.permutations("abcd"))
def test_what_others_do_changes_nobodys_turns(seed: int, mode: Mode, names: list[str]) -> None:
    """With a task more, or begun in another order, the others take their steps in the order in which they took them: so
    a world that broke breaks again when something else in it has changed.
    """
    few = turns(seed, mode, sorted(names[:3]))
    assert [name for name in turns(seed, mode, names) if name in few] == few


def test_a_starved_task_comes_last() -> None:
    """Of two that always can, `pct` has one go on alone, until that is starved: then the other one does."""
    taken = turns(1, Mode.PCT, ["a", "b"], steps=3000)
    changes = [at for at, pair in enumerate(pairwise(taken)) if pair[0] != pair[1]]
    assert 1 <= len(changes) <= 30

"""Many at once: everything ends, nothing is left over (World checks that at its end, on top of what stands here)."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

import trio

from chatd.config import Config, LimitsConfig
from chatd.testing import Mode, World
from tests.support import converse

CROWD = replace(Config(), limits=LimitsConfig(max_streams_per_room=100, max_streams_per_user=4))


async def two_mentions_each(world: World, sessions: int) -> None:
    before = trio.lowlevel.current_statistics().tasks_living
    people = [await world.join(f"user{i}") for i in range(sessions)]
    for person in people:
        person.types("@eliza I feel sad\r").types("@echo one two three\r")
    await world.settle(20)
    rows = world.rows()
    assert len(rows) == 4 * sessions
    assert {status for _, _, status in rows} == {"complete"}
    assert sum(author == "echo" and text == "one two three" for author, text, _ in rows) == sessions
    for person in people:
        person.hangs_up()
    await world.settle(5)
    assert trio.lowlevel.current_statistics().tasks_living == before


def test_a_hundred_mentions_in_fifty_sessions() -> None:
    files = len(os.listdir("/dev/fd"))
    converse(partial(two_mentions_each, sessions=50), CROWD)
    assert len(os.listdir("/dev/fd")) == files


def test_the_same_under_a_schedule_that_starves() -> None:
    converse(partial(two_mentions_each, sessions=10), CROWD, seed=7, mode=Mode.PCT)

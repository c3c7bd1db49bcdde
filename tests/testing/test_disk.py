"""The simulated disk fails as it is told, once, and works again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chatd.errors import StorageError
from chatd.testing import World


async def say(world: World, texts: Sequence[str]) -> list[str]:
    for text in texts:
        await world.command("alice", f"say {text}")
        await world.settle(5)
    return [text for _, text, _ in world.rows()]


async def test_a_write_that_fails_is_tried_again(world: World) -> None:
    world.disk.fails_at(2)
    assert await say(world, "abc") == ["a", "b", "c"]
    assert world.hub.recorder.trouble is None


async def test_a_write_whose_answer_is_lost_is_not_made_twice(world: World) -> None:
    world.disk.fails_at(2, lands=True)
    assert await say(world, "abc") == ["a", "b", "c"]


async def test_what_is_no_append_says_what_failed(world: World) -> None:
    world.disk.fails_at(1)
    with pytest.raises(StorageError, match="the disk is read-only"):
        await world.hub.open_room("den", world.visitor("alice"), make=True)


async def test_a_connection_that_is_reset_ends_its_session(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.resets()
    bob.types("are you there?\r")
    await world.settle()
    assert alice.ended.is_set() and not bob.ended.is_set()

"""Models that are found come, go, have others' names, and are asked over the wire; a list that fails harms nobody."""

from __future__ import annotations

import json
import random

from chatd.core.stream import Done
from chatd.testing import World, run
from chatd.testing.simulation.found_models import HOWS, OFFERS, TROUBLES, WHERE, FoundModels
from chatd.testing.upstream import FakeUpstream

MINUTE_S = 65.0
"""Virtual seconds after which the server has looked again."""


async def names(world: World) -> dict[str, bool]:
    told = (await world.command("zoe", "models --json")).output.splitlines()
    return {model["name"]: model["available"] for model in map(json.loads, told)}


def test_models_come_and_go_and_are_asked() -> None:
    async def main() -> None:
        found = FoundModels(random.Random(1), lambda _: None)
        async with FakeUpstream().network() as network:
            network.attach(WHERE, found.fake.handle)
            async with World.open(network=network) as world:
                alice = await world.join("alice")
                assert set(await names(world)) == {"eliza", "echo"}
                found.becomes("one")
                await world.settle(MINUTE_S)
                assert (await names(world))["qwen3:8b"]
                asked = await world.command("alice", "ask @qwen3 hi")
                assert asked.exit_status == 0 and asked.output.startswith("found ") and found.asked == 1
                found.becomes("clashes")
                await world.settle(MINUTE_S)
                there = await names(world)
                assert "ollama/alice" in there and "ollama/echo" in there, there
                for how in (*TROUBLES, "strange names", "none"):
                    found.becomes(how)
                    await world.settle(MINUTE_S)
                    assert {"eliza", "echo"} <= set(await names(world))
                    assert (await world.command("bob", "ask @echo still")).output == "still\n"
                assert not alice.ended.is_set()
        assert found.looked >= len(HOWS)

    run(main)


def test_a_model_that_is_gone_is_refused_in_words() -> None:
    async def main() -> None:
        found = FoundModels(random.Random(1), lambda _: None)
        found.becomes("one")
        async with FakeUpstream().network() as network:
            network.attach(WHERE, found.fake.handle)
            async with World.open(network=network) as world:
                await world.settle(1)
                found.becomes("none")
                asked = await world.command("alice", "ask @qwen3 hi")
                assert asked.exit_status == 69 and "not found" in asked.errors
                assert world.rows("~alice")[-1][0] == "system"

    run(main)


def test_what_is_offered_is_known() -> None:
    assert set(OFFERS) | set(TROUBLES) == set(HOWS) and Done().status == "complete"


def test_no_model_comes_before_the_person_of_its_name() -> None:
    """A server that was killed may have lost the name; it is not the model's when they come again."""

    async def main() -> None:
        found = FoundModels(random.Random(1), lambda _: None)
        async with FakeUpstream().network() as network:
            network.attach(WHERE, found.fake.handle)
            async with World.open(network=network) as world:
                found.is_member = world.hub.names.is_member
                found.becomes("clashes")
                await world.settle(MINUTE_S)
                assert not {"alice", "ollama/alice"} & set(await names(world))
                alice = await world.join("alice")
                await world.settle(MINUTE_S)
                assert "ollama/alice" in await names(world)
                assert not alice.ended.is_set()

    run(main)

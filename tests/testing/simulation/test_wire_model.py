"""The model of a world behind a real wire: each protocol is met, and whatever its server does has one clear end."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chatd.config import Config, ServerConfig
from chatd.testing import World, run
from chatd.testing.simulation.swarm import SETTINGS, swarm
from chatd.testing.simulation.wire_model import MODELS, WIRE_OF, WireModel, repeats
from chatd.testing.upstream import OLLAMA, FakeUpstream, Fault, Received, Step, json_reply, refusal, streamed

PROVIDERS = [model.provider for model in MODELS]


def settings(provider: str) -> Config:
    own = tuple(model for model in MODELS if model.provider == provider)
    return replace(SETTINGS, models=own, server=ServerConfig(discover=False))


def test_every_protocol_is_drawn() -> None:
    assert {swarm(seed).settings.models[0].provider for seed in range(30)} == set(PROVIDERS)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_question_has_an_end_whatever_the_server_does(provider: str) -> None:
    told: list[str] = []

    async def main(seed: int) -> None:
        wire = WireModel(random.Random(f"{provider} {seed}"), told.append, provider)
        async with FakeUpstream().answers(wire).network() as network:
            wire.network = network
            async with World.open(settings(provider), network=network) as world:
                for number in range(30):
                    asked = await world.command("alice", f"ask --room lobby @llama 'question {number}'")
                    assert asked.exit_status in (0, 1, 69, 75, 77), (asked.exit_status, asked.errors)
                    assert bool(asked.output.strip()) or asked.exit_status, asked.errors
                assert all(status != "open" for _, _, status in world.rows())
        faults.append(wire.faults)

    faults: list[int] = []
    for seed in range(4):
        run(main, seed)
    assert sum(faults) > 20
    for what in ("goes wrong", "calls a tool", "the next connections fail"):
        assert any(what in line for line in told), what


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_server_that_is_busy_is_asked_again_when_it_said(provider: str) -> None:
    async def main() -> None:
        wire, asked_at = WIRE_OF[provider], list[float]()

        def answer(request: Received) -> tuple[Step, ...]:
            if not request.path.endswith(wire.path):
                return json_reply({})
            asked_at.append(request.at)
            busy = refusal(wire, 429, "busy", {"Retry-After": "2"})
            return busy if len(asked_at) == 1 else streamed(wire, *wire.answer("well"))

        fake = FakeUpstream().answers(answer)
        async with fake.network() as network, World.open(settings(provider), network=network) as world:
            asked = await world.command("alice", "ask @llama hi")
            assert (asked.output, asked.exit_status) == ("well\n", 0)
        assert len(asked_at) == 2 and 2 <= asked_at[1] - asked_at[0] < 2.5

    run(main)


def test_a_done_object_that_says_everything_again_doubles_nothing() -> None:
    async def main() -> None:
        fake = FakeUpstream().reply(*streamed(OLLAMA, OLLAMA.token("The sky"), *repeats(OLLAMA, "The sky is blue.")))
        async with fake.network() as network, World.open(settings("ollama"), network=network) as world:
            assert (await world.command("alice", "ask @llama hi")).output == "The sky is blue.\n"

    run(main)


def test_connections_fail_one_after_the_other_and_then_they_do_not() -> None:
    async def main() -> None:
        fake = FakeUpstream().reply(*streamed(OLLAMA, *OLLAMA.answer("well")))
        async with fake.network() as network, World.open(settings("ollama"), network=network) as world:
            network.fails_next(Fault.DNS_DOWN)
            asked = await world.command("alice", "ask @llama hi")
            assert (asked.output, asked.exit_status) == ("well\n", 0), asked.errors
            network.fails_next(Fault.REFUSED)

    run(main)

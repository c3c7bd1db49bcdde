"""Models that come and go by themselves: found soon, gone when they are gone, and no source waits for another."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from chatd.config import Config, ModelConfig
from chatd.core.stream import Done
from chatd.errors import NetworkFailure
from chatd.ports import Model
from chatd.tasks.asking.discovery import PATIENCE, Discovery
from chatd.tasks.asking.model_registry import ModelRegistry
from chatd.testing import World, run
from chatd.testing.models import ScriptedModel
from chatd.testing.upstream import OLLAMA, FakeUpstream, Fault, MemoryNetwork, Reset, json_reply, streamed
from tests.support import plain_scripts

INTERVAL = 60.0
LEAST = 5.0


class FakeSource:
    """Offers what the test says, after as long as it says; an exception is raised."""

    def __init__(self, name: str, *offers: str, expected: bool = False) -> None:
        self.name = name
        self.expected = expected
        self.offers: Sequence[str] | Exception = offers
        self.delay = 0.0
        self.looks: list[float] = []

    async def look(self) -> Sequence[Model]:
        """As ports.ModelSource."""
        self.looks.append(trio.current_time())
        await trio.sleep(self.delay)
        if isinstance(self.offers, Exception):
            raise self.offers
        return [ScriptedModel(name) for name in self.offers]


def looking(*sources: FakeSource) -> Callable[[Callable[[ModelRegistry, Discovery], Any]], None]:
    def decorate(conversation: Callable[[ModelRegistry, Discovery], Any]) -> None:
        async def main() -> None:
            registry = ModelRegistry({})
            discovery = Discovery(registry, sources, INTERVAL, LEAST)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(discovery.run)
                await conversation(registry, discovery)
                nursery.cancel_scope.cancel()

        run(main)

    return decorate


def test_what_is_offered_is_found_and_what_no_longer_is_goes() -> None:
    source = FakeSource("one", "a", "b")

    @looking(source)
    async def conversation(registry: ModelRegistry, _: Discovery) -> None:
        await trio.sleep(1)
        assert set(registry) == {"a", "b"}
        source.offers = ("b", "c")
        await trio.sleep(INTERVAL)
        assert set(registry) == {"b", "c"}


def test_however_many_want_to_know_a_source_is_asked_once_in_a_while() -> None:
    source = FakeSource("one", "a")
    source.delay = 0.5

    @looking(source)
    async def conversation(registry: ModelRegistry, discovery: Discovery) -> None:
        await trio.sleep(10)
        began = trio.current_time()
        source.offers = ("a", "b")
        async with trio.open_nursery() as nursery:
            for _ in range(160):
                nursery.start_soon(discovery.refresh)
                await trio.sleep(0.004)
        assert set(registry) == {"a", "b"} and source.looks == [0, began]
        await discovery.refresh()
        assert len(source.looks) == 2
        await trio.sleep(LEAST)
        await discovery.refresh()
        assert len(source.looks) == 3


def test_what_cannot_be_had_stays_listed() -> None:
    source = FakeSource("one", "a")

    @looking(source)
    async def conversation(registry: ModelRegistry, _: Discovery) -> None:
        await trio.sleep(1)
        source.offers = NetworkFailure("refused")
        await trio.sleep(INTERVAL)
        assert len(source.looks) == 2 and set(registry) == {"a"}


def test_who_wants_to_know_waits_until_everybody_has_been_looked_at_anew() -> None:
    source = FakeSource("one", "a")

    @looking(source, FakeSource("two", "b"))
    async def conversation(registry: ModelRegistry, discovery: Discovery) -> None:
        await discovery.refresh()
        assert set(registry) == {"a", "b"}
        source.offers, source.delay = ("c",), 1
        await trio.sleep(LEAST)
        await discovery.refresh()
        assert set(registry) == {"b", "c"} and trio.current_time() == LEAST + 1


def test_a_source_that_hangs_holds_up_nobody() -> None:
    hangs, works = FakeSource("hangs"), FakeSource("works", "a")
    hangs.delay = 1e6

    @looking(hangs, works)
    async def conversation(registry: ModelRegistry, discovery: Discovery) -> None:
        await discovery.refresh()
        assert trio.current_time() == PATIENCE and set(registry) == {"a"}
        works.offers = ("b",)
        await trio.sleep(2 * INTERVAL)
        assert set(registry) == {"b"} and (len(hangs.looks), len(works.looks)) == (1, 3)


def test_a_bug_in_one_source_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    source = FakeSource("broken")
    source.offers = ZeroDivisionError()

    @looking(source)
    async def conversation(registry: ModelRegistry, _: Discovery) -> None:
        await trio.sleep(1)
        source.offers = ("a",)
        await trio.sleep(INTERVAL)
        assert set(registry) == {"a"}

    assert "broken: looking for its models failed" in caplog.text


@pytest.mark.parametrize("expected", [True, False])
def test_the_log_has_one_line_for_each_change_and_none_for_who_was_never_there(
    expected: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "chatd.models")
    source = FakeSource("one", expected=expected)
    source.offers = NetworkFailure("refused")

    @looking(source)
    async def conversation(_: ModelRegistry, __: Discovery) -> None:
        await trio.sleep(2 * INTERVAL)
        source.offers = ("a",)
        await trio.sleep(2 * INTERVAL)
        source.offers = NetworkFailure("refused")
        await trio.sleep(2 * INTERVAL)

    lines = [record.message for record in caplog.records]
    assert lines == ["one: not available: refused"] * expected + ["one: 1 models found", "one: not available: refused"]


def test_without_sources_nobody_waits() -> None:
    @looking()
    async def conversation(_: ModelRegistry, discovery: Discovery) -> None:
        await discovery.refresh()
        assert trio.current_time() == 0


def test_sources_of_one_name_keep_what_each_of_them_offers() -> None:
    @looking(FakeSource("one", "a"), FakeSource("one", "b"), FakeSource("one"))
    async def conversation(registry: ModelRegistry, discovery: Discovery) -> None:
        for _ in range(2):
            await discovery.refresh()
            assert set(registry) == {"a", "b"}


# --- with servers


def ollama(*names: str) -> FakeUpstream:
    fake = FakeUpstream().route("POST", "/api/show", *json_reply({"capabilities": ["completion"], "model_info": {}}))
    return offers(fake, *names)


def offers(fake: FakeUpstream, *names: str) -> FakeUpstream:
    tags = [{"name": name, "model": name, "digest": name} for name in names]
    return fake.route("GET", "/api/tags", *json_reply({"models": tags}))


def vanishes(fake: FakeUpstream, network: MemoryNetwork) -> None:
    """The server is stopped: connections that stand are reset, new ones refused."""
    fake.route("GET", "/api/tags", Reset())
    network.fault = Fault.REFUSED


@asynccontextmanager
async def world_with(
    fake: FakeUpstream, environ: Mapping[str, str] | None = None, settings: Config | None = None
) -> AsyncIterator[tuple[World, MemoryNetwork]]:
    async with fake.network() as network:
        options = {"scripts": plain_scripts(), "network": network, "environ": environ or {}}
        async with World.open(settings, **options) as world:  # type: ignore[arg-type]
            await world.settle()  # the look at the start
            yield world, network


def test_an_ollama_appears_answers_by_short_names_and_vanishes() -> None:
    async def main() -> None:
        fake = ollama("qwen3:8b", "library/llama:latest")
        async with world_with(fake) as (world, network):
            models = world.hub.models
            assert {"qwen3:8b", "library/llama:latest", "eliza"} <= set(models)
            fake.reply(*streamed(OLLAMA, *OLLAMA.answer("hel", "lo")))
            asked = await world.command("alice", "ask @qwen3 hi")
            assert (asked.output, asked.exit_status) == ("hello\n", 0)
            assert world.rows("~alice")[1][0] == "qwen3:8b"
            assert models.find("llama").info.name == "library/llama:latest"
            vanishes(fake, network)
            await world.hub.discovery.refresh()
            assert not models["qwen3:8b"].info.available
            network.fault = None
            offers(fake, "new:1b")
            await trio.sleep(LEAST)
            await world.hub.discovery.refresh()
            assert "qwen3:8b" not in models and models["new:1b"].info.available

    run(main)


def test_a_model_with_a_members_name_writes_under_its_full_name_and_the_member_keeps_theirs() -> None:
    async def main() -> None:
        fake = ollama()
        async with world_with(fake) as (world, _):
            await world.join("mistral")
            offers(fake, "mistral")
            await world.hub.discovery.refresh()
            assert world.hub.models.named("mistral") is None
            fake.reply(*streamed(OLLAMA, *OLLAMA.answer("bonjour")))
            asked = await world.command("alice", "ask @ollama/mistral hi")
            assert (asked.output, asked.exit_status) == ("bonjour\n", 0)
            assert world.rows("~alice")[1][0] == "ollama/mistral"

    run(main)


def test_a_model_whose_name_became_a_members_can_still_be_asked_by_its_full_name() -> None:
    async def main() -> None:
        fake = ollama("mistral")
        async with world_with(fake) as (world, _):
            world.hub.names.load([("mistral", "SHA256:mistral")])
            fake.reply(*streamed(OLLAMA, *OLLAMA.answer("bonjour")))
            assert (await world.command("alice", "ask @ollama/mistral hi")).output == "bonjour\n"

    run(main)


def test_a_configured_model_learns_whether_its_server_is_there_and_is_not_doubled() -> None:
    settings = Config(models=(ModelConfig("qwen", "ollama", "http://127.0.0.1:11434", "qwen3:8b"),))

    async def main() -> None:
        fake = ollama("other:1b")
        async with world_with(fake, settings=settings) as (world, network):
            assert {"qwen", "other:1b"} <= set(world.hub.models) and world.hub.models["qwen"].info.available
            vanishes(fake, network)
            await world.hub.discovery.refresh()
            unavailable = [name for name, model in world.hub.models.items() if not model.info.available]
            assert sorted(unavailable) == ["other:1b", "qwen"]

    run(main)


def test_keys_and_addresses_of_the_environment_are_looked_at() -> None:
    async def main() -> None:
        fake = FakeUpstream()
        fake.answers(lambda r: json_reply({"data": [{"id": f"{r.headers['host']}-model", "type": "model"}]}))
        environ = {
            "OLLAMA_HOST": "0.0.0.0:1234", "OPENAI_BASE_URL": "http://10.0.0.1:8000/v1", "OPENAI_API_KEY": "k1",
            "ANTHROPIC_API_KEY": "k2",
        }  # fmt: skip
        async with world_with(fake, environ) as (world, _):
            asked = {(r.headers["host"], r.path.partition("?")[0]) for r in fake.requests}
            assert asked == {
                ("127.0.0.1:1234", "/api/tags"), ("10.0.0.1:8000", "/v1/models"), ("api.anthropic.com", "/v1/models"),
            }  # fmt: skip
            assert "api.anthropic.com-model" in world.hub.models
            assert not world.hub.models["api.anthropic.com-model"].info.local
            assert world.hub.models["10.0.0.1:8000-model"].info.local

    run(main)


def test_an_address_of_the_environment_that_is_none_is_said_and_the_server_lives(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        async with world_with(ollama("a:1b"), {"OPENAI_BASE_URL": "gopher://x"}) as (world, _):
            assert "a:1b" in world.hub.models

    run(main)
    assert "no models of openai are looked for where the environment says: endpoint 'gopher://x'" in caplog.text


def test_an_endless_answer_of_a_found_model_ends_with_the_world() -> None:
    async def main() -> None:
        fake = ollama("a:1b")
        async with world_with(fake) as (world, network):
            fake.reply(*streamed(OLLAMA, *OLLAMA.answer("x")))
            heard = await world.hub.answers.router.stream_ask("a:1b", "inference", "hi", on_chunk=lambda _: None)
            assert heard == Done()
        assert network.open_streams == 0

    run(main)

"""Models that nobody configured: found in the environment, called by short names, come and gone; who may ask whom."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import trio
import trio.testing

from chatd.config import AuthConfig, Config, ModelConfig, ServerConfig
from chatd.testing import World, run
from chatd.testing.upstream import (
    ANTHROPIC,
    OLLAMA,
    OPENAI,
    FakeUpstream,
    MemoryNetwork,
    Received,
    Step,
    Wire,
    json_reply,
    refusal,
    streamed,
)
from chatd.testing.upstream.network import open_network
from tests.models.upstreams import answered, events, offers, questions, rows
from tests.support import plain_scripts

HOME = "127.0.0.1:11434"
SEEKING = Config(server=ServerConfig(discover=True))


def tag(name: str) -> dict[str, object]:
    return {"name": name, "model": name, "digest": f"sha256:{name}"}


CAPABILITIES = {
    "qwen3:8b": ["completion", "tools", "thinking"],
    "gemma:2b": ["completion"],
    "nomic-embed-text:latest": ["embedding"],
}
CONTEXTS = {"qwen3:8b": 40_960, "gemma:2b": 2048}


def ollama(*names: str) -> FakeUpstream:
    """An Ollama with these models; each says who it is."""

    def answer(request: Received) -> tuple[Step, ...]:
        if request.path == "/api/show":
            name = request.json["model"]
            lengths = {"family.context_length": CONTEXTS[name]} if name in CONTEXTS else {}
            return json_reply({"capabilities": CAPABILITIES.get(name, ["completion"]), "model_info": lengths})
        return streamed(OLLAMA, *OLLAMA.answer("I am ", request.json["model"]))

    fake = FakeUpstream().answers(answer)
    offers(fake, ollama=[tag(name) for name in names])
    return fake


def hosted(wire: Wire, *names: str) -> FakeUpstream:
    """A hosted service with these models."""
    fake = FakeUpstream().answers(lambda request: streamed(wire, *wire.answer("I am ", request.json["model"])))
    offers(fake, others=[{"id": name} for name in names])
    return fake


Story = Callable[[World, MemoryNetwork], Awaitable[None]]


def among(
    servers: Mapping[str, FakeUpstream], story: Story, *, environ: Mapping[str, str] | None = None,
    config: Config = SEEKING, shipped: bool = False,
) -> None:  # fmt: skip
    """Run a story in a world whose network has these servers, by host and port, and no others."""

    async def main() -> None:
        async with _opened(servers, config, environ or {}, shipped) as (world, network):
            await trio.testing.wait_all_tasks_blocked()
            await story(world, network)

    run(main)


@asynccontextmanager
async def _opened(
    servers: Mapping[str, FakeUpstream], config: Config, environ: Mapping[str, str], shipped: bool
) -> AsyncIterator[tuple[World, MemoryNetwork]]:
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(open_network())
        for where, fake in servers.items():
            network.attach(where, fake.handle)
        scripts = None if shipped else plain_scripts()
        yield (
            await stack.enter_async_context(World.open(config, scripts=scripts, network=network, environ=environ)),
            network,
        )


async def listed(world: World) -> dict[str, dict[str, Any]]:
    """`models --json`, by name."""
    return {one["name"]: one for one in events(await world.command("zoe", "models --json"))}


def test_an_ollama_at_its_usual_place_is_found_with_what_its_models_can_do() -> None:
    async def story(world: World, _: MemoryNetwork) -> None:
        models = await listed(world)
        assert list(models) == ["eliza", "echo", "qwen3:8b", "gemma:2b"], "a model that embeds cannot be asked"
        assert models["qwen3:8b"] == {
            "name": "qwen3:8b", "provider": "ollama", "model": "qwen3:8b", "endpoint": "http://127.0.0.1:11434",
            "available": True, "capabilities": ["completion", "tools", "thinking"], "context_tokens": 8192, "queue": 0,
        }  # fmt: skip
        assert models["gemma:2b"]["context_tokens"] == 2048, "what a model cannot hold is not sent"
        seen = await world.command("zoe", "ask @qwen3 hi")
        assert (seen.output, seen.exit_status) == ("I am qwen3:8b\n", 0)
        await world.command("zoe", "ask @gemma hi")
        with_tools, without = questions(fake)
        assert with_tools.json["tools"] and with_tools.json["options"]["num_ctx"] == 8192
        assert "tools" not in without.json and without.json["options"]["num_ctx"] == 2048
        assert (await rows(world, "zoe"))[1]["author"] == "qwen3:8b"

    fake = ollama("qwen3:8b", "gemma:2b", "nomic-embed-text:latest")
    among({HOME: fake}, story)


def test_a_short_name_that_two_share_names_both_and_the_latest_wins() -> None:
    async def story(world: World, _: MemoryNetwork) -> None:
        seen = await world.command("zoe", "ask @qwen3 hi")
        assert (seen.exit_status, seen.output) == (69, "")
        assert "@qwen3:8b" in seen.errors and "@qwen3:4b" in seen.errors
        assert (await world.command("zoe", "ask @qwen3:4b hi")).output == "I am qwen3:4b\n"
        assert (await world.command("zoe", "ask @gemma hi")).output == "I am gemma:latest\n"

    among({HOME: ollama("qwen3:8b", "qwen3:4b", "gemma:2b", "gemma:latest")}, story)


@pytest.mark.parametrize(
    ("said", "where"),
    [("gpu.test", "gpu.test:11434"), ("http://gpu.test:8080/", "gpu.test:8080"), ("0.0.0.0:1234", "127.0.0.1:1234")],
)
def test_ollama_host_says_where_it_is(said: str, where: str) -> None:
    async def story(world: World, _: MemoryNetwork) -> None:
        assert "qwen3:8b" in await listed(world)

    among({where: ollama("qwen3:8b")}, story, environ={"OLLAMA_HOST": said})


def test_keys_in_the_environment_bring_the_hosted_models() -> None:
    openai, anthropic = hosted(OPENAI, "gpt-x", "text-embedding-9"), hosted(ANTHROPIC, "claude-x")

    async def story(world: World, _: MemoryNetwork) -> None:
        models = await listed(world)
        assert list(models) == ["eliza", "echo", "gpt-x", "claude-x"]
        assert models["gpt-x"]["endpoint"] == "https://api.openai.com/v1"
        assert (await world.command("zoe", "ask @gpt-x hi")).output == "I am gpt-x\n"
        assert (await world.command("zoe", "ask @claude-x hi")).output == "I am claude-x\n"
        assert questions(openai)[0].headers["authorization"] == "Bearer first-key"
        assert questions(anthropic)[0].headers["x-api-key"] == "second-key"
        assert "max_completion_tokens" in questions(openai)[0].json, "as this service alone wants it"
        told = (await world.command("zoe", "models --json")).output
        assert "first-key" not in told and "second-key" not in told

    keys = {"OPENAI_API_KEY": "first-key", "ANTHROPIC_API_KEY": "second-key"}
    among({"api.openai.com:443": openai, "api.anthropic.com:443": anthropic}, story, environ=keys)


def test_a_base_url_alone_brings_a_server_of_ones_own() -> None:
    async def story(world: World, _: MemoryNetwork) -> None:
        assert (await world.command("zoe", "ask @local-x hi")).output == "I am local-x\n"
        (request,) = questions(fake)
        assert request.path == "/v1/chat/completions" and "authorization" not in request.headers

    fake = hosted(OPENAI, "local-x")
    among({"127.0.0.1:8000": fake}, story, environ={"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"})


def test_without_anything_in_the_environment_no_hosted_service_is_asked() -> None:
    async def story(world: World, _: MemoryNetwork) -> None:
        assert list(await listed(world)) == ["eliza", "echo"]
        await world.settle(200)
        assert not openai.requests and not anthropic.requests

    openai, anthropic = hosted(OPENAI, "gpt-x"), hosted(ANTHROPIC, "claude-x")
    among({"api.openai.com:443": openai, "api.anthropic.com:443": anthropic}, story)


def test_an_ollama_that_starts_later_is_there_within_a_minute_and_at_once_when_somebody_looks() -> None:
    async def story(world: World, network: MemoryNetwork) -> None:
        assert (await world.command("zoe", "ask @qwen3 hi")).exit_status == 69
        fake = ollama("qwen3:8b")
        network.attach(HOME, fake.handle)
        await world.settle(61)
        assert (await world.command("zoe", "ask @qwen3 hi")).output == "I am qwen3:8b\n"
        offers(fake, ollama=[tag("qwen3:8b"), tag("gemma:2b")])
        assert "gemma:2b" in await listed(world)

    among({}, story)


def test_a_model_that_vanishes_is_said_in_the_room_and_then_nobody_is_called_so() -> None:
    async def story(world: World, _: MemoryNetwork) -> None:
        alice = await world.join("alice", size=(120, 24))
        alice.types("@qwen3 hi\r")
        await answered(world)
        offers(fake, ollama=[tag("gemma:2b")])
        fake.route("POST", "/api/chat", *refusal(OLLAMA, 404, "model 'qwen3:8b' not found"))
        alice.types("@qwen3 still there?\r")
        await answered(world)
        told = world.rows()[-1]
        assert told[0] == "system" and told[1].startswith("qwen3:8b: ") and "no such model" in told[1]
        assert "'qwen3:8b' not found" in alice.screen
        await listed(world)  # it is looked again
        alice.types("@qwen3 hello?\r")
        await world.settle()
        assert "there is nobody called qwen3; you can ask eliza, echo, gemma:2b" in alice.screen
        assert "hello?" in alice.screen.lines[-1], "what was typed can be mended"

    fake = ollama("qwen3:8b", "gemma:2b")
    among({HOME: fake}, story, shipped=True)


def test_an_ollama_that_stops_leaves_its_models_listed_as_not_available() -> None:
    async def story(world: World, network: MemoryNetwork) -> None:
        assert (await listed(world))["qwen3:8b"]["available"]
        network.attach(HOME, _refuse)
        await world.settle(3)
        assert not (await listed(world))["qwen3:8b"]["available"]
        assert "(not available)" in (await world.command("zoe", "models")).output
        seen = await world.command("zoe", "ask @qwen3 hi")
        assert seen.exit_status == 75 and seen.errors.startswith("chatd: qwen3:8b: ")
        assert (await world.command("zoe", "ask @echo hi")).output == "hi\n"

    async def _refuse(link: Any) -> None:
        await link.reset()

    among({HOME: ollama("qwen3:8b")}, story)


@pytest.mark.parametrize(("rule", "local", "away"), [("local", 0, 77), ("all", 0, 0), ("none", 77, 77)])
def test_guests_ask_whom_the_operator_lets_them(rule: str, local: int, away: int) -> None:
    async def story(world: World, _: MemoryNetwork) -> None:
        for model, expected in (("near", local), ("far", away), ("named", away)):
            seen = await world.command("guest-x", f"ask @{model} hi")
            assert seen.exit_status == expected, (model, seen.errors)
            assert not seen.exit_status or "log in with a key" in seen.errors
            assert (await world.command("alice", f"ask @{model} hi")).exit_status == 0
        assert len(questions(fake)) == 3 + [local, away, away].count(0)

    fake = ollama()
    models = (
        ModelConfig("near", "ollama", endpoint="http://127.0.0.1:11434"),
        ModelConfig("far", "ollama", endpoint="https://ollama.example.com"),
        ModelConfig("named", "ollama", endpoint="http://my-box:11434"),
    )
    config = Config(server=ServerConfig(discover=False), auth=AuthConfig(guests_ask=rule), models=models)
    among({HOME: fake, "ollama.example.com:443": fake, "my-box:11434": fake}, story, config=config)


def test_what_a_server_names_its_models_cannot_harm_a_terminal() -> None:
    async def story(world: World, _: MemoryNetwork) -> None:
        seen = await world.command("zoe", "models")
        assert all(line.isprintable() for line in seen.output.splitlines())
        assert list(await listed(world)) == ["eliza", "echo", "fine:1b"]

    among({HOME: ollama("fine:1b", "evil\x1b[2J", "a b", "")}, story)

"""What these tests share: a whole server whose model `m` stands behind a fake, and what people can see of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio
import trio.testing

from chatd.config import Config, ModelConfig, ServerConfig, StreamingConfig
from chatd.core.visit import Visit
from chatd.ports import Scripts
from chatd.testing import Disk, MemoryTerminal, World, run
from chatd.testing.upstream import Close, FakeUpstream, MemoryNetwork, Received, Step, Wire, json_reply
from tests.support import plain_scripts

HOST = "http://models.test:11434"
KEY = "tr0ub4dor"
"""As no pattern of secrets knows it: that it is not repeated is our own doing."""
ENVIRON = {"MODEL_KEY": KEY}
ASKS = ("/api/chat", "/v1/chat/completions", "/v1/messages")
LISTS = ("/api/tags", "/v1/models", "/v1/models?limit=500")

QUIET = ServerConfig(discover=False)
"""Nobody looks for models that are not configured."""


def model_of(wire: Wire, name: str = "m", **more: Any) -> ModelConfig:
    """A configured model of the fake."""
    endpoint = f"{HOST}/v1" if wire.provider == "openai" else HOST
    return ModelConfig(name, wire.provider, **{"endpoint": endpoint, "model": name, "api_key_env": "MODEL_KEY", **more})


def settings(wire: Wire, *, model: Mapping[str, Any] | None = None, **streaming: Any) -> Config:
    """A server with the model `m`, and the `[streaming]` that is named."""
    return Config(server=QUIET, models=(model_of(wire, **(model or {})),), streaming=StreamingConfig(**streaming))


def offers(fake: FakeUpstream, *, ollama: object = (), others: object = ()) -> None:
    """Let the fake list these models: on connections of their own, so that no question meets a pooled one."""
    for path in LISTS:
        value = {"models": list(ollama)} if path == LISTS[0] else {"data": list(others)}  # type: ignore[call-overload]
        fake.route("GET", path, *json_reply(value, headers={"Connection": "close"}), Close())


def script(fake: FakeUpstream, *replies: Sequence[Step]) -> FakeUpstream:
    """Replies for the next requests."""
    for steps in replies:
        fake.reply(*steps)
    return fake


def questions(fake: FakeUpstream) -> list[Received]:
    """The requests that ask, without those that look which models there are."""
    return [request for request in fake.requests if request.path in ASKS]


async def asked(fake: FakeUpstream, number: int = 1) -> Received:
    """Wait until so many questions have come; the last of them."""
    await fake.until(lambda: len(questions(fake)) >= number)
    return questions(fake)[number - 1]


Story = Callable[[World, FakeUpstream, MemoryNetwork], Any]


def tell(
    story: Story, config: Config, *, shipped: bool = False, environ: Mapping[str, str] = ENVIRON,
    disk: Disk | None = None, fake: FakeUpstream | None = None,
) -> None:  # fmt: skip
    """Run a story in a world of its own, on the virtual clock."""

    async def main() -> None:
        async with opened(config, None if shipped else plain_scripts(), environ, disk, fake) as (world, known, network):
            await story(world, known, network)

    run(main)


@asynccontextmanager
async def opened(
    config: Config, scripts: Scripts | None, environ: Mapping[str, str], disk: Disk | None, fake: FakeUpstream | None
) -> AsyncIterator[tuple[World, FakeUpstream, MemoryNetwork]]:
    """The world, the fake that every host is, and the network between them; no connection is left at the end."""
    if fake is None:
        fake = FakeUpstream()
        offers(fake)
    async with fake.network() as network:
        async with World.open(config, scripts=scripts, network=network, environ=environ, disk=disk) as world:
            await trio.testing.wait_all_tasks_blocked()  # it has been looked which models there are
            yield world, fake, network
        assert network.open_streams == 0


def start(world: World, command: str, name: str = "alice", *, pty: bool = False) -> MemoryTerminal:
    """A command that runs while the story goes on."""
    terminal = world.connect(Visit(world.visitor(name), command, pty=pty))
    return terminal if pty else terminal.ends_input()


async def answered(world: World) -> None:
    """Wait until no answer runs, and what came of them is on every screen."""
    await world.settle()  # the key strokes are taken, and perhaps an answer runs
    while world.hub.answers.running:  # noqa: ASYNC110 -- a look a second, where `until` takes a hundred
        await trio.sleep(1)
    await world.settle()


def events(terminal: MemoryTerminal) -> list[dict[str, Any]]:
    """What `ask --json` printed."""
    return [json.loads(line) for line in terminal.output.splitlines()]


def kinds(terminal: MemoryTerminal) -> list[str]:
    """The types of these events."""
    return [event["type"] for event in events(terminal)]


async def rows(world: World, name: str = "alice", room: str = "") -> list[dict[str, Any]]:
    """The rows of a room (the person's own) as JSON says them."""
    seen = await world.command(name, f"history {room or '~' + name} --json --limit 1000")
    assert seen.exit_status == 0, seen.errors
    return events(seen)

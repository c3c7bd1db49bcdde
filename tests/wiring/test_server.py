"""One server: whoever it is opened for, people come in by its gateways alone, and it stops in one order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from chatd.config import AuthConfig, Config, ModelConfig
from chatd.core.name_registry import AuthMode
from chatd.errors import CannotBind
from chatd.testing import World, run
from tests.support import in_world, plain_scripts

GRACE_S = Config().server.grace


class EmptyGateway:
    """A gateway that nobody comes in by, and that tells what is done with it."""

    addresses = ("test://here",)

    def __init__(self, name: str, told: list[str], *, takes: float = 0.0, fault: Exception | None = None) -> None:
        self._name = name
        self._told = told
        self._takes = takes
        self._fault = fault

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        if self._fault is not None:
            raise self._fault
        self._told.append(f"{self._name} opens")
        try:
            yield
        finally:
            self._told.append(f"{self._name} closes")

    async def goodbye(self, text: str) -> None:
        self._told.append(f"{self._name}: {text}")
        await trio.sleep(self._takes)
        self._told.append(f"nobody is left at {self._name}")


@in_world()
async def test_every_gateway_of_the_list_opens_is_told_and_closes(world: World) -> None:
    """Side by side they say goodbye: a slow one takes nobody else's time."""
    told: list[str] = []
    async with world.server.accepting([EmptyGateway("slow", told, takes=1), EmptyGateway("fast", told)]):
        assert told == ["slow opens", "fast opens"] and not world.hub.stopping.is_set()
        told.clear()
        began = trio.current_time()
    assert trio.current_time() == began + 1 and world.hub.stopping.is_set()
    assert sorted(told[:2]) == ["fast: the server is stopping", "slow: the server is stopping"]
    assert told[2:] == ["nobody is left at fast", "nobody is left at slow", "fast closes", "slow closes"]


@in_world()
async def test_a_gateway_that_does_not_come_to_an_end_has_half_of_the_grace(world: World) -> None:
    told: list[str] = []
    async with world.server.accepting([EmptyGateway("stuck", told, takes=1000)]):
        began = trio.current_time()
    assert trio.current_time() == began + GRACE_S / 2 and told[-1] == "stuck closes"


@in_world()
async def test_one_that_cannot_open_closes_the_others_and_stops_nobody(world: World) -> None:
    told: list[str] = []
    gates = [EmptyGateway("first", told), EmptyGateway("second", told, fault=CannotBind("taken"))]
    with pytest.raises(CannotBind, match="taken"):
        async with world.server.accepting(gates):
            raise AssertionError("it accepts")
    assert told == ["first opens", "first closes"] and not world.hub.stopping.is_set()


# --- the order of a start and of a stop


def one_after_the_other(path: Path, *lives: Callable[[World], Awaitable[None]], settings: Config | None = None) -> None:
    """Servers on one database."""

    async def main() -> None:
        for life in lives:
            async with World.open(settings, database=path / "db", scripts=plain_scripts()) as world:
                await life(world)

    run(main)


def test_names_are_loaded_before_anybody_can_come_in_or_a_model_is_called_so(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        await world.lines("alice")
        assert await world.directory.keys() == [("alice", "SHA256:alice")]

    async def second(world: World) -> None:
        assert world.hub.names.is_member("alice") and not world.visitor("alice").newly_registered
        assert world.hub.models.named("alice") is not None, "who configured it wants it so"
        assert world.hub.models.is_taken("alice")
        assert world.hub.names.admit_key("alice", "SHA256:mallory") is None

    one_after_the_other(tmp_path, first)
    one_after_the_other(tmp_path, second, settings=Config(models=(ModelConfig("alice", "echo"),)))


def test_what_is_not_on_disk_when_the_sessions_have_ended_is_flushed(tmp_path: Path) -> None:
    """The stop finds an answer that runs, and the disk takes longer than sessions have."""

    async def cut(world: World) -> None:
        world.model("bot").says("half an ")
        asked = await world.lines("alice")
        asked.types("@bot hi\n")
        await world.settle()
        world.disk.delay = lambda: GRACE_S * 0.4

    async def after(world: World) -> None:
        assert [row[:1] + row[2:] for row in world.rows()] == [
            ("alice", "complete"), ("bot", "interrupted"), ("system", "complete"),
        ]  # fmt: skip
        assert not world.database.recovered, "nothing was left open"

    one_after_the_other(tmp_path, cut, after)


def test_the_mode_and_the_listed_keys_are_the_configurations(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("")

    @in_world(Config(auth=AuthConfig(mode=AuthMode.LIST, authorized_keys=keys)))
    async def conversation(world: World) -> None:
        assert world.hub.names.admit_key("alice", "SHA256:alice") is None
        with pytest.raises(AssertionError, match="does not let alice in"):
            world.visitor("alice")

    conversation()


def test_a_key_that_is_not_set_is_told_at_the_start(caplog: pytest.LogCaptureFixture) -> None:
    far = ModelConfig(name="far", provider="openai", endpoint="http://127.0.0.1:9/v1", api_key_env="NO_SUCH_KEY")

    @in_world(Config(models=(far,)))
    async def conversation(world: World) -> None:
        pass

    conversation()
    assert "the key of far: the environment variable NO_SUCH_KEY is not set" in caplog.text

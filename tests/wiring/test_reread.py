"""Read again, a configuration holds at once where it can, is named where it cannot, and when bad changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from chatd.config import AuthConfig, Config, LimitsConfig, LogConfig, ServerConfig
from chatd.core.name_registry import AuthMode
from chatd.errors import BadConfig
from chatd.logs import set_levels
from chatd.tasks.log.bell import Bell
from chatd.testing import World
from chatd.testing.world import inline
from chatd.wiring.reread import Reread, differences
from tests.support import in_world

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
FINGERPRINT = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"


async def read(world: World, *answers: Callable[[], Config]) -> None:
    """SIGHUP, once for each of the answers."""
    left = list(answers)
    bell = Bell()

    def answer() -> Config:
        return left.pop(0)()

    world.gateway.sessions.start_soon(Reread(Config(), answer, world.hub, bell).run, inline)
    for _ in answers:
        bell.ring()
        await world.settle()


def bad() -> Config:
    raise BadConfig("chatd.toml: server.motd is 5")


@in_world()
async def test_what_can_be_another_at_once_is(world: World) -> None:
    auth = AuthConfig(admins=("SHA256:alice",), guests_ask="none")
    await read(world, lambda: Config(ServerConfig(motd="new", name="den"), auth))
    facts = world.hub.facts
    assert (facts.motd, facts.name, facts.guests_ask) == ("new", "den", "none")
    assert facts.admins == frozenset({"SHA256:alice"})
    assert facts.version


@in_world()
async def test_a_role_that_goes_takes_tokens_with_it(world: World) -> None:
    held, tokens = world.hub.credentials, dict[str, str]()
    for name in ("alice", "bob"):
        visitor = world.visitor(name)
        await world.hub.registration.register(visitor)
        tokens[name], _ = await held.make_token(visitor)
    both = AuthConfig(admins=("SHA256:alice", "SHA256:bob"))
    await read(world, lambda: Config(auth=both), lambda: Config(auth=replace(both, admins=("SHA256:bob",))))
    assert held.who(tokens["alice"]) is None and held.who(tokens["bob"]) is not None


def test_a_bad_one_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        before = world.hub.facts
        await read(world, bad, lambda: Config(ServerConfig(motd="good")))
        assert world.hub.facts == replace(before, motd="good")

    with caplog.at_level(logging.INFO):
        conversation()
    assert "the configuration stays as it was: chatd.toml: server.motd is 5" in caplog.text


def test_what_waits_for_the_next_start_is_named_each_time(caplog: pytest.LogCaptureFixture) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        wanted = Config(ServerConfig(motd="new"), limits=LimitsConfig(max_rooms=3))
        await read(world, lambda: wanted, lambda: wanted)

    with caplog.at_level(logging.INFO):
        conversation()
    assert caplog.text.count("these are another at the next start: limits.max_rooms") == 2
    assert "read again: server.motd" in caplog.text and "read again: nothing is another" in caplog.text


def test_levels_of_the_log_hold_at_once() -> None:
    heard: list[bool] = []

    def then(components: dict[str, str]) -> Config:
        heard.append(logging.getLogger("chatd.models.router").isEnabledFor(logging.DEBUG))
        return Config(log=LogConfig(components=components))

    @in_world()
    async def conversation(world: World) -> None:
        await read(world, partial(then, {"models": "debug"}), partial(then, {}), partial(then, {}))

    try:
        conversation()
    finally:
        set_levels(LogConfig("notset"))
    assert heard == [False, True, False]


def test_listed_keys_are_read_anew(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("")
    settings = Config(auth=AuthConfig(mode=AuthMode.LIST, authorized_keys=keys))

    @in_world(settings)
    async def conversation(world: World) -> None:
        assert not world.hub.names.accepts_key("alice", FINGERPRINT)
        keys.write_text(KEY + "\n")
        world.sighup()
        await world.settle()
        assert world.hub.names.accepts_key("alice", FINGERPRINT)

    conversation()


def test_differences_are_named_as_in_the_file() -> None:
    assert list(differences(Config(), Config())) == []
    assert list(differences(Config(), Config(ServerConfig(motd="x"), limits=LimitsConfig(max_rooms=1)))) == [
        "server.motd", "limits.max_rooms",
    ]  # fmt: skip

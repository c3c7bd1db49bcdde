"""The world of the harness is the shipped server: people have names by its registry, and leaving it is a SIGTERM."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio

from chatd.config import Config
from chatd.core.visit import Kind, Visitor
from chatd.errors import BadConfig, Exit
from chatd.testing import World, run
from tests.support import in_world, plain_scripts

GRACE_S = Config().server.grace


@in_world()
async def test_people_have_their_names_by_the_servers_registry(world: World) -> None:
    first, again = world.visitor("alice"), world.visitor("alice")
    assert first.newly_registered and not again.newly_registered
    assert first.fingerprint == again.fingerprint and world.hub.names.keys("alice") == {first.fingerprint}
    assert world.visitor("guest-eve") == Visitor("guest-eve", Kind.GUEST)


@in_world()
async def test_a_name_that_was_taken_from_inside_is_its_owners(world: World) -> None:
    alice = world.visitor("alice")
    world.hub.registration.claim(alice, "ali")
    assert world.visitor("ali").fingerprint == alice.fingerprint


@pytest.mark.parametrize("name", ["eliza", "system", "b0b"])
def test_who_could_not_have_the_name_does_not_come_in_under_it(name: str) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        world.visitor("bob")
        with pytest.raises(AssertionError, match=f"does not let {name} in under that name: the name|is the name of"):
            world.visitor(name)

    conversation()


def test_leaving_it_tells_sessions_and_ends_them_within_half_of_the_grace() -> None:
    async def main() -> None:
        async with World.open(scripts=plain_scripts()) as world:
            tail = world.connect(replace((await world.lines("bob")).visit, command="tail --follow"))
            stuck = await world.join("alice")
            stuck.stops_reading()
            await world.settle()
            began = trio.current_time()
        assert trio.current_time() - began <= GRACE_S
        assert tail.exit_status == Exit.STOPPING and "the server is stopping" in tail.errors
        assert all(terminal.ended.is_set() for terminal in world.terminals)

    run(main)


def test_a_hang_up_has_the_configuration_read_again() -> None:
    """As often as it comes, and a bad one changes nothing."""
    files: list[Config | Exception] = [
        replace(Config(), server=replace(Config().server, motd="one")),
        BadConfig("chatd.toml: server.motd is 5"),
        replace(Config(), server=replace(Config().server, motd="three")),
    ]

    def read_again() -> Config:
        found = files.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def main() -> None:
        async with World.open(scripts=plain_scripts(), read_again=read_again) as world:
            for motd in ("one", "one", "three"):
                world.sighup()
                await world.settle()
                assert world.hub.facts.motd == motd

    run(main)

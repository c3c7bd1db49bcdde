"""People who come in through the whole ssh stack: they act as those with terminals in memory, and as repeatably."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from chatd.core.visit import Kind, Visit
from chatd.testing import Mode, World, run
from chatd.testing.checks import Broken
from chatd.testing.program import Join, LetPass, Program, RunCommand, Type
from chatd.testing.simulation import Outcome, simulate
from chatd.testing.simulation.people import Profile
from chatd.testing.simulation.report import simulate_all
from chatd.testing.simulation.ssh_people import SshPeople, key_of, ssh_engine, ssh_people
from chatd.testing.simulation.ssh_person import SshPerson
from tests.testing.simulation.planted import shown_before_it_is_committed

Scene = Callable[[World, SshPeople], Awaitable[None]]


def with_people(scene: Scene) -> Callable[[], None]:
    """Make a test of a scene in a world of its own."""

    async def main() -> None:
        async with ssh_engine(), World.open() as world, ssh_people(world) as people:
            await scene(world, people)
        assert all(person.ended.is_set() for person in people.terminals)

    return lambda: run(main)


async def reads(world: World, person: SshPerson, text: str) -> None:
    await world.until(lambda: text in person.output, 5)


def follower(world: World, people: SshPeople, name: str) -> SshPerson:
    return people.connect(Visit(people.visitor(name), "tail lobby --follow -n 0"))


async def says(world: World, people: SshPeople, text: str) -> None:
    sayer = people.connect(Visit(people.visitor("carol"), f"say --room lobby {text}"))
    await sayer.ended.wait()
    assert sayer.exit_status == 0


# --- worlds


SMALL = Program(5, (Join("alice", "screen"), Join("guest-eve", "lines"), Type("alice", "@eliza hi\r", 1),
                    RunCommand("bob", "history --json"), LetPass(0.4)))  # fmt: skip


@pytest.mark.parametrize("mode", list(Mode))
def test_a_world_holds_under_every_schedule(mode: Mode) -> None:
    outcome = simulate(5, mode, SMALL, profile=Profile.SSH)
    assert outcome.broken is None
    assert any("is sent" in line for line in outcome.trace), "people saw something"


AGAIN = f"""
from chatd.testing.simulation.people import Profile
from chatd.testing.program import Join, Program, RunCommand, Type, LetPass
from chatd.testing.simulation.simulate import simulate
from chatd.testing.schedule import Mode
print(simulate(5, Mode.SHUFFLE, {SMALL!r}, profile=Profile.SSH).digest)
"""


def test_the_same_seed_is_the_same_life_in_every_process() -> None:
    """Whatever asyncssh draws at random, and whatever order hashes have."""
    others = [
        subprocess.Popen(
            [sys.executable, "-c", AGAIN], env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, text=True
        )
        for seed in ("1", "2")
    ]
    try:
        here = simulate(5, Mode.SHUFFLE, SMALL, profile=Profile.SSH)
        assert here.broken is None
        assert here == simulate(5, Mode.SHUFFLE, SMALL, profile=Profile.SSH)
        assert {other.communicate(timeout=20)[0].strip() for other in others} == {here.digest}
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_what_is_shown_is_looked_at_when_it_arrives() -> None:
    program = Program(0, (Join("alice", "screen"), Join("bob", "events"), Type("alice", "hello\r", 0), LetPass(0.4)))
    assert simulate(0, Mode.FIFO, program, profile=Profile.SSH).broken is None
    with pytest.MonkeyPatch.context() as patch:
        shown_before_it_is_committed(patch)
        broken = simulate(0, Mode.FIFO, program, profile=Profile.SSH).broken
    assert broken is not None and broken.name == "committed, then shown"


def test_what_is_told_of_a_broken_world_says_how_people_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(
        seed: int, mode: Mode, program: Program, *, profile: Profile, scripts_path: Path | None = None
    ) -> Outcome:
        return Outcome(seed, mode, 0, 0, 0, (), "", Broken("it holds", str(profile)))

    monkeypatch.setattr("chatd.testing.simulation.report.simulate", breaks)
    monkeypatch.setattr("chatd.testing.simulation.telling.simulate", breaks)
    told: list[str] = []
    assert not simulate_all(4, 1, Mode.FIFO, profile=Profile.SSH, say=told.append)
    assert any(line.startswith("again: chatd sim --schedule fifo --profile ssh --program ") for line in told)


# --- who comes in


@with_people
async def test_an_identity_is_a_key(world: World, people: SshPeople) -> None:
    """The owner has the name; with another key, or none, somebody is a guest, and `guest-…` never has a key."""
    visit = Visit(people.visitor("alice"), "whoami")
    owner = people.connect(visit)
    await owner.ended.wait()
    thief = people.connect(visit, keys=[key_of("mallory")])
    nobody = people.connect(visit, keys=[])
    guest = people.connect(Visit(people.visitor("guest-eve"), "whoami"))
    for person in people.terminals:
        await person.ended.wait()
        assert person.exit_status == 0
    assert owner.output.startswith("alice\n") and owner.visit.visitor.kind is Kind.MEMBER
    assert owner.visit.visitor.fingerprint == key_of("alice").get_fingerprint()
    assert thief.output.startswith("guest-alice") and thief.visit.visitor.kind is Kind.GUEST
    assert nobody.output.startswith("guest-alice") and nobody.visit.visitor.fingerprint is None
    assert guest.output.startswith("guest-eve\n")


@with_people
async def test_what_is_done_before_the_channel_is_open_is_done_in_its_order(world: World, people: SshPeople) -> None:
    alice = people.connect(Visit(people.visitor("alice"), pty=True, term="xterm", size=(0, 0)))
    alice.sends(b"one ")
    alice.resizes(60, 10)
    alice.sends(b"two\r")
    await world.settle(2)
    assert ("alice", "one two", "complete") in world.rows()
    assert (alice.screen.columns, alice.screen.rows) == (60, 10) and "one two" in alice.screen.text
    asked = people.connect(Visit(people.visitor("bob"), "ask @echo"))
    asked.sends(b"from stdin")
    asked.ends_input()
    await asked.ended.wait()
    assert (asked.output.strip(), asked.exit_status) == ("from stdin", 0)


# --- how they go, and how they are slow


@with_people
async def test_who_reads_nothing_gets_it_all_when_they_read_on(world: World, people: SshPeople) -> None:
    """Both ways: with a window that fills, and with a machine that takes nothing."""
    slow = [follower(world, people, name) for name in ("alice", "bob")]
    await world.settle()
    for person in slow:
        person.stops_reading()
    for number in range(5):
        await says(world, people, f"{number} " + "x" * 2000)
    await world.settle()
    assert [person.output for person in slow] == ["", ""]
    assert not any(person.ended.is_set() for person in slow)
    for person in slow:
        person.reads_on()
    for person in slow:
        await reads(world, person, "carol: 4 xxx")
        assert person.output.count("x" * 2000) == 5


@with_people
async def test_who_reads_nothing_for_ever_is_dropped(world: World, people: SshPeople) -> None:
    """One for the window, one for the machine; and nobody's session stays behind."""
    slow = [follower(world, people, name) for name in ("alice", "bob")]
    await world.settle()
    for person in slow:
        person.stops_reading()
    for number in range(5):
        await says(world, people, f"{number} " + "x" * 2000)
    assert world.hub.crowd.sessions == 2
    await world.until(lambda: not world.hub.crowd.sessions, 60)


def test_who_goes_is_missed_in_the_way_they_went(caplog: pytest.LogCaptureFixture) -> None:
    """Hung up: the server reads the end. Reset: what it waits for fails. Either ends their session, nobody else's."""

    @with_people
    async def both_go(world: World, people: SshPeople) -> None:
        hung_up, reset, stays = (follower(world, people, name) for name in ("alice", "bob", "dave"))
        await world.settle()
        assert world.hub.crowd.sessions == 3
        hung_up.hangs_up()
        reset.resets()
        await hung_up.ended.wait()
        await reset.ended.wait()
        assert (hung_up.exit_status, reset.exit_status, world.hub.crowd.sessions) == (None, None, 1)
        await says(world, people, "still here")
        await reads(world, stays, "still here")
        assert hung_up.output == reset.output == ""

    with caplog.at_level(logging.INFO, "chatd.ssh"):
        both_go()
    assert any(line.startswith("alice left") and line.endswith(": hung up") for line in caplog.messages)
    assert any(line.startswith("bob left") and "connection lost" in line for line in caplog.messages)


@with_people
async def test_who_goes_before_they_are_in_leaves_nothing(world: World, people: SshPeople) -> None:
    for steps in range(0, 40, 3):
        for go in (SshPerson.hangs_up, SshPerson.resets):
            person = people.connect(Visit(people.visitor("alice"), pty=True, term="xterm"))
            person.sends(b"@eliza hello\r")
            for _ in range(steps):
                await trio.lowlevel.checkpoint()
            go(person)
            await person.ended.wait()
    assert not world.hub.crowd.sessions and people.server.counts == (0, 0)


@with_people
async def test_the_servers_stop_reaches_everybody(world: World, people: SshPeople) -> None:
    alice, bob = people.connect(Visit(people.visitor("alice"))), follower(world, people, "bob")
    await world.settle()
    world.hub.stop(trio.current_time() + 2)
    await alice.ended.wait()
    await bob.ended.wait()
    assert (alice.exit_status, bob.exit_status) == (143, 143)

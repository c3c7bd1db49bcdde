"""Strategies for what people and models do: they cover what they promise, shrink to the simplest, and can be played."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from chatd.core.stream import Done, Failed, Token, ToolCall
from chatd.testing import World, run, strategies
from chatd.testing.checks import check_answered, check_committed, check_dense, check_recoverable
from chatd.testing.play import ModelScript, follow, play
from chatd.testing.program import (
    Crash,
    DiskFault,
    Join,
    Leave,
    LetPass,
    Program,
    RunCommand,
    Stop,
    Type,
    Window,
)
from chatd.wire.keys import Key, KeyDecoder

QUICK = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
SEEK = settings(
    deadline=None, max_examples=2000, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def simplest(strategy: st.SearchStrategy[Any], wanted: Callable[[Any], bool]) -> Any:
    return find(strategy, wanted, settings=SEEK)


def decode(packets: tuple[bytes, ...]) -> list[Key]:
    decoder = KeyDecoder(max_paste=10_000)
    return [key for packet in packets for key in decoder.feed(packet)] + decoder.expire()


# --- text and keys


@given(strategies.typed_text(12))
def test_typed_text_is_one_line_of_text(text: str) -> None:
    """No key is in it, and UTF-8 can hold it."""
    assert len(text) <= 12
    assert all(key.name not in ("Enter", "Esc") and not key.name.startswith("C-") for key in decode((text.encode(),)))


@given(st.data(), strategies.keys())
def test_keys_are_one_key_each_however_they_are_cut(data: st.DataObject, key: str) -> None:
    """What is drawn is what a decoder makes one key of, and packets hold all of its bytes."""
    packets = data.draw(strategies.packets(st.just(key)))
    assert b"".join(packets) == key.encode() and all(packets)
    assert len(decode((key.encode(),))) == 1
    assert decode(packets) == decode((key.encode(),))


def test_packets_are_cut_everywhere_and_uncut_is_simplest() -> None:
    assert simplest(strategies.packets(st.just("\x1b[A")), lambda found: len(found) == 3) == (b"\x1b", b"[", b"A")
    assert simplest(strategies.packets(st.just("é")), lambda found: len(found) == 2) == (b"\xc3", b"\xa9")
    assert simplest(strategies.packets(st.just("hello")), lambda _: True) == (b"hello",)
    assert simplest(strategies.packets(st.just("")), lambda _: True) == ()


# --- programs


@pytest.mark.parametrize("kind", [LetPass, Type, Join, Window, Leave, RunCommand, DiskFault, Crash])
def test_every_kind_of_act_is_drawn(kind: type[object]) -> None:
    assert isinstance(simplest(strategies.acts(), lambda act: isinstance(act, kind)), kind)


@given(strategies.programs(("ann",), ("bot",), max_acts=5, faults=False))
def test_programs_are_of_these_names_models_and_lengths(program: Program) -> None:
    assert program.acts[0] == Join("ann", "screen") and len(program.acts) <= 6
    assert not any(isinstance(act, DiskFault | Crash) for act in program.acts)
    assert {getattr(act, "who", "ann") for act in program.acts} == {"ann"}
    lines = [act.text for act in program.acts if isinstance(act, Type)]
    assert not any("@eliza" in line or "@echo" in line for line in lines)


def test_programs_shrink_to_those_who_come_and_the_one_act_that_matters() -> None:
    assert simplest(strategies.programs(), lambda _: True) == Program(
        0, tuple(Join(name, "screen") for name in strategies.NAMES)
    )
    found = simplest(strategies.programs(("ann",)), lambda program: any(isinstance(act, Leave) for act in program.acts))
    assert found == Program(0, (Join("ann", "screen"), Leave("ann", "hangs up")))


@settings(QUICK, max_examples=15)
@given(strategies.programs(("alice", "guest-eve"), max_acts=15))
def test_any_program_can_be_played(program: Program) -> None:
    """In a world of its own, which holds all the while, and ends with nothing left over."""

    async def main() -> None:
        async with World.open() as world:
            people = await play(world, program)
            assert people.keys() == {"alice", "guest-eve"}
            for check in (check_committed, check_dense, check_answered, check_recoverable):
                check(world)
            world.disk.works_again()
            for terminal in world.terminals:
                terminal.reads_on()

    run(main, seed=program.seed, mode="shuffle")


def test_a_program_is_what_people_did() -> None:
    """Each act reaches its person, in its order, cut as it says; the absent do nothing."""
    program = Program(1, (
        Join("alice", "screen", (40, 12)), Join("bob", "lines"),
        Type("alice", "@echo hey\r", 3), Type("carol", "hi\r", 0),
        LetPass(1.0), Window("alice", "resizes", (60, 20)), Window("bob", "stops reading"), Leave("bob", "ends input"),
        RunCommand("dave", "say --room lobby hello"), LetPass(1.0), Join("bob", "screen"), Window("bob", "reads on"),
        LetPass(1.0),
    ))  # fmt: skip

    async def main() -> None:
        async with World.open() as world:
            people = await play(world, program)
            alice, bob = people["alice"], people["bob"]
            assert [what for _, what in alice.acts] == ["sends b'@ec'", "sends b'ho '", "sends b'hey'", "sends b'\\r'",
                                                        "resizes to 60x20"]  # fmt: skip
            assert (alice.screen.columns, bob.visit.pty) == (60, True)
            assert "hello" in alice.screen and "hey" in bob.screen
            assert [row[:2] for row in world.rows()] == [("alice", "@echo hey"), ("echo", "hey"), ("dave", "hello")]

    run(main)


@pytest.mark.parametrize("act", [Stop("well"), Join("alice", "by post"), DiskFault("fails")])
def test_what_is_not_played_is_refused(act: Stop | Join | DiskFault) -> None:
    async def main() -> None:
        async with World.open() as world:
            with pytest.raises(ValueError, match=r"no .* is played"):
                await play(world, Program(0, (act,)))

    run(main)


# --- models


@given(strategies.model_scripts(("clock",)))
def test_model_scripts_end_once_for_each_round(script: ModelScript) -> None:
    """One round, or a second one after a call."""
    ends = [step for step in script.steps if isinstance(step, Done | Failed)]
    calls = [step for step in script.steps if isinstance(step, ToolCall)]
    assert isinstance(script.steps[-1], Done | Failed) and len(ends) == 1 + len(calls)


def test_model_scripts_shrink_to_an_empty_answer_and_to_the_call_alone() -> None:
    assert simplest(strategies.model_scripts(), lambda _: True) == ModelScript((Done(),))
    calling = simplest(strategies.model_scripts(("clock",)), lambda script: len(script.steps) > 2)
    assert calling.steps in ((ToolCall("call", "clock", "{}"), Done(), Done()), (Token("a "), Token("a "), Done()))


@settings(QUICK, phases=[Phase.generate], max_examples=15)
@given(strategies.model_scripts(("clock", "nope")))
def test_whatever_a_model_says_the_answer_is_over_when_it_ends(script: ModelScript) -> None:
    async def main() -> None:
        async with World.open() as world:
            follow(world.model("bot"), script)
            asker = await world.join("alice")
            asker.types("@bot hi\r")
            await world.settle(60)
            assert not world.hub.answers.running
            check_dense(world)
            said = "".join(step.text for step in script.steps if isinstance(step, Token))
            assert bool(said.strip()) <= any(author == "bot" for author, _, _ in world.rows())

    run(main)

"""What makes one look up: the bell, and who comes and goes."""

from __future__ import annotations

import pytest

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost


def set_to(make: MakeHost, **chosen: str) -> FakeHost:
    return make(kept={"settings": chosen})


@pytest.mark.parametrize(
    ("bell", "text", "rings"),
    [
        ("off", "hello alice", 0), ("mention", "hello Alice!", 1), ("mention", "hello malice", 0),
        ("mention", "hello", 0), ("all", "hello", 1),
    ],
)  # fmt: skip
def test_the_bell(make: MakeHost, bell: str, text: str, rings: int) -> None:
    alice = set_to(make, bell=bell)
    alice.says("bob", text)
    assert alice.bells == rings


def test_the_bell_does_not_ring_for_oneself_or_for_what_is_old(make: MakeHost) -> None:
    alice = set_to(make, bell="all")
    alice.says("alice", "hello")
    alice.says("system", "alice set the topic", "message.system")
    alice.says("qwen3:8b", "{}", "tool.call", tool_name="clock")
    alice.enters("dev")
    alice.enters("lobby")
    assert alice.bells == 0


def test_an_answer_rings_once_when_it_is_whole(make: MakeHost) -> None:
    alice = set_to(make, bell="all")
    row = alice.answers("eliza", "How")
    alice.grows(row, " do")
    assert alice.bells == 0
    alice.ends(row)
    assert alice.bells == 1


def moves(host: FakeHost, **people: str | None) -> None:
    for name, kind in people.items():
        if kind is None:
            del host.people[name]
        else:
            host.people[name] = kind
    host.script.call("on_people")


def test_who_comes_and_goes_is_said_when_it_is_wanted(make: MakeHost) -> None:
    alice = set_to(make, joins="on")
    moves(alice, carol="member", dave="guest")
    moves(alice, bob=None)
    assert alice.frame().chat() == ["carol, dave came", "bob left"]
    moves(alice, **{f"visitor-{i}": "guest" for i in range(9)})
    assert "visitor-0, visitor-1, visitor-2, visitor-3, visitor-4 and 4 more came" in alice.frame()


def test_nobody_has_come_when_one_is_elsewhere(make: MakeHost) -> None:
    alice = set_to(make, joins="on")
    del alice.people["bob"]
    alice.enters("dev")
    assert "left" not in str(alice.frame())


def test_by_itself_it_is_not_said(alice: FakeHost) -> None:
    moves(alice, carol="member")
    alice.type("/set joins on\n")
    moves(alice, dave="member")
    assert alice.frame().chat() == ["dave came"]


# --- a word to one alone


@pytest.mark.parametrize(("bell", "rings"), [("off", 0), ("mention", 1), ("all", 1)])
def test_a_word_to_one_alone_stays_to_be_read(make: MakeHost, bell: str, rings: int) -> None:
    """It is kept nowhere else: who looks away for a minute, or types just then, must find it."""
    alice = set_to(make, bell=bell)
    alice.says("bob", "line 1")
    before = alice.bells
    alice.tells("bob to you alone: psst", "message")
    assert alice.bells - before == rings
    alice.tick(60_000)
    alice.press("x")
    alice.says("bob", "line 2")
    assert [line for line in alice.frame().chat() if line] == [
        " bob           line 1", "bob to you alone: psst", " bob           line 2",
    ]  # fmt: skip


def test_a_word_to_one_alone_is_seen_wherever_one_reads(make: MakeHost) -> None:
    alice = make(rows=60)
    alice.frame()
    alice.press("PgUp")
    alice.tells("bob to you alone: psst", "message")
    assert "bob to you alone: psst" in alice.frame().lines[22]
    alice.press("End")
    alice.tick(60_000)
    alice.type("/help\n")
    alice.tells("carol to you alone: hush", "message")
    assert "carol to you alone: hush" in alice.frame().lines[22]
    alice.press("Esc")
    alice.tick(60_000)
    assert [line for line in alice.frame().chat() if line][-2:] == [
        "bob to you alone: psst",
        "carol to you alone: hush",
    ]


def test_what_one_said_to_another_alone_stays_as_well(alice: FakeHost, piped: FakeHost) -> None:
    alice.type("/msg bob psst\n")
    alice.tick(60_000)
    assert "to bob alone: psst" in alice.frame().chat()
    piped.line("/msg bob psst")
    assert piped.told[-1] == "to bob alone: psst"

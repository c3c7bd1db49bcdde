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

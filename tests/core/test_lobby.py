"""The lobby: who is where, and which rooms one may know of."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.lobby import Lobby
from chatd.core.room import Room, RoomLimits
from chatd.core.visit import Kind, Visitor
from chatd.errors import NotFound

ALICE, BOB = Visitor("alice", Kind.MEMBER, "K1"), Visitor("bob", Kind.MEMBER, "K2")


def make(*rooms: str) -> Lobby:
    lobby = Lobby()
    for name in rooms:
        lobby.add(Room(f"id-{name}", name, f"buffer-{name}", limits=RoomLimits(10, 1000, 10, 100)))
    return lobby


def test_a_private_room_does_not_exist_for_others() -> None:
    lobby = make("zoo", "lobby", "~alice")
    assert [room.name for room in lobby.visible("alice")] == ["lobby", "zoo", "~alice"]
    assert [room.name for room in lobby.visible("bob")] == ["lobby", "zoo"]
    with pytest.raises(NotFound) as hidden:
        lobby.get("~alice", "bob")
    with pytest.raises(NotFound) as absent:
        lobby.get("~nobody", "bob")
    assert str(hidden.value).replace("alice", "nobody") == str(absent.value)


def test_a_person_is_there_once_with_several_sessions() -> None:
    lobby = make("lobby")
    room = lobby.get("lobby", "alice")
    for _ in range(2):
        lobby.arrive(ALICE, 5)
        lobby.enter(room, "alice")
    lobby.arrive(BOB, 6)
    assert lobby.members(room) == ["alice"] and [p.name for p in lobby.people] == ["alice", "bob"]
    assert lobby.leave(room, "alice") is False and lobby.depart(ALICE) is False
    assert lobby.leave(room, "alice") is True and lobby.depart(ALICE) is True
    assert lobby.members(room) == [] and [p.name for p in lobby.people] == ["bob"]
    moves = [(move.joined, move.name) for move in lobby.presence(room).since(0)]
    assert moves == [(True, "alice"), (False, "alice")]
    assert lobby.presence(room).since(1)[0].joined is False


@given(
    st.lists(st.tuples(st.sampled_from(["enter", "leave", "remove"]), st.sampled_from("ab"), st.sampled_from("xyz")))
)
def test_where_somebody_is_and_who_is_somewhere_agree(acts: list[tuple[str, str, str]]) -> None:
    lobby, inside = make("x", "y", "z"), Counter[tuple[str, str]]()
    rooms = {name: lobby.get(name, "") for name in "xyz"}
    for act, person, room in acts:
        if not lobby.has(rooms[room]):
            continue
        if act == "enter":
            lobby.enter(rooms[room], person)
            inside[person, room] += 1
        elif act == "leave" and inside[person, room]:
            lobby.leave(rooms[room], person)
            inside[person, room] -= 1
        elif act == "remove":
            lobby.remove(rooms[room])
            inside = Counter({place: count for place, count in inside.items() if place[1] != room})
        for name in "ab":
            assert lobby.rooms_of(name) == sorted(
                where for (who, where), count in inside.items() if count and who == name
            )


def test_away_lasts_until_it_is_taken_back_or_the_person_has_gone() -> None:
    lobby = Lobby()
    lobby.arrive(ALICE, 0)
    lobby.arrive(ALICE, 1)
    lobby.set_away("alice", "lunch")
    lobby.set_away("bob", "is not here")
    assert (lobby.away("alice"), lobby.away("bob")) == ("lunch", None)
    lobby.depart(ALICE)
    assert lobby.people[0].away == "lunch"
    lobby.set_away("alice", None)
    assert lobby.away("alice") is None
    lobby.set_away("alice", "home")
    lobby.depart(ALICE)
    lobby.arrive(ALICE, 2)
    assert lobby.away("alice") is None

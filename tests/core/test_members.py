"""Names and keys, as many of each as there are of the other."""

from __future__ import annotations

from chatd.core.members import Members


def test_a_name_has_its_keys_and_a_key_its_names() -> None:
    members = Members([("alice", "K1"), ("alice", "K2"), ("ali", "K1"), ("alice", "K1")])
    assert "alice" in members and "bob" not in members
    assert members.keys("alice") == {"K1", "K2"} and members.keys("ali") == {"K1"} and members.keys("bob") == set()
    assert (members.count("K1"), members.count("K2"), members.count("K3")) == (2, 1, 0)


def test_names_that_look_alike_are_found_by_each_other() -> None:
    members = Members([("bob", "K1")])
    members.register("b0b", "K2")
    assert members.alike("bob") == members.alike("b.o.b") == {"bob", "b0b"} and not members.alike("alice")


def test_what_was_looked_up_stays_as_it_was() -> None:
    members = Members([("alice", "K1")])
    before = members.keys("alice")
    members.register("alice", "K2")
    assert before == {"K1"}

"""Who is at the door: one account for all names of a key, one for all guests of an address; and sizes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.visit import DEFAULT_SIZE, MAX_SIDE, Kind, Visitor, sensible_size


def guest(name: str, source: str = "") -> Visitor:
    return Visitor(name, Kind.GUEST, source=source)


def test_all_names_of_a_key_are_one_account_wherever_they_come_from() -> None:
    alice = Visitor("alice", Kind.MEMBER, "K1", source="192.0.2.1")
    assert alice.account == Visitor("ali", Kind.MEMBER, "K1", source="192.0.2.2").account
    assert alice.account != Visitor("alice", Kind.MEMBER, "K2", source="192.0.2.1").account
    assert not alice.account.guest


def test_all_guests_of_an_address_are_one_account_and_none_is_a_members() -> None:
    assert guest("guest-a", "192.0.2.1").account == guest("guest-b", "192.0.2.1").account
    assert guest("guest-a", "192.0.2.1").account != guest("guest-a", "192.0.2.2").account
    assert guest("guest-a").account != guest("guest-b").account, "without an address each has their own"
    assert guest("guest-a", "K1").account != Visitor("alice", Kind.MEMBER, "K1").account


@given(st.integers(0, 1 << 32), st.integers(0, 1 << 32))
def test_a_size_is_never_nothing_and_never_absurd(columns: int, rows: int) -> None:
    size = sensible_size(columns, rows)
    for side, told, usual in zip(size, (columns, rows), DEFAULT_SIZE, strict=True):
        assert 1 <= side <= MAX_SIDE and side == (min(told, MAX_SIDE) if told else usual)

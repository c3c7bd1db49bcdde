"""The door: a name belongs to the first verified key under it, and nobody comes in under another's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core import names
from chatd.core.members import Members
from chatd.core.name_registry import MAX_NAMES, AuthMode, NameRegistry
from chatd.core.visit import Account, Kind
from chatd.errors import LimitReached, NotPermitted, UsageError

MODELS = ["eliza", "qwen3", "gemma2:9b"]


def make(*keys: tuple[str, str], mode: AuthMode = AuthMode.OPEN, listed: frozenset[str] = frozenset()) -> NameRegistry:
    return NameRegistry(
        Members(keys), mode=mode, listed=listed, is_model=MODELS.__contains__, model_names=lambda: MODELS
    )


def test_the_first_key_under_a_free_name_has_it() -> None:
    door = make()
    visitor = door.admit_key("alice", "K1")
    assert visitor is not None
    assert (visitor.name, visitor.kind, visitor.fingerprint) == ("alice", Kind.MEMBER, "K1")
    assert visitor.newly_registered and door.is_member("alice")
    again = door.admit_key("Alice", "K1")
    assert again is not None and again.name == "alice" and not again.newly_registered
    assert not door.accepts_key("alice", "K2")
    assert door.admit_key("alice", "K2") is None


def test_a_probe_registers_nothing() -> None:
    door = make()
    assert door.accepts_key("alice", "K1")
    assert not door.is_member("alice")
    assert door.accepts_key("alice", "K2")


def test_a_key_may_own_several_names_and_a_name_several_keys() -> None:
    door = make(("alice", "K1"), ("alice", "K2"))
    assert door.admit_key("alice", "K2") is not None
    other = door.admit_key("bob", "K1")
    assert other is not None and other.name == "bob"


@pytest.mark.parametrize(
    ("login", "becomes"),
    [
        ("eliza", "guest-eliza"),
        ("Eliza", "guest-eliza"),
        ("e1iza", "guest-e1iza"),  # looks like eliza
        ("system", "guest-system"),
        ("5ystem", "guest-5ystem"),
        ("chatd", "guest-chatd"),
        ("chat-d", "guest-chat-d"),
        ("sys-tem", "guest-sys-tem"),
        ("Admin", "guest-admin"),
        ("ad-min", "guest-ad-min"),
        ("adrnin", "guest-adrnin"),
        ("everyone", "guest-everyone"),
        ("r00t", "guest-r00t"),
        ("qwen-3", "guest-qwen-3"),  # looks like qwen3
        ("gemma.2", "guest-gemma.2"),  # looks like gemma2, short for gemma2:9b
        ("gemma2-9b", "guest-gemma2-9b"),
        ("guestbob", "guest-guestbob"),  # looks like guest-bob
        ("guest-bob", "guest-bob"),
        ("аlice", "guest-1"),  # Cyrillic
        ("世界", "guest-1"),
        ("", "guest-1"),
        ("\x1b[31m", "31m"),
        ("Jean Luc", "jean-luc"),
        ("José", "jose"),
        ("guest", "guest-1"),
        ("guest-", "guest-1"),  # mended to guest
        ("guest_bob", "guest-guest_bob"),  # looks like a guest
        ("a" * 32 + "!", "a" * 32),
        ("a" * 33, "guest-" + "a" * 22),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_login_names(login: str, becomes: str) -> None:
    visitor = make().admit_key(login, "K1")
    assert visitor is not None
    assert visitor.name == becomes
    assert (visitor.kind is Kind.GUEST) == becomes.startswith("guest-")
    assert visitor.notice or visitor.name == login


def test_two_long_names_that_begin_alike_are_two_people() -> None:
    door = make()
    one, other = door.admit_key("x" * 32 + "-one", "K1"), door.admit_key("x" * 32 + "-two", "K2")
    assert one is not None and other is not None and one.name != other.name
    assert one.kind is Kind.GUEST and one.notice == f"{'x' * 20 + '…'!r} has 36 characters, a name has at most 32"
    assert not door.is_member("x" * 32)


def test_look_alikes_of_members_are_guests_unless_they_are_the_same_person() -> None:
    door = make(("bob", "K1"))
    stranger, owner = door.admit_key("b0b", "K2"), door.admit_key("b0b", "K1")
    assert stranger is not None and stranger.name == "guest-b0b" and "looks like bob" in stranger.notice
    assert owner is not None and owner.name == "b0b"


@pytest.mark.parametrize("name", ["al-ice", "al.ice", "a_lice", "al1ce", "aIice", "allce", "a.l.i.c.e"])
def test_another_key_has_no_name_that_looks_like_a_members(name: str) -> None:
    door = make(("alice", "K1"))
    with pytest.raises(NotPermitted, match="looks like alice"):
        door.claim(name, "K2")
    stranger, owner = door.admit_key(name, "K2"), door.admit_key(name, "K1")
    assert stranger is not None and stranger.kind is Kind.GUEST and "looks like alice" in stranger.notice
    assert owner is not None and owner.kind is Kind.MEMBER


def test_names_that_were_registered_before_stay_their_owners() -> None:
    door = make(("admin", "K1"), ("al-ice", "K2"), ("alice", "K3"))
    for name, key in (("admin", "K1"), ("al-ice", "K2"), ("alice", "K3")):
        visitor = door.admit_key(name, key)
        assert visitor is not None and (visitor.name, visitor.kind) == (name, Kind.MEMBER)


LIKELY = st.one_of(st.text("ail1-o0._rnmvwcd5s", min_size=1, max_size=6), st.sampled_from(["admin", "adm1n", "guestx"]))


@given(
    st.lists(st.tuples(st.sampled_from(["login", "claim"]), LIKELY, st.sampled_from(["K1", "K2", "K3"])), max_size=40)
)
def test_no_two_keys_have_names_that_look_alike(steps: list[tuple[str, str, str]]) -> None:
    door, owners = make(), dict[str, str]()
    for how, name, key in steps:
        try:
            visitor = door.admit_key(name, key) if how == "login" else door.claim(name, key)
        except (NotPermitted, UsageError, LimitReached):
            continue
        if visitor is not None and visitor.kind is Kind.MEMBER:
            assert owners.setdefault(names.skeleton(visitor.name), key) == key
            assert visitor.name in names.GIVEN or names.skeleton(visitor.name) not in {
                names.skeleton(n) for n in names.OFFICES | names.RESERVED
            }


@pytest.mark.parametrize(
    ("login", "why"),
    [
        ("carol", "with one (ssh-keygen) the name is yours"), ("bob", "the name bob is somebody's who has another key"),
        ("BOB", "the name bob is somebody's"), ("eliza", "eliza is the name of a model"), ("b0b", "looks like bob"),
        ("system", "reserved"), ("世界", "is no name"),
    ],
)  # fmt: skip
def test_a_guest_is_told_why_they_are_one_and_nothing_that_is_not_so(login: str, why: str) -> None:
    door = make(("bob", "K1"))
    visitor = door.admit_guest(login)
    assert visitor is not None and visitor.kind is Kind.GUEST and why in visitor.notice


def test_guests_have_names_of_their_own() -> None:
    door = make()
    names_ = []
    visitors = []
    for _ in range(3):
        visitor = door.admit_guest("alice")
        assert visitor is not None and visitor.fingerprint is None and visitor.notice
        visitors.append(visitor)
        names_.append(visitor.name)
    assert names_ == ["guest-alice", "guest-alice-2", "guest-alice-3"]
    door.leave(visitors[1])
    again = door.admit_guest("alice")
    assert again is not None and again.name == "guest-alice-2"


def test_known_lets_in_registered_keys_alone() -> None:
    door = make(("alice", "K1"), mode=AuthMode.KNOWN)
    assert door.admit_key("alice", "K1") is not None
    assert door.admit_key("bob", "K1") is None
    assert door.admit_guest("alice") is None


def test_list_lets_in_the_keys_of_the_file_alone() -> None:
    door = make(mode=AuthMode.LIST, listed=frozenset({"K1"}))
    assert door.admit_key("alice", "K1") is not None
    assert door.admit_key("bob", "K2") is None
    assert door.admit_guest("bob") is None


@given(st.text(max_size=50), st.sampled_from(["K1", "K2", None]))
def test_whatever_the_login_the_name_is_one_and_nobody_elses(login: str, key: str | None) -> None:
    door = make(("alice", "K1"))
    visitor = door.admit_key(login, key) if key else door.admit_guest(login)
    if visitor is None:
        assert key == "K2" and names.mend(login) == "alice"
        return
    assert names.is_name(visitor.name)
    assert visitor.name not in MODELS and visitor.name not in names.RESERVED
    assert visitor.name != "alice" or key == "K1"
    assert visitor.kind is Kind.GUEST or not visitor.name.startswith("guest-")
    assert key is not None or visitor.kind is Kind.GUEST


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("bob", "somebody else's"),
        ("b0b", "looks like bob"),
        ("guest-x", "reserved"),
        ("a b", "is no name"),
        ("", "is no name"),
    ],
)
def test_a_name_claimed_from_inside_must_be_free(wanted: str, reason: str) -> None:
    door = NameRegistry(Members([("alice", "K1"), ("bob", "K2")]))
    with pytest.raises((NotPermitted, UsageError), match=reason):
        door.claim(wanted, "K1")
    assert not door.is_member("b0b")


def test_a_key_has_so_many_names_and_is_a_guest_under_the_next_one() -> None:
    door = make()
    for i in range(MAX_NAMES):
        assert door.admit_key(f"name{i}z", "K1") is not None
    one_more = door.admit_key("one-more", "K1", "192.0.2.1")
    assert one_more is not None and (one_more.name, one_more.kind) == ("guest-one-more", Kind.GUEST)
    assert one_more.notice == "your key has 16 names already, that is the limit"
    assert not door.is_member("one-more") and one_more.account == Account("192.0.2.1", guest=True)
    again = door.admit_key("name0z", "K1")
    assert again is not None and again.kind is Kind.MEMBER and again.account == Account("K1")
    other = door.admit_key("one-more", "K2")
    assert other is not None and other.name == "one-more"


def test_a_free_name_is_claimed_once_and_then_ones_own() -> None:
    door = NameRegistry(Members([("alice", "K1")]))
    first, second = door.claim(" Ali ", "K1"), door.claim("ali", "K1")
    assert (first.name, first.newly_registered, second.newly_registered) == ("ali", True, False)
    assert door.accepts_key("ali", "K1") and not door.accepts_key("ali", "K2")
    for i in range(MAX_NAMES - 2):
        door.claim(f"name{i}z", "K1")
    with pytest.raises(LimitReached, match="16 names already"):
        door.claim("one-more", "K1")
    assert not door.is_member("one-more")
    with pytest.raises(NotPermitted, match="new names are not given here"):
        NameRegistry(Members([("alice", "K1")]), mode=AuthMode.KNOWN).claim("ali", "K1")

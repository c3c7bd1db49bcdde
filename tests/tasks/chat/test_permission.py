"""What a visitor may do, against a table written by hand: every act, for every kind of visitor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chatd.core.credentials import Bearer, CredentialKind
from chatd.core.visit import Kind, Visitor
from chatd.errors import NotFound, NotPermitted
from chatd.ports import ModelInfo
from chatd.tasks.chat import permission
from chatd.tasks.chat.facts import ServerFacts

FACTS = ServerFacts("chatd", "1", "", 0, guests_ask="local", admins=frozenset({"SHA256:root"}))
ADMIN = Visitor("root1", Kind.MEMBER, "SHA256:root")
MEMBER = Visitor("alice", Kind.MEMBER, "SHA256:alice")
GUEST = Visitor("guest-gus", Kind.GUEST, source="192.0.2.1")
VISITORS = {"admin": ADMIN, "member": MEMBER, "guest": GUEST}

LOCAL = ModelInfo("eliza", "eliza", "eliza", local=True)
REMOTE = ModelInfo("gpt", "openai", "gpt", local=False)


def shown_by(visitor: Visitor, *, read_only: bool) -> Bearer:
    """Whose the token is makes no difference to what it allows: it may do less than they may, never more."""
    return Bearer(visitor, "bakolu", CredentialKind.TOKEN, read_only)


ACTS: dict[str, Callable[[Visitor], object]] = {
    "cancel their own answer": lambda who: permission.check_cancel(FACTS, who, who.name),
    "cancel another's answer": lambda who: permission.check_cancel(FACTS, who, "bob"),
    "write a row of their own": lambda who: permission.check_write(who, who.name),
    "write a row of another's": lambda who: permission.check_write(who, "bob"),
    "enter a public room": lambda who: permission.check_room(who, "lobby"),
    "enter their private room": lambda who: permission.check_room(who, f"~{who.name}"),
    "enter another's private room": lambda who: permission.check_room(who, "~bob"),
    "make a room": permission.check_make_room,
    "set something of a room": permission.check_set_room,
    "choose another name": permission.check_choose_name,
    "have links and tokens": permission.check_credentials,
    "change something by a token": lambda who: permission.check_change(shown_by(who, read_only=False)),
    "change something by a token for reading": lambda who: permission.check_change(shown_by(who, read_only=True)),
    "ask a local model": lambda who: permission.check_ask(FACTS, who, LOCAL),
    "ask a model elsewhere": lambda who: permission.check_ask(FACTS, who, REMOTE),
}
MAY: dict[str, set[str]] = {
    "cancel their own answer": {"admin", "member", "guest"},
    "cancel another's answer": {"admin"},
    "write a row of their own": {"admin", "member", "guest"},
    "write a row of another's": set(),
    "enter a public room": {"admin", "member", "guest"},
    "enter their private room": {"admin", "member", "guest"},
    "enter another's private room": set(),
    "make a room": {"admin", "member"},
    "set something of a room": {"admin", "member"},
    "choose another name": {"admin", "member"},
    "have links and tokens": {"admin", "member"},
    "change something by a token": {"admin", "member", "guest"},
    "change something by a token for reading": set(),
    "ask a local model": {"admin", "member", "guest"},
    "ask a model elsewhere": {"admin", "member"},
}


@pytest.mark.parametrize("kind", VISITORS)
@pytest.mark.parametrize("act", ACTS)
def test_each_act_for_each_kind_of_visitor(act: str, kind: str) -> None:
    refused = ""
    try:
        ACTS[act](VISITORS[kind])
    except (NotPermitted, NotFound) as refusal:
        refused = str(refusal)
    assert (refused == "") == (kind in MAY[act]), f"a {kind} may {act}: {refused or 'not refused'}"


def test_every_check_is_in_the_table() -> None:
    used = {name for act in ACTS.values() for name in act.__code__.co_names} | {
        act.__name__ for act in ACTS.values() if act.__module__ == permission.__name__
    }
    assert {name for name in vars(permission) if name.startswith("check_")} <= used


def test_another_private_room_is_refused_as_one_that_does_not_exist() -> None:
    with pytest.raises(NotFound, match="there is no room '~bob'"):
        permission.check_room(ADMIN, "~bob")
    assert not permission.may_know_of_room(MEMBER, "~bob") and permission.may_know_of_room(MEMBER, "dev")


@pytest.mark.parametrize(("asked", "local", "elsewhere"), [("none", False, False), ("all", True, True)])
def test_what_guests_may_ask_is_the_operators_choice(asked: str, local: bool, elsewhere: bool) -> None:
    facts = replace(FACTS, guests_ask=asked)
    for model, may in ((LOCAL, local), (REMOTE, elsewhere)):
        if may:
            permission.check_ask(facts, GUEST, model)
        else:
            with pytest.raises(NotPermitted):
                permission.check_ask(facts, GUEST, model)


def test_the_machine_is_shown_to_those_with_keys_and_to_the_server_itself() -> None:
    assert [permission.sees_machine(who) for who in (None, ADMIN, MEMBER, GUEST)] == [True, True, True, False]

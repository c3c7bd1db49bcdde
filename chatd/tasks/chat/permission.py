"""What a visitor may do: the one place of each right.

Every act asks here before it reserves or writes anything. A refusal is NotPermitted, in words that say what would help;
where 403 would tell that something hidden exists, it is NotFound in the words for what does not exist.
"""

from __future__ import annotations

from chatd.core import names
from chatd.core.credentials import Bearer
from chatd.core.visit import Kind, Visitor
from chatd.errors import NotFound, NotPermitted
from chatd.ports import ModelInfo
from chatd.tasks.chat.facts import ServerFacts

WITH_A_KEY = "log in with a key (ssh-keygen)"


def is_admin(facts: ServerFacts, visitor: Visitor) -> bool:
    """Whether the operator has named the visitor's key."""
    return visitor.fingerprint is not None and visitor.fingerprint in facts.admins


def is_guest(visitor: Visitor) -> bool:
    """Whether nobody's key stands for the visitor."""
    return visitor.kind is Kind.GUEST


def may_know_of_room(visitor: Visitor, name: str) -> bool:
    """Whether the room may be seen, entered, read and written: a private one is its owner's alone."""
    return not names.is_hidden(name, visitor.name)


def check_room(visitor: Visitor, name: str) -> None:
    """Raise NotFound for a room that the visitor may not know of, as for one that does not exist."""
    if not may_know_of_room(visitor, name):
        raise NotFound(f"there is no room {name[:40]!r}")


def check_make_room(visitor: Visitor) -> None:
    """Raise NotPermitted when the visitor may make no public rooms."""
    if is_guest(visitor):
        raise NotPermitted(f"guests make no rooms; {WITH_A_KEY} to make one")


def check_set_room(visitor: Visitor) -> None:
    """Raise NotPermitted when the visitor may not set what a room is like: its topic, its default model, …"""
    if is_guest(visitor):
        raise NotPermitted(f"guests set nothing of a room; {WITH_A_KEY} to set something")


def check_choose_name(visitor: Visitor) -> str:
    """The fingerprint of a visitor who may go on under another name. Raises NotPermitted."""
    if visitor.fingerprint is None:
        raise NotPermitted(f"a guest's name is not to be chosen; {WITH_A_KEY} for a name of your own")
    return visitor.fingerprint


def check_credentials(visitor: Visitor) -> str:
    """The fingerprint of a visitor who may have links and tokens for the web: a key must vouch for them. Raises
    NotPermitted.
    """
    if visitor.fingerprint is None:
        raise NotPermitted(f"guests have no links and no tokens: no key vouches for them; {WITH_A_KEY} to have some")
    return visitor.fingerprint


def check_change(bearer: Bearer) -> None:
    """Raise NotPermitted when the credential that was shown is for reading alone."""
    if bearer.read_only:
        raise NotPermitted("this token may only read; `ssh HOST token` makes one that may do more")


def check_ask(facts: ServerFacts, visitor: Visitor, model: ModelInfo) -> None:
    """Raise NotPermitted when the visitor may not ask the model."""
    if not is_guest(visitor) or facts.guests_ask == "all":
        return
    if facts.guests_ask == "none":
        raise NotPermitted("guests may not ask models here; log in with a key")
    if not model.local:
        raise NotPermitted(f"guests may ask local models only, @{model.name} is not; log in with a key")


def check_cancel(facts: ServerFacts, visitor: Visitor, asker: str) -> None:
    """Raise NotPermitted when the visitor may not stop an answer that `asker` asked for."""
    if asker != visitor.name and not is_admin(facts, visitor):
        raise NotPermitted(f"that answer was asked for by {asker}")


def check_write(visitor: Visitor, author: str) -> None:
    """Raise NotPermitted for a row under another name than the visitor's own."""
    if author != visitor.name:
        raise NotPermitted(f"you are {visitor.name}; nobody posts under another name")


def sees_machine(visitor: Visitor | None) -> bool:
    """Whether memory, lag and the number of hidden rooms may be told; None is the server itself."""
    return visitor is None or not is_guest(visitor)

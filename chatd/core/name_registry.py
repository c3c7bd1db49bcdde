"""Who comes in under which name: members by their keys, everybody else as a guest.

The whole decision is synchronous. A free name belongs to the first verified signature under it at the moment of the
verification, so two logins that race for a name cannot both have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum

from chatd.core import names
from chatd.core.members import Members
from chatd.core.visit import Kind, Visitor
from chatd.errors import LimitReached, NotPermitted, UsageError


class AuthMode(StrEnum):
    """Who may come in: anybody, owners of registered keys, or owners of the keys in a file."""

    OPEN = "open"
    KNOWN = "known"
    LIST = "list"


MAX_NAMES = 16
"""Names that one key may take: nobody is so many people, and names that are taken are gone."""


class NameRegistry:
    """Who may have which of the names of this server, and who is inside.

    `members` are those registered so far; the registry adds to them. `is_model(name)` tells whether somebody who is no
    person answers to a name; people cannot have such names.
    """

    def __init__(
        self,
        members: Members,
        *,
        mode: AuthMode = AuthMode.OPEN,
        listed: frozenset[str] = frozenset(),
        is_model: Callable[[str], bool] = lambda _: False,
        model_names: Callable[[], Iterable[str]] = lambda: (),
    ) -> None:
        self._members = members
        self._mode = mode
        self._listed = listed
        self._is_model = is_model
        self._model_names = model_names
        self._guests: Counter[str] = Counter()

    def load(self, registered: Iterable[tuple[str, str]]) -> None:
        """Take over the (name, fingerprint) pairs that were registered before the server started."""
        for name, fingerprint in registered:
            self._members.register(name, fingerprint)

    def relist(self, listed: frozenset[str]) -> None:
        """These are the listed keys from now on; who is inside stays."""
        self._listed = listed

    def is_member(self, name: str) -> bool:
        """Whether the name is registered."""
        return name in self._members

    def keys(self, name: str) -> frozenset[str]:
        """The fingerprints of the keys that a name is registered for; none when it is free."""
        return self._members.keys(name)

    def accepts_key(self, login: str, fingerprint: str) -> bool:
        """Whether this key would do for the login name; registers nothing."""
        if self._mode is AuthMode.LIST and fingerprint not in self._listed:
            return False
        owners = self._members.keys(names.mend(login) or "")
        if owners:
            return fingerprint in owners
        return self._mode is not AuthMode.KNOWN

    def is_owner(self, name: str, fingerprint: str) -> bool:
        """Whether the name is registered for this key, and the key may come in as things stand."""
        listed = self._mode is not AuthMode.LIST or fingerprint in self._listed
        return listed and fingerprint in self._members.keys(name)

    def admit_key(self, login: str, fingerprint: str, source: str = "") -> Visitor | None:
        """Let in the owner of a verified signature. None when this key is not one of the name's."""
        if not self.accepts_key(login, fingerprint):
            return None
        name = names.mend(login)
        if name is not None and name in self._members:
            return Visitor(name, Kind.MEMBER, fingerprint, source=source)
        refusal = self._why_not(name, login, fingerprint) or self._too_many(fingerprint)
        if name is None or refusal:
            return self._guest(login, refusal, source)
        self._members.register(name, fingerprint)
        notice = "" if name == login else f"your name here is {name}"
        return Visitor(name, Kind.MEMBER, fingerprint, notice, newly_registered=True, source=source)

    def claim(self, wanted: str, fingerprint: str) -> Visitor:
        """Another name for the owner of a key who is inside: one that is theirs already, or a free one, theirs from now
        on. Raises UsageError for what is no name, NotPermitted for one that cannot be had, LimitReached.
        """
        name = names.fold(wanted)
        if not names.is_name(name):
            raise UsageError(f"{wanted.strip()[:40]!r} is no name: 1-32 of a-z 0-9 . _ -, first a letter or digit")
        owners = self._members.keys(name)
        if owners:
            if fingerprint not in owners:
                raise NotPermitted(f"the name {name} is somebody else's")
            return Visitor(name, Kind.MEMBER, fingerprint)
        if self._mode is AuthMode.KNOWN:
            raise NotPermitted("new names are not given here")
        if refusal := self._why_not(name, name, fingerprint):
            raise NotPermitted(refusal)
        if refusal := self._too_many(fingerprint):
            raise LimitReached(refusal)
        self._members.register(name, fingerprint)
        return Visitor(name, Kind.MEMBER, fingerprint, newly_registered=True)

    def admit_guest(self, login: str, source: str = "") -> Visitor | None:
        """Let in somebody who proved no key, under a guest name."""
        if self._mode is not AuthMode.OPEN:
            return None
        name = names.mend(login)
        if name in self._members:
            return self._guest(login, f"the name {name} is somebody's who has another key", source)
        refusal = self._why_not(name, login, "")
        refusal = refusal or "you came without a key; with one (ssh-keygen) the name is yours"
        return self._guest(login, refusal, source)

    def stay(self, visitor: Visitor) -> None:
        """The visitor, who is inside, is so for one reason more; whoever says this calls `leave`."""
        if visitor.kind is Kind.GUEST:
            self._guests[visitor.name] += 1

    def leave(self, visitor: Visitor) -> None:
        """One admission of this visitor has ended."""
        if visitor.kind is Kind.GUEST:
            self._guests[visitor.name] -= 1
            if self._guests[visitor.name] <= 0:
                del self._guests[visitor.name]

    def _why_not(self, name: str | None, login: str, fingerprint: str) -> str:
        """Why a free name cannot be had; empty when it can."""
        if name is None:
            if len(names.legible(login) or "") > names.MAX_NAME:
                return f"{login[:20] + '…'!r} has {len(login)} characters, a name has at most {names.MAX_NAME}"
            return f"{login[:40]!r} is no name: 1-32 of a-z 0-9 . _ -, first a letter or digit"
        if names.is_reserved(name) or name in names.OFFICES:
            return f"the name {name} is reserved"
        if self._is_model(name):
            return f"{name} is the name of a model"
        look = names.skeleton(name)
        twins = {twin for twin in self._members.alike(name) if fingerprint not in self._members.keys(twin)}
        others = {form for model in self._model_names() for form in names.called(model)}
        others |= set() if name in names.GIVEN else names.RESERVED | names.OFFICES
        twins |= {other for other in others if names.skeleton(other) == look}
        if twins:
            return f"the name {name} looks like {min(twins)}"
        return ""

    def _too_many(self, fingerprint: str) -> str:
        """Why a key may have no more names; empty when it may."""
        if self._members.count(fingerprint) < MAX_NAMES:
            return ""
        return f"your key has {MAX_NAMES} names already, that is the limit"

    def _guest(self, login: str, notice: str, source: str) -> Visitor:
        name = names.guest_name(names.legible(login), self._guests)
        self._guests[name] += 1
        return Visitor(name, Kind.GUEST, None, notice, source=source)

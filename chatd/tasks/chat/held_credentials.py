"""The credentials of everybody, in memory, by the hashes of their secrets: to check one costs no disk."""

from __future__ import annotations

from collections.abc import Callable

import trio

from chatd.core.credentials import Credential, CredentialKind, digest_of
from chatd.core.name_registry import NameRegistry
from chatd.ports import Clock

LOOK_AGAIN_S = 60.0
"""Seconds after which somebody who waits for the end of a credential looks at the clock again: it may have been set."""


class Held:
    """A credential in memory. `gone` is set when it is good no more, but for those that have just expired."""

    __slots__ = ("credential", "gone")

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self.gone = trio.Event()


class HeldCredentials:
    """All of them. One is good while it has not expired and its key may come in under its name."""

    def __init__(self, names: NameRegistry, clock: Clock) -> None:
        self._names = names
        self._clock = clock
        self._by_digest: dict[str, Held] = {}
        self._by_id: dict[str, Held] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def hold(self, credential: Credential) -> None:
        """One more. Nobody else has its id."""
        self._by_digest[credential.digest] = self._by_id[credential.id] = Held(credential)

    def drop(self, held: Held) -> None:
        """It is good no more; whoever waits for that goes on."""
        del self._by_digest[held.credential.digest]
        del self._by_id[held.credential.id]
        held.gone.set()

    def get(self, known_as: str) -> Held | None:
        """The one with this id."""
        return self._by_id.get(known_as)

    def find(self, secret: str) -> Held | None:
        """The one with this secret."""
        return self._by_digest.get(digest_of(secret) or "")

    def of_kind(self, kind: CredentialKind) -> list[Credential]:
        """Those of a kind."""
        return [held.credential for held in self._by_id.values() if held.credential.kind is kind]

    def concerned(self, by: Callable[[str, str], bool]) -> list[Held]:
        """Those whose name and key something is true of."""
        return [held for held in self._by_id.values() if by(held.credential.name, held.credential.fingerprint)]

    def expired(self) -> list[Held]:
        """Those whose time is over."""
        now = self._clock.now_ms()
        return [held for held in self._by_id.values() if not held.credential.is_good(now)]

    def is_good(self, held: Held) -> bool:
        """Whether it is good now."""
        of = held.credential
        in_time = of.is_good(self._clock.now_ms()) and not held.gone.is_set()
        return in_time and self._names.is_owner(of.name, of.fingerprint)

    async def ended(self, held: Held) -> None:
        """Return when it is good no more: at once where it has gone, within `LOOK_AGAIN_S` where the clock was set."""
        while self.is_good(held):
            left = (held.credential.expires_at - self._clock.now_ms()) / 1000
            with trio.move_on_after(min(left, LOOK_AGAIN_S)):
                await held.gone.wait()

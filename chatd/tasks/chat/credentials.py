"""Links, web sessions and tokens: coming in over the web with what one's ssh key vouches for.

A credential is good from when it is on disk until it expires, is revoked, or its key or name has gone. That holds at
once, and goes to the disk by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from chatd.core.credentials import (
    MAX_SESSIONS,
    MAX_TOKENS,
    SECRET_BYTES,
    Bearer,
    Credential,
    CredentialKind,
    code_text,
    digest_of,
    label_of,
    session_end,
    speakable,
    token_end,
    token_text,
)
from chatd.core.name_registry import NameRegistry
from chatd.core.visit import Kind, Visitor
from chatd.errors import LimitReached, NotFound, NotPermitted, StorageError
from chatd.ports import Clock, CredentialStore, Secrets
from chatd.tasks.chat.credential_changes import CredentialChanges
from chatd.tasks.chat.held_credentials import Held, HeldCredentials
from chatd.tasks.chat.login_links import LoginLinks
from chatd.tasks.chat.permission import check_credentials
from chatd.tasks.log.backoff import Backoff

logger = logging.getLogger("chatd.credentials")

MAX_ALL = 10_000
"""Credentials of all: each takes a kilobyte of memory, and who makes or lists some looks at all, for milliseconds."""

MAX_GOING = 1000
"""Credentials that a failing disk has not let go of; as long as there are so many no more are made."""

SYLLABLES = 3
"""Of an id: a third of a million of them, so that two tries seldom give the same."""

USED_UP = "this link was used or is too old; /web in the chat, or `ssh HOST web`, gives another one"


class Credentials:
    """Everybody's. `ready` is awaited before one is written: names must be on disk before what is theirs; it raises
    StorageError when they cannot be. `changes` has the task that writes what changes.
    """

    def __init__(
        self, names: NameRegistry, store: CredentialStore, secrets: Secrets, clock: Clock, *,
        ready: Callable[[], Awaitable[None]], backoff: Backoff,
    ) -> None:  # fmt: skip
        self._names = names
        self._store = store
        self.secrets = secrets
        self._clock = clock
        self._ready = ready
        self.changes = CredentialChanges(store, backoff)
        self._links = LoginLinks(secrets)
        self._held = HeldCredentials(names, clock)
        self._making: dict[str, Credential] = {}
        """Those that are being written, and good when they are."""

    async def load(self) -> None:
        """Read all of them, once the names are read. Those whose key is not the name's any more go. Raises
        StorageError.
        """
        for credential in await self._store.credentials():
            self._held.hold(credential)
        self._sweep()
        self.review()

    # --- links and sessions

    def make_link(self, visitor: Visitor) -> str:
        """A code that logs the visitor in, once, within `LINK_S`. Raises NotPermitted for a guest, LimitReached."""
        return self._links.make(visitor.name, check_credentials(visitor))

    async def exchange(self, code: str) -> str:
        """The secret of a new session for a link's code, which is used up by this, whatever becomes of it.

        Raises NotPermitted for a code that is not good, LimitReached, StorageError.
        """
        link = self._links.take(code)
        if link is None or not self._names.is_owner(link.name, link.fingerprint):
            raise NotPermitted(USED_UP)
        self._sweep()
        secret = code_text(self.secrets.new(SECRET_BYTES))
        now = self._clock.now_ms()
        session = Credential(
            self._free_id(), CredentialKind.SESSION, _digest(secret), link.name, link.fingerprint, now,
            session_end(now),
        )  # fmt: skip
        await self._make(session, self._too_old(link.fingerprint))
        return secret

    async def logout(self, secret: str) -> None:
        """The session of this secret ends, at once. What is none is ignored. Raises StorageError when it would be back
        after a restart that came now.
        """
        held = self._held.find(secret)
        if held is not None and held.credential.kind is CredentialKind.SESSION:
            self._drop(held)
            await self.changes.write()

    # --- tokens

    async def make_token(
        self, visitor: Visitor, label: str = "", lifetime: str | None = None, *, read_only: bool = False
    ) -> tuple[str, Credential]:
        """A token's secret, which is kept nowhere, and what is. `lifetime` as in `token_end`.

        Raises NotPermitted for a guest, UsageError, LimitReached, StorageError; then there is no token.
        """
        fingerprint = check_credentials(visitor)
        now = self._clock.now_ms()
        end, label = token_end(now, lifetime), label_of(label)
        self._sweep()
        if len(self._of(fingerprint, CredentialKind.TOKEN)) >= MAX_TOKENS:
            raise LimitReached(
                f"your key has {MAX_TOKENS} tokens already, that is the limit; `token list` shows them,"
                " `token revoke ID` ends one"
            )
        secret = token_text(self.secrets.new(SECRET_BYTES))
        token = Credential(
            self._free_id(), CredentialKind.TOKEN, _digest(secret), visitor.name, fingerprint, now, end, label,
            read_only,
        )  # fmt: skip
        await self._make(token)
        return secret, token

    def tokens_of(self, visitor: Visitor) -> list[Credential]:
        """The visitor's good tokens, the oldest first: those that act under their name, and those of their key. Raises
        NotPermitted for a guest.
        """
        check_credentials(visitor)
        self._sweep()
        own = [token for token in self._held.of_kind(CredentialKind.TOKEN) if token.is_of(visitor)]
        return sorted(own, key=lambda token: (token.created_at, token.id))

    async def revoke(self, visitor: Visitor, known_as: str) -> None:
        """A token of the visitor's is good no more, at once.

        Raises NotPermitted for a guest, NotFound (another's token too), StorageError when the disk does not know yet.
        """
        own, held = self.tokens_of(visitor), self._held.get(known_as)
        if held is None or held.credential not in own:
            raise NotFound(f"you have no token {known_as[:40]!r}; `token list` shows those you have")
        self._drop(held)
        try:
            await self.changes.write()
        except StorageError as error:
            raise StorageError(
                f"{known_as} does nothing any more, but that is not on disk yet ({error}); it is tried again"
            ) from error

    # --- whoever shows a secret

    def who(self, secret: str, source: str = "") -> Bearer | None:
        """Who shows this secret, from `source`, as `Visitor.source` has it; None when it is not good. The use is noted,
        to the minute.
        """
        held = self._held.find(secret)
        if held is None or not self._held.is_good(held):
            return None
        now = self._clock.now_ms()
        if held.credential.is_worth_noting(now):
            held.credential = held.credential.used(now)
            self.changes.note(held.credential)
        of = held.credential
        return Bearer(Visitor(of.name, Kind.MEMBER, of.fingerprint, source=source), of.id, of.kind, of.read_only)

    def is_good(self, bearer: Bearer) -> bool:
        """Whether what the bearer has shown is still good."""
        held = self._held.get(bearer.id)
        return held is not None and self._held.is_good(held)

    async def ended(self, bearer: Bearer) -> None:
        """Return when what the bearer has shown is good no more: whoever sends to them for long ends with that."""
        held = self._held.get(bearer.id)
        if held is not None:
            await self._held.ended(held)

    # --- what goes

    def forget_key(self, fingerprint: str) -> None:
        """A key, or its role, has gone: what it vouched for is good no more, at once."""
        self._forget(lambda _, key: key == fingerprint)

    def forget_name(self, name: str) -> None:
        """A name has gone, and what acts under it."""
        self._forget(lambda whose, _: whose == name)

    def review(self) -> None:
        """Keys may have gone, or may not come in any more: what they vouched for goes."""
        self._forget(lambda name, key: not self._names.is_owner(name, key))

    def _forget(self, concerned: Callable[[str, str], bool]) -> None:
        self._links.forget(concerned)
        for known_as, credential in list(self._making.items()):
            if concerned(credential.name, credential.fingerprint):
                del self._making[known_as]
        for held in self._held.concerned(concerned):
            self._drop(held)

    # --- in memory and on disk

    async def _make(self, credential: Credential, instead_of: list[str] | None = None) -> None:
        """Write it; it is good from when it is on disk."""
        self._check_room()
        self._making[credential.id] = credential
        kept, instead_of = False, instead_of or []
        try:
            await self._ready()
            kept = await self._store.add(credential, instead_of)
            kept = kept and credential.id in self._making
        finally:
            self._making.pop(credential.id, None)
            if not kept:
                # Whatever the disk has made of it: nobody has been given its secret.
                self.changes.remove([credential.id])
        if not kept:
            raise NotPermitted("your key has gone meanwhile")
        for old in map(self._held.get, instead_of):
            if old is not None:
                self._drop(old)
        self._held.hold(credential)
        logger.info("%s has a new %s: %s", credential.name, credential.kind, credential.id)

    def _check_room(self) -> None:
        if len(self._held) + len(self._making) >= MAX_ALL:
            raise LimitReached(f"this server has {MAX_ALL:,} tokens and web sessions, that is the limit")
        if self.changes.going >= MAX_GOING:
            raise StorageError("the disk has not let go of tokens that have gone; nothing new can be kept now")

    def _of(self, fingerprint: str, kind: CredentialKind) -> list[Credential]:
        """Those of a key, with those that are being made."""
        making = [one for one in self._making.values() if one.kind is kind]
        return [one for one in (*self._held.of_kind(kind), *making) if one.fingerprint == fingerprint]

    def _too_old(self, fingerprint: str) -> list[str]:
        """The sessions of a key that have to go before it has another one."""
        sessions = self._of(fingerprint, CredentialKind.SESSION)
        old = sorted((one for one in sessions if one.id not in self._making), key=lambda one: one.last_seen)
        return [one.id for one in old[: max(0, len(sessions) - MAX_SESSIONS + 1)]]

    def _free_id(self) -> str:
        syllables = SYLLABLES
        while self._is_taken(known_as := speakable(self.secrets.new(syllables))):
            syllables += 1
        return known_as

    def _is_taken(self, known_as: str) -> bool:
        known = self._held.get(known_as) is not None or known_as in self._making
        return known or self.changes.is_going(known_as)

    def _drop(self, held: Held) -> None:
        self._held.drop(held)
        self.changes.remove([held.credential.id])

    def _sweep(self) -> None:
        """What has expired goes."""
        for held in self._held.expired():
            self._drop(held)


def _digest(secret: str) -> str:
    digest = digest_of(secret)
    assert digest is not None, "a secret of ours can be one"
    return digest

"""Changes of credentials on their way to the disk: those that have gone, and when the others were used.

In memory both hold at once. What has gone is written until the disk takes it: after a restart it must not be back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

import trio

from chatd.core.credentials import Credential
from chatd.errors import StorageError
from chatd.ports import CredentialStore
from chatd.tasks.log.backoff import Backoff
from chatd.tasks.log.write_behind import WriteBehind

logger = logging.getLogger("chatd.credentials")

PAUSE_S = 1.0
"""Seconds that a use waits for those of others: many of them are one transaction."""

BATCH = 256
"""Changes in one transaction, which takes a few milliseconds."""


class CredentialChanges(WriteBehind):
    """Writes them. `backoff` is its patience with a failing disk."""

    def __init__(self, store: CredentialStore, backoff: Backoff) -> None:
        super().__init__(backoff, PAUSE_S)
        self._store = store
        self._gone: dict[str, None] = {}
        self._used: dict[str, Credential] = {}
        self._writing = trio.Lock()
        self._failing = False

    @property
    def debt(self) -> int:
        """How many changes are not on disk. A credential has one at most."""
        return len(self._gone) + len(self._used)

    def is_going(self, known_as: str) -> bool:
        """Whether a credential of this id has gone and may be on disk still."""
        return known_as in self._gone

    @property
    def going(self) -> int:
        """How many have gone and may be on disk still."""
        return len(self._gone)

    def remove(self, ids: Iterable[str]) -> None:
        """These have gone."""
        for known_as in ids:
            self._used.pop(known_as, None)
            self._gone[known_as] = None
        self._owe()

    def note(self, credential: Credential) -> None:
        """It was used."""
        self._used[credential.id] = credential
        self._owe()

    async def write(self) -> None:
        """As WriteBehind: all of them, those that have gone first."""
        async with self._writing:
            while self.debt:
                gone = list(self._gone)[:BATCH]
                used = list(self._used.values())[: BATCH - len(gone)]
                try:
                    await self._store.change(gone, used)
                except StorageError as error:
                    self._failed(error)
                    raise
                self._written(gone, used)

    def _written(self, gone: Iterable[str], used: Iterable[Credential]) -> None:
        if self._failing:
            logger.warning("changes of tokens and web sessions are on disk again")
        self._failing = False
        for known_as in gone:
            self._gone.pop(known_as, None)
        for credential in used:
            if self._used.get(credential.id) is credential:  # else it was used again meanwhile
                del self._used[credential.id]
        self._paid()

    def _failed(self, error: StorageError) -> None:
        if not self._failing:
            logger.error("%d changes of tokens and web sessions are not on disk yet: %s", self.debt, error)
        self._failing = True

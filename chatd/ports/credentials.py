"""Credentials, kept: what is known of each, never its secret. And where secrets come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chatd.core.credentials import Credential


class CredentialStore(Protocol):
    """The credentials of members, with the names and keys they are of: they go with them. Every method may raise
    StorageError.
    """

    async def credentials(self) -> list[Credential]:
        """Every one."""
        ...

    async def add(self, credential: Credential, instead_of: Sequence[str] = ()) -> bool:
        """Keep one more, and those with these ids no longer: both or neither. False when the key is not, or no more,
        one of the name's; then nothing is written.
        """
        ...

    async def change(self, gone: Sequence[str], used: Sequence[Credential]) -> None:
        """Keep those with the ids `gone` no longer, and of those in `used` when they were used and expire: all or
        none. What is not there is ignored.
        """
        ...


class Secrets(Protocol):
    """A source of what nobody can guess."""

    def new(self, size: int) -> bytes:
        """So many random bytes."""
        ...

"""Links that log a browser in, once: their codes are in memory alone, so a restart makes all of them useless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import trio

from chatd.core.credentials import CODE_BYTES, code_text, digest_of
from chatd.errors import LimitReached
from chatd.ports import Secrets

LINK_S = 600.0
"""Seconds for which a link is good: the way from one window to another, or to the telephone beside it."""

MAX_LINKS = 8
"""Of one key, beyond which the oldest goes: nobody has more browsers in front of them."""

MAX_ALL_LINKS = 10_000
"""Of all: some megabytes."""


@dataclass(frozen=True, slots=True)
class LoginLink:
    """Whom a link logs in. `until` is trio's time, which nobody sets."""

    name: str
    fingerprint: str
    until: float


class LoginLinks:
    """The links that were given out and not used. Each step is synchronous: of two who use a link, one comes first."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._links: dict[str, LoginLink] = {}
        """By the hashes of their codes, the oldest first."""

    def __len__(self) -> int:
        return len(self._links)

    def make(self, name: str, fingerprint: str) -> str:
        """A link's code. Raises LimitReached when there are too many links of all."""
        now = trio.current_time()
        self._forget_expired(now)
        own = [digest for digest, link in self._links.items() if link.fingerprint == fingerprint]
        for oldest in own[: max(0, len(own) - MAX_LINKS + 1)]:
            del self._links[oldest]
        if len(self._links) >= MAX_ALL_LINKS:
            raise LimitReached(
                f"{MAX_ALL_LINKS:,} links wait for their owners, that is the limit; try again in a while"
            )
        code = code_text(self._secrets.new(CODE_BYTES))
        digest = digest_of(code)
        assert digest is not None, "a code is a secret of ours"
        self._links[digest] = LoginLink(name, fingerprint, now + LINK_S)
        return code

    def take(self, code: str) -> LoginLink | None:
        """The link of this code, which is used up by this; None for a code that is none any more, or never was."""
        link = self._links.pop(digest_of(code) or "", None)
        return link if link is not None and trio.current_time() < link.until else None

    def forget(self, concerned: Callable[[str, str], bool]) -> None:
        """The links of names and keys (`concerned(name, fingerprint)`) are good no more."""
        for digest, link in list(self._links.items()):
            if concerned(link.name, link.fingerprint):
                del self._links[digest]

    def _forget_expired(self, now: float) -> None:
        """They are in the order of their ends."""
        for digest, link in list(self._links.items()):
            if now < link.until:
                break
            del self._links[digest]

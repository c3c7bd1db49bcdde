"""Credentials: what stands for a member's key where no key can be shown, tokens of programs and sessions of browsers.

A credential is a secret of 256 random bits, kept as its SHA-256 alone. A slow, salted hash protects passwords, of which
one can guess likely ones; nobody guesses 256 bits, so a quick hash gives nothing away, and each request may be checked.
Nor does a search by the hash tell by its time how much of a secret was right: who does not know the secret cannot
choose what is compared.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

from chatd.core.sanitize import sanitize_line
from chatd.core.text import check_size
from chatd.core.times import DAY_MS, HOUR_MS, duration_ms
from chatd.core.visit import Visitor
from chatd.errors import UsageError

SECRET_BYTES = 32
"""Random bytes of a secret."""

CODE_BYTES = 16
"""Random bytes of a link's code: it lives for minutes, and has to fit on a line of a terminal beside the address."""

TOKEN_PREFIX = "chatd_"  # noqa: S105 -- what is no secret of a token
"""How every token begins, so that whoever searches files for secrets that leaked finds it."""

TOKEN_DAYS = 90
"""How long a token is good when nobody says: long enough for a script, short enough that a forgotten one ends."""

MAX_TOKEN_DAYS = 366
"""A program that is to run for longer is looked after once a year."""

MIN_TOKEN_HOURS = 1
"""Less than that is a mistake of the unit."""

SESSION_IDLE_DAYS = 30
"""A browser that has not been here for so long logs in anew."""

USE_NOTED_MS = 60_000
"""Milliseconds between two uses of a credential that are noted: a busy program costs one write a minute."""

MAX_TOKENS = 32
"""Good ones of one key: some programs on some machines."""

MAX_SESSIONS = 32
"""Of one key, beyond which the one goes that was unused for longest: nobody has more browsers."""

MAX_LABEL = 64
"""Bytes of a label: it is one word of a list."""

MAX_SECRET = 128
"""Characters that are looked at as a secret: no longer one was ever given out."""

_PRINTABLE = re.compile(r"[!-~]+")

_CONSONANTS = "bdfgjklmnprstvz"
_VOWELS = "aeiou"


class CredentialKind(StrEnum):
    """What a credential is for: a program that shows it with each request, or a browser that keeps it as a cookie."""

    TOKEN = "token"  # noqa: S105 -- a word
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential as it is kept; times in milliseconds since the epoch. `digest` is the SHA-256 of its secret."""

    id: str
    kind: CredentialKind
    digest: str
    name: str
    """The member it stands for."""
    fingerprint: str
    """The member's key that vouched for it; with the key it goes."""
    created_at: int
    expires_at: int
    """From then on it is not good; that of a session moves on with its use."""
    label: str = ""
    read_only: bool = False
    used_at: int | None = None
    """When it was used, as far as that is noted; None: never."""

    def is_good(self, now_ms: int) -> bool:
        """Whether it has not expired."""
        return now_ms < self.expires_at

    def is_of(self, visitor: Visitor) -> bool:
        """Whether it is the visitor's to see and to revoke: it acts under their name, or came of their key."""
        return self.name == visitor.name or self.fingerprint == visitor.fingerprint

    def is_worth_noting(self, now_ms: int) -> bool:
        """Whether a use now has to be noted: the last one that was is a minute ago."""
        return self.used_at is None or now_ms - self.used_at >= USE_NOTED_MS

    def used(self, now_ms: int) -> Credential:
        """The credential with this use noted."""
        if self.kind is CredentialKind.TOKEN:
            return replace(self, used_at=now_ms)
        return replace(self, used_at=now_ms, expires_at=session_end(now_ms))

    @property
    def last_seen(self) -> int:
        """When it was used, or made."""
        return self.created_at if self.used_at is None else self.used_at


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody who has shown a credential that is good: a member, and what the credential allows."""

    visitor: Visitor
    id: str
    kind: CredentialKind
    read_only: bool
    """Whether nothing may be changed with it."""


def session_end(now_ms: int) -> int:
    """When a session ends that is used now and then no more."""
    return now_ms + SESSION_IDLE_DAYS * DAY_MS


def token_end(now_ms: int, lifetime: str | None) -> int:
    """When a token ends that is made now, to be good for `lifetime`, such as `90d`. Raises UsageError."""
    if lifetime is None:
        return now_ms + TOKEN_DAYS * DAY_MS
    try:
        ms = duration_ms(lifetime)
    except ValueError:
        raise UsageError(f"{lifetime[:20]!r} is no time to expire in; 90d, 12w or 36h is") from None
    if not MIN_TOKEN_HOURS * HOUR_MS <= ms <= MAX_TOKEN_DAYS * DAY_MS:
        raise UsageError(f"a token is good for {MIN_TOKEN_HOURS}h to {MAX_TOKEN_DAYS}d, not {lifetime}")
    return now_ms + ms


def label_of(text: str) -> str:
    """A label as it is kept: one line, safe to print. Raises UsageError for one that is too long."""
    label = sanitize_line(text).strip()
    check_size("label", label, MAX_LABEL)
    return label


def token_text(random: bytes) -> str:
    """A token's secret as its owner gets it."""
    return TOKEN_PREFIX + code_text(random)


def code_text(random: bytes) -> str:
    """The secret of a session or of a link, in characters that cookies and fragments of URLs take as they are."""
    return urlsafe_b64encode(random).rstrip(b"=").decode()


def digest_of(secret: str) -> str | None:
    """What is kept of a secret, in hexadecimal; None for a text that cannot be one."""
    if len(secret) > MAX_SECRET or not _PRINTABLE.fullmatch(secret):
        return None
    return sha256(secret.encode("ascii")).hexdigest()


def speakable(random: bytes) -> str:
    """An id that can be said over the telephone, such as `bakolu`: one syllable for each byte."""
    return "".join(
        _CONSONANTS[byte // len(_VOWELS) % len(_CONSONANTS)] + _VOWELS[byte % len(_VOWELS)] for byte in random
    )

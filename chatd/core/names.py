"""Names of people and rooms: what is a name, what it is mended to, and which two look alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from chatd.errors import UsageError

MAX_NAME = 32
"""Characters of a name: fits a column on a phone's screen."""

RESERVED = frozenset({"system", "chatd", "guest"})
"""Names that speak for the server, or for nobody in particular."""

OFFICES = frozenset({
    "admin", "administrator", "root", "server", "operator", "moderator", "owner", "everyone", "all", "here", "channel",
    "room", "bot", "tool", "help", "deleted",
})  # fmt: skip
"""Names that speak with somebody's authority, or to everybody: a model may have one, a person may not."""

GIVEN = frozenset({"ali"})
"""Names of people that look like an office, and are theirs all the same."""

GUEST_PREFIX = "guest-"
PRIVATE_PREFIX = "~"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_UNFIT = re.compile(r"[^a-z0-9._-]+")
_LOOKS_LIKE = str.maketrans({
    **dict.fromkeys(".-_:/"), "0": "o", "1": "l", "i": "l", "5": "s", "m": "rn", "w": "vv", "d": "cl",
})  # fmt: skip
"""What UTS 39 says of the characters of names, and what many typefaces make of them. Separators are overlooked; a
letter that two others look like is spelled with those, so that it does not matter where one begins to read."""


def is_name(text: str) -> bool:
    """Whether `text` is a name as it stands: 1-32 of `a-z 0-9 . _ -`, first a letter or digit."""
    return _NAME.fullmatch(text) is not None


def fold(text: str) -> str:
    """The form in which names are compared: `Alice` and `alice` are one."""
    return text.strip().lower()


def mend(text: str) -> str | None:
    """The name a login plainly means (`Jean Luc` -> `jean-luc`, `é` -> `e`), or None when that is not plain.

    A name that is too long is not cut: two people whose names begin alike would be one.
    """
    mended = legible(text)
    return mended if mended is not None and is_name(mended) else None


def legible(text: str) -> str | None:
    """A login in the characters of a name, however long it is; None when nothing of it can be had that way.

    Letters of other scripts are not transliterated: a mended name must not surprise its owner.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).strip().lower()
    if any(c.isalnum() and not c.isascii() for c in bare):
        return None
    return _UNFIT.sub("-", bare).strip("-._") or None


def is_reserved(name: str) -> bool:
    """Whether neither a person nor a model may have the name: those of the server and of guests."""
    return name in RESERVED or skeleton(name).startswith(_LIKE_A_GUEST)


def skeleton(name: str) -> str:
    """What a name looks like at a glance: two names with one skeleton can be taken for each other."""
    return name.translate(_LOOKS_LIKE)


_LIKE_A_GUEST = skeleton(GUEST_PREFIX)


def called(model: str) -> set[str]:
    """What a model may be called: its name, and that without its tag, its path, or both."""
    return {form for name in (model, model.rpartition("/")[2]) for form in (name, name.rpartition(":")[0] or name)}


def room_name(text: str) -> str:
    """The folded name of a public room, as people type it (`#Lobby` too).

    Raises UsageError when it is no name; the message says what is.
    """
    folded = fold(text).removeprefix("#")
    if not is_name(folded):
        raise UsageError(f"{text.strip()[:40]!r} is no room name: 1-32 of a-z 0-9 . _ -, first a letter or digit")
    return folded


def private_room(owner: str) -> str:
    """The name of a user's own private room."""
    return PRIVATE_PREFIX + owner


def is_hidden(room: str, person: str) -> bool:
    """Whether a room of this name is somebody else's private one."""
    return room.startswith(PRIVATE_PREFIX) and room != private_room(person)


def guest_name(wanted: str | None, taken: Container[str]) -> str:
    """A free guest name near the one wanted: `guest-NAME`, then `guest-NAME-2`, …; `guest-N` when none is wanted."""
    if wanted is None or wanted + "-" == GUEST_PREFIX:
        return _first_free(GUEST_PREFIX, "1", taken)
    base = wanted.removeprefix(GUEST_PREFIX)[: MAX_NAME - len(GUEST_PREFIX) - len("-999")].rstrip("-._") or "1"
    first = GUEST_PREFIX + base
    return first if first not in taken else _first_free(first + "-", "2", taken)


def _first_free(prefix: str, start: str, taken: Container[str]) -> str:
    number = int(start)
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"

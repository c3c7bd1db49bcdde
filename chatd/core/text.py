"""Text of people and models on its way in: sizes said aloud, and made fit to be stored."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from chatd.errors import UsageError

KIB = 1024

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: lone surrogates (a JSON escape cut in half) become U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def decoded(data: bytes, what: str) -> str:
    """Text that somebody piped in: UTF-8, or UTF-16 with its byte order mark; the mark goes.

    Raises UsageError for anything else: in a guessed encoding it would be garbage for everybody.
    """
    encoding = "utf-16" if data.startswith(UTF_16_MARKS) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(f"{what} is no text in UTF-8 (at byte {error.start + 1}); it is not posted") from None


def size_of(text: str) -> int:
    """Count the bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def human_size(size: int) -> str:
    """A size as people say it: `20 KiB`, `16.5 KiB`, `900 bytes`."""
    if size < KIB:
        return f"{size} bytes"
    unit, name = (KIB, "KiB") if size < KIB * KIB else (KIB * KIB, "MiB")
    return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"


def check_size(what: str, text: str, limit: int) -> None:
    """Raise UsageError when the text is larger than `limit` bytes; the message names both sizes."""
    check_length(what, size_of(text), limit)


def check_length(what: str, size: int, limit: int) -> None:
    """As `check_size`, for something that is not kept."""
    if size > limit:
        found, allowed = human_size(size), human_size(limit)
        if found == allowed:
            found, allowed = f"{size} bytes", f"{limit} bytes"
        raise UsageError(f"{what} is {found}, the limit is {allowed}")


def newest(pieces: Sequence[str], count: int) -> str:
    """The last `count` code points of the joined pieces, at the cost of what is returned."""
    if count <= 0:
        return ""
    found: list[str] = []
    for piece in reversed(pieces):
        found.append(piece)
        count -= len(piece)
        if count <= 0:
            break
    return "".join(reversed(found))[-count if count < 0 else 0 :]

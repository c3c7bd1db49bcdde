"""Log lines without raw control characters: they quote what clients send."""

from __future__ import annotations

_LONGEST = 200


def printable(text: str) -> str:
    """`text` on one line: what does not print is escaped as in a Python literal, and what is long is cut."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def traceback_of(errors: ExceptionGroup[Exception]) -> Exception:
    """What to give a record as `exc_info`: `except*` wraps even a single exception, which reads better bare."""
    return errors.exceptions[0] if len(errors.exceptions) == 1 else errors

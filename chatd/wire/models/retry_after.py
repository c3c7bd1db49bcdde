"""How long a server asks one to wait before the next try."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{0,12})?", re.ASCII)
"""No server means a longer one, and none of these is too large for a float."""


def retry_after(value: str | None, milliseconds: str | None, now: float) -> float | None:
    """Seconds to wait, never below zero; None when nothing is said, or nothing that can be understood.

    Args:
        value: of the header `Retry-After`: seconds, or a date as HTTP writes it.
        milliseconds: of the header `retry-after-ms`, which says the same more exactly and so goes first.
        now: seconds since the epoch, to which a date is compared.
    """
    exactly = _number(milliseconds)
    if exactly is not None:
        return max(0.0, exactly / 1000)
    seconds = _number(value)
    if seconds is None:
        seconds = _until(value, now)
    return None if seconds is None else max(0.0, seconds)


def _number(value: str | None) -> float | None:
    found = _NUMBER.fullmatch((value or "").strip())
    return None if found is None else float(found[0])


def _until(value: str | None, now: float) -> float | None:
    try:
        date = parsedate_to_datetime(value or "")
        # A date without a zone is in GMT, as all dates of HTTP are.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

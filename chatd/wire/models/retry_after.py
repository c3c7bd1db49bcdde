"""Parses the delay before the next request that a server asks for."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{0,12})?", re.ASCII)
"""A delay as servers write it: a longer number is no delay, and might be too large for a float."""


def retry_after(value: str | None, milliseconds: str | None, now: float) -> float | None:
    """Seconds to wait, never below zero; None when both headers are missing or cannot be parsed.

    Args:
        value: the header `Retry-After`: seconds, or an HTTP date.
        milliseconds: the header `retry-after-ms`, which is more exact and takes precedence.
        now: seconds since the epoch, with which a date is compared.
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

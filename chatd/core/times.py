"""Times as people and files write them: `2026-11-20T10:15:30.123Z`, UTC, milliseconds; `90d`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_UNITS = {"h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS}
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_MS = timedelta(milliseconds=1)
_DURATION = re.compile(r"([0-9]{1,4})([hdw])")


def iso(ms: int) -> str:
    """Milliseconds since the epoch as text."""
    moment = _EPOCH + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def from_iso(text: str) -> int:
    """The inverse of `iso`. Raises ValueError for anything else."""
    if _ISO.fullmatch(text) is None:  # `fromisoformat` takes many forms, `strptime` is ten times slower
        raise ValueError(f"no time: {text[:40]!r}")
    return (datetime.fromisoformat(text) - _EPOCH) // _MS


def duration_ms(text: str) -> int:
    """How long `36h`, `90d` or `12w` is, in milliseconds. Raises ValueError for anything else."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"no duration: {text[:40]!r}")
    return int(found[1]) * _UNITS[found[2]]

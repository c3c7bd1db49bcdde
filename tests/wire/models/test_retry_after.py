"""Waits that servers ask for, in all three ways; rubbish asks for nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.models.retry_after import retry_after

NOW = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("value", "milliseconds", "seconds"),
    [
        ("3", None, 3.0),
        (" 1.5 ", None, 1.5),
        ("0", None, 0.0),
        ("-5", None, 0.0),
        ("Fri, 20 Nov 2026 10:00:30 GMT", None, 30.0),
        ("Fri, 20 Nov 2026 10:00:30 -0000", None, 30.0),
        ("Fri, 20 Nov 2026 12:00:30 +0200", None, 30.0),
        ("Friday, 20-Nov-26 10:00:30 GMT", None, 30.0),
        ("Fri, 20 Nov 2026 09:00:00 GMT", None, 0.0),
        (None, "1500", 1.5),
        ("9", "250", 0.25),
        ("9", "soon", 9.0),
        (None, "-3", 0.0),
        (None, None, None),
        ("", "", None),
        ("soon", None, None),
        ("nan", None, None),
        ("inf", "inf", None),
        ("1_000", None, None),
        ("٣", None, None),
        ("9" * 5000, None, None),
        ("Fri, 99 Nov 2026 10:00:30 GMT", None, None),
    ],
)
def test_waits(value: str | None, milliseconds: str | None, seconds: float | None) -> None:
    assert retry_after(value, milliseconds, NOW) == seconds


@given(st.text(max_size=40), st.text(max_size=10), st.floats(0, 1e11))
def test_anything_gives_a_wait_or_nothing(value: str, milliseconds: str, now: float) -> None:
    wait = retry_after(value, milliseconds, now)
    assert wait is None or wait >= 0

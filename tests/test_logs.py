"""One event is one line, without raw control bytes, whatever is in it."""

from __future__ import annotations

import logging

from hypothesis import given
from hypothesis import strategies as st

from chatd.logs import OneLine


def formatted(message: str, error: Exception | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    return OneLine().format(logging.LogRecord("chatd.x", logging.INFO, "f", 1, "%s", (message,), info))


@given(st.text(max_size=60))
def test_any_message_is_one_safe_line(message: str) -> None:
    line = formatted(message)
    assert all(char >= " " and not "\x7f" <= char <= "\x9f" for char in line)


def test_a_traceback_stays_on_its_line() -> None:
    try:
        raise ValueError("\x1b[31mred\nand more")
    except ValueError as error:
        line = formatted("it failed", error)
    assert "\n" not in line and "\x1b" not in line
    assert "INFO chatd.x: it failed␤Traceback" in line and line[10] == "T" and line[23] == "Z"

"""What a script writes into the server's log: so much of it that the disk and the other lines survive its mistakes."""

from __future__ import annotations

import logging

from chatd.core.sanitize import sanitize_line
from chatd.ports import Clock

logger = logging.getLogger("chatd.script")

MAX_CHARS = 1000
"""Characters of a line."""

MAX_LINES = 100
WINDOW_MS = 10_000
"""So many lines of one runtime in so many milliseconds; of what is more, the number is logged with the next line that
is written. That is plenty to trace a bug by, and some 10 KiB a second at worst.
"""

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


class ScriptLog:
    """The log lines that one runtime may write, within a bound of lines and time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock.now_ms()
        self._lines = 0

    def write(self, level: str, text: str) -> None:
        """tools.log(level, text)"""
        now = self._clock.now_ms()
        if not 0 <= now - self._since < WINDOW_MS:
            left_out = self._lines - MAX_LINES
            if left_out > 0:
                logger.warning("%d lines of a script were left out, the limit is %d in %d s", left_out, MAX_LINES,
                               WINDOW_MS // 1000)  # fmt: skip
            self._since, self._lines = now, 0
        self._lines += 1
        if self._lines <= MAX_LINES:
            line = sanitize_line(str(text)[:MAX_CHARS])
            logger.log(_LEVELS.get(str(level), logging.INFO), "%s", line)

"""Logging to stderr: one event is one line, without raw control bytes, whatever is in it."""

from __future__ import annotations

import logging
import sys

from chatd.core.sanitize import sanitize_line
from chatd.core.times import iso


class OneLine(logging.Formatter):
    """`2026-11-20T10:15:30.123Z INFO chatd.ssh: …`; a traceback follows on the same line, its line ends visible."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        stamp = iso(int(record.created * 1000))
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return f"{stamp} {record.levelname} {record.name}: {sanitize_line(text)}"


CHATTY = ("httpx", "httpcore")
"""Libraries that log each request to a model's server with its whole URL, and a key may be in that."""


def set_up(level: str) -> None:
    """Send everything of at least this level to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)

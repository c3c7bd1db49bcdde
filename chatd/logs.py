"""Logging to stderr: one event is one line, without raw control bytes, whatever is in it."""

from __future__ import annotations

import json
import logging
import sys

from chatd.config import LogConfig
from chatd.core.sanitize import sanitize_line
from chatd.core.times import iso
from chatd.log_components import COMPONENTS

OURS = "chatd"
"""The logger above all components. Others' libraries are heard from warnings on: what they tell below that quotes what
people say, and whole addresses with the keys in them."""


class OneLine(logging.Formatter):
    """`2026-11-20T10:15:30.123Z INFO chatd.ssh: …`; a traceback follows on the same line, its line ends visible."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        return f"{stamp(record)} {record.levelname} {record.name}: {self.message(record)}"

    def message(self, record: logging.LogRecord) -> str:
        """What the record says, with its traceback, safe to show."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return sanitize_line(text)


class JsonLine(OneLine):
    """A JSON object: `ts`, `level`, `component` (of ours, or the name of a library's logger), `message`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, in ASCII."""
        value = {
            "ts": stamp(record),
            "level": record.levelname.lower(),
            "component": record.name.removeprefix(f"{OURS}."),
            "message": self.message(record),
        }
        return json.dumps(value)


FORMATTERS = {"text": OneLine, "json": JsonLine}


def stamp(record: logging.LogRecord) -> str:
    """When it was."""
    return iso(int(record.created * 1000))


def set_up(log: LogConfig) -> None:
    """Send to stderr, in its format, what is to be heard."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATTERS[log.format]())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    set_levels(log)


def set_levels(log: LogConfig) -> None:
    """Hear of each component from its level on, at once; one without a level of its own is heard as the whole."""
    logging.getLogger(OURS).setLevel(log.level.upper())
    for component in COMPONENTS:
        level = log.components.get(component, "notset")
        logging.getLogger(f"{OURS}.{component}").setLevel(level.upper())

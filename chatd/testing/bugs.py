"""Bugs that a boundary of the server has met and logged: a test that goes on must learn of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class Bugs(logging.Handler):
    """Keeps what is logged with a traceback: a boundary has met a bug."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """As logging.Handler: a record with a traceback is a bug."""
        if record.exc_info and record.exc_info[1] is not None:
            self.found.append(f"{record.getMessage()}: {record.exc_info[1]!r}"[:300])


@contextmanager
def bugs_met() -> Iterator[Bugs]:
    """What the server logs goes to the Bugs alone while the block runs."""
    bugs, logger = Bugs(), logging.getLogger("chatd")
    logger.addHandler(bugs)
    before, logger.propagate = logger.propagate, False
    try:
        yield bugs
    finally:
        logger.removeHandler(bugs)
        logger.propagate = before

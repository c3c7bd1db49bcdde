"""asyncssh's own lines among ours."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from chatd.adapters.log_text import printable


class _Bridge(logging.Handler):
    """Hands asyncssh's records to our logger, escaped: they quote what clients send."""

    def __init__(self, log: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.log(record.levelno, "asyncssh: %s", printable(record.getMessage()), exc_info=record.exc_info)


@contextmanager
def asyncssh_bridged(log: logging.Logger) -> Iterator[None]:
    """Within the block asyncssh logs warnings and worse, and does so through `log`.

    Below that it writes a dozen lines for each session, most of them quoting the client.
    """
    theirs = logging.getLogger("asyncssh")
    level, propagate = theirs.level, theirs.propagate
    bridge = _Bridge(log)
    theirs.setLevel(logging.WARNING)
    theirs.propagate = False
    theirs.addHandler(bridge)
    try:
        yield
    finally:
        theirs.removeHandler(bridge)
        theirs.setLevel(level)
        theirs.propagate = propagate

"""Taking connections: no faster than they are served, and through times without a descriptor to spare."""

from __future__ import annotations

import errno
import logging
import resource

import trio

_NONE_LEFT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE = 0.1
"""Seconds until the next try when nothing was left to take a connection with."""
_SAID_AGAIN = 10.0
"""Seconds between two log lines about it."""


class Acceptor:
    """Accepts for all listeners of a server. Connections that cannot be taken wait in the kernel."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._failed = 0
        self._said_at: float | None = None

    async def accept(self, listener: trio.abc.Listener[trio.SocketStream]) -> trio.SocketStream:
        """The next connection. Raises OSError for what will not pass."""
        while True:
            try:
                return await listener.accept()
            except OSError as error:
                if error.errno not in _NONE_LEFT:
                    raise
                self._say(error)
            await trio.sleep(_PAUSE)

    def _say(self, error: OSError) -> None:
        self._failed += 1
        now = trio.current_time()
        if self._said_at is not None and now < self._said_at + _SAID_AGAIN:
            return
        self._said_at = now
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._log.error(
            "connections have to wait (%s, %d tries): the process may have %d descriptors; raise that (ulimit -n, or"
            " LimitNOFILE of systemd) or lower max_connections",
            error.strerror, self._failed, limit,
        )  # fmt: skip

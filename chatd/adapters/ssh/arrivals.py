"""How fast one source may come in: who comes faster than people do waits, the newest first, or is refused."""

from __future__ import annotations

import trio

from chatd.adapters.ssh.limits import SshLimits
from chatd.core.rate_limiter import RateLimiter


class _Caller:
    """A connection that waits for its turn."""

    def __init__(self) -> None:
        self.refused = False
        self.news = trio.Event()

    def wake(self) -> None:
        """Tell the task that waits that a connection came or went."""
        news, self.news = self.news, trio.Event()
        news.set()


class Arrivals:
    """The turns of connections that have just been accepted, for each source.

    The newest goes first: when a flood has passed, whoever comes next need not wait until its remains are through.
    """

    def __init__(self, limits: SshLimits) -> None:
        self._limits = limits
        self._pace = RateLimiter(limits.connects_per_second, limits.connects_per_second)
        self._lines: dict[str, list[_Caller]] = {}

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(map(len, self._lines.values()))

    async def turn(self, source: str) -> str | None:
        """Wait until it is a connection's turn; a text says why it is refused instead."""
        now = trio.current_time()
        if source not in self._lines and not self._pace.delay(source, now):
            self._pace.take(source, now)
            return None
        caller, line = _Caller(), self._lines.setdefault(source, [])
        line.append(caller)
        self._bound()
        try:
            with trio.move_on_after(self._limits.pace_patience):
                if await self._wait(source, caller, line):
                    return None
        finally:
            line.remove(caller)
            if line:
                line[-1].wake()
            else:
                del self._lines[source]
        return f"more than {self._limits.connects_per_second} connections a second from one address; try again later"

    async def _wait(self, source: str, caller: _Caller, line: list[_Caller]) -> bool:
        """Whether it is the caller's turn now; False: it is refused."""
        while not caller.refused:
            if line[-1] is not caller:
                await caller.news.wait()
                continue
            delay = self._pace.delay(source, trio.current_time())
            if not delay:
                self._pace.take(source, trio.current_time())
                return True
            with trio.move_on_after(delay):
                await caller.news.wait()
        return False

    def _bound(self) -> None:
        """When too many wait, the oldest of the longest line is refused."""
        standing = {source: [one for one in line if not one.refused] for source, line in self._lines.items()}
        if sum(map(len, standing.values())) > self._limits.paced:
            oldest = max(standing.values(), key=len)[0]
            oldest.refused = True
            oldest.wake()

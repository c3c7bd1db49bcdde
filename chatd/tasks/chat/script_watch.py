"""Noticing that the interface's files have changed, so that live sessions can take them up."""

from __future__ import annotations

import logging

import trio

from chatd.ports import FileEvents, RunSync, Scripts
from chatd.tasks.log.bell import BellTower

logger = logging.getLogger("chatd.script")

SETTLE_S = 0.1
"""Between noticing a change and telling it: editors and checkouts write more than one file, and not in one step."""


class ScriptWatch:
    """Looks at the files. `run` is one task that outlives every session.

    `interval` is the least number of seconds between two looks; where the system tells of changes (`events`), the
    files are looked at then, and every `seldom` seconds, for what it does not tell of.
    """

    def __init__(self, scripts: Scripts, events: FileEvents | None, interval: float, seldom: float) -> None:
        self._scripts = scripts
        self._events = events
        self._interval = interval
        self._seldom = seldom
        self.bells = BellTower()
        """Rung when files were added, saved or removed."""

    async def run(self, run_sync: RunSync) -> None:
        """Look until cancelled. Files that cannot be looked at are as if they were not there."""
        events = self._events
        if events is None or not events.begin():
            await self._keep_looking(run_sync, None)
            return
        try:
            await self._keep_looking(run_sync, events)
        finally:
            events.end()

    async def _keep_looking(self, run_sync: RunSync, events: FileEvents | None) -> None:
        known = await run_sync(self._look, events)
        while True:
            looked_at = trio.current_time()
            if events is not None:
                with trio.move_on_after(self._seldom):
                    await events.wait()
            await trio.sleep_until(looked_at + self._interval)
            now = await run_sync(self._look, events)
            if now == known:
                continue
            await trio.sleep(SETTLE_S)
            known = await run_sync(self._look, events)
            logger.info("the interface's files have changed")
            for bell in self.bells.hung():
                bell.ring()
                await trio.lowlevel.checkpoint()  # each takes milliseconds to read them: others go on in between

    def _look(self, events: FileEvents | None) -> object:
        if events is not None:
            events.mind()  # first: what changes after the look is told
        return self._scripts.stamp()

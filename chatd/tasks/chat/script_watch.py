"""Noticing that the interface's files have changed, so that live sessions can take them up."""

from __future__ import annotations

import logging

import trio

from chatd.ports import RunSync, Scripts
from chatd.tasks.log.bell import BellTower

logger = logging.getLogger("chatd.scripts")

SETTLE_S = 0.1
"""Between noticing a change and telling it: editors and checkouts write more than one file, and not in one step."""


class ScriptWatch:
    """Looks at the files. `run` is one task that outlives every session."""

    def __init__(self, scripts: Scripts, interval: float) -> None:
        self._scripts = scripts
        self._interval = interval
        self.bells = BellTower()
        """Rung when files were added, saved or removed."""

    async def run(self, run_sync: RunSync) -> None:
        """Look until cancelled. Files that cannot be looked at are as if they were not there."""
        known = await run_sync(self._scripts.stamp)
        while True:
            await trio.sleep(self._interval)
            now = await run_sync(self._scripts.stamp)
            if now == known:
                continue
            await trio.sleep(SETTLE_S)
            known = await run_sync(self._scripts.stamp)
            logger.info("the interface's files have changed")
            for bell in self.bells.hung():
                bell.ring()
                await trio.lowlevel.checkpoint()  # each takes milliseconds to read them: others go on in between

"""Looking which models there are: at the start, every minute, and when somebody wants to know."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import trio

from chatd.errors import ModelFailure
from chatd.ports import ModelSource
from chatd.tasks.roster import Roster

logger = logging.getLogger("chatd.models")


PATIENCE = 2.0
"""Seconds that a person waits for servers to say what they offer; those that are late come with the next look."""


class Discovery:
    """Keeps the roster's discovered models fresh. `run` is one task that outlives every session."""

    def __init__(self, roster: Roster, sources: Sequence[ModelSource], interval: float) -> None:
        self._roster = roster
        self._sources = tuple(sources)
        self._interval = interval
        self._said: dict[str, str] = {}
        self._wanted = trio.Event()
        self._looked = trio.Event()

    async def run(self) -> None:
        """Look, and look again, until cancelled. One source that hangs does not keep the others waiting."""
        while self._sources:
            self._wanted = trio.Event()
            async with trio.open_nursery() as nursery:
                for source in self._sources:
                    nursery.start_soon(self._look, source)
            looked, self._looked = self._looked, trio.Event()
            looked.set()
            with trio.move_on_after(self._interval):
                await self._wanted.wait()

    async def refresh(self) -> None:
        """Have everybody looked at anew; returns when that is done, or after PATIENCE seconds."""
        if not self._sources:
            return
        with trio.move_on_after(PATIENCE):
            self._wanted.set()
            await self._looked.wait()

    async def _look(self, source: ModelSource) -> None:
        try:
            models = await source.look()
        except ModelFailure as failure:
            self._say(source, f"not available: {failure}", loud=source.expected or source.name in self._said)
            return
        self._roster.found(source.name, models)
        self._say(source, f"{len(models)} models found" if models else "available", loud=True)

    def _say(self, source: ModelSource, what: str, *, loud: bool) -> None:
        """One line in the log for each change."""
        if self._said.get(source.name) != what and loud:
            self._said[source.name] = what
            logger.info("%s: %s", source.name, what)

"""Looking which models there are: at the start, every minute, and when somebody wants to know."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import trio

from chatd.errors import ModelFailure
from chatd.ports import ModelSource
from chatd.tasks.asking.model_registry import ModelRegistry

logger = logging.getLogger("chatd.models")


PATIENCE = 2.0
"""Seconds that a person waits for servers to say what they offer; those that are late come with the next look."""


class _Lookout:
    """One source, and who waits for it."""

    def __init__(self, source: ModelSource) -> None:
        self.source = source
        self.said = ""
        """What the log was told last."""
        self.offered = False
        """Whether it has ever offered a model: those that only learn of configured ones add nothing to the registry."""
        self.looking = False
        self.asked_at: float | None = None
        """When somebody wanted to know last and it was looked."""
        self.wanted = trio.Event()
        self.looked = trio.Event()


class Discovery:
    """Keeps the registry's discovered models fresh. `run` is one task that outlives every session."""

    def __init__(self, registry: ModelRegistry, sources: Sequence[ModelSource], interval: float, least: float) -> None:
        """Look every `interval` seconds, and when somebody wants to know, at most once in `least` seconds."""
        self._registry = registry
        self._lookouts = [_Lookout(source) for source in sources]
        self._interval = interval
        self._least = least

    async def run(self) -> None:
        """Look, and look again, until cancelled. One source that hangs does not keep the others waiting."""
        async with trio.open_nursery() as nursery:
            for lookout in self._lookouts:
                nursery.start_soon(self._keep_looking, lookout)

    async def refresh(self) -> None:
        """Have everybody looked at anew; returns when that is done, or after PATIENCE seconds.

        However many want to know, each server is asked once at a time, and not again right after it was.
        """
        stale = [
            lookout
            for lookout in self._lookouts
            if lookout.looking or lookout.wanted.is_set() or not self._is_fresh(lookout)
        ]
        with trio.move_on_after(PATIENCE):
            for lookout in stale:
                if not lookout.looking:
                    lookout.asked_at = trio.current_time()
                    lookout.wanted.set()
            for looked in [lookout.looked for lookout in stale]:
                await looked.wait()

    def _is_fresh(self, lookout: _Lookout) -> bool:
        return lookout.asked_at is not None and trio.current_time() < lookout.asked_at + self._least

    async def _keep_looking(self, lookout: _Lookout) -> None:
        while True:
            lookout.wanted = trio.Event()
            lookout.looking = True
            await self._look(lookout)
            lookout.looking = False
            looked, lookout.looked = lookout.looked, trio.Event()
            looked.set()
            with trio.move_on_after(self._interval):
                await lookout.wanted.wait()

    async def _look(self, lookout: _Lookout) -> None:
        source = lookout.source
        try:
            models = await source.look()
        except ModelFailure as failure:
            self._say(lookout, f"not available: {failure}", loud=source.expected or bool(lookout.said))
        except Exception:  # one source's bug takes no server down
            logger.exception("%s: looking for its models failed", source.name)
        else:
            lookout.offered = lookout.offered or bool(models)
            if lookout.offered:
                self._registry.found(source, models)
            self._say(lookout, f"{len(models)} models found" if models else "available", loud=True)

    def _say(self, lookout: _Lookout, what: str, *, loud: bool) -> None:
        """One line in the log for each change."""
        if lookout.said != what and loud:
            lookout.said = what
            logger.info("%s: %s", lookout.source.name, what)

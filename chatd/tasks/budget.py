"""How many tokens each person has used today, against what a day allows; on disk, so that a restart forgives none."""

from __future__ import annotations

import logging
from collections import Counter

from chatd.core.times import iso
from chatd.errors import LimitReached, StorageError
from chatd.ports import Clock, Directory

logger = logging.getLogger("chatd.budget")


class Budget:
    """The day's account of everybody. Days are those of UTC. Counting is synchronous, writing follows."""

    def __init__(self, directory: Directory, clock: Clock, per_day: int) -> None:
        self._directory = directory
        self._clock = clock
        self._per_day = per_day
        self._day = ""
        self._spent: Counter[str] = Counter()
        self._unsaved: Counter[tuple[str, str]] = Counter()

    async def load(self) -> None:
        """Read what has been used today. Raises StorageError."""
        self._day = self._today()
        if not self._per_day:
            return
        self._spent = Counter(await self._directory.spent(self._day))

    def check(self, name: str) -> None:
        """Raise LimitReached when the person has used up the day's tokens."""
        self._turn_page()
        if self._per_day and self._spent[name] >= self._per_day:
            raise LimitReached(
                f"you have used {self._spent[name]:,} tokens today, the limit is {self._per_day:,}"
                " (max_tokens_per_day); it begins anew at 00:00 UTC"
            )

    def spent(self, name: str) -> tuple[int, int]:
        """What the person has used today, and what a day allows (0: anything)."""
        self._turn_page()
        return self._spent[name], self._per_day

    def spend(self, name: str, tokens: int) -> None:
        """The person has used so many; `save` puts it on disk."""
        if tokens <= 0 or not self._per_day:
            return
        self._turn_page()
        self._spent[name] += tokens
        self._unsaved[name, self._day] += tokens

    async def save(self) -> None:
        """Put on disk what is not there yet. A disk that refuses is logged, and tried again with the next answer."""
        while self._unsaved:
            (name, day), tokens = next(iter(self._unsaved.items()))
            del self._unsaved[name, day]
            written = False
            try:
                await self._directory.spend(name, day, tokens)
                written = True
            except StorageError as error:
                logger.error("%d tokens of %s are not accounted for on disk yet: %s", tokens, name, error)
                return
            except Exception:
                written = True  # tried again it would fail again, and with it everybody's answers
                logger.exception("%d tokens of %s could not be accounted for", tokens, name)
            finally:
                if not written:
                    self._unsaved[name, day] += tokens

    def _turn_page(self) -> None:
        today = self._today()
        if today != self._day:
            self._day = today
            self._spent.clear()

    def _today(self) -> str:
        return iso(self._clock.now_ms())[:10]

"""How many tokens each account has used today, against what a day allows; on disk, so that a restart forgives none."""

from __future__ import annotations

import logging
from collections import Counter

from chatd.core.times import iso
from chatd.core.visit import Account
from chatd.errors import LimitReached, StorageError
from chatd.ports import Clock, Directory

logger = logging.getLogger("chatd.budget")


class Budget:
    """What everybody has used on this day. Days are those of UTC. Counting is synchronous, writing follows."""

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
        # An earlier version counted by name: on the day of the update that is on the account of the name's key.
        owners = dict(await self._directory.keys())
        for whose, tokens in (await self._directory.spent(self._day)).items():
            self._spent[owners.get(whose, whose)] += tokens

    def check(self, account: Account) -> None:
        """Raise LimitReached when the day's tokens are used up."""
        self._turn_page()
        if self._per_day and self._spent[account.id] >= self._per_day:
            whose = "guests from your address have" if account.guest else "you have"
            raise LimitReached(
                f"{whose} used {self._spent[account.id]:,} tokens today, the limit is {self._per_day:,}"
                " (max_tokens_per_day); it begins anew at 00:00 UTC"
            )

    def spent(self, account: Account) -> tuple[int, int]:
        """What has been used today, and what a day allows (0: anything)."""
        self._turn_page()
        return self._spent[account.id], self._per_day

    def spend(self, account: Account, tokens: int) -> None:
        """So many have been used; `save` puts it on disk."""
        if tokens <= 0 or not self._per_day:
            return
        self._turn_page()
        self._spent[account.id] += tokens
        self._unsaved[account.id, self._day] += tokens

    async def save(self) -> None:
        """Put on disk what is not there yet. A disk that refuses is logged, and tried again with the next answer."""
        while self._unsaved:
            (whose, day), tokens = next(iter(self._unsaved.items()))
            del self._unsaved[whose, day]
            written = False
            try:
                await self._directory.spend(whose, day, tokens)
                written = True
            except StorageError as error:
                logger.error("%d tokens of %s are not accounted for on disk yet: %s", tokens, whose, error)
                return
            except Exception:
                written = True  # tried again it would fail again, and with it everybody's answers
                logger.exception("%d tokens of %s could not be accounted for", tokens, whose)
            finally:
                if not written:
                    self._unsaved[whose, day] += tokens

    def _turn_page(self) -> None:
        today = self._today()
        if today != self._day:
            self._day = today
            self._spent.clear()

    def _today(self) -> str:
        return iso(self._clock.now_ms())[:10]

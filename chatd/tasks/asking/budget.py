"""How many tokens each account has used today, against what a day allows; on disk, so that a restart forgives none."""

from __future__ import annotations

import logging
from collections import Counter

from chatd.core.times import DAY_MS, iso
from chatd.core.visit import Account
from chatd.errors import LimitReached, StorageError
from chatd.ports import Clock, Directory

logger = logging.getLogger("chatd.budget")

KEPT_DAYS = 3
"""Days whose tokens are remembered, those that were looked at last: a clock that is set back over midnight, and
forwards again, forgives nothing.
"""


class Budget:
    """What everybody has used on this day. Days are those of UTC. Counting is synchronous, writing follows."""

    def __init__(self, directory: Directory, clock: Clock, per_day: int) -> None:
        self._directory = directory
        self._clock = clock
        self._per_day = per_day
        self._days: dict[str, Counter[str]] = {}
        self._unsaved: Counter[tuple[str, str]] = Counter()

    async def load(self) -> None:
        """Read what has been used today. Raises StorageError."""
        if not self._per_day:
            return
        day = self._today()
        spent = self._spent_on(day)
        # An earlier version counted by name: on the day of the update that is on the account of the name's key.
        owners = dict(await self._directory.keys())
        for whose, tokens in (await self._directory.spent(day)).items():
            spent[owners.get(whose, whose)] += tokens

    def check(self, account: Account) -> None:
        """Raise LimitReached when the day's tokens are used up."""
        spent = self._spent_on(self._today())[account.id]
        if self._per_day and spent >= self._per_day:
            whose = "guests from your address have" if account.guest else "you have"
            raise LimitReached(
                f"{whose} used {spent:,} tokens today, the limit is {self._per_day:,}"
                " (max_tokens_per_day); it begins anew at 00:00 UTC",
                retry_after=(DAY_MS - self._clock.now_ms() % DAY_MS) / 1000,
            )

    def spent(self, account: Account) -> tuple[int, int]:
        """What has been used today, and what a day allows (0: anything)."""
        return self._spent_on(self._today())[account.id], self._per_day

    def spend(self, account: Account, tokens: int) -> None:
        """So many have been used; `save` puts it on disk."""
        if tokens <= 0 or not self._per_day:
            return
        today = self._today()
        self._spent_on(today)[account.id] += tokens
        self._unsaved[account.id, today] += tokens

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

    def _spent_on(self, day: str) -> Counter[str]:
        """What was used on a day, which becomes the one that was looked at last."""
        spent = self._days.pop(day, Counter())
        self._days[day] = spent
        while len(self._days) > KEPT_DAYS:
            del self._days[next(iter(self._days))]
        return spent

    def _today(self) -> str:
        return iso(self._clock.now_ms())[:10]

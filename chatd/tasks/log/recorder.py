"""The recorder: the one task that commits, and this server's only writer of rooms.

Anybody submits drafts and gets a receipt at once. The recorder takes what all rooms have waiting, numbers it from each
room's head, and appends it to the log in one transaction (group commit: a free log commits at once, a busy one batches
by itself). Only what comes back committed is applied to its room, and then the bells ring: nobody can see what a
`kill -9` could lose.

Somebody else may append to the same log. An append that comes too late for its room's head is told so: then what the
other has appended is folded into the room, the drafts are numbered anew, in their order, and appended from there.

When the log fails, nothing is shown, the same append is tried again with back-off, those who watch `health` are told,
and new drafts are refused past a bound. An append belongs to the recorder, never to the scope of whoever submitted:
cancelling a write would tell nothing about whether it happened.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import assert_never

import trio

from chatd.core.room import Behind, Room
from chatd.core.row import Draft, Grow, Think
from chatd.errors import InternalFault, StorageError
from chatd.ports import AppendOutcome, Clock, Committed, Conflict, Ids, Log, Unknown
from chatd.tasks.log.authors import Authors
from chatd.tasks.log.backoff import Backoff
from chatd.tasks.log.bell import Bell, BellTower, Ringable
from chatd.tasks.log.limits import RecorderLimits
from chatd.tasks.log.pending import Batch, Pending, adds, sizes
from chatd.tasks.log.rebase import rebase
from chatd.tasks.log.receipt import Receipt

logger = logging.getLogger("chatd.recorder")

KEPT_COMMITS = 2000
"""Whose durations are kept: a busy minute."""

CONFLICTS_AT_ONCE = 3
"""Conflicts in a row after which each further try waits for a pause: the others are to get on, too."""


class Recorder:
    """Commits drafts. `submit` may be called from any task; `run` is one task that outlives every session."""

    def __init__(self, log: Log, clock: Clock, ids: Ids, limits: RecorderLimits) -> None:
        self._log = log
        self.first: Callable[[], Awaitable[None]] | None = None
        """Awaited before each commit: what must not be on disk later than rows. It never fails."""
        self._clock = clock
        self._ids = ids
        self._limits = limits
        self._pending = Pending()
        self._towers: dict[Room, BellTower] = {}
        self.authors = Authors()
        self._committing: dict[Room, Batch] = {}
        self._gone: set[Room] = set()
        """Rooms that were dropped while an append for them was under way; it may find nothing to append to."""
        self._wake = trio.Event()
        self._hurry = trio.Event()
        """Something waits that is more than growth, or somebody waits for growth."""
        self._backoff = Backoff(limits.first_retry_s, limits.last_retry_s)
        self._committed_at = 0.0
        self._idle = trio.Event()
        self._idle.set()
        self.trouble: str | None = None
        """Why the log refuses at present, in words; None while it works."""
        self.health = BellTower()
        """Rings when `trouble` changes."""
        self.anywhere = BellTower()
        """Rings after each commit, to whatever room."""
        self.commit_ms: deque[float] = deque(maxlen=KEPT_COMMITS)
        """Durations of the last commits, for `stats`."""

    # --- for everybody

    def submit(self, room: Room, draft: Draft, *, urgent: bool = False) -> Receipt:
        """Ask for a change of a room. Synchronous; the order of submission is the order of the room.

        `urgent` drafts finish what was begun and are taken also when no new ones are.
        Raises StorageError when the log fails and too much waits already.
        """
        return self.submit_together(room, [draft], urgent=urgent)[0]

    def submit_together(self, room: Room, drafts: Sequence[Draft], *, urgent: bool = False) -> list[Receipt]:
        """The same of several changes of which none is to be on disk without the others."""
        if not urgent:
            self.check()
        receipts = self._pending.add(room, drafts, self._clock.now_ms())
        self._idle = self._idle if not self._idle.is_set() else trio.Event()
        self._wake.set()
        if not all(isinstance(draft, Grow | Think) for draft in drafts):
            self._hurry.set()
        return receipts

    def hurry(self) -> None:
        """Commit what waits without a pause: somebody cannot go on before."""
        self._hurry.set()

    def expedite(self) -> None:
        """The server stops: what waits is tried again at once, and then without growing pauses."""
        self._backoff.expedite()

    def check(self) -> None:
        """Raise StorageError when new drafts are refused at present."""
        if self.trouble is not None:
            raise StorageError(f"{self.trouble}: nothing new can be kept now")
        if self.debt >= self._limits.debt or self._pending.chars >= self._limits.debt_chars:
            raise StorageError("the disk is too slow: too much waits to be written")

    @property
    def debt(self) -> int:
        """How many drafts are not committed yet."""
        return self._pending.owed

    @property
    def watched(self) -> bool:
        """Whether somebody watches a room."""
        return not all(tower.empty for tower in self._towers.values())

    def needs(self, room: Room) -> bool:
        """Whether somebody watches the room, or something waits to be written into it."""
        tower = self._towers.get(room)
        return room in self._pending or room in self._committing or (tower is not None and not tower.empty)

    def adding(self, room: Room, row_id: str) -> Receipt | None:
        """The promise to add a row of this id to the room, if one was given and is not kept yet."""
        under_way = self._committing.get(room)
        found = None if under_way is None else adds(under_way.taken, row_id)
        return found or self._pending.adding(room, row_id)

    def watch(self, room: Room, bell: Ringable) -> None:
        """Ring this bell after each commit to the room, until `unwatch`."""
        self._towers.setdefault(room, BellTower()).hang(bell)

    def unwatch(self, room: Room, bell: Ringable) -> None:
        """Stop ringing it."""
        if room in self._towers:
            self._towers[room].unhang(bell)

    def ring(self, room: Room) -> None:
        """Something about the room changed that is no entry, e.g. how an answer gets on."""
        if room in self._towers:
            self._towers[room].ring()

    def forget(self, room: Room) -> None:
        """The room is about to be dropped from the log: what waits for it is nothing, its receipts are fulfilled."""
        if room in self._committing:
            self._gone.add(room)
        for receipt in self._pending.forget(room):
            self._fulfil(receipt)
        self._towers.pop(room, None)

    async def confirm(self, receipt: Receipt) -> None:
        """Wait until the draft is committed. Raises StorageError when the log begins to fail before that."""
        bell = Bell()
        self.health.hang(bell)
        receipt.hang(bell)
        try:
            while self.trouble is None and not receipt.committed:
                await bell.wait()
        finally:
            receipt.unhang(bell)
            self.health.unhang(bell)
        if not receipt.committed:
            raise StorageError(f"{self.trouble}: it is not kept yet and will appear when it is")

    async def flushed(self) -> None:
        """Wait until nothing waits to be written."""
        while self.debt:
            await self._idle.wait()

    # --- the task

    async def run(self) -> None:
        """Commit until cancelled. Raises InternalFault when the log contradicts us; then the server must stop."""
        while True:
            await self._wake.wait()
            self._wake = trio.Event()
            await self._pause()
            batches = self._pending.take(self._limits.batch, self._ids.new)
            if not batches:  # what waited was for a room that is gone
                continue
            self._committing = {batch.room: batch for batch in batches}
            await self._commit(batches)
            self._committing.clear()
            self._gone.clear()
            if self._pending:
                self._wake.set()

    async def _pause(self) -> None:
        if not self._hurry.is_set():
            with trio.CancelScope(deadline=self._committed_at + self._limits.pause_s):
                await self._hurry.wait()
        self._hurry = trio.Event()

    async def _commit(self, batches: list[Batch]) -> None:
        """Append until all of it is committed, and publish each batch once it is."""
        if self.first is not None:
            await self.first()
        conflicts = 0
        while batches:
            started = trio.current_time()
            outcomes = await self._log.append([batch.append for batch in batches])
            trouble = next((o.reason for o in outcomes if isinstance(o, Unknown)), None)
            if trouble is None:
                self._worked(started, batches)
            behind, batches = self._publish_committed(zip(batches, outcomes, strict=True))
            try:
                for place, batch in enumerate(batches):
                    if batch.room in behind:
                        before = batch.room.number
                        batches[place] = await rebase(self._log, batch, self._gone)
                        self._tell_authors(batch.room, before)
                        self._ring_for(batch.room)
            except StorageError as error:
                trouble = str(error)  # the next try tells again which rooms are behind
            if trouble is not None:
                self._report(trouble)
                await self._backoff.wait()
            elif behind:
                conflicts += 1
                await trio.sleep(self._limits.pause_s if conflicts > CONFLICTS_AT_ONCE else 0)

    def _publish_committed(self, outcomes: Iterable[tuple[Batch, AppendOutcome]]) -> tuple[set[Room], list[Batch]]:
        """Show what is committed; returns which rooms are behind their logs, and the batches to be tried again."""
        behind: set[Room] = set()
        again: list[Batch] = []
        for batch, outcome in outcomes:
            match outcome:
                case Committed():
                    self._publish(batch)
                case Conflict() if batch.room in self._gone:
                    self._publish(batch)
                case Conflict():
                    behind.add(batch.room)
                    again.append(batch)
                case Unknown():
                    again.append(batch)
                case _:
                    assert_never(outcome)
        return behind, again

    def _tell_authors(self, room: Room, before: int) -> None:
        """Of what others have appended; when there was too much of it to be kept, nobody counts it."""
        entries = room.since(before)
        if not isinstance(entries, Behind):
            self.authors.tell(room, entries)

    def _worked(self, started: float, batches: list[Batch]) -> None:
        self._committed_at = trio.current_time()
        self._backoff.reset()
        took_ms = (self._committed_at - started) * 1000
        self.commit_ms.append(took_ms)
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s appended in %.1f ms; %d drafts wait", sizes(batches), took_ms, self.debt)
        self._report(None)

    def _report(self, trouble: str | None) -> None:
        if trouble == self.trouble:
            return
        if trouble is None:
            logger.warning("the log works again")
        else:
            logger.error("the log fails: %s; trying again", trouble)
        self.trouble = trouble
        self.health.ring()

    def _publish(self, batch: Batch) -> None:
        if batch.room not in self._gone:
            for thought in batch.append.thoughts:
                batch.room.thoughts.apply(thought)
            for entry in batch.append.entries:
                batch.room.apply(entry)
            self.authors.tell(batch.room, batch.append.entries)
        for receipt in batch.receipts:
            self._fulfil(receipt)
        self._ring_for(batch.room)

    def _ring_for(self, room: Room) -> None:
        self.ring(room)
        self.anywhere.ring()

    def _fulfil(self, receipt: Receipt) -> None:
        self._pending.pay(receipt)
        if not self.debt:
            self._idle.set()


async def serve_recorder(recorder: Recorder) -> None:
    """Run the recorder; its death, whatever the cause, is an InternalFault that stops the server."""
    try:
        await recorder.run()
    except InternalFault:
        raise
    except Exception as error:
        raise InternalFault(f"the recorder died: {error!r}") from error

"""What waits to be committed: drafts by room, in the order in which they were submitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatd.core.numbering import number
from chatd.core.room import Room
from chatd.core.row import Add, Begin, Draft, End, Numbered, Think, size_of
from chatd.ports import Append, Head
from chatd.tasks.log.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Waiting:
    """A draft, who waits for it, and its time in milliseconds."""

    draft: Draft
    receipt: Receipt
    at: int
    joined: bool
    """Whether it must be committed together with the next one."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is committed together for one room."""

    append: Append
    room: Room
    taken: Sequence[Waiting]

    @property
    def receipts(self) -> list[Receipt]:
        """Those of its drafts, in order."""
        return [waiting.receipt for waiting in self.taken]

    def renumbered(self) -> Batch:
        """The same drafts, numbered from where the room stands now."""
        return _batch(self.room, self.taken, self.append.token)


class Pending:
    """The drafts of all rooms that are not taken yet, and how much is owed: what is taken counts until it is paid."""

    def __init__(self) -> None:
        self._waiting: dict[Room, list[Waiting]] = {}
        self._sizes: dict[Receipt, int] = {}
        self.chars = 0
        """Code points of text in all that is owed."""

    def __bool__(self) -> bool:
        """Whether something waits to be taken."""
        return bool(self._waiting)

    def __contains__(self, room: Room) -> bool:
        """Whether something waits for this room."""
        return room in self._waiting

    @property
    def owed(self) -> int:
        """How many drafts are not committed, waiting or under way."""
        return len(self._sizes)

    def add(self, room: Room, drafts: Sequence[Draft], at: int) -> list[Receipt]:
        """File drafts that are committed together, never some of them."""
        waiting = [Waiting(draft, Receipt(), at, joined=draft is not drafts[-1]) for draft in drafts]
        self._waiting.setdefault(room, []).extend(waiting)
        for one in waiting:
            size = size_of(one.draft)
            self._sizes[one.receipt] = size
            self.chars += size
        return [one.receipt for one in waiting]

    def adding(self, room: Room, row_id: str) -> Receipt | None:
        """The promise to add a row of this id, if it waits."""
        return adds(self._waiting.get(room, ()), row_id)

    def take(self, most: int, new_token: Callable[[], str]) -> list[Batch]:
        """About `most` drafts of as many rooms as that are, as appends numbered from each room's head."""
        batches: list[Batch] = []
        for room in list(self._waiting):
            waiting = self._waiting.pop(room)
            cut = _cut(waiting, most)
            if waiting[cut:]:
                self._waiting[room] = waiting[cut:]
            batches.append(_batch(room, waiting[:cut], new_token()))
            most -= cut
            if most <= 0:
                break
        return batches

    def forget(self, room: Room) -> list[Receipt]:
        """What waits for this room is nothing any more."""
        return [waiting.receipt for waiting in self._waiting.pop(room, [])]

    def pay(self, receipt: Receipt) -> None:
        """It is owed no longer."""
        self.chars -= self._sizes.pop(receipt)
        receipt.fulfil()


def adds(waiting: Sequence[Waiting], row_id: str) -> Receipt | None:
    """The promise among these to add a row of this id."""
    found = (one.receipt for one in waiting if isinstance(one.draft, Add) and one.draft.row.id == row_id)
    return next(found, None)


def _cut(waiting: Sequence[Waiting], most: int) -> int:
    """How many of them are taken: `most`, and those that belong to the last."""
    cut = min(most, len(waiting))
    while waiting[cut - 1].joined:
        cut += 1
    return cut


def _batch(room: Room, taken: Sequence[Waiting], token: str) -> Batch:
    drafts = [(waiting.draft, waiting.at) for waiting in taken]
    entries = number(room, [(draft, at) for draft, at in drafts if isinstance(draft, Numbered)])
    append = Append(
        room.id, Head(room.number, room.seq), tuple(entries), token,
        thoughts=room.thoughts.gather([(draft, at) for draft, at in drafts if isinstance(draft, Think)]),
        begun=tuple(draft for draft, _ in drafts if isinstance(draft, Begin)),
        ended=tuple(draft for draft, _ in drafts if isinstance(draft, End)),
    )  # fmt: skip
    return Batch(append, room, taken)


def sizes(batches: Sequence[Batch]) -> str:
    """How much they are, for the log."""
    entries = sum(len(batch.append.entries) for batch in batches)
    thoughts = sum(len(batch.append.thoughts) for batch in batches)
    return f"{entries} entries and {thoughts} thoughts of {len(batches)} rooms"

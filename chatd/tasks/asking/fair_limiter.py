"""Places for answers: so many at once, the others wait in a bounded queue that is fair between people.

Who has fewest answers running is next; of those, who has not had a turn for longest. So somebody with ten questions
waiting delays a newcomer by one answer at most. Guests together have half of the places and of the queue: their names
cost nothing, so whoever has many of them must not keep members out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence

import trio

from chatd.core.visit import Account
from chatd.errors import LimitReached

NOBODY: Sequence[Account] = ()


def half(places: int) -> int:
    """What guests together may have of so many places; never nothing."""
    return max(1, places // 2)


def _guests(users: Iterable[Account]) -> int:
    return sum(user.guest for user in users)


class Ticket:
    """A place, or the wait for one. Entering and leaving are synchronous, so that no cancellation leaks a place."""

    def __init__(self, gate: FairLimiter, user: Account, number: int) -> None:
        self.user = user
        self.number = number
        self.inside = False
        self._gate = gate
        self._moved = trio.Event()

    def __enter__(self) -> Ticket:
        self._gate.arrive(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._gate.depart(self)

    async def wait(self, tell: Callable[[int], Awaitable[None]]) -> None:
        """Wait until the place is ours; `tell` hears the position in the queue, 1 is next, whenever it changes."""
        told = 0
        while not self.inside:
            position = self._gate.position(self)
            if position != told:
                told = position
                await tell(position)
                continue  # it may have moved meanwhile
            await self._moved.wait()

    def move(self) -> None:
        """For the gate: something has changed."""
        self._moved.set()
        self._moved = trio.Event()


class FairLimiter:
    """`places` answers at once and at most `queue` waiting."""

    def __init__(self, what: str, places: int, queue: int) -> None:
        self.what = what
        self._places = places
        self._queue = queue
        self._inside: Counter[Account] = Counter()
        self._waiting: list[Ticket] = []
        self._tickets = 0
        self._turns = 0
        self._served: dict[Account, int] = {}
        """When each of those who are here had their last turn."""

    @property
    def waiting(self) -> int:
        """How many tickets wait for a place."""
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Whether nobody is inside or waits."""
        return not self._waiting and not self._inside.total()

    def ticket(self, user: Account) -> Ticket:
        """A ticket for somebody; it counts from `with ticket:` on."""
        self._tickets += 1
        return Ticket(self, user, self._tickets)

    def check(self, user: Account, promised: Sequence[Account] = NOBODY) -> None:
        """Raise LimitReached when one more of this user may not wait, once those have come who are `promised`."""
        waiting = self._inside.total() + len(self._waiting) + len(promised) - self._places
        if waiting >= self._queue:
            raise LimitReached(f"{waiting} questions wait for {self.what} already, that is the limit")
        guests = self._guests_inside + _guests((*(ticket.user for ticket in self._waiting), *promised))
        waiting = guests - half(self._places)
        if user.guest and waiting >= half(self._queue):
            raise LimitReached(f"{waiting} questions of guests wait for {self.what} already, that is the limit")

    def arrive(self, ticket: Ticket) -> None:
        """Take a place or join the queue. Raises LimitReached."""
        self.check(ticket.user)
        self._waiting.append(ticket)
        self._admit()

    def depart(self, ticket: Ticket) -> None:
        """Give the place back, or leave the queue."""
        if ticket.inside:
            ticket.inside = False
            self._inside[ticket.user] -= 1
            self._inside += Counter()  # forgets those who have none
        else:
            self._waiting.remove(ticket)
        self._admit()

    def position(self, ticket: Ticket) -> int:
        """Where a waiting ticket stands, from 1."""
        return self._order().index(ticket) + 1

    def _admit(self) -> None:
        while self._inside.total() < self._places and (first := self._first()) is not None:
            self._waiting.remove(first)
            first.inside = True
            self._inside[first.user] += 1
            self._turns += 1
            self._served[first.user] = self._turns
            first.move()
        here = {ticket.user for ticket in self._waiting} | self._inside.keys()
        self._served = {user: turn for user, turn in self._served.items() if user in here}
        for ticket in self._waiting:
            ticket.move()

    @property
    def _guests_inside(self) -> int:
        return sum(count for user, count in self._inside.items() if user.guest)

    def _first(self) -> Ticket | None:
        """Who is let in next, if anybody may be."""
        full = self._guests_inside >= half(self._places)
        return next((ticket for ticket in self._order() if not (full and ticket.user.guest)), None)

    def _order(self) -> list[Ticket]:
        """Those who wait, in the order in which they would be let in if nobody left or came."""
        if len(self._waiting) < 2:
            return self._waiting
        turns: Counter[Account] = Counter(self._inside)
        ranks: dict[Ticket, tuple[int, int, int]] = {}
        for ticket in self._waiting:  # in the order of arrival
            ranks[ticket] = (turns[ticket.user], self._served.get(ticket.user, 0), ticket.number)
            turns[ticket.user] += 1
        return sorted(self._waiting, key=ranks.__getitem__)

"""The gate, whoever comes, logs in and goes: it counts right, and only floods pay for floods."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from chatd.adapters.peer import Peer
from chatd.adapters.ssh.admission import Admission
from tests.support import make_limits

LIMITS = make_limits(connections=9, connections_per_address=6, waiting_logins=6, waiting_logins_per_address=3)
SOURCES = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]


class Caller:
    """A connection, as far as the gate knows it."""

    def __init__(self, machine: Callers, address: str) -> None:
        self.peer = Peer(address)
        self.inside = self.gone = self.cut_off = False
        self._machine = machine

    def disconnect(self, reason: str) -> None:
        self._machine.dismissed(self, reason)

    def cut(self) -> None:
        self.cut_off = True


class Callers(RuleBasedStateMachine):
    """Callers from a few sources at a small gate."""

    links: Bundle[Caller] = Bundle("links")

    def __init__(self) -> None:
        super().__init__()
        self.gate: Any = Admission(LIMITS)
        self.here: list[Caller] = []
        self.newcomer: Caller | None = None

    def waiting(self, without: Caller | None = None) -> Counter[str]:
        return Counter(one.peer.source for one in self.here if not one.gone and not one.inside and one is not without)

    def dismissed(self, victim: Caller, reason: str) -> None:
        assert not victim.inside and not victim.gone and reason
        assert self.newcomer is not None
        counts = self.waiting()
        of_newcomer = counts[self.newcomer.peer.source] + 1
        assert victim.peer.source == self.newcomer.peer.source or counts[victim.peer.source] >= of_newcomer
        older = self.here[: self.here.index(victim)]
        same = [one for one in older if one.peer.source == victim.peer.source and not (one.gone or one.inside)]
        assert not same, "an older one of that source waits"
        victim.gone = True

    @rule(target=links, address=st.sampled_from(SOURCES))
    def enter(self, address: str) -> Any:
        self.newcomer = Caller(self, address)
        full = self.gate.refusal(self.newcomer.peer)
        if full is not None:
            counted = Counter(one.peer.source for one in self.here if not one.gone)
            own = counted[self.newcomer.peer.source] >= LIMITS.connections_per_address
            assert own or counted.total() >= LIMITS.connections
            assert not (self.waiting()[self.newcomer.peer.source] if own else self.waiting().total())
            return multiple()
        self.gate.enter(self.newcomer)
        self.here.append(self.newcomer)
        return self.newcomer

    @rule(link=links)
    def log_in(self, link: Caller) -> None:
        if not link.gone:
            link.inside = True
            self.gate.logged_in(link)

    @rule(link=consumes(links))
    def leave(self, link: Caller) -> None:
        self.here.remove(link)
        self.gate.leave(link)

    @invariant()
    def it_counts_right(self) -> None:
        gate = self.gate
        counted = Counter(one.peer.source for one in self.here if not one.gone)
        assert gate.links == tuple(self.here)
        assert gate._sources == counted and gate._waiting_sources == self.waiting()
        assert gate.waiting == self.waiting().total() <= LIMITS.waiting_logins
        assert counted.total() <= LIMITS.connections
        assert max(counted.values(), default=0) <= LIMITS.connections_per_address
        assert max(self.waiting().values(), default=0) <= LIMITS.waiting_logins_per_address
        assert gate._dismissed == {one for one in self.here if one.gone}


TestCallers = Callers.TestCase

"""Whatever is made, used, ended and restarted: who is let in, and what is listed, is what a few lines say it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.adapters.sqlite.credentials import SqliteCredentials
from chatd.adapters.sqlite.database import MEMORY
from chatd.core.credentials import SESSION_IDLE_DAYS, Bearer, CredentialKind
from chatd.core.members import Members
from chatd.core.name_registry import NameRegistry
from chatd.core.times import DAY_MS, HOUR_MS
from chatd.core.visit import Kind, Visitor
from chatd.errors import NotFound, NotPermitted, StorageError
from chatd.tasks.chat.credentials import Credentials
from chatd.tasks.chat.login_links import LINK_S, MAX_LINKS
from chatd.tasks.log.backoff import Backoff
from chatd.testing import run
from chatd.testing.sources import SeededSecrets, VirtualTime
from tests.adapters.sqlite.test_log import Store

PAIRS = (("alice", "K1"), ("alice", "K2"), ("ali", "K1"), ("bob", "K3"))
PEOPLE = tuple(Visitor(name, Kind.MEMBER, key) for name, key in PAIRS)

WHO, WHICH = st.sampled_from(PEOPLE), st.integers(0, 7)
STEP = st.one_of(
    st.tuples(st.just("token"), WHO, st.integers(1, 1500), st.booleans()),
    st.tuples(st.just("token on a failing disk"), WHO),
    st.tuples(st.just("link"), WHO),
    st.tuples(st.just("exchange"), WHICH),
    st.tuples(st.just("use"), WHICH),
    st.tuples(st.just("revoke"), WHO, WHICH),
    st.tuples(st.just("logout"), WHICH),
    st.tuples(st.just("wait"), st.sampled_from([60_000, 9 * 60_000, HOUR_MS, DAY_MS, 20 * DAY_MS])),
    st.tuples(st.just("a key goes"), st.sampled_from(["K1", "K2", "K3"])),
    st.tuples(st.just("a name goes"), st.sampled_from(["alice", "ali", "bob"])),
    st.tuples(st.just("restart")),
)


@dataclass
class Known:
    """A credential as the model has it."""

    secret: str
    owner: Visitor
    kind: CredentialKind
    read_only: bool
    id: str
    end: int
    gone: bool = False


@dataclass
class Model:
    """All credentials and links that ever were."""

    made: list[Known] = field(default_factory=list)
    links: dict[str, tuple[Visitor, float]] = field(default_factory=dict)
    """Code -> whose it is, and until when, in trio's time, which nobody sets."""

    def good(self, known: Known, now: int) -> bool:
        return not known.gone and now < known.end

    def drop(self, name: str | None = None, key: str | None = None) -> None:
        for known in self.made:
            known.gone |= known.owner.name == name or known.owner.fingerprint == key
        for code, (owner, _) in list(self.links.items()):
            if owner.name == name or owner.fingerprint == key:
                del self.links[code]

    def link(self, code: str, owner: Visitor, now: float) -> None:
        good = [one for one, (who, until) in self.links.items() if who.fingerprint == owner.fingerprint and now < until]
        for oldest in good[: max(0, len(good) - MAX_LINKS + 1)]:
            self.links[oldest] = owner, 0.0
        self.links[code] = owner, now + LINK_S

    def listed(self, visitor: Visitor, now: int) -> set[str]:
        tokens = [one for one in self.made if one.kind is CredentialKind.TOKEN and self.good(one, now)]
        return {
            one.id
            for one in tokens
            if one.owner.name == visitor.name or one.owner.fingerprint == visitor.fingerprint
        }  # fmt: skip


class House:
    """The real thing, beside the model: on one database, over restarts."""

    def __init__(self) -> None:
        self.store, self.model, self.clock = Store(MEMORY), Model(), VirtualTime()
        self.credentials: Credentials
        self.secrets = SeededSecrets(1)

    @property
    def now(self) -> int:
        return self.clock.now_ms()

    @asynccontextmanager
    async def server(self) -> AsyncIterator[None]:
        disk = self.store.disk
        self.credentials = Credentials(
            NameRegistry(Members(PAIRS)), SqliteCredentials(self.store.database, write=disk, read=disk), self.secrets,
            self.clock, ready=trio.lowlevel.checkpoint, backoff=Backoff(0.1, 1),
        )  # fmt: skip
        await self.credentials.load()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.credentials.changes.run)
            yield
            await self.credentials.changes.flushed()
            nursery.cancel_scope.cancel()

    def pick(self, which: int) -> Known | None:
        return self.model.made[which % len(self.model.made)] if self.model.made else None

    async def step(self, step: tuple[object, ...]) -> None:
        match step:
            case ("token", Visitor() as who, int(hours), bool(read_only)):
                secret, token = await self.credentials.make_token(who, "", f"{hours}h", read_only=read_only)
                end = self.now + hours * HOUR_MS
                self.model.made.append(Known(secret, who, CredentialKind.TOKEN, read_only, token.id, end))
            case ("token on a failing disk", Visitor() as who):
                self.store.disk.becomes_read_only()
                with pytest.raises(StorageError):
                    await self.credentials.make_token(who)
                self.store.disk.works_again()
            case ("link", Visitor() as who):
                self.model.link(self.credentials.make_link(who), who, trio.current_time())
            case ("exchange", int(which)):
                await self._exchange(which)
            case ("use", int(which)):
                if (known := self.pick(which)) is not None:
                    self._use(known)
            case ("revoke", Visitor() as who, int(which)):
                await self._revoke(who, which)
            case ("logout", int(which)):
                if (known := self.pick(which)) is not None:
                    await self.credentials.logout(known.secret)
                    known.gone |= known.kind is CredentialKind.SESSION
            case ("wait", int(ms)):
                if ms > HOUR_MS:
                    self.clock.jumps(ms / 1000)
                else:
                    await trio.sleep(ms / 1000)
            case ("a key goes", str(key)):
                self.credentials.forget_key(key)
                self.model.drop(key=key)
            case ("a name goes", str(name)):
                self.credentials.forget_name(name)
                self.model.drop(name=name)

    async def _exchange(self, which: int) -> None:
        codes = list(self.model.links) or ["none"]
        code = codes[which % len(codes)]
        owner, until = self.model.links.pop(code, (PEOPLE[0], 0.0))
        if trio.current_time() >= until:
            with pytest.raises(NotPermitted):
                await self.credentials.exchange(code)
            return
        secret = await self.credentials.exchange(code)
        held = self.credentials._held.find(secret)
        assert held is not None
        end = self.now + SESSION_IDLE_DAYS * DAY_MS
        known = Known(secret, owner, CredentialKind.SESSION, read_only=False, id=held.credential.id, end=end)
        self.model.made.append(known)

    def _use(self, known: Known) -> None:
        bearer = self.credentials.who(known.secret, "192.0.2.1")
        assert (bearer is not None) == self.model.good(known, self.now)
        if bearer is not None:
            visitor = Visitor(known.owner.name, Kind.MEMBER, known.owner.fingerprint, source="192.0.2.1")
            assert bearer == Bearer(visitor, known.id, known.kind, known.read_only)
            if known.kind is CredentialKind.SESSION:
                known.end = self.now + SESSION_IDLE_DAYS * DAY_MS

    async def _revoke(self, who: Visitor, which: int) -> None:
        known = self.pick(which)
        if known is None or known.id not in self.model.listed(who, self.now):
            with pytest.raises(NotFound):
                await self.credentials.revoke(who, known.id if known else "bakolu")
        else:
            await self.credentials.revoke(who, known.id)
            known.gone = True

    def compare(self) -> None:
        """Without using any of them: a use would keep sessions alive."""
        for known in self.model.made:
            held = self.credentials._held.find(known.secret)
            is_good = held is not None and self.credentials._held.is_good(held)
            assert is_good == self.model.good(known, self.now), known
        for person in PEOPLE:
            assert {one.id for one in self.credentials.tokens_of(person)} == self.model.listed(person, self.now)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_any_sequence_agrees_with_the_model(steps: list[tuple[object, ...]]) -> None:
    async def main() -> None:
        house = House()
        try:
            for name, key in PAIRS:
                await house.store.directory.register({name: key}, 0)
            at = 0
            while at <= len(steps):
                async with house.server():
                    house.compare()
                    while at < len(steps) and steps[at] != ("restart",):
                        await house.step(steps[at])
                        house.compare()
                        at += 1
                house.model.links.clear()  # they are in memory alone
                at += 1
        finally:
            house.store.database.close()

    run(main)


def test_the_model_meets_what_it_is_about() -> None:
    """One sequence by hand, with all that must be so: else the one above might agree on nothing at all."""
    alice, _, _, bob = PEOPLE
    steps: list[tuple[object, ...]] = [
        ("token", alice, 48, True), ("link", bob), ("exchange", 0), ("link", alice), ("wait", HOUR_MS), ("exchange", 0),
        ("use", 1), ("restart",), ("wait", 20 * DAY_MS), ("use", 1), ("wait", 20 * DAY_MS), ("use", 1), ("use", 0),
    ]  # fmt: skip

    async def main() -> None:
        house = House()
        for name, key in PAIRS:
            await house.store.directory.register({name: key}, 0)
        for part in (steps[:7], steps[8:]):
            async with house.server():
                for step in part:
                    await house.step(step)
        good = [house.model.good(known, house.now) for known in house.model.made]
        assert good == [False, True], "the token has expired, the session was used within thirty days, twice"
        house.store.database.close()

    run(main)

"""A guest of the web is the same from request to request, has nobody's name, and is gone after a while."""

from __future__ import annotations

import pytest
import trio
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chatd.core.members import Members
from chatd.core.name_registry import NameRegistry
from chatd.core.visit import Visitor
from chatd.errors import LimitReached
from chatd.tasks.web import guests
from chatd.tasks.web.guests import IDLE_S, WebGuests
from chatd.testing import World, run
from chatd.testing.sources import SeededSecrets
from chatd.testing.web import WebClient
from tests.tasks.web.people import HOME, events, web

GUESTS = web(anonymous="guest")


async def guest(world: World, name: str | None = "") -> WebClient:
    """A browser that has become a guest; None or "": of any name."""
    browser = world.browser()
    browser.headers = dict(HOME)
    answer = await browser.post("/api/v1/login", {"guest": name})
    assert answer.status == 204, answer.text
    browser.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]
    return browser


def test_a_guest_stops_their_own_answer_and_nobody_elses() -> None:
    async def main() -> None:
        async with World.open(GUESTS, web=True) as world:
            world.model("bot").says("one ").pauses(60).says("two").ends()
            zoe, other = await guest(world, "zoe"), await guest(world, "zoe")
            assert (await (await guest(world, None)).get("/api/v1/me")).json()["name"] == "guest-web"
            me = (await zoe.get("/api/v1/me")).json()
            assert (me["name"], me["kind"], me["login"], me["read_only"]) == ("guest-zoe", "guest", "guest", False)
            assert (await other.get("/api/v1/me")).json()["name"] == "guest-zoe-2"
            asked = (await zoe.post("/api/v1/rooms/lobby/ask", {"models": ["bot"], "text": "hi"})).json()
            await world.settle()
            path = f"/api/v1/mentions/{asked['mention_ids'][0]}/cancel"
            assert (await other.post(path, {})).status == 403
            assert (await zoe.post(path, {})).status == 202
            await world.settle()
            row = (await zoe.get("/api/v1/rooms/lobby/rows")).json()["rows"][-1]
            assert (row["status"], row["content"], row["meta"]["asker"]) == ("cancelled", "one ", "guest-zoe")

    run(main)


def test_a_guest_is_in_the_room_and_has_a_private_one() -> None:
    async def main() -> None:
        async with World.open(GUESTS, web=True) as world:
            zoe = await guest(world, "zoe")
            async with events(zoe, "/api/v1/rooms/lobby/events?here=1"):
                people = (await zoe.get("/api/v1/rooms/lobby")).json()["people"]
                assert [person["name"] for person in people] == ["guest-zoe"]
                assert (await zoe.post("/api/v1/rooms/~guest-zoe/rows", {"text": "mine"})).status == 201
                assert (await (await guest(world)).get("/api/v1/rooms/~guest-zoe")).status == 404

    run(main)


def test_what_a_guest_has_said_alone_stays_until_they_go_and_is_nobody_elses() -> None:
    async def main() -> None:
        async with World.open(GUESTS, web=True) as world:
            zoe = await guest(world, "zoe")
            for text in ("mine", "still mine"):
                assert (await zoe.post("/api/v1/rooms/~guest-zoe/rows", {"text": text})).status == 201
                await world.settle(1)
            rows = (await zoe.get("/api/v1/rooms/~guest-zoe/rows")).json()["rows"]
            assert [row["content"] for row in rows] == ["mine", "still mine"]
            await zoe.post("/api/v1/logout", {})
            assert private_rooms(world) == [], "before anybody else can have the name"
            await world.settle(1)
            next_one = await guest(world, "zoe")
            assert (await next_one.get("/api/v1/rooms/~guest-zoe/rows")).json()["rows"] == []
            kept = world.database.writer.execute("SELECT count(*) FROM rows WHERE content LIKE '%mine'").fetchone()
            assert kept == (0,), "nothing of it is on disk"

    run(main)


def test_an_answer_that_outlasts_its_guest_takes_the_room_with_it() -> None:
    async def main() -> None:
        async with World.open(GUESTS, web=True) as world:
            world.model("bot").says("one ").pauses(60).says("two").ends()
            zoe = await guest(world, "zoe")
            await zoe.post("/api/v1/rooms/~guest-zoe/ask", {"models": ["bot"], "text": "hi"})
            await zoe.post("/api/v1/logout", {})
            assert (await (await guest(world, "zoe")).get("/api/v1/me")).json()["name"] == "guest-zoe-2"
            assert private_rooms(world) == ["~guest-zoe"]
            await world.settle(61)
            assert private_rooms(world) == []

    run(main)


def test_rooms_of_guests_who_only_looked_are_gone_with_them() -> None:
    """Whoever makes a thousand guests leaves no room behind, in memory or on disk."""

    async def main() -> None:
        async with World.open(GUESTS, web=True) as world:
            for number in range(3):
                browser = await guest(world, f"zoe{number}")
                assert (await browser.get(f"/api/v1/rooms/~guest-zoe{number}")).status == 200
                await browser.post("/api/v1/logout", {})
            nobody = world.browser()
            nobody.headers = dict(HOME)
            assert (await nobody.patch("/api/v1/rooms/~guest-web", {"topic": "x"})).status == 403
            await world.settle(1)
            assert private_rooms(world) == []
            assert world.database.writer.execute("SELECT name FROM rooms").fetchall() == [("lobby",)]

    run(main)


def private_rooms(world: World) -> list[str]:
    return [room.name for room in world.hub.lobby.rooms if room.name.startswith("~")]


def test_leaving_and_coming_by_a_link_end_the_guest() -> None:
    async def main() -> None:
        async with World.open(GUESTS, web=True) as world:
            zoe = await guest(world, "zoe")
            assert (await zoe.post("/api/v1/logout", {})).status == 204
            assert (await zoe.get("/api/v1/me")).status == 401
            assert (await (await guest(world, "zoe")).get("/api/v1/me")).json()["name"] == "guest-zoe", "it is free"

    run(main)


def test_a_guest_who_leaves_is_told_nothing_more() -> None:
    async def main() -> None:
        async with World.open(GUESTS, web=True) as world:
            zoe = await guest(world, "zoe")
            async with events(zoe, "/api/v1/rooms/lobby/events") as stream:
                await world.command("bob", "say hi")
                assert (await stream.next()).value["event"] == "added"
                await zoe.post("/api/v1/logout", {})
                await world.command("bob", "say not for you")
                with pytest.raises(EOFError):
                    await stream.next()

    run(main)


def test_a_guest_who_makes_no_request_for_an_hour_is_gone() -> None:
    async def main() -> None:
        async with World.open(GUESTS, web=True) as world:
            silent, reader = await guest(world, "silent"), await guest(world, "reader")
            async with events(reader, "/api/v1/rooms/lobby/events"):
                await trio.sleep(IDLE_S + 1)
                assert (await silent.get("/api/v1/me")).status == 401
                assert (await reader.get("/api/v1/me")).json()["name"] == "guest-reader"

    run(main)


@pytest.mark.parametrize("anonymous", ["none", "read"])
def test_where_guests_are_not_let_in_nobody_becomes_one(anonymous: str) -> None:
    async def main() -> None:
        async with World.open(web(anonymous=anonymous), web=True) as world:
            browser = world.browser()
            browser.headers = dict(HOME)
            assert (await browser.post("/api/v1/login", {"guest": "zoe"})).status == 403

    run(main)


class NoRooms:
    """Looks after no rooms."""

    def keep_guests(self, visitor: Visitor) -> None:
        pass

    def end_guests(self, visitor: Visitor) -> None:
        pass


class Crowd(RuleBasedStateMachine):
    """Guests come, make requests, leave and fall silent: every name that is taken is some guest's, and no other."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, int] = {}
        """Requests on the way, by the guests' secrets."""
        self.under_way: list[tuple[str, object]] = []

    @initialize()
    def begins(self) -> None:
        self.clock = 0.0
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(trio, "current_time", lambda: self.clock)
        self.patch.setattr(guests, "MAX_FROM_SOURCE", 3)
        self.names = NameRegistry(Members())
        self.guests = WebGuests(self.names, SeededSecrets(1), NoRooms())

    @rule(source=st.sampled_from("ab"))
    def comes(self, source: str) -> None:
        try:
            self.known[self.guests.admit("zoe", source)] = 0
        except LimitReached:
            assert sum(1 for requests in self.known.values() if requests) >= 3

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def asks(self, data: st.DataObject) -> None:
        secret = data.draw(st.sampled_from(sorted(self.known)))
        request = self.guests.known(secret)
        if request.__enter__() is not None:
            self.under_way.append((secret, request))
            self.known[secret] += 1
        else:
            request.__exit__(None, None, None)
            assert not self.known.pop(secret), "nobody goes in the middle of a request"

    @precondition(lambda self: self.under_way)
    @rule()
    def is_answered(self) -> None:
        secret, request = self.under_way.pop(0)
        request.__exit__(None, None, None)  # type: ignore[attr-defined]
        if secret in self.known:
            self.known[secret] -= 1

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        secret = data.draw(st.sampled_from(sorted(self.known)))
        self.guests.leave(secret)
        del self.known[secret]

    @rule(seconds=st.sampled_from([10, IDLE_S]))
    def time_passes(self, seconds: float) -> None:
        self.clock += seconds

    @invariant()
    def names_are_taken_by_those_who_are_here(self) -> None:
        if hasattr(self, "guests"):
            leaving = {secret for secret, _ in self.under_way if secret not in self.known}
            assert sum(self.names._guests.values()) == len(self.guests) + len(leaving)

    def teardown(self) -> None:
        for _, request in self.under_way:
            request.__exit__(None, None, None)  # type: ignore[attr-defined]
        if hasattr(self, "patch"):
            self.patch.undo()


def test_a_crowd_of_guests() -> None:
    run_state_machine_as_test(Crowd, settings=settings(deadline=None))

"""An event stream is the room: whatever is cut off, who comes again has missed nothing and is told nothing twice."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.tasks.web.event_stream import QUIET_S
from chatd.testing import World, run
from chatd.testing.web import WebClient
from tests.tasks.web.people import HOME, ToldEvent, events, logged_in, web

ROOM = "/api/v1/rooms/lobby/events"


class Reading:
    """What somebody knows of a room who reads its events. Fails for what cannot be: a row that grows elsewhere."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def take(self, told: ToldEvent) -> None:
        match told.value["event"]:
            case "added":
                row = told.value["row"]
                assert row["id"] not in self.rows, "a row is added once"
                self.rows[row["id"]] = row
            case "grew":
                row = self.rows[told.value["row_id"]]
                assert told.value["offset"] == len(row["content"]), "it goes on where it stopped"
                row["content"] += told.value["delta"]
            case "finished" | "lagged":
                self.rows[told.value["row"]["id"]] = told.value["row"]
            case _:
                pass


async def history(client: WebClient) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await client.get("/api/v1/rooms/lobby/rows?limit=1000")).json()["rows"]
    return rows


def test_what_is_said_comes_with_a_number_to_go_on_from() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            await world.command("bob", "say first")
            async with events(alice, ROOM) as stream:
                assert (await stream.next()).value["row"]["content"] == "first"
                await world.command("bob", "say second")
                told = await stream.next()
                while told.value["event"] != "added":
                    told = await stream.next()
                assert told.value["row"]["content"] == "second"
                number = told.value["n"]
                assert stream.last_id == str(number)
            await world.command("bob", "say third")
            async with events(alice, ROOM, last_event_id=str(number)) as stream:
                assert (await stream.next()).value["row"]["content"] == "third"
            async with events(alice, f"{ROOM}?since={number}") as stream:
                assert (await stream.next()).value["row"]["content"] == "third"

    run(main)


@pytest.mark.parametrize("number", ["999999", "-1", "x", "1e3", "9" * 30, "٣"])
def test_a_number_that_has_not_been_is_refused(number: str) -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            answer = await alice.get(ROOM, last_event_id=number.encode().decode("latin-1"))
            assert answer.status == 400 and "is no number of an event" in answer.json()["detail"]

    run(main)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 12), max_size=6), st.integers(0, 3))
def test_cut_anywhere_it_is_the_same(cuts: list[int], last: int) -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            reader, reading = await logged_in(world, "alice"), Reading()
            for number in range(4):
                await world.command("bob", f"say before {number}")
            model = world.model("bot").says("a")
            for piece in "bcdefgh":
                model.pauses(0.2).says(piece)
            model.ends()
            after = ""
            async with trio.open_nursery() as nursery:
                nursery.start_soon(world.command, "bob", "ask --room lobby @bot go")
                await trio.sleep(0.5)
                for count in [*cuts, None]:
                    path = f"{ROOM}?last={last}" if last and not after else ROOM
                    async with events(reader, path, **({"last_event_id": after} if after else {})) as stream:
                        taken = 0
                        with trio.move_on_after(3 if count is None else 1), suppress(EOFError):
                            while count is None or taken < count:
                                reading.take(await stream.next())
                                taken += 1
                        known = stream.last_id or after
                    if not known:
                        reading = Reading()  # it never heard a number: it begins anew
                    after = known
            rows = {row["id"]: row for row in await history(reader)}
            for row_id, row in reading.rows.items():
                assert row["content"] == rows[row_id]["content"] and row["status"] == rows[row_id]["status"]
            assert [*rows][-1] in reading.rows, "the newest is known"

    run(main)


@pytest.mark.parametrize("pieces", range(3, 14))
def test_cut_between_rows_that_stand_for_what_was_missed_each_row_is_told_from_its_beginning(pieces: int) -> None:
    """Rows come in the order of their last change: one that began before the last id may not have been told yet."""

    async def main() -> None:
        async with World.open(web=True, room_entries=8) as world:
            alice, reading = await logged_in(world, "alice"), Reading()
            model = world.model("bot").says("a").pauses(1)
            for _ in range(pieces):
                model.says("b").pauses(0.2)
            model.pauses(10).says("c").ends()
            async with trio.open_nursery() as nursery:
                async with events(alice, ROOM) as stream:
                    nursery.start_soon(world.command, "bob", "ask --room lobby @bot go")
                    while "@bot go" not in str(told := await stream.next()):
                        pass
                    reading.take(told)
                    after = stream.last_id
                await trio.sleep(0.5)
                await world.command("carol", "say in between")
                await trio.sleep(1 + 0.2 * pieces)
                for count in (1, None):
                    async with events(alice, ROOM, last_event_id=after) as stream:
                        taken = 0
                        with trio.move_on_after(20):
                            while count is None or taken < count:
                                reading.take(await stream.next())
                                taken += 1
                        after = stream.last_id
            rows = {row["id"]: row for row in await history(alice)}
            assert {row_id: row["content"] for row_id, row in reading.rows.items()} == {
                row_id: row["content"] for row_id, row in rows.items()
            }

    run(main)


def test_a_room_in_which_nothing_was_said_tells_at_once_how_to_go_on() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            async with events(alice, f"{ROOM}?last=1") as stream:
                with trio.move_on_after(1):
                    await stream.next()
                after = stream.last_id
            for text in ("one", "two"):
                await world.command("bob", f"say {text}")
            async with events(alice, f"{ROOM}?last=1", last_event_id=after) as stream:
                assert (await stream.next()).value["row"]["content"] == "one"

    run(main)


def test_it_goes_on_after_a_restart() -> None:
    async def main() -> None:
        image: bytes
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            await world.command("bob", "say one")
            async with events(alice, ROOM) as stream:
                await stream.next()
                await world.command("bob", "say two")
                while (await stream.next()).value["event"] != "added":
                    pass
                after = stream.last_id
            await world.command("bob", "say three")
            token = alice.headers
            image = world.image()
        async with World.open(web=True, image=image) as world:
            again = world.browser()
            again.headers = token
            async with events(again, ROOM, last_event_id=after) as stream:
                told = await stream.next()
                assert told.value["event"] == "added" and told.value["row"]["content"] == "three"

    run(main)


def test_a_silent_stream_is_kept_alive_and_ends_with_the_server() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            async with alice.stream("GET", ROOM) as stream:
                await stream.piece()
                began = trio.current_time()
                while not (piece := await stream.piece()).startswith(b":"):
                    assert piece
                assert QUIET_S <= trio.current_time() - began < QUIET_S + 1
                world.hub.stop(trio.current_time() + 2)
                while await stream.piece():
                    pass
                assert trio.current_time() - began < 25

    run(main)


def test_a_token_that_is_revoked_ends_its_streams() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            listed = (await world.command("alice", "token list --json")).output
            known_as = listed.partition('"id":"')[2].partition('"')[0]
            async with events(alice, ROOM) as stream:
                await world.command("alice", f"token revoke {known_as}")
                with trio.fail_after(5):
                    await stream.rest()
            assert (await alice.get("/api/v1/me")).status == 401

    run(main)


def test_nobodys_private_room_is_told_of() -> None:
    async def main() -> None:
        async with World.open(web(anonymous="read"), web=True) as world:
            alice, nobody = await logged_in(world, "alice"), world.browser()
            nobody.headers = dict(HOME)
            await world.command("bob", "ask @echo secret")
            for client in (alice, nobody):
                for path in (
                    "/api/v1/rooms/~bob",
                    "/api/v1/rooms/~bob/events",
                    "/api/v1/rooms/~bob/rows",
                    "/api/v1/rooms/~",
                ):
                    assert (await client.get(path)).status == 404, path
                assert "bob" not in (await client.get("/api/v1/rooms")).text
            async with events(alice, "/api/v1/events") as stream:
                assert (await stream.next()).value["room"] == "lobby"
                await world.command("bob", "ask @echo secret again")
                with trio.move_on_after(5):
                    while True:
                        assert "bob" not in str(await stream.next())

    run(main)


def test_news_of_all_rooms() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            async with events(alice, "/api/v1/events") as stream:
                told = (await stream.next()).value
                assert (told["event"], told["room"], told["unread"]) == ("news", "lobby", 0)
                await world.command("bob", "say hi")
                told = (await stream.next()).value
                assert (told["room"], told["rows"], told["unread"]) == ("lobby", 1, 1)
                assert (await alice.post("/api/v1/rooms/lobby/read", {})).status == 204
                await world.command("alice", "say hello")
                assert (await stream.next()).value["unread"] == 0

    run(main)

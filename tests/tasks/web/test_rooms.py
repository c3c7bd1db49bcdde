"""Rooms over the web: made, looked at, set."""

from __future__ import annotations

from chatd.testing import World, run
from tests.tasks.web.people import events, logged_in, web


def test_a_room_that_is_made() -> None:
    async def main() -> None:
        async with World.open(web(anonymous="guest"), web=True) as world:
            alice = await logged_in(world, "alice")
            made = await alice.post("/api/v1/rooms", {"name": "#Dev"})
            assert made.status == 201 and made.json()["name"] == "dev"
            again = await alice.post("/api/v1/rooms", {"name": "dev"})
            assert again.status == 409 and "exists already" in again.json()["detail"]
            assert (await alice.post("/api/v1/rooms", {"name": "~bob"})).status == 400
            assert (await alice.post("/api/v1/rooms", {})).status == 422
            guest = world.browser()
            guest.headers = {"host": "localhost:8022"}
            refused = await guest.post("/api/v1/rooms", {"name": "den"})
            assert refused.status == 403 and "guests make no rooms" in refused.json()["detail"]
            await world.settle(world.hub.rooms._allowed.kept + 1)
            assert (await alice.get("/api/v1/rooms/dev")).status == 404, "nobody ever spoke in it"

    run(main)


def test_what_is_set_of_a_room_is_told_and_changed() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot")
            alice, room = await logged_in(world, "alice"), "/api/v1/rooms/lobby"
            assert (await alice.get(room)).json()["settings"] == {
                "topic": "", "description": "", "default": "", "system": "", "retrieval": "off",
            }  # fmt: skip
            for _ in range(2):  # sent again it changes nothing, and is no error
                changed = await alice.patch(room, {"topic": "tea", "default": "bot"})
                assert changed.status == 200 and changed.json()["settings"]["default"] == "bot"
            assert [text for _, text, _ in world.rows()] == [
                "alice set the topic: tea",
                "alice set the default model: bot",
            ]
            assert (await alice.patch(room, {"topic": None})).json()["topic"] == ""
            for value, status in (({}, 422), ({"colour": "red"}, 400), ({"topic": 7}, 422), ({"retrieval": "x"}, 400),
                                  ({"topic": "a", "Topic": "b"}, 422)):  # fmt: skip
                assert (await alice.patch(room, value)).status == status, value
            assert len(world.rows()) == 3

    run(main)


def test_a_question_without_a_model_goes_to_the_rooms_default() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").says("here").ends()
            alice, path = await logged_in(world, "alice"), "/api/v1/chat/unified/stream"
            await alice.patch("/api/v1/rooms/lobby", {"default": "bot"})
            async with events(alice, path, "POST", {"message": "hi", "room": "lobby"}) as told:
                assert (await told.next()).value == {"text": "here"}
            world.hub.models.remove("bot")
            gone = await alice.post(path, {"message": "hi", "room": "lobby"})
            assert gone.status == 404 and "@bot, is not here any more" in gone.json()["detail"]

    run(main)

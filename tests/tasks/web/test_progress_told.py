"""Whoever wants to is told how answers are getting on, between a room's events and without disturbing them."""

from __future__ import annotations

from chatd.tasks.web.progress_told import THOUGHT
from chatd.testing import World, run
from tests.tasks.web.people import HOME, events, logged_in, web

ROOM = "/api/v1/rooms/lobby/events?answers=1"


def test_an_answer_is_told_from_its_question_to_its_end() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").pauses(3).says("one ").pauses(2).says("two").ends()
            alice = await logged_in(world, "alice")
            async with events(alice, ROOM) as stream:
                asked = (await alice.post("/api/v1/rooms/lobby/ask", {"models": ["bot"], "text": "hi"})).json()
                seen: list[list[tuple[str, int]]] = []
                kinds: list[str] = []
                while not seen or seen[-1]:
                    told = (await stream.next()).value
                    kinds.append(told["event"])
                    if told["event"] == "answers":
                        assert all(answer["mention_id"] in asked["mention_ids"] for answer in told["answers"])
                        seen.append([(answer["stage"], answer["tokens"]) for answer in told["answers"]])
                assert seen[0] == [("asking", 0)] and [("answering", 1)] in seen
                assert 5 <= len(seen) <= 8, "once a second, and whenever one begins or ends"
                assert [kind for kind in kinds if kind != "answers"] == ["added", "added", "grew", "grew", "finished"]
                assert stream.last_id == str((await alice.get("/api/v1/rooms/lobby")).json()["n"]), "it has no number"

    run(main)


def test_the_end_of_what_a_model_thinks_is_told_while_it_does() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").thinks("x" * 500 + "First, the sky.").pauses(2.5).says("Blue.").pauses(1.5).ends()
            alice = await logged_in(world, "alice")
            async with events(alice, ROOM) as stream:
                await alice.post("/api/v1/rooms/lobby/ask", {"models": ["bot"], "text": "why?"})
                thoughts: list[str] = []
                while (told := (await stream.next()).value)["event"] != "finished":
                    thoughts += [answer["thought"] for answer in told.get("answers", ())]
                assert any(thought.endswith("First, the sky.") and len(thought) == THOUGHT for thought in thoughts)
                assert "".join(thoughts[-1:]) == "", "what is said stands in its row"

    run(main)


def test_who_does_not_want_to_know_is_not_told() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").pauses(3).says("one").ends()
            alice = await logged_in(world, "alice")
            async with events(alice, "/api/v1/rooms/lobby/events") as stream:
                await alice.post("/api/v1/rooms/lobby/ask", {"models": ["bot"], "text": "hi"})
                kinds = [(await stream.next()).value["event"]]
                while kinds[-1] != "finished":
                    kinds.append((await stream.next()).value["event"])
                assert "answers" not in kinds

    run(main)


def test_who_is_here_is_seen_by_the_others() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice, bob = await logged_in(world, "alice"), await logged_in(world, "bob")
            async with events(bob, "/api/v1/rooms/lobby/events") as stream:
                for _ in range(2):
                    async with events(alice, "/api/v1/rooms/lobby/events?here=1"):
                        told = (await stream.next()).value
                        assert (told["event"], told["name"]) == ("joined", "alice")
                        people = (await bob.get("/api/v1/rooms/lobby")).json()["people"]
                        assert [person["name"] for person in people] == ["alice"]
                    told = (await stream.next()).value
                    assert (told["event"], told["name"]) == ("left", "alice")

    run(main)


def test_who_has_no_name_is_nowhere() -> None:
    async def main() -> None:
        async with World.open(web(anonymous="guest"), web=True) as world:
            nobody, bob = world.browser(), await logged_in(world, "bob")
            nobody.headers = dict(HOME)
            async with events(nobody, "/api/v1/rooms/lobby/events?here=1&answers=1") as stream:
                await world.command("bob", "say hi")
                assert (await stream.next()).value["event"] == "added"
                assert (await bob.get("/api/v1/rooms/lobby")).json()["people"] == []
            assert (await nobody.get("/api/v1/rooms/nowhere/events?here=1")).status == 404

    run(main)

"""What can be looked at over the web is what the same person sees over ssh, page by page."""

from __future__ import annotations

import json

from chatd.testing import World, run
from tests.tasks.web.people import HOME, logged_in, web

ROWS = "/api/v1/rooms/lobby/rows"


def test_rows_come_in_pages_from_either_side() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            for number in range(1, 8):
                await world.command("bob", f"say {number}")
            newest = (await alice.get(f"{ROWS}?limit=3")).json()
            assert [row["content"] for row in newest["rows"]] == ["5", "6", "7"] and newest["next"] is None
            older = (await alice.get(f"{ROWS}?limit=3&before={newest['before']}")).json()
            assert [row["content"] for row in older["rows"]] == ["2", "3", "4"]
            newer = (await alice.get(f"{ROWS}?limit=2&after={older['next']}")).json()
            assert [row["content"] for row in newer["rows"]] == ["5", "6"] and newer["next"]
            oldest = (await alice.get(f"{ROWS}?before={older['before']}")).json()
            assert [row["content"] for row in oldest["rows"]] == ["1"] and oldest["before"] is None
            assert newest["n"] == world.hub.lobby.get("lobby", "").number

    run(main)


def test_rows_that_memory_has_forgotten_are_the_same() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            for number in range(1, 231):
                await world.command("bob", f"say {number}")
            rows = (await alice.get(f"{ROWS}?limit=1000")).json()["rows"]
            assert [row["content"] for row in rows] == [str(number) for number in range(1, 231)]
            over_ssh = (await world.command("alice", "history --limit 1000 --json")).output.splitlines()
            assert [json.loads(line) for line in over_ssh] == rows

    run(main)


def test_who_what_and_where() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            bob, alice = await world.join("bob"), await logged_in(world, "alice")
            await world.command("bob", "say hello world")
            me = (await alice.get("/api/v1/me")).json()
            assert (me["name"], me["kind"], me["login"], me["read_only"]) == ("alice", "member", "token", False)
            assert {"eliza", "echo"} == {
                model["name"] for model in (await alice.get("/api/v1/models")).json()["models"]
            }
            rooms = (await alice.get("/api/v1/rooms")).json()["rooms"]
            assert rooms[0]["name"] == "lobby" and rooms[0]["unread"] == 1
            room = (await alice.get("/api/v1/rooms/lobby")).json()
            assert [person["name"] for person in room["people"]] == ["bob"] and room["answers"] == []
            found = (await alice.get("/api/v1/search?q=world")).json()["rows"]
            assert [row["content"] for row in found] == ["hello world"]
            assert (await alice.get("/api/v1/search?q=world&room=~bob")).status == 404
            assert (await alice.get("/api/v1/stats")).json()["rooms"] == 1
            exported = await alice.get("/api/v1/rooms/lobby/export?format=jsonl")
            assert json.loads(exported.text)["content"] == "hello world"
            assert "hello world" in (await alice.get("/api/v1/rooms/lobby/export")).text
            assert not bob.ended.is_set()

    run(main)


def test_what_is_asked_badly_is_told() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            for path, status in (
                (f"{ROWS}?limit=0", 400), (f"{ROWS}?limit=1001", 400), (f"{ROWS}?limit=x", 400),
                (f"{ROWS}?before=no", 404),
                ("/api/v1/rooms/lobby/export?format=pdf", 400), ("/api/v1/rooms/%00", 404), ("/api/v1/nothing", 404),
                ("/api/v1/search?q=", 400), ("/api/v1/rooms/%2e%2e", 404),
            ):  # fmt: skip
                assert (await alice.get(path)).status == status, path

    run(main)


def test_without_a_login_nothing_or_what_is_public() -> None:
    async def main() -> None:
        for anonymous, status in (("none", 401), ("read", 200), ("guest", 200)):
            async with World.open(web(anonymous=anonymous), web=True) as world:
                nobody = world.browser()
                nobody.headers = dict(HOME)
                for path in ("/api/v1/rooms", "/api/v1/models", ROWS, "/api/v1/me", "/v1/models", "/api/tags"):
                    assert (await nobody.get(path)).status == status, (anonymous, path)
                posted = await nobody.post(ROWS, {"text": "hi"})
                assert posted.status == (201 if anonymous == "guest" else 401)
                for bad in (
                    {"authorization": "Bearer chatd_nonsense"},
                    {"cookie": "chatd=nonsense"},
                    {"x-api-key": "x"},
                ):
                    assert (await nobody.request("GET", ROWS, headers=bad)).status == 401, "a bad login is none"

    run(main)

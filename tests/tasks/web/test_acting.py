"""What is done over the web is done as over ssh, by the same people, with the same rights."""

from __future__ import annotations

import json

import pytest
import trio

from chatd.testing import World, run
from tests.tasks.web.people import HOME, logged_in, web

ROWS = "/api/v1/rooms/lobby/rows"


def test_a_row_that_is_said() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            bob, alice = await world.join("bob"), await logged_in(world, "alice")
            answer = await alice.post(ROWS, {"text": "hello"})
            assert answer.status == 201 and answer.json()["author"] == "alice" and answer.json()["content"] == "hello"
            await world.settle()
            assert "hello" in bob.screen
            assert (await alice.get(ROWS)).json()["rows"][-1] == answer.json()

    run(main)


def test_what_a_client_has_a_name_for_is_said_once() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice, bob = await logged_in(world, "alice"), await logged_in(world, "bob")
            answers = []

            async def post(text: str) -> None:
                answers.append(await alice.post(ROWS, {"text": text, "client_id": "one"}))

            async with trio.open_nursery() as nursery:
                for _ in range(5):
                    nursery.start_soon(post, "hello")
            assert sorted(answer.status for answer in answers) == [200] * 4 + [201]
            assert len({answer.json()["id"] for answer in answers}) == 1
            assert (await bob.post(ROWS, {"text": "hello", "client_id": "one"})).status == 201, "bob's own"
            headers, image = alice.headers, world.image()
        async with World.open(web=True, image=image) as world:
            again = world.browser()
            again.headers = headers
            answer = await again.post(ROWS, {"text": "hello", "client_id": "one"})
            assert answer.status == 200 and answer.json()["id"] == answers[0].json()["id"], "after a restart, too"
            assert answer.json()["meta"]["client_id"] == "one"

    run(main)


def test_a_question_runs_on_when_it_has_been_asked() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").says("one").pauses(5).says("two").ends()
            alice = await logged_in(world, "alice")
            answer = await alice.post("/api/v1/rooms/lobby/ask", {"models": ["bot"], "text": "hi"})
            assert answer.status == 202 and len(answer.json()["mention_ids"]) == 1
            assert "alice" in {person.name for person in world.hub.lobby.people}, "here while it is answered"
            await world.settle(10)
            rows = (await alice.get(ROWS)).json()["rows"]
            assert [row["content"] for row in rows] == ["@bot hi", "onetwo"]
            assert rows[0]["id"] == answer.json()["row_id"] and rows[1]["mention_id"] in answer.json()["mention_ids"]
            assert not world.hub.lobby.people

    run(main)


def test_text_that_asks_asks() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            for _ in range(2):
                answer = await alice.post(ROWS, {"text": "@echo hi there", "client_id": "q"})
            await world.settle(5)
            rows = (await alice.get(ROWS)).json()["rows"]
            assert [row["content"] for row in rows] == ["@echo hi there", "hi there"] and answer.status == 200

    run(main)


def test_cancelling() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").says("so f").pauses(1000)
            alice, bob = await logged_in(world, "alice"), await logged_in(world, "bob")
            asked = (await alice.post("/api/v1/rooms/lobby/ask", {"models": ["bot"], "text": "hi"})).json()
            await world.settle(1)
            path = f"/api/v1/mentions/{asked['mention_ids'][0]}/cancel"
            assert (await bob.post(path, {})).status == 403
            assert (await alice.post(path, {})).status == 202
            await world.settle(1)
            assert (await alice.get(ROWS)).json()["rows"][-1]["status"] == "cancelled"
            assert (await alice.post(path, {})).status == 409
            assert (await bob.post(path, {})).status == 404, "what has ended is nobody else's business"
            assert (await alice.post("/api/v1/mentions/nothing/cancel", {})).status == 404

    run(main)


def test_another_sites_page_does_nothing_in_a_browsers_name() -> None:
    async def main() -> None:
        async with World.open(web(anonymous="guest"), web=True) as world:
            browser = world.browser()
            browser.headers = dict(HOME)
            for headers in (
                {"origin": "https://evil.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
                {"sec-fetch-site": "same-site"}, {"host": "evil.test"}, {"host": "evil.test:8022"},
            ):  # fmt: skip
                named = {"content-type": "application/json", **headers}
                answer = await browser.request("POST", ROWS, headers=named, body=b'{"text": "gotcha"}')
                assert answer.status == 403, headers
            form = {"content-type": "application/x-www-form-urlencoded"}
            assert (await browser.request("POST", ROWS, headers=form, body=b"text=gotcha")).status == 415
            own = {"origin": f"http://{HOME['host']}", "sec-fetch-site": "same-origin"}
            body = json.dumps({"text": "mine"}).encode()
            answer = await browser.request("POST", ROWS, headers={"content-type": "application/json", **own}, body=body)
            assert answer.status == 201 and answer.json()["author"].startswith("guest-")
            assert [row["content"] for row in (await browser.get(ROWS)).json()["rows"]] == ["mine"]

    run(main)


def test_bad_input_is_told_where_it_is_wrong() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            for path, body, status, words in (
                (ROWS, {}, 422, "text: is missing"), (ROWS, {"text": " "}, 400, "empty message"),
                (ROWS, {"text": "x", "client_id": "y" * 500}, 422, "client_id"),
                (ROWS, {"text": "@nobody hi"}, 404, "no model"),
                ("/api/v1/rooms/no/rows", {"text": "x"}, 404, "no room"),
                ("/api/v1/rooms/lobby/ask", {"text": "x"}, 422, "models"),
                ("/api/v1/rooms/lobby/ask", {"models": ["echo"], "text": " "}, 400, "say what you want"),
                ("/api/v1/rooms/lobby/ask", {"models": [1], "text": "x"}, 422, "strings are wanted"),
                ("/api/v1/rooms/lobby/ask", {"models": ["x"] * 9, "text": "x"}, 422, "a list of up to 8"),
            ):  # fmt: skip
                answer = await alice.post(path, body)
                assert answer.status == status and words in answer.json()["detail"], answer.text
            answer = await alice.post(ROWS, {"text": "x" * (2 << 20)})
            assert answer.status == 413

    run(main)


@pytest.mark.parametrize("text", ["hello", "@echo hello"])
def test_who_sends_again_while_the_disk_is_slow_has_said_it_once(text: str) -> None:
    """The first request is left before its row is on disk, which comes all the same."""

    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            await alice.get(ROWS)
            slow = iter([0.0, 0.0, 3.0])  # a look for the row takes no time, then its commit takes three seconds
            world.disk.delay = lambda: next(slow, 0.0)
            body = {"text": text, "client_id": "one"}
            with trio.move_on_after(1):
                await alice.post(ROWS, body)
            answer = await alice.post(ROWS, body)
            assert answer.status == 200, answer.text
            await world.settle(5)
            rows = (await alice.get(ROWS)).json()["rows"]
            assert [row["content"] for row in rows if row["author"] == "alice"] == [text]

    run(main)

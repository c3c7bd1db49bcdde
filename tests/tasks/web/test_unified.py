"""The seed's own request: a question, and its answer as it comes."""

from __future__ import annotations

import trio

from chatd.tasks.web.bodies import MAX_BODY
from chatd.testing import World, run
from tests.tasks.web.people import HOME, events, logged_in, web

STREAM = "/api/v1/chat/unified/stream"


def test_the_seeds_own_curl_line_is_answered_for_a_guest() -> None:
    async def main() -> None:
        async with World.open(web(anonymous="guest"), web=True) as world:
            browser = world.browser()
            browser.headers = dict(HOME)
            asked = {"message": "What is consciousness?", "user_id": "test", "model": "echo"}
            async with events(browser, STREAM, "POST", asked) as stream:
                assert stream.stream.headers["content-type"] == "text/event-stream"
                assert stream.stream.headers["x-accel-buffering"] == "no"
                told = await stream.rest()
        assert "".join(event.value["text"] for event in told if not event.name) == "What is consciousness?"
        assert told[-1].name == "done" and told[-1].value["status"] == "complete"
        assert told[-1].value["stats"]["asker"] == "guest-test"

    run(main)


def test_pieces_come_as_they_come() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            model = world.model("slow")
            alice = await logged_in(world, "alice")
            model.says("one ").pauses(10).says("  two").pauses(10).ends()
            began = trio.current_time()
            async with events(alice, STREAM, "POST", {"message": "hi", "model": "slow"}) as stream:
                assert (await stream.next()).value == {"text": "one "}
                assert trio.current_time() < began + 1
                assert (await stream.next()).value == {"text": "  two"}
                assert trio.current_time() < began + 11
                assert (await stream.next()).name == "done"

    run(main)


def test_the_first_words_wait_for_no_frame() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            model = world.model("quick")
            alice = await logged_in(world, "alice")
            model.says("one").pauses(0.001).says(" two").pauses(1).ends()
            began = trio.current_time()
            async with events(alice, STREAM, "POST", {"message": "hi", "model": "quick"}) as stream:
                assert (await stream.next()).value == {"text": "one"}
                assert trio.current_time() == began
                assert (await stream.next()).value == {"text": " two"}
                assert trio.current_time() > began + 0.001  # the rest is at the pace of frames

    run(main)


def test_who_leaves_ends_the_answer() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            model = world.model("slow").says("so f").pauses(1000)
            alice = await logged_in(world, "alice")
            async with events(alice, STREAM, "POST", {"message": "hi", "model": "slow"}) as stream:
                await stream.next()
            await world.settle()
            assert model.open_streams == 0
            rows = (await world.command("alice", "history ~alice --json")).output
            assert '"status":"cancelled"' in rows and '"content":"so f"' in rows

    run(main)


def test_what_can_be_known_before_is_told_by_a_status() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice, reader = await logged_in(world, "alice"), await logged_in(world, "alice", "--read-only")
            nobody = world.browser()
            nobody.headers = dict(HOME)
            for client, body, status, words in (
                (nobody, {"message": "hi"}, 401, "log in"),
                (reader, {"message": "hi"}, 403, "may only read"),
                (alice, {"message": "hi", "model": "nobody"}, 404, "there is no model"),
                (alice, {"message": "hi", "room": "nowhere"}, 404, "there is no room"),
                (alice, {"message": "hi", "room": "~bob"}, 404, "there is no room"),
                (alice, {"message": 5}, 422, "message: a string"),
                (alice, {}, 422, "message: is missing"),
                (alice, [1], 422, "an object"),
                (alice, {"message": "x" * 20_000}, 400, "the limit is 16 KiB"),
                (alice, {"message": " ", "model": "echo"}, 400, "say what you want to ask"),
            ):
                told = await client.post(STREAM, body)
                assert (told.status, told.headers["content-type"]) == (status, "application/problem+json"), body
                assert words in told.json()["detail"], told.text
            told = await alice.request("POST", STREAM, headers={"content-type": "text/plain"}, body=b"{}")
            assert told.status == 415
            large = await alice.post(STREAM, {"message": "x" * MAX_BODY})
            assert large.status == 413

    run(main)

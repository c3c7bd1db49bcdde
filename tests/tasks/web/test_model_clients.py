"""Other people's clients: each form, streamed and whole, alone and in a room; errors in the form's own shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
import trio

from chatd.core.question import Answered, Said, ToolReturned
from chatd.errors import NetworkFailure
from chatd.tasks.web.client_reply import HOLD_S
from chatd.testing import World, run
from chatd.testing.web import WebClient
from chatd.wire.models.ollama import OLLAMA
from tests.tasks.web.people import events, logged_in

HI: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 50}
FORMS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": HI, "/v1/responses": {"input": "hi"}, "/v1/messages": HI, "/api/chat": HI,
    "/api/generate": {"prompt": "hi"},
}  # fmt: skip
each_form = pytest.mark.parametrize("path", FORMS)


def said(path: str, body: Any) -> Any:
    match path:
        case "/v1/chat/completions":
            return body["choices"][0]["message"]["content"]
        case "/v1/responses":
            return "".join(item["content"][0]["text"] for item in body["output"] if item["type"] == "message")
        case "/v1/messages":
            return "".join(block["text"] for block in body["content"] if block["type"] == "text")
        case "/api/chat":
            return body["message"]["content"]
        case _:
            return body["response"]


def reason(path: str, body: Any) -> Any:
    return body["error"] if path.startswith("/api") else body["error"]["message"]


async def ask(client: WebClient, path: str, model: str, **more: Any) -> Any:
    answer = await client.post(path, {"model": model, "stream": False, **FORMS[path], **more})
    assert answer.status == 200, answer.text
    return answer.json()


@each_form
def test_a_whole_reply(path: str) -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").says("hel", "lo").counts(7, 2).ends()
            body = await ask(await logged_in(world, "alice"), path, "bot")
            assert said(path, body) == "hello"
            assert "7" in json.dumps(body) and body["model"] == "bot"
            assert not [room for room in world.hub.lobby.rooms if room.seq], "no row is made"

    run(main)


@each_form
def test_a_streamed_reply_comes_piece_by_piece(path: str) -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").says("one").pauses(20).says("two").ends()
            alice = await logged_in(world, "alice")
            body = json.dumps({"model": "bot", "stream": True, **FORMS[path]}).encode()
            began = trio.current_time()
            async with alice.stream("POST", path, body=body) as stream:
                first = await stream.piece()
                assert b"one" in first and b"two" not in first and trio.current_time() < began + 1
                rest = b""
                while piece := await stream.piece():
                    rest += piece
                assert b"two" in rest

    run(main)


@each_form
def test_who_leaves_closes_the_models_connection(path: str) -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            model = world.model("bot").says("one").pauses(1000)
            alice = await logged_in(world, "alice")
            body = json.dumps({"model": "bot", "stream": True, **FORMS[path]}).encode()
            async with alice.stream("POST", path, body=body) as stream:
                await stream.piece()
                assert model.open_streams == 1
            await world.settle()
            assert model.open_streams == 0

    run(main)


@each_form
def test_in_a_room_everybody_sees_both(path: str) -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").says("hello").ends()
            bob = await world.join("bob")
            body = await ask(await logged_in(world, "alice"), path, "lobby/bot")
            await world.settle()
            assert said(path, body) == "hello"
            assert "@bot hi" in bob.screen and "hello" in bob.screen

    run(main)


@each_form
def test_errors_have_the_forms_own_shape(path: str) -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            gone = NetworkFailure("the model's server cannot be reached")
            world.model("gone").raises(gone).raises(gone)
            world.model("broken").fails("it broke").fails("it broke")
            for model, status, words in (
                ("nobody", 404, "no model"), ("nowhere/echo", 404, "no room"), ("~bob/echo", 404, "no room"),
                ("gone", 502, "cannot be reached"), ("broken", 502, "it broke"), (7, 400, "model"),
            ):  # fmt: skip
                for stream in (False, True):
                    answer = await alice.post(path, {**FORMS[path], "model": model, "stream": stream})
                    assert answer.status == status, (model, answer.text)
                    assert words in reason(path, answer.json())
            answer = await alice.post(path, body=b"{")
            assert answer.status == 400 and "not JSON" in reason(path, answer.json())
            alice.headers.pop("authorization")
            answer = await alice.post(path, {"model": "echo", **FORMS[path]})
            assert answer.status == 401 and "token" in reason(path, answer.json())

    run(main)


@each_form
def test_what_fails_in_the_midst_is_told_in_the_stream(path: str) -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").pauses(HOLD_S * 2).says("so f").pauses(30).fails("the model broke")
            alice = await logged_in(world, "alice")
            body = json.dumps({"model": "bot", "stream": True, **FORMS[path]}).encode()
            answer = await alice.request("POST", path, body=body)
            assert answer.status == 200 and b"so f" in answer.body and b"the model broke" in answer.body

    run(main)


def test_tools_of_the_clients_own_are_handed_back_to_it() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            model = world.model("bot").calls("look", '{"x": 1}').ends()
            alice = await logged_in(world, "alice")
            tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
            body = await ask(alice, "/v1/chat/completions", "bot", tools=tools)
            call = body["choices"][0]["message"]["tool_calls"][0]
            assert call["function"] == {"name": "look", "arguments": '{"x": 1}'}
            assert body["choices"][0]["finish_reason"] == "tool_calls"
            model.says("done").ends()
            talk = [*HI["messages"], {"role": "assistant", "tool_calls": [call]},
                    {"role": "tool", "tool_call_id": call["id"], "content": "a tree"}]  # fmt: skip
            body = await ask(alice, "/v1/chat/completions", "bot", tools=tools, messages=talk)
            assert said("/v1/chat/completions", body) == "done"
            asked = model.questions[-1]
            assert [type(message) for message in asked.messages] == [Said, Answered, ToolReturned]
            assert asked.messages[-1].text == "a tree" and [tool.name for tool in asked.tools] == ["look"]

    run(main)


def test_without_its_own_the_models_tools_run_here_and_are_not_shown() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot", tools=("calculate",)).calls("calculate", '{"expression": "6*7"}').ends()
            world.model("bot").says("it is 42").ends()
            body = await ask(await logged_in(world, "alice"), "/v1/chat/completions", "bot")
            assert said("/v1/chat/completions", body) == "it is 42"
            assert "tool_calls" not in body["choices"][0]["message"]

    run(main)


def test_a_request_that_is_sent_again_asks_once() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            model = world.model("bot").says("one").pauses(20).says("two").ends()
            alice = await logged_in(world, "alice")
            answers: list[str] = []

            async def send(after: float, headers: dict[str, str]) -> None:
                await trio.sleep(after)
                body = json.dumps({"model": "lobby/bot", "stream": False, **HI}).encode()
                answer = await alice.request("POST", "/v1/chat/completions", headers=headers, body=body)
                answers.append(said("/v1/chat/completions", answer.json()))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(send, 0, {})
                nursery.start_soon(send, 10, {})
            assert answers == ["onetwo", "onetwo"] and len(model.questions) == 1
            assert (await world.command("bob", "history lobby")).output.count("@bot hi") == 1

    run(main)


def test_limits_count_as_over_ssh() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").pauses(1000)
            alice = await logged_in(world, "alice")
            async with trio.open_nursery() as nursery:
                for number in range(4):
                    nursery.start_soon(alice.post, "/v1/messages", {"model": "bot", **HI, "temperature": number / 10})
                await world.settle()
                answer = await alice.post("/v1/messages", {"model": "bot", **HI})
                assert answer.status == 429 and "4 answers running" in reason("/v1/messages", answer.json())
                assert "retry-after" in answer.headers
                over_ssh = await world.command("alice", "ask @bot hi")
                assert over_ssh.exit_status == 75
                nursery.cancel_scope.cancel()

    run(main)


def test_models_are_listed_for_each_kind_of_client() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            alice = await logged_in(world, "alice")
            listed = (await alice.get("/v1/models")).json()
            assert {model["id"] for model in listed["data"]} == {"eliza", "echo"}
            assert (await alice.get("/v1/models/eliza")).json()["object"] == "model"
            tags = (await alice.get("/api/tags")).json()
            assert {model["name"] for model in tags["models"]} == {"eliza", "echo"}
            found = [OLLAMA.listing.read(entry, {}) for entry in OLLAMA.listing.entries(tags)]
            assert found == [None, None], "no chatd takes another one, or itself, for an Ollama"
            assert "completion" in (await alice.post("/api/show", {"model": "eliza"})).json()["capabilities"]
            assert (await alice.post("/api/show", {"model": "nobody"})).status == 404
            assert (await alice.get("/api/version")).json()["chatd"]
            counted = await alice.post("/v1/messages/count_tokens", {"model": "eliza", **HI})
            assert counted.json()["input_tokens"] > 0

    run(main)


def test_a_streams_last_words_tell_what_it_took() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            world.model("bot").says("hello").counts(7, 2).ends()
            alice = await logged_in(world, "alice")
            asked = {"model": "bot", "stream": True, "stream_options": {"include_usage": True}, **HI}
            async with events(alice, "/v1/chat/completions", "POST", asked) as stream:
                told = await stream.rest()
            assert told[0].value["choices"][0]["delta"]["role"] == "assistant"
            assert told[-2].value["usage"]["total_tokens"] == 9 and told[-2].value["choices"] == []

    run(main)

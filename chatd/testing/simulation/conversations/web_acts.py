"""Conversations about what is done over the web: rows that are said once, questions, and clients of models' servers."""

from __future__ import annotations

from functools import partial
from string import ascii_lowercase
from typing import Any

import trio

from chatd.testing.models import ScriptedModel
from chatd.testing.simulation.conversations.browsing import LOBBY, Browsing, new_token, nobody, program, with_token
from chatd.testing.simulation.conversations.talk import Conversation, Talk
from chatd.testing.simulation.web.requests import STREAM

FORMS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "hi"}]}, "/v1/responses": {"input": "hi"},
    "/v1/messages": {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 50},
    "/api/chat": {"messages": [{"role": "user", "content": "hi"}]}, "/api/generate": {"prompt": "hi"},
}  # fmt: skip
"""What is asked in each of them."""

LEFT_S = 2.0
"""Virtual seconds within which whatever a client had begun has ended that has left."""

CUT_AFTER_S = (0.0, 0.001, 0.02, 0.03, 1.0)
"""When a client is cut off that says a row: before it is read, while it is written, behind its end."""


async def a_row_with_a_name_is_said_once(talk: Talk) -> None:
    """However often it is sent, cut off at any moment, by two tries at once, and again after a restart."""
    una = talk.name("una")
    secret = await new_token(talk, una)
    client, row = with_token(talk, una, secret), {"text": talk.name("once"), "client_id": talk.name("mark")}
    await talk.free()
    for seconds in CUT_AFTER_S:
        with trio.move_on_after(seconds):
            await client.asks("POST", f"{LOBBY}/rows", row)
    told: list[tuple[int, str]] = []

    async def says() -> None:
        answer = await client.asks("POST", f"{LOBBY}/rows", row)
        told.append((answer.status, answer.json().get("id", answer.text)))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(says)
    talk.expects({status for status, _ in told} <= {200, 201}, f"it is there: {told}")
    talk.expects(len({row_id for _, row_id in told}) == 1, f"it is one row: {told}")
    _is_once(talk, una, row["text"])
    talk.later.append(partial(_said_again, una=una, secret=secret, row=row, row_id=told[0][1]))
    other = await program(talk, talk.name("ugo"))
    said = await other.posts(f"{LOBBY}/rows", row, 201)
    talk.expects(said["id"] != told[0][1], "another one's row of that name is another one")


def _is_once(talk: Talk, who: str, text: str) -> None:
    found = [row.id for row in talk.record.rows("lobby") if (row.author, row.content) == (who, text)]
    talk.expects(len(found) == 1, f"{text!r} of {who} is in {len(found)} rows")


async def _said_again(talk: Talk, una: str, secret: str, row: dict[str, str], row_id: str) -> None:
    said = await with_token(talk, una, secret).posts(f"{LOBBY}/rows", row, 200)
    talk.expects(said["id"] == row_id, f"it is the row of before: {said}")
    _is_once(talk, una, row["text"])


async def a_question_runs_on_and_is_cancelled(talk: Talk) -> None:
    """202 says that it is asked; whoever asked may stop it, and nobody else, once."""
    una, bot = talk.name("una"), talk.model("patient")
    client, other = await program(talk, una), await program(talk, talk.name("ugo"))
    await talk.free()
    bot.says("so f").pauses(1000).may_be_unfinished()
    asked = await client.posts(f"{LOBBY}/ask", {"models": [bot.info.name], "text": "go"}, 202)
    (mention,) = asked["mention_ids"]
    await talk.until(lambda: bot.open_streams == 1, "the model is asked")
    await other.posts(f"/api/v1/mentions/{mention}/cancel", {}, 403)
    await client.posts(f"/api/v1/mentions/{mention}/cancel", {}, 202)
    await talk.until(lambda: bot.open_streams == 0, "the model is left", LEFT_S)
    await talk.settles()
    rows = [row for row in talk.record.rows("lobby") if row.mention_id == mention and row.author == bot.info.name]
    said = [(row.content, row.status) for row in rows]
    # It may have been stopped before it said anything.
    talk.expects(said in ([("so f", "cancelled")], []), f"it was cancelled: {said}")
    await client.posts(f"/api/v1/mentions/{mention}/cancel", {}, 409)
    await other.posts(f"/api/v1/mentions/{mention}/cancel", {}, 404)


async def who_leaves_ends_the_answer(talk: Talk) -> None:
    """The stream was the asker's: with it the mention ends, and the model's connection; in each of the forms, too."""
    una = talk.name("una")
    client = await program(talk, una)
    asked = [(STREAM, "", {"message": "hi"}), *((path, room, FORMS[path]) for path in FORMS for room in ("", "lobby/"))]
    for letter, (path, room, value) in zip(ascii_lowercase, asked, strict=False):
        await talk.free()
        bot = talk.model(f"endless{letter}")  # one that was left may still have to pause
        await _leaves(talk, client, bot, path, {**value, "model": f"{room}{bot.info.name}", "stream": True})
        await talk.until(lambda: not _runs(talk, una), f"no answer of {path} runs on", LEFT_S)


async def _leaves(talk: Talk, client: Browsing, bot: ScriptedModel, path: str, value: dict[str, Any]) -> None:
    bot.says("so f").pauses(1000).may_be_unfinished()
    async with client.stream(path, value) as stream:
        first = await stream.piece()
        talk.expects(bot.open_streams == 1, f"{path} asks {value['model']}, told is {first!r}")
    await talk.until(lambda: bot.open_streams == 0, f"who leaves {path} has left {value['model']}", LEFT_S)


def _runs(talk: Talk, who: str) -> bool:
    return any(answer.facts.asker == who for answer in talk.world.hub.answers.running)


async def clients_of_models_are_answered(talk: Talk) -> None:
    """Alone and in a room, streamed and whole: what the model said; in a room everybody has both, alone nobody."""
    una, bot = talk.name("una"), talk.model("former")
    client = await program(talk, una)
    for path, value in FORMS.items():
        for model in (bot.info.name, f"lobby/{bot.info.name}"):
            for streamed in (False, True):
                await talk.free()
                rows, word = len(talk.record.everywhere()), talk.name("reply")
                bot.says(word).ends()
                await _is_said(talk, client, path, {**value, "model": model, "stream": streamed}, word)
                await talk.free()
                await talk.settles()
                added = [row.content for row in talk.record.everywhere()[rows:] if row.author in (una, bot.info.name)]
                due = [f"@{bot.info.name} hi", word] if "/" in model else []
                talk.expects(added == due, f"{path} for {model} leaves {added}")


async def _is_said(talk: Talk, client: Browsing, path: str, value: dict[str, Any], word: str) -> None:
    if value["stream"]:
        async with client.stream(path, value) as stream:
            body = await stream.rest()
    else:
        answer = await client.asks("POST", path, value)
        talk.check_free(answer.status)
        talk.expects(answer.status == 200, f"{path}: {answer.status}, {answer.text!r}")
        body = answer.body
    talk.expects(word.encode() in body, f"{path} says {body[-300:]!r}")


async def what_is_wrong_is_told_over_the_web(talk: Talk) -> None:
    """Each in a status and a sentence, and nothing has changed."""
    una = talk.name("una")
    client = await program(talk, una)
    ask, rows = f"{LOBBY}/ask", f"{LOBBY}/rows"
    for path, value, status in (
        (rows, {}, 422), (rows, {"text": " "}, 400), (rows, {"text": 5}, 422), (rows, [1], 422),
        (rows, {"text": "x", "client_id": "y" * 201}, 422), (rows, {"text": "@nobody hi"}, 404),
        ("/api/v1/rooms/nowhere/rows", {"text": "x"}, 404), ("/api/v1/rooms/!/rows", {"text": "x"}, 404),
        (ask, {"text": "x"}, 422), (ask, {"models": [], "text": "x"}, 422), (ask, {"models": [1], "text": "x"}, 422),
        (ask, {"models": ["echo"] * 9, "text": "x"}, 422), (ask, {"models": ["echo"], "text": " "}, 400),
        (STREAM, {"message": "x", "user_id": "y" * 101}, 422), (STREAM, {"message": "x" * 20_000}, 400),
        ("/api/v1/mentions/nothing/cancel", {}, 404), ("/v1/messages", {"model": "echo", "max_tokens": 5}, 400),
        ("/v1/chat/completions", {"model": "nobody", "messages": [{"role": "user", "content": "x"}]}, 404),
        ("/v1/chat/completions", {"model": "lobby/echo", "messages": [{"role": "user", "content": " "}]}, 400),
        ("/v1/chat/completions", {"model": "echo", "messages": [5]}, 400), ("/api/show", {"model": "nobody"}, 404),
        ("/v1/chat/completions", {"model": "echo", "messages": [{"role": "tool", "tool_call_id": "x"}]}, 400),
    ):  # fmt: skip
        await client.posts(path, value, status)
    for path, status in (
        (f"{rows}?limit=many", 400), (f"{rows}?limit=0", 400), (f"{rows}?before=nothing", 404),
        (f"{LOBBY}/export?format=pdf", 400), (f"{LOBBY}/events?since=999999999", 400),
        (f"{LOBBY}/events?last=x", 400), ("/nothing", 404), ("/api/v1/rooms/~", 404),
    ):  # fmt: skip
        await client.gets(path, status)
    for headers, body, status in (
        ({"content_type": "text/plain"}, b"text=x", 415), (JSON_HEAD, b"[", 400), (JSON_HEAD, b"\xff", 400),
    ):  # fmt: skip
        answer = await client.asks("POST", rows, body=body, **headers)
        talk.expects(answer.status == status, f"{body!r}: {answer.status}, {answer.text!r}")
    wrong = await client.asks("DELETE", rows)
    talk.expects(wrong.status == 405, f"nothing is deleted: {wrong.status}")
    talk.expects(all(row.author != una for row in talk.record.everywhere()), f"{una} has said nothing")


JSON_HEAD = {"content_type": "application/json"}


async def pages_over_the_web_are_the_room(talk: Talk) -> None:
    """Rows in pages from either end, what a search finds, an export: all of it, once, in order."""
    una, word = talk.name("una"), talk.name("needle")
    client = await program(talk, una)
    for number in range(5):
        await client.posts(f"{LOBBY}/rows", {"text": f"{word} {number}"}, 201)
    said = [f"{word} {number}" for number in range(5)]
    for direction, follows in (("before", "before"), ("after", "next")):
        found: list[dict[str, Any]] = []
        first = (await client.gets(f"{LOBBY}/rows?limit=1"))["rows"][0]["id"] if direction == "before" else None
        rows = talk.record.rows("lobby")
        place: str | None = first if direction == "before" else rows[0].id
        while place is not None:
            page = await client.gets(f"{LOBBY}/rows?limit=3&{direction}={place}")
            found = page["rows"] + found if direction == "before" else found + page["rows"]
            place = page[follows]
        seqs = [row["seq"] for row in found]
        talk.expects(seqs == list(range(seqs[0], seqs[0] + len(seqs))), f"{direction}: {seqs}")
        told = [row["content"] for row in found if row["author"] == una]
        talk.expects(told in (said, said[1:], said[:-1]), f"{direction}: {told}")
    searched = await client.gets(f"/api/v1/search?q={word}&limit=3")
    talk.expects(len(searched["rows"]) == 3, f"three are wanted: {searched}")
    for form in ("md", "jsonl", "text"):
        exported = (await client.asks("GET", f"{LOBBY}/export?format={form}")).text
        talk.expects(all(text in exported for text in said), f"all of it is exported as {form}")
    await client.posts(f"{LOBBY}/read", {}, 204)
    told_rooms = {room["name"]: room["unread"] for room in (await client.gets("/api/v1/rooms"))["rooms"]}
    talk.expects(told_rooms["lobby"] == 0, f"all of it is read: {told_rooms}")
    for path in ("/api/v1/me", "/api/v1/models", LOBBY, "/api/v1/stats", "/v1/models", "/api/tags", "/openapi.json"):
        await client.gets(path)
    for path in ("/healthz", "/readyz"):
        await nobody(talk).gets(path)


ALL: tuple[Conversation, ...] = (
    a_row_with_a_name_is_said_once, a_question_runs_on_and_is_cancelled, who_leaves_ends_the_answer,
    clients_of_models_are_answered, what_is_wrong_is_told_over_the_web, pages_over_the_web_are_the_room,
)  # fmt: skip

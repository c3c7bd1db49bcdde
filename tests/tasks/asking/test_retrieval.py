"""Retrieval: models read related rows of their room, the answer names them, and nothing of it is in anybody's way."""

from __future__ import annotations

import json

import pytest
import trio

from chatd.adapters.sqlite.log import SqliteLog
from chatd.config import Config, LimitsConfig, RetrievalConfig
from chatd.core.question import Question, Said
from chatd.core.retrieval import Related
from chatd.core.row import Method, SetRoom
from chatd.errors import StorageError
from chatd.ports import Plain
from chatd.testing import World, run
from tests.support import in_world

FEW = LimitsConfig(history_rows=5)
"""Rows of a room in memory: what is further back is not in the prompt."""


async def long_ago(world: World, room: str = "lobby") -> None:
    """Something telling is said, and then so much that it is forgotten."""
    await world.command("alice", f"say --room {room} the harbour budget is forty")
    for n in range(8):
        await world.command("alice", f"say --room {room} chatter {n}")


def read_by(question: Question) -> str:
    """What a model reads of related rows, one to a line."""
    last = question.messages[question.older - 1] if question.older else None
    return last.text.partition("\n")[2] if question.related and isinstance(last, Said) else ""


@in_world(Config(limits=FEW))
async def test_what_was_said_long_ago_is_read_and_named(world: World) -> None:
    bot = world.model("bot").says("forty").ends().says("x").ends()
    await long_ago(world)
    await world.command("alice", "room retrieval on")
    asked = await world.command("alice", "ask --room lobby @bot what is the budget of the harbour?")
    assert (asked.output, asked.errors) == ("forty\n", "chatd: bot: sources #1\n")
    assert read_by(bot.questions[0]) == "#1 alice: the harbour budget is forty"
    (answer,) = [row for row in world.hub.lobby.get("lobby", "").tail(9) if row.head.author == "bot"]
    first = (await world.hub.archive.page_from(world.hub.lobby.get("lobby", "").id, 1, 1))[0]
    assert answer.head.meta["sources"] == [{"seq": 1, "id": first.id}]
    told = await world.command("alice", "ask --room lobby --json @bot the harbour?")
    assert json.loads(told.output.splitlines()[-1])["stats"]["sources"][0]["seq"] == 1
    stats = json.loads((await world.command("alice", "stats --json")).output)
    assert (stats["sourced"], stats["sources"]) == (2, 2)


@in_world(Config(limits=FEW))
async def test_what_a_script_leaves_out_is_not_named(world: World) -> None:
    bot = world.model("bot").says("forty").ends()
    await long_ago(world)
    await world.command("alice", "room retrieval on")

    async def without(messages: Plain, *_: object) -> Plain:
        assert isinstance(messages, list)
        return [one for one in messages if "harbour budget" not in str(one["content"])]

    world.hub.answers.router.prompt_hook.put(without, lambda: True)
    asked = await world.command("alice", "ask --room lobby @bot what is the budget of the harbour?")
    assert (asked.output, asked.errors) == ("forty\n", "")
    assert bot.questions[0].related == ()
    assert "sources" not in world.hub.lobby.get("lobby", "").tail(1)[0].head.meta


@in_world(Config(limits=FEW))
async def test_what_a_script_leaves_out_of_a_later_round_is_named_of_the_one_before(world: World) -> None:
    world.model("bot", tools=("clock",)).says("let me see").calls("clock").ends().says("forty").ends()
    await long_ago(world)
    await world.command("alice", "room retrieval on")

    async def without(messages: Plain, *_: object) -> Plain:
        assert isinstance(messages, list)
        later = messages[-1]["role"] == "tool"
        return [one for one in messages if "harbour budget" not in str(one["content"])] if later else None

    world.hub.answers.router.prompt_hook.put(without, lambda: True)
    await world.command("alice", "ask --room lobby @bot what is the budget of the harbour?")
    said = [row.head for row in world.hub.lobby.get("lobby", "").tail(9) if row.head.method == Method.MODEL]
    assert [(head.author, bool(head.meta.get("sources"))) for head in said] == [("bot", True), ("bot", False)]


@in_world(Config(limits=FEW))
async def test_what_is_read_anyway_is_not_read_twice(world: World) -> None:
    bot = world.model("bot").says("x").ends().says("x").ends()
    await world.command("alice", "room retrieval on")
    await world.command("alice", "say the harbour budget is forty")
    await world.command("alice", "ask --room lobby @bot the harbour budget?")
    assert bot.questions[0].related == () and "sources" not in world.hub.lobby.get("lobby", "").tail(1)[0].head.meta


@in_world(Config(limits=FEW))
async def test_who_reads_nothing_but_the_question_names_no_sources(world: World) -> None:
    await long_ago(world)
    await world.command("alice", "room retrieval on")
    for name in ("eliza", "echo"):
        asked = await world.command("alice", f"ask --room lobby @{name} what is the budget of the harbour?")
        assert asked.output and asked.errors == "", name
    assert '"sourced":0' in (await world.command("alice", "stats --json")).output


@in_world(Config(limits=FEW))
async def test_nothing_is_looked_for_where_it_is_off_and_nothing_crosses_rooms(world: World) -> None:
    bot = world.model("bot").says("x").ends().says("x").ends().says("x").ends()
    await long_ago(world)
    await long_ago(world, "~alice")
    await world.command("alice", "ask --room lobby @bot the harbour?")
    await world.hub.open_room("dev", world.visitor("alice"), make=True)
    await world.command("alice", "room dev retrieval on")
    await world.command("alice", "ask --room dev @bot the harbour?")
    await world.command("alice", "room ~alice retrieval on")
    await world.command("alice", "ask --room ~alice @bot the harbour?")
    assert [len(question.related) for question in bot.questions] == [0, 0, 1]


@in_world(Config(limits=FEW, retrieval=RetrievalConfig(enabled=False)))
async def test_an_operator_may_have_none_of_it(world: World) -> None:
    """Also in a room where it was on before."""
    bot = world.model("bot").says("x").ends()
    refused = await world.command("alice", "room retrieval on")
    assert refused.exit_status == 77 and "the operator has turned retrieval off" in refused.errors
    lobby = world.hub.lobby.get("lobby", "")
    await world.hub.recorder.confirm(world.hub.recorder.submit(lobby, SetRoom("retrieval", "on")))
    await long_ago(world)
    await world.command("alice", "ask --room lobby @bot the harbour?")
    assert bot.questions[0].related == () and bot.questions[0].related_before == 0


@pytest.mark.parametrize("trouble", ["slow", "broken"])
def test_a_search_that_fails_or_takes_too_long_is_left_out(trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def related(*_: object) -> list[Related]:
        if trouble == "slow":
            await trio.sleep_forever()
        raise StorageError("the disk is gone")

    monkeypatch.setattr(SqliteLog, "related", related)

    async def main() -> None:
        async with World.open(Config(limits=FEW)) as world:
            world.model("bot").says("x").ends()
            await world.command("alice", "room retrieval on")
            await long_ago(world)
            begun = trio.current_time()
            asked = await world.command("alice", "ask --room lobby @bot the harbour?")
            assert asked.output == "x\n" and trio.current_time() - begun < 3
            meta = world.hub.lobby.get("lobby", "").tail(1)[0].head.meta
            why = "the search took more than 2 s" if trouble == "slow" else "the disk is gone"
            assert meta["retrieval"] == why and "sources" not in meta

    run(main)


def test_it_is_left_at_once_when_nobody_wants_the_answer_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> list[Related]:
        await trio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(SqliteLog, "related", never)

    async def main() -> None:
        async with World.open(Config(limits=FEW)) as world:
            world.model("bot")
            await world.command("alice", "room retrieval on")
            await long_ago(world)
            alice = await world.join("alice")
            alice.types("@bot the harbour?\r")
            await world.settle(0.5)
            alice.types("\x03")
            await world.settle(0.5)
            assert world.hub.answers.running == [], "long before the search gives up"

    run(main)


@in_world(Config(limits=FEW), shipped=True)
async def test_retry_reads_them_again_and_the_question_itself_is_never_among_them(world: World) -> None:
    bot = world.model("bot").says("x").ends().says("y").ends()
    await world.command("alice", "room retrieval on")
    await long_ago(world)
    alice = await world.lines("alice")
    alice.sends(b"@bot the harbour?\n")
    await world.settle()
    alice.sends(b"/retry\n")
    await world.settle()
    assert [[row.seq for row in question.related] for question in bot.questions] == [[2], [2]]


@in_world(Config(limits=FEW), shipped=True)
async def test_sources_stand_behind_the_answer_on_the_screen(world: World) -> None:
    world.model("bot").says("forty").ends()
    await world.command("alice", "room retrieval on")
    await long_ago(world)
    alice = await world.join("alice")
    alice.types("@bot the harbour?\r")
    await world.settle(1)
    assert "forty sources #2" in alice.screen

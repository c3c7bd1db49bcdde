"""What a model thinks, while it thinks: told at once, committed as it comes, and never a row of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import trio

from chatd.core.row import Status
from chatd.core.visit import Visit
from chatd.testing import World
from chatd.testing.sources import CountingIds
from chatd.testing.world import member
from tests.support import converse, in_world

Seen = list[tuple[str, str]]


def told(output: str) -> Seen:
    return [(event["type"], event["content"]) for event in map(json.loads, output.splitlines())]


async def rows(world: World, room: str = "~alice") -> list[dict[str, object]]:
    seen = await world.command("alice", f"history {room} --json")
    return [json.loads(line) for line in seen.output.splitlines()]


@in_world()
async def test_a_thought_is_told_while_it_is_thought(world: World) -> None:
    bot = world.model("bot").thinks("Let me see. ")
    asked = world.connect(Visit(member("alice"), "ask --json @bot hi"))
    await world.settle()
    assert told(asked.output) == [("started", ""), ("thinking", "Let me see. ")]
    assert len(await rows(world)) == 1, "nothing is said yet"
    bot.thinks("Yes.")
    await world.settle()
    bot.says("Hello!").thinks(" Or no.").ends()
    await asked.ended.wait()
    assert [event for event in told(asked.output) if event[0] == "thinking"] == [
        ("thinking", "Let me see. "), ("thinking", "Yes."), ("thinking", " Or no."),
    ]  # fmt: skip
    assert [kind for kind, _ in told(asked.output)][-1] == "done"
    answer = (await rows(world))[-1]
    assert (answer["content"], answer["meta"]["thinking"]) == ("Hello!", "Let me see. Yes. Or no.")  # type: ignore[index]
    ids = {json.loads(line)["row_id"] for line in asked.output.splitlines()} - {None}
    assert ids == {answer["id"]}


@in_world()
async def test_a_round_of_thoughts_and_a_call_leaves_no_row_but_the_calls(world: World) -> None:
    bot = world.model("bot").thinks("I need the time.")
    asked = world.connect(Visit(member("alice"), "ask --json @bot hi"))
    await world.settle()
    assert ("thinking", "I need the time.") in told(asked.output)
    bot.calls("clock").ends().thinks("Now.").says("Noon.").ends()
    await asked.ended.wait()
    kinds = [kind for kind, _ in told(asked.output)]
    assert kinds == ["started", "thinking", "tool_call", "tool_result", "thinking", "token", "done"]
    found = await rows(world)
    assert [row["content_method"] for row in found] == ["message.user", "tool.call", "tool.result", "message.model"]
    assert found[1]["meta"]["thinking"] == "I need the time." and found[3]["meta"]["thinking"] == "Now."  # type: ignore[index]


@in_world()
async def test_an_answer_that_only_thought_is_one_failed_row(world: World) -> None:
    for end in ("ends", "fails"):
        bot = world.model(f"bot{end}").thinks("Hm.")
        bot.ends() if end == "ends" else bot.fails("the wire broke", Status.TRUNCATED)
        await world.command("alice", f"ask @bot{end} hi")
        answer, why = (await rows(world))[-2:]
        assert (answer["content"], answer["status"]) == ("", "failed")
        assert answer["meta"]["thinking"] == "Hm." and why["content_method"] == "message.system"  # type: ignore[index]


@in_world()
async def test_who_follows_sees_nothing_of_it_and_every_number(world: World) -> None:
    bot = world.model("bot").thinks("Hm. ", "Well. ")
    tail = world.connect(Visit(member("bob"), "tail --follow --json"))
    await world.settle()
    asked = world.connect(Visit(member("alice"), "ask --room lobby @bot hi"))
    await world.settle()
    bot.says("Hel").thinks("No.").says("lo!").ends()
    await asked.ended.wait()
    await world.settle()
    events = [json.loads(line) for line in tail.output.splitlines()]
    numbers = [event["n"] for event in events if event["event"] not in ("joined", "left")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "".join(event["delta"] for event in events if event["event"] == "grew") == "Hello!"


@in_world()
async def test_nothing_of_it_is_left_on_disk_but_in_the_rows(world: World) -> None:
    bot = world.model("bot").thinks("Hm.")
    asked = world.connect(Visit(member("alice"), "ask @bot hi"))
    await world.settle()
    count = world.database.writer.execute("SELECT count(*), sum(length(text)) FROM thoughts")
    assert count.fetchone() == (1, 3)
    bot.says("x").ends()
    await asked.ended.wait()
    assert world.database.writer.execute("SELECT count(*) FROM thoughts").fetchone() == (0,)


@in_world()
async def test_a_disk_that_fails_loses_no_thought_and_doubles_none(world: World) -> None:
    bot = world.model("bot").thinks("one ")
    asked = world.connect(Visit(member("alice"), "ask --json @bot hi"))
    await world.settle()
    world.disk.becomes_read_only()
    bot.thinks("two ")
    await world.settle(1)
    assert ("thinking", "two ") not in told(asked.output)
    world.disk.works_again()
    await world.settle(20)
    bot.thinks("three").says("x").ends()
    await asked.ended.wait()
    thought = "".join(content for kind, content in told(asked.output) if kind == "thinking")
    assert thought == "one two three"


def test_after_a_kill_what_was_thought_is_there(tmp_path: Path) -> None:
    """In the row that had begun to speak, and in one that comes about by this."""
    path = tmp_path / "chatd.sqlite3"

    async def before(world: World) -> None:
        world.model("mute").thinks("Hm. ", "Well.")
        world.model("half").thinks("Hm.").says("Hel").thinks(" Or?")
        for name in ("mute", "half"):
            world.connect(Visit(member("alice"), f"ask @{name} hi"))
        await world.settle()
        for suffix in ("", "-wal"):  # what a kill -9 here would leave, WAL and all
            shutil.copy(f"{path}{suffix}", tmp_path / f"killed.sqlite3{suffix}")

    async def after(world: World) -> None:
        found = {row["author"]: row for row in await rows(world) if row["content_method"] == "message.model"}
        said = {name: (row["content"], row["status"], row["meta"]["thinking"]) for name, row in found.items()}  # type: ignore[index]
        assert said == {"mute": ("", "interrupted", "Hm. Well."), "half": ("Hel", "interrupted", "Hm. Or?")}
        assert all(row["parent_id"] and row["mention_id"] and row["meta"]["asker"] == "alice" for row in found.values())  # type: ignore[index]
        assert world.database.writer.execute("SELECT count(*) FROM thoughts").fetchone() == (0,)
        seqs = [row["seq"] for row in await rows(world)]
        assert seqs == list(range(1, len(seqs) + 1))
        await world.command("alice", "ask @echo again")
        assert (await rows(world))[-1]["content"] == "again"

    converse(before, database=path)
    converse(after, database=tmp_path / "killed.sqlite3", ids=CountingIds("second-"))


@in_world()
async def test_a_thought_that_is_cancelled_is_kept(world: World) -> None:
    world.model("bot").thinks("Hm.")
    asked = world.connect(Visit(member("alice"), "ask @bot hi"))
    await world.settle()
    await world.command("alice", "cancel")
    with trio.fail_after(5):
        await asked.ended.wait()
    answer = (await rows(world))[-1]
    assert (answer["content"], answer["status"], answer["meta"]["thinking"]) == ("", "cancelled", "Hm.")  # type: ignore[index]

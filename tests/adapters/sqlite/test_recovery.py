"""After a kill nothing is open and no call dangles, and a second start finds nothing to do."""

from __future__ import annotations

import json
from pathlib import Path

import trio

from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.recovery import NO_RESULT, recover
from chatd.adapters.sqlite.schema import LOCAL_WRITER
from chatd.core.tool import ToolSpec
from chatd.ports import SimpleTool
from chatd.testing import World
from chatd.testing.sources import CountingIds
from tests.support import converse


def killed(tmp_path: Path) -> Path:
    """The database of a server that was killed while one of two tools ran, and answered a call before."""
    path, copy = tmp_path / "chatd.sqlite3", tmp_path / "copy.sqlite3"

    async def conversation(world: World) -> None:
        bot = world.model("bot").calls("calculate", '{"expression":"1"}', call_id="a").ends()
        bot.says("so far").calls("slow", call_id="b").ends()
        add_slow(world)
        alice = await world.join("alice")
        alice.types("@bot go\r")
        await world.settle(5)
        duplicate(path, copy)

    converse(conversation, database=path)
    return copy


def duplicate(path: Path, copy: Path) -> None:
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).write_bytes(Path(f"{path}{suffix}").read_bytes())


def add_slow(world: World) -> None:
    async def slow(*_: object) -> str:
        await trio.sleep(20)
        return "late"

    world.hub.answers.router.tools.add(SimpleTool(ToolSpec("slow", "slow", {"type": "object"}), slow))


def test_a_call_that_dangled_has_its_result_after_the_start(tmp_path: Path) -> None:
    copy = killed(tmp_path)
    before = rows(Database(copy, "2026-11-20T10:15:30.123Z"))
    assert [row[:3] for row in before][-3:] == [
        ("bot", "{}", "complete"), ("slow", "no result: the server stopped before the tool ended", "interrupted"),
        ("system", "bot: the server stopped before the answer ended", "complete"),
    ]  # fmt: skip
    assert before[-2][3] == before[-3][4], "the result's parent is the call"
    assert before[-1][3] == before[0][4], "that of the row which says why is the question"
    assert rows(Database(copy, "2026-11-20T11:00:00.000Z")) == before


def test_the_next_question_is_asked_with_a_history_that_servers_accept(tmp_path: Path) -> None:
    copy = killed(tmp_path)

    async def conversation(world: World) -> None:
        bot = world.model("bot").says("hi").ends()
        history = await world.command("alice", "history --json")
        assert [json.loads(line)["seq"] for line in history.output.splitlines()] == list(range(1, 8))
        alice = await world.join("alice")
        alice.types("@bot and now?\r")
        await world.settle()
        assert [type(m).__name__ for m in bot.questions[0].messages] == [
            "Said", "Answered", "ToolReturned", "Answered", "ToolReturned", "Said",
        ]  # fmt: skip
        assert world.rows()[-1] == ("bot", "hi", "complete")

    converse(conversation, database=copy, ids=CountingIds("y"))


def test_each_answer_that_was_cut_has_one_row_that_says_so(tmp_path: Path) -> None:
    path, copy = tmp_path / "chatd.sqlite3", tmp_path / "copy.sqlite3"

    async def conversation(world: World) -> None:
        world.model("left").says("so far")
        world.model("right").says("so fa")
        world.model("done").says("whole").ends()
        alice = await world.join("alice")
        alice.types("@left,right,done go\r")
        await world.settle(5)
        duplicate(path, copy)

    converse(conversation, database=path)
    found = rows(Database(copy, "2026-11-20T10:15:30.123Z"))
    assert sorted(row[:3] for row in found[1:]) == [
        ("done", "whole", "complete"), ("left", "so far", "interrupted"), ("right", "so fa", "interrupted"),
        ("system", "left: the server stopped before the answer ended", "complete"),
        ("system", "right: the server stopped before the answer ended", "complete"),
    ]  # fmt: skip
    assert rows(Database(copy, "2026-11-20T11:00:00.000Z")) == found, "they are said once"


def test_a_question_that_was_waiting_for_its_answer_is_told_of(tmp_path: Path) -> None:
    """Also one of which nothing had been said: by a model that was silent, in a queue, or between two rounds."""
    path, copy = tmp_path / "chatd.sqlite3", tmp_path / "copy.sqlite3"

    async def conversation(world: World) -> None:
        world.model("silent")
        world.model("busy", max_parallel=1)
        world.model("tools").says("Let me see.").calls("dice").ends()
        alice, bob = await world.join("alice"), await world.join("bob")
        alice.types("@silent,tools one\r")
        bob.types("@busy two\r@busy three\r")
        await world.settle(5)
        duplicate(path, copy)

    converse(conversation, database=path)
    found = rows(Database(copy, "2026-11-20T10:15:30.123Z"))
    questions = {row[1]: row[4] for row in found if row[0] in ("alice", "bob")}
    ends = [row[1:4] for row in found if row[0] == "system"]
    assert ends == [
        (f"{model}: the server stopped before the answer ended", "complete", questions[typed])
        for model, typed in (("silent", "@silent,tools one"), ("tools", "@silent,tools one"),
                             ("busy", "@busy two"), ("busy", "@busy three"))
    ]  # fmt: skip
    assert rows(Database(copy, "2026-11-20T11:00:00.000Z")) == found, "they are said once"


def test_what_had_an_end_before_the_kill_has_no_other(tmp_path: Path) -> None:
    path, copy = tmp_path / "chatd.sqlite3", tmp_path / "copy.sqlite3"

    async def conversation(world: World) -> None:
        world.model("silent")
        world.model("done").says("whole").ends()
        alice = await world.join("alice")
        alice.types("@done one\r@silent two\r")
        await world.settle(1)
        alice.types("\x03")
        await world.settle(1)
        duplicate(path, copy)

    converse(conversation, database=path)
    found = rows(Database(copy, "2026-11-20T10:15:30.123Z"))
    assert [row[:3] for row in found] == [
        ("alice", "@done one", "complete"), ("alice", "@silent two", "complete"), ("done", "whole", "complete"),
    ]  # fmt: skip


def test_what_another_writer_has_open_is_left_to_it(tmp_path: Path) -> None:
    """Its answers may be growing at this moment; when it starts again itself, they are put right as ours are."""
    path, copy = tmp_path / "chatd.sqlite3", tmp_path / "copy.sqlite3"

    async def conversation(world: World) -> None:
        world.model("talks").says("so far")
        world.model("thinks").thinks("hm")
        world.model("calls").calls("slow", call_id="a").ends()
        add_slow(world)
        alice = await world.join("alice")
        alice.types("@talks,thinks,calls go\r")
        await world.settle(5)
        duplicate(path, copy)

    converse(conversation, database=path)
    ours = Database(copy, "2026-11-20T10:15:30.123Z", writer_id="another")
    assert ours.recovered == 0
    for left in ("rows WHERE status = 'open'", "rows WHERE content_method = 'tool.call'", "thoughts", "mentions"):
        assert ours.writer.execute(f"SELECT count(*) FROM {left}").fetchone() >= (1,)
    assert [row[:3] for row in rows(ours)][1:] == [("talks", "", "open"), ("calls", "{}", "complete")]
    theirs = Database(copy, "2026-11-20T10:15:30.123Z")
    assert theirs.recovered == 2, "a row that was open, and one that there is now for what was thought"
    assert sorted(row[:3] for row in rows(theirs)[1:]) == [
        ("calls", "{}", "complete"), ("slow", NO_RESULT, "interrupted"),
        *(("system", f"{name}: the server stopped before the answer ended", "complete")
          for name in ("calls", "talks", "thinks")),
        ("talks", "so far", "interrupted"), ("thinks", "", "interrupted"),
    ]  # fmt: skip


def test_a_server_asks_for_the_writer_whose_rows_it_closes(tmp_path: Path) -> None:
    path, copy = tmp_path / "chatd.sqlite3", tmp_path / "copy.sqlite3"

    async def conversation(world: World) -> None:
        world.model("bot").says("so far")
        alice = await world.join("alice")
        alice.types("@bot go\r")
        await world.settle(5)
        duplicate(path, copy)

    converse(conversation, database=path)
    ours = Database(copy, "2026-11-20T10:15:30.123Z", writer_id="another")
    assert recover(ours.writer, "2026-11-20T10:15:30.123Z", "a third") == 0
    assert recover(ours.writer, "2026-11-20T10:15:30.123Z", LOCAL_WRITER) == 1
    assert rows(ours)[1][:3] == ("bot", "so far", "interrupted")


def test_a_question_that_no_row_asks_is_not_told_of(tmp_path: Path) -> None:
    """The record is written before the question: a kill between them leaves it alone."""
    path = tmp_path / "chatd.sqlite3"
    database = Database(path, "2026-11-20T10:15:30.123Z")
    database.writer.executescript(
        "INSERT INTO rooms VALUES ('r', 'lobby', '2026-11-20T10:15:30.123Z');"
        "INSERT INTO buffers(id, room_id) VALUES ('b', 'r');"
        "INSERT INTO mentions(id, buffer_id, question_id, model, asker) VALUES ('m', 'b', 'q', 'bot', 'alice')"
    )
    database.close()
    again = Database(path, "2026-11-20T11:00:00.000Z")
    assert again.writer.execute("SELECT count(*) FROM mentions").fetchone() == (0,)
    assert rows(again) == []


def rows(database: Database) -> list[tuple[str, ...]]:
    sql = "SELECT author, content, status, parent_id, id FROM rows ORDER BY seq"
    found = [tuple(row) for row in database.writer.execute(sql)]
    database.close()
    return found

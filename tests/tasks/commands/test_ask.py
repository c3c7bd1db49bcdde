"""`ssh host ask …`: the answer on stdout, reasons on stderr, and an exit status a script can trust."""

from __future__ import annotations

import json

import trio
import trio.lowlevel

from chatd.core.row import Status
from chatd.core.visit import Visit
from chatd.testing import MemoryTerminal, World
from chatd.testing.world import member
from tests.support import in_world


def events(terminal: MemoryTerminal) -> list[dict[str, object]]:
    return [json.loads(line) for line in terminal.output.splitlines()]


def start(world: World, command: str, *, pty: bool = False) -> MemoryTerminal:
    return world.connect(Visit(member("alice"), command, pty=pty))


@in_world()
async def test_the_answer_is_the_whole_output(world: World) -> None:
    world.model("bot").says("hello ", "world\n\n").ends()
    asked = await world.command("alice", "ask @bot hi")
    assert (asked.output, asked.errors, asked.exit_status) == ("hello world\n", "", 0)
    assert world.rows("lobby") == []
    assert [text for _, text, _ in world.rows("~alice")] == ["@bot hi", "hello world\n\n"]


@in_world()
async def test_it_streams(world: World) -> None:
    bot = world.model("bot").says("first ")
    asked = start(world, "ask @bot hi")
    await world.settle()
    assert asked.output == "first "
    bot.says("second").ends()
    await asked.ended.wait()
    assert asked.output == "first second\n"


@in_world()
async def test_events_begin_with_started_and_end_with_done(world: World) -> None:
    world.model("bot").says("hel").pauses(0.1).says("lo").ends()
    asked = await world.command("alice", "ask --json @bot hi")
    first, *tokens, last = events(asked)
    assert (first["type"], last["type"], last["status"]) == ("started", "done", "complete")
    assert [event["content"] for event in tokens] == ["hel", "lo"]
    assert {event["type"] for event in tokens} == {"token"}
    assert len({event["mention_id"] for event in (first, *tokens, last)}) == 1
    stats = last["stats"]
    assert isinstance(stats, dict) and stats["asker"] == "alice"


@in_world()
async def test_a_failure_is_1_with_the_reason_on_stderr_and_the_text_kept(world: World) -> None:
    world.model("bot").says("half").fails("the wire broke", Status.TRUNCATED)
    asked = await world.command("alice", "ask @bot hi")
    assert (asked.output, asked.exit_status) == ("half\n", 1)
    assert asked.errors == "chatd: bot: the wire broke\n"
    asked = await world.command("alice", "ask --json @bot hi")
    world.model("bot")


@in_world()
async def test_a_failure_as_an_event(world: World) -> None:
    world.model("bot").says("half").fails("the wire broke")
    asked = await world.command("alice", "ask --json @bot hi")
    last = events(asked)[-1]
    assert (last["type"], last["status"], last["error"]) == ("error", "failed", "the wire broke")


@in_world()
async def test_a_model_that_cannot_be_had_is_75_and_one_that_is_not_there_69(world: World) -> None:
    world.model("bot").unavailable = "connection refused"
    asked = await world.command("alice", "ask @bot hi")
    assert (asked.output, asked.exit_status) == ("", 75)
    asked = await world.command("alice", "ask @nobody hi")
    assert asked.exit_status == 69 and "you can ask @eliza" in asked.errors


@in_world()
async def test_wrong_usage_is_64(world: World) -> None:
    for command in ("ask", "ask bot hi", "ask @bot", "ask --frob @bot hi", "ask @bot " + "x" * 20_000):
        world.model("bot")
        asked = await world.command("alice", command)
        assert asked.exit_status == 64, command
        assert asked.errors.startswith("chatd: ") and asked.errors.count("\n") == 1, asked.errors


@in_world()
async def test_several_answers_come_one_after_the_other(world: World) -> None:
    left, right = world.model("left"), world.model("right")
    right.says("right ").ends()
    asked = start(world, "ask @left,right hi")
    await world.settle()
    left.says("left").ends()
    await asked.ended.wait()
    assert asked.output == "== left ==\nleft\n== right ==\nright \n"
    question, *answers = (live.row for live in world.hub.lobby.get("~alice", "alice").tail(9))
    assert question.mention_id is None
    assert {row.parent_id for row in answers} == {question.id}
    assert len({row.mention_id for row in answers}) == 2


@in_world()
async def test_piped_stdin_goes_with_the_question(world: World) -> None:
    bot = world.model("bot").says("ok").ends()
    asked = await world.command("alice", "ask @bot review this", b"+ a\n- b\n")
    assert asked.exit_status == 0
    assert bot.questions[0].text == "review this\n\n+ a\n- b"
    assert world.rows("~alice")[0][1] == "@bot review this\n\n```\n+ a\n- b\n```"


@in_world()
async def test_stdin_that_is_silent_is_not_waited_for_and_what_comes_late_is_said_once(world: World) -> None:
    bot = world.model("bot").says("a")
    asked = start(world, "ask @bot hi")
    await world.settle(1)
    asked.sends(b"late").sends(b"later")
    await world.settle()
    bot.ends()
    await asked.ended.wait()
    assert asked.errors.count("stdin came too late") == 1
    assert bot.questions[0].text == "hi"


@in_world()
async def test_a_dash_waits_for_the_end_of_input(world: World) -> None:
    bot = world.model("bot").says("ok").ends()
    asked = start(world, "ask @bot sum up -")
    await world.settle(5)
    asked.sends(b"all of it")
    asked.ends_input()
    await asked.ended.wait()
    assert bot.questions[0].text == "sum up\n\nall of it"


@in_world()
async def test_an_attachment_over_its_limit_is_refused(world: World) -> None:
    world.model("bot")
    asked = await world.command("alice", "ask @bot hi", b"x" * 300 * 1024)
    assert asked.exit_status == 64 and "attachment is 300 KiB, the limit is 256 KiB" in asked.errors
    assert not world.hub.answers.running


@in_world()
async def test_ctrl_c_on_a_pty_cancels_with_130(world: World) -> None:
    bot = world.model("bot").says("so far")
    asked = start(world, "ask @bot hi", pty=True)
    await world.settle(1)
    asked.types("\x03")
    await asked.ended.wait()
    assert asked.exit_status == 130 and bot.open_streams == 0
    assert "so far" in asked.screen
    assert world.rows("~alice")[-1] == ("bot", "so far", "cancelled")


@in_world()
async def test_losing_the_channel_cancels(world: World) -> None:
    bot = world.model("bot").says("so far")
    asked = start(world, "ask @bot hi")
    await world.settle()
    asked.hangs_up()
    await world.settle()
    assert bot.open_streams == 0
    assert world.rows("~alice")[-1] == ("bot", "so far", "cancelled")


@in_world()
async def test_it_is_cancelled_from_elsewhere(world: World) -> None:
    world.model("bot").says("so far")
    asked = start(world, "ask @bot hi")
    await world.settle()
    assert (await world.command("mallory", f"cancel {world.hub.answers.running[0].id}")).exit_status == 77
    assert (await world.command("alice", "cancel")).output.startswith("cancelled bot ")
    await asked.ended.wait()
    assert asked.exit_status == 130


@in_world()
async def test_a_question_into_a_room_is_seen_there(world: World) -> None:
    world.model("bot").says("hello").ends()
    viewer = await world.join("bob")
    assert (await world.command("alice", "ask --room lobby @bot hi")).exit_status == 0
    await world.settle()
    assert "alice @bot hi" in viewer.screen and "bot hello" in viewer.screen
    assert (await world.command("alice", "ask --room nowhere @bot hi")).exit_status == 69
    assert (await world.command("alice", "ask --room ~bob @bot hi")).exit_status == 69


@in_world()
async def test_control_characters_do_not_reach_the_terminal(world: World) -> None:
    world.model("bot").says("a\x1b", "[31mb\tc\x9b").ends()
    asked = await world.command("alice", "ask @bot hi")
    assert asked.output == "a␛[31mb\tc\ufffd\n"


@in_world()
async def test_a_full_disk_is_said_at_once(world: World) -> None:
    world.model("bot").says("x").ends()
    await world.command("alice", "ask @bot hi")
    world.disk.becomes_read_only()
    asked = await world.command("alice", "ask @bot hi")
    assert asked.exit_status == 1 and "read-only" in asked.errors
    world.disk.works_again()


@in_world()
async def test_ctrl_c_works_after_ctrl_d(world: World) -> None:
    world.model("bot").says("so far")
    asked = start(world, "ask @bot hi", pty=True)
    await world.settle(1)
    asked.types("\x04")
    await world.settle(1)
    asked.types("\x03")
    await asked.ended.wait()
    assert asked.exit_status == 130


@in_world()
async def test_an_answer_that_ends_while_a_slow_reader_is_served_is_printed_whole(world: World) -> None:
    bot = world.model("bot").says("x" * 300_000)
    asked = start(world, "ask @bot hi")
    await world.settle(0.2)
    asked.stops_reading()
    bot.says("y" * 300_000)
    await world.settle()
    bot.says("THE END").ends()
    await world.settle()
    asked.reads_on()
    await asked.ended.wait()
    assert asked.output == "x" * 300_000 + "y" * 300_000 + "THE END\n"


@in_world()
async def test_a_second_answer_that_ends_while_the_first_is_printed_is_whole(world: World) -> None:
    first, second = world.model("a"), world.model("b").says("begin;")
    asked = start(world, "ask @a,b hi")
    await world.settle(0.2)
    asked.stops_reading()
    first.says("x" * 300_000).ends()
    await world.settle()
    second.says("end").ends()
    await world.settle()
    asked.reads_on()
    await asked.ended.wait()
    assert asked.output == "== a ==\n" + "x" * 300_000 + "\n== b ==\nbegin;end\n"


@in_world()
async def test_a_guest_who_goes_at_any_moment_takes_no_place_along(world: World) -> None:
    """What guests are told before an answer cannot be told to somebody who has gone."""
    bot = world.model("bot")
    bot.may_be_unfinished()
    for steps in range(40):
        asked = world.connect(Visit(member("guest-eve"), "ask --room lobby @bot hi", pty=False))
        asked.ends_input()
        for _ in range(steps):
            await trio.lowlevel.checkpoint()
        asked.hangs_up()
        await world.settle(5)
        assert not world.hub.answers.running, f"after {steps} steps"

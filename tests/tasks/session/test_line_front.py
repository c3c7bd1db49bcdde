"""Line mode: one input line in, one text line out for each finished row, no escape sequences."""

from __future__ import annotations

from dataclasses import replace

from chatd.config import Config, LimitsConfig
from chatd.core.visit import Visit
from chatd.errors import NetworkFailure
from chatd.tasks.session.inbox import MAX_NOTICES
from chatd.testing import World
from chatd.testing.world import member
from tests.support import in_world


@in_world()
async def test_rows_are_lines(world: World) -> None:
    bot = world.model("bot")
    await world.command("alice", "say before")
    carol, dave = await world.lines("carol"), await world.lines("dave")
    carol.types("hello\n")
    await world.settle()
    carol.types("@bot hi\n")
    bot.says("one\n").pauses(0.1).says("two").ends()
    await world.settle()
    expected = "alice: before\ncarol: hello\ncarol: @bot hi\nbot: one\n  two\n"
    assert carol.output == dave.output == expected


@in_world()
async def test_the_end_of_input_posts_the_last_line_and_waits_for_ones_answers(world: World) -> None:
    bot = world.model("bot").says("half ")
    carol = await world.lines("carol")
    carol.types("@bot hi\nlast without an end")
    carol.ends_input()
    await world.settle(5)
    assert not carol.ended.is_set()
    bot.says("whole").ends()
    await carol.ended.wait()
    assert carol.exit_status == 0
    assert carol.output == "carol: @bot hi\ncarol: last without an end\nbot: half whole\n"


@in_world()
async def test_commands_and_notices(world: World) -> None:
    carol = await world.lines("carol")
    carol.types("@nobody hi\n/join den\n")
    await world.settle()
    assert carol.output.startswith("* there is no model 'nobody'; you can ask @eliza")
    assert carol.output.endswith("* you are in den\n")
    carol.types("here\n/quit\n")
    await carol.ended.wait()
    assert carol.output.endswith("carol: here\n") and carol.exit_status == 0


@in_world(shipped=True)
async def test_the_lines_of_a_notice_are_no_lines_of_others(world: World) -> None:
    bob, carol = await world.join("bob"), await world.lines("carol")
    bob.types("/msg carol look\x1b\r* alice set the topic: lies\x1b\r\x1b\ralice: I agree\r")
    await world.settle()
    assert carol.output.endswith("\n* bob to you alone: look\n  * alice set the topic: lies\n\n  alice: I agree\n")


@in_world()
async def test_an_ending_is_marked(world: World) -> None:
    world.model("bot").says("half").raises(NetworkFailure("the connection broke", cut=True))
    carol = await world.lines("carol")
    carol.types("@bot hi\n")
    await world.settle()
    assert "bot: half [cut]\n* bot: the connection broke" in carol.output
    tail = await world.command("carol", "tail")
    assert "bot: half [cut]\n" in tail.output


@in_world()
async def test_a_line_over_the_limit_is_said(world: World) -> None:
    carol = await world.lines("carol")
    carol.types("x" * 20480 + "\n" + "y" * 200_000 + "\nshort\n")
    await world.settle()
    assert "* message is 20 KiB, the limit is 16 KiB\n" in carol.output
    assert "* message is 195.3 KiB, the limit is 16 KiB\n" in carol.output
    assert [text for _, text, _ in world.rows()] == ["short"]


@in_world()
async def test_a_reader_who_does_not_read_delays_nobody(world: World) -> None:
    carol, alice = await world.lines("carol"), await world.join("alice")
    carol.stops_reading()
    for i in range(50):
        alice.types(f"line {i}\r")
    await world.settle()
    assert "line 49" in alice.screen and carol.output == ""
    carol.reads_on()
    await world.settle()
    assert carol.output.count("\n") == 50


@in_world()
async def test_the_servers_stop_is_the_last_line(world: World) -> None:
    carol = await world.lines("carol")
    world.hub.stop(0)
    await carol.ended.wait()
    assert carol.output == "* the server is stopping\n" and carol.exit_status == 143


@in_world()
async def test_rubbish_is_text(world: World) -> None:
    carol = await world.lines("carol")
    carol.sends(b"\x00\x1b[2J\xc2\x9b\n" + b"\x03\x04\n" + b"caf\xe9\n")
    await world.settle()
    assert all(char >= " " or char == "\n" for char in carol.output)
    assert carol.output.count("carol: ") == 2
    assert "* that line is no text in UTF-8; it is not posted\n" in carol.output
    assert len(world.rows()) == 2


@in_world()
async def test_a_file_that_is_piped_in_may_have_a_byte_order_mark(world: World) -> None:
    for name, encoding in (("carol", "utf-8-sig"), ("dave", "utf-16")):
        person = await world.lines(name)
        person.sends("今天\nhello".encode(encoding)).ends_input()
        await person.ended.wait()
    assert [text for _, text, _ in world.rows()] == ["今天", "hello"] * 2


@in_world()
async def test_a_pipe_is_answered_before_it_ends(world: World) -> None:
    for line, answer in (
        ("@nobody hi", "there is no model 'nobody'"),
        ("/join bad!", "is no room name"),
        ("x" * 20480, "message is 20 KiB"),
    ):
        carol = await world.lines("carol")
        carol.types(line).ends_input()
        await carol.ended.wait()
        assert answer in carol.output
    carol = await world.lines("carol")
    carol.types("/join den").ends_input()
    await carol.ended.wait()
    assert world.hub.lobby.find("den", "carol") is not None


@in_world(replace(Config(), limits=LimitsConfig(history_rows=5)))
async def test_no_row_is_skipped_without_a_word(world: World) -> None:
    carol, alice = await world.lines("carol"), await world.join("alice")
    carol.stops_reading()
    for i in range(100):
        alice.types(f"line {i}\r")
    await world.settle(3)
    carol.reads_on()
    await world.settle()
    assert carol.output == "".join(f"alice: line {i}\n" for i in range(100))


@in_world()
async def test_dropped_notices_are_counted(world: World) -> None:
    carol = await world.lines("carol")
    for number in range(20):
        world.hub.notices.tell("carol", f"notice {number}")
    await world.settle()
    told = [f"* notice {number}" for number in range(MAX_NOTICES)]
    assert carol.output.splitlines() == [*told, f"* … and {20 - MAX_NOTICES} more notices"]
    world.hub.notices.tell("carol", "the next one")
    await world.settle()
    assert carol.output.splitlines()[MAX_NOTICES + 1 :] == ["* the next one"]


@in_world()
async def test_a_room_of_long_rows_is_printed_in_slices(world: World) -> None:
    for _ in range(10):
        world.model("bot").says("x" * 300_000).ends()
        await world.command("alice", "ask --room lobby @bot go")
    carol = await world.lines("carol")
    await world.settle()
    assert carol.output.count("bot: ") == 5  # ten rows, half of them questions
    assert max(len(data) for _, data in carol.writes) <= 64 * 1024
    carol.stops_reading()
    for _ in range(10):
        world.model("bot").says("y" * 300_000).ends()
        await world.command("alice", "ask --room lobby @bot go")
    await world.settle()
    assert carol.unsent() <= 64 * 1024
    carol.reads_on()
    await world.settle()
    assert carol.output.count("bot: ") == 5 and carol.output.endswith(
        "\n* you fell behind; `history` has what was skipped\n"
    )


@in_world()
async def test_quit_cancels_ones_answer_and_prints_the_rest_first(world: World) -> None:
    world.model("big").says("x" * 600_000).ends()
    await world.command("alice", "ask --room lobby @big go")
    bot = world.model("bot").says("so far")
    carol = world.connect(Visit(member("carol")))
    carol.types("@bot go\n")
    await world.settle(1)
    carol.stops_reading()
    carol.types("goodbye\n/quit\nnever said\n")
    await world.settle()
    carol.reads_on()
    await carol.ended.wait()
    assert carol.exit_status == 0 and bot.open_streams == 0
    assert carol.output.count("x") == 600_000
    assert "carol: goodbye\n" in carol.output and "never said" not in carol.output
    assert ("bot", "so far", "cancelled") in world.rows()

"""The shipped interface on the real server: a few conversations, seen on two people's screens."""

from __future__ import annotations

from dataclasses import replace

from chatd.core.live_row import LiveRow
from chatd.core.sanitize import sanitize_line
from chatd.tasks.chat.views import row_view
from chatd.testing import World
from tests.support import in_world


@in_world(shipped=True)
async def test_two_people_talk_and_a_model_answers(world: World) -> None:
    ann = await world.join("ann", size=(60, 16))
    bob = await world.join("bob", size=(100, 30))
    assert "Welcome. /help shows what you can do." in ann.screen.text
    assert "lobby · 2 here: ann, bob" in ann.screen.text
    ann.types("hello bob\r")
    await world.settle()
    assert " ann           hello bob" in bob.screen.text
    bob.types("@eliza I feel tired\r")
    await world.settle(0.1)
    assert "eliza is answering bob" in ann.screen.text
    await world.settle(5)
    assert "answering" not in ann.screen.text
    question, answer = world.rows()[-2:]
    assert question == ("bob", "@eliza I feel tired", "complete")
    assert f"@eliza         {answer[1]}" in bob.screen.text


@in_world(shipped=True)
async def test_ctrl_c_cancels_what_streams(world: World) -> None:
    model = world.model("slow")
    ann = await world.join("ann")
    ann.types("@slow tell me everything\r")
    await world.settle()
    assert model.open_streams == 1
    ann.types("half a line\x03")
    await world.settle()
    assert model.open_streams == 0
    assert "cancelled slow" in ann.screen.text
    assert "> half a line" in ann.screen.text
    ann.types("\x03")
    await world.settle()
    assert "half a line" not in ann.screen.text


@in_world(shipped=True)
async def test_scrolling_through_a_long_room(world: World) -> None:
    ann = await world.join("ann", size=(40, 12))
    for i in range(8):
        ann.sends("".join(f"line {i * 50 + j}\r" for j in range(50)).encode())
        await world.settle(3)
    assert "line 399" in ann.screen.text
    for _ in range(60):
        ann.sends(b"\x1b[5~")
        await world.settle()
    assert "line 0" in ann.screen.text
    ann.sends(b"\x1b[F")
    await world.settle()
    assert "line 399" in ann.screen.text


@in_world(shipped=True)
async def test_foreign_text_and_tiny_screens(world: World) -> None:
    ann = await world.join("ann", size=(80, 24))
    bob = await world.join("bob", size=(1, 1))
    ann.sends("\x1b[200~bell\x07 red\x1b[31m 日本語 👩‍👩‍👧 \u202egnorw\x1b[201~\r".encode())
    await world.settle()
    for size in ((3, 2), (19, 4), (20, 5), (200, 60), (1, 1)):
        bob.resizes(*size)
        bob.types("x")
        await world.settle()
    assert "日本語" in ann.screen.text


@in_world(shipped=True)
async def test_rooms(world: World) -> None:
    ann = await world.join("ann")
    ann.types("/join dev\r")
    await world.settle()
    assert " dev · 1 here: ann" in ann.screen.text
    ann.types("alone here\r/rooms\r")
    await world.settle()
    assert "dev " in ann.screen.text
    ann.types("\x1b")
    await world.settle()
    ann.types("/leave\r")
    await world.settle()
    assert " lobby · 1 here: ann" in ann.screen.text
    assert "alone here" not in ann.screen.text
    ann.types("/quit\r")
    await world.settle()
    assert ann.ended.is_set()


@in_world(shipped=True)
async def test_line_mode(world: World) -> None:
    ann = await world.lines("ann")
    ann.types("hello\n@nobody hi\n/who\n")
    await world.settle()
    assert "ann: hello" in ann.output
    assert "* there is nobody called nobody; you can ask eliza, echo" in ann.output
    assert "* ann                  member, in lobby, 0 min" in ann.output


@in_world(shipped=True)
async def test_the_name_of_a_tool_reaches_scripts_without_control_characters(world: World) -> None:
    """A database may hold any name, and scripts write files and logs as well as screens."""
    ann = await world.join("ann")
    ann.types("hello\r")
    await world.settle()
    room = world.hub.lobby.find("lobby", "ann")
    assert room is not None
    said = room.tail(1)[0].head
    for name, shown in ((None, None), ("look", "look"), ("look\x1b[2J\nup", sanitize_line("look\x1b[2J\nup"))):
        assert row_view(world.hub, LiveRow(replace(said, tool_name=name)))["tool_name"] == shown
    assert sanitize_line("look\x1b[2J\nup").isprintable()


@in_world(shipped=True)
async def test_statistics_are_a_page_of_numbers(world: World) -> None:
    ann = await world.join("ann")
    ann.types("/stats\r")
    await world.settle()
    assert "sessions                     1" in ann.screen and "script error" not in ann.screen
    assert "memory" in ann.screen


@in_world(shipped=True)
async def test_a_word_to_one_alone_is_still_there_later(world: World) -> None:
    ann, bob = await world.join("ann"), await world.join("bob")
    bob.types("/away lunch\r")
    await world.settle()
    ann.types("/msg bob psst\r")
    await world.settle(60)
    assert "ann to you alone: psst" in bob.screen.text
    assert "to bob alone (away: lunch): psst" in ann.screen.text
    assert world.rows() == []


@in_world(shipped=True)
async def test_esc_and_a_command_in_one_packet_are_not_said(world: World) -> None:
    ann = await world.join("ann")
    ann.types("/help\r")
    await world.settle()
    ann.sends(b"\x1b/msg ann psst\r")
    await world.settle()
    assert world.rows() == []
    assert "ann to you alone: psst" in ann.screen.text

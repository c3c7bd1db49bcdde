"""Conversations: what people see when they talk and ask. Each states what must hold for every one of them."""

from __future__ import annotations

from itertools import chain

import trio

from chatd.core.question import Message, Said
from chatd.core.row import Status
from chatd.tasks.screens.fan import AT_ONCE
from chatd.testing import World
from tests.support import in_world


@in_world()
async def test_what_one_says_stands_on_every_screen(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("hello bob\r")
    await world.settle()
    assert "alice hello bob" in alice.screen
    assert "alice hello bob" in bob.screen


@in_world()
async def test_people_are_in_the_room_while_they_are_here(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    await world.settle()
    assert "lobby 2 here" in alice.screen
    bob.hangs_up()
    await world.settle()
    assert "lobby 1 here" in alice.screen


@in_world()
async def test_an_answer_grows_on_every_screen_while_it_comes(world: World) -> None:
    bot = world.model("bot")
    asker, viewer = await world.join("alice"), await world.join("bob")
    asker.types("@bot hi\r")
    bot.says("hel")
    await world.settle()
    assert "bot hel [open]" in viewer.screen
    bot.says("lo").ends()
    await world.settle()
    assert "bot hello\n" in viewer.screen.text + "\n"
    assert world.rows() == [("alice", "@bot hi", "complete"), ("bot", "hello", "complete")]


@in_world()
async def test_both_can_type_while_an_answer_runs(world: World) -> None:
    bot = world.model("bot")
    asker, viewer = await world.join("alice"), await world.join("bob")
    asker.types("@bot hi\r")
    bot.says("one ")
    await world.settle()
    asker.types("mine")
    viewer.types("theirs")
    bot.says("two ")
    await world.settle()
    assert "> mine" in asker.screen and "> theirs" in viewer.screen
    assert "bot one two" in asker.screen


@in_world()
async def test_two_answers_at_once_do_not_mix(world: World) -> None:
    left, right = world.model("left"), world.model("right")
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("@left go\r")
    bob.types("@right go\r")
    for i in range(5):
        left.says(f"a{i} ")
        right.says(f"b{i} ")
        await world.settle(0.1)
    left.ends()
    right.ends()
    await world.settle()
    texts = {author: text for author, text, _ in world.rows()}
    assert texts["left"] == "a0 a1 a2 a3 a4 " and texts["right"] == "b0 b1 b2 b3 b4 "


@in_world()
async def test_ctrl_c_ends_ones_own_newest_answer_keeps_its_text_and_nothing_else(world: World) -> None:
    mine, theirs = world.model("mine"), world.model("theirs")
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("@mine go\r")
    bob.types("@theirs go\r")
    mine.says("so far")
    theirs.says("also")
    await world.settle()
    alice.types("\x03")
    await world.settle()
    assert "mine so far [cancelled]" in alice.screen and "mine so far [cancelled]" in bob.screen
    assert "theirs also [open]" in alice.screen
    assert mine.open_streams == 0
    alice.types("@mine again\r")
    mine.says("yes").ends()
    theirs.says(" this").ends()
    await world.settle()
    assert "mine yes" in bob.screen and "theirs also this" in alice.screen
    # A cancelled answer is no failure: nobody is told what they asked for.
    assert all(author != "system" for author, _, _ in world.rows())


@in_world()
async def test_a_hang_up_cancels_what_the_session_asked_and_leaves_the_others(world: World) -> None:
    mine, theirs = world.model("mine"), world.model("theirs")
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("@mine go\r")
    bob.types("@theirs go\r")
    mine.says("so far")
    theirs.says("also")
    await world.settle()
    alice.hangs_up()
    await world.settle()
    assert "mine so far [cancelled]" in bob.screen and "theirs also [open]" in bob.screen
    assert mine.open_streams == 0
    theirs.ends()


@in_world()
async def test_the_servers_stop_marks_answers_interrupted_and_says_so(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    bot.says("so far")
    await world.settle()
    world.hub.stop(trio.current_time() + 2)
    await alice.ended.wait()
    assert world.rows()[-2] == ("bot", "so far", "interrupted")
    assert world.rows()[-1] == ("system", "bot: the server stopped before the answer ended", "complete")
    assert "the server is stopping" in alice.screen
    assert alice.exit_status == 143


@in_world()
async def test_a_failure_keeps_the_text_and_one_row_says_why(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    bot.says("half a ").fails("the connection broke", Status.TRUNCATED)
    await world.settle()
    assert world.rows()[1:] == [
        ("bot", "half a ", "truncated"),
        ("system", "bot: the connection broke", "complete"),
    ]


@in_world()
async def test_a_model_that_says_nothing_has_failed_and_leaves_no_empty_row(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    bot.ends()
    await world.settle()
    assert world.rows()[1:] == [("system", "bot: gave an empty answer", "complete")]


@in_world()
async def test_a_model_that_cannot_be_had_is_said_in_the_room(world: World) -> None:
    world.model("bot").unavailable = "connection refused"
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle()
    assert world.rows()[1:] == [("system", "bot: connection refused", "complete")]


@in_world()
async def test_a_silent_model_is_given_up_after_its_limits(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    bot.says("a word")
    await world.settle(59)
    assert "bot a word [open]" in alice.screen
    await world.settle(2)
    assert world.rows()[-2:] == [
        ("bot", "a word", "failed"),
        ("system", "bot: nothing more came for 60 s", "complete"),
    ]


@in_world()
async def test_a_name_that_is_nobodys_is_told_to_its_writer_alone(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("@qwn hi\r")
    await world.settle()
    assert "there is no model 'qwn'; you can ask @eliza, @echo" in alice.screen
    assert "qwn" not in bob.screen
    assert world.rows() == []


@in_world()
async def test_what_a_model_writes_starts_nothing(world: World) -> None:
    bot, other = world.model("bot"), world.model("other")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    bot.says("@other do it\n/join elsewhere").ends()
    await world.settle()
    assert other.questions == []
    assert len(world.rows()) == 2
    assert "lobby" in alice.screen


@in_world()
async def test_the_doctor_types_at_a_pace(world: World) -> None:
    alice = await world.join("alice")
    alice.types("@eliza I feel sad\r")
    await world.settle(0.1)
    (_, (author, some, status)) = world.rows()
    assert (author, status) == ("eliza", "open")
    await world.settle(5)
    (_, (_, whole, status)) = world.rows()
    assert status == "complete" and whole.startswith(some) and len(whole) > len(some)


@in_world()
async def test_a_model_is_asked_with_what_the_asker_asked_it_before(world: World) -> None:
    bot = world.model("bot")
    alice, bob = await world.join("alice"), await world.join("bob")
    for terminal, text in ((alice, "first"), (bob, "not hers"), (alice, "second")):
        terminal.types(f"@bot {text}\r")
        bot.says("ok").ends()
        await world.settle()
    assert bot.questions[-1].text == "second"
    assert bot.questions[-1].earlier() == ["first"]
    spoken = ("alice", "first", "ok", "bob", "not hers", "ok", "alice", "second")
    assert tuple(chain(*map(turn, bot.questions[-1].messages))) == spoken


def turn(message: Message) -> tuple[str, ...]:
    return (message.author, message.text) if isinstance(message, Said) else (message.text,)


@in_world()
async def test_rooms_do_not_mix(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("/join den\r")
    await world.settle()
    alice.types("a secret\r")
    bob.types("in public\r")
    await world.settle()
    assert "a secret" in alice.screen and "in public" not in alice.screen
    assert "a secret" not in bob.screen
    bob.types("/join den\r")
    await world.settle()
    assert "den 2 here" in bob.screen and "alice a secret" in bob.screen


@in_world()
async def test_a_broken_callback_is_shown_and_the_session_goes_on(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("/err\r")
    await world.settle()
    assert "this command is broken" in alice.screen
    alice.types("/loop\r")
    await world.settle()
    assert "script error in on_key" in alice.screen
    alice.types("still here\r")
    await world.settle()
    assert "alice still here" in bob.screen


@in_world()
async def test_half_characters_and_rubbish_disturb_nobody(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    for byte in "grüße 世界".encode():
        alice.sends(bytes([byte]))
    alice.sends(b"\r")
    await world.settle()
    assert "alice grüße 世界" in bob.screen
    alice.sends(bytes(range(128, 256)) + b"\x1b[999;999~\x1b]0;title\x07" + b"\x00\x01\x02" + b"\xff\r")
    await world.settle()
    alice.types("\rfine\r")
    await world.settle()
    assert "alice" in bob.screen and "fine" in bob.screen


@in_world()
async def test_a_paste_whose_end_is_lost_swallows_nothing_for_ever(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.sends(b"\x1b[200~half a paste\x03")
    await world.settle(2)
    assert "half a paste" not in alice.screen
    await world.settle(2)
    assert "> half a paste" in alice.screen
    alice.types("\r")
    await world.settle()
    assert "alice half a paste" in bob.screen


@in_world()
async def test_control_characters_of_others_reach_no_terminal(world: World) -> None:
    """MemoryTerminal raises ForeignControl for anything but the server's own sequences."""
    bot = world.model("bot")
    alice = await world.join("alice")
    lines = await world.lines("carol")
    alice.types("@bot go\r")
    for piece in ("\x1b", "[31mred\x1b]0;t\x07", "\x9b2J", "\u202e abc", "x\r", "\ny\x7f"):
        bot.says(piece)
        await world.settle(0.1)
    bot.ends()
    await world.settle()
    assert "␛[31mred" in alice.screen
    assert all(c >= " " or c == "\n" for c in lines.output)
    assert "\x7f" not in lines.output and "\x9b" not in lines.output


@in_world()
async def test_resizing_lays_out_again(world: World) -> None:
    alice = await world.join("alice")
    alice.types("a line\r")
    await world.settle()
    for size in ((20, 5), (1, 1), (200, 60), (80, 24)):
        alice.resizes(*size)
        await world.settle()
    assert "alice a line" in alice.screen


@in_world()
async def test_a_terminal_that_does_not_read_delays_nobody_and_gets_no_pile(world: World) -> None:
    bot = world.model("bot")
    alice, slow = await world.join("alice"), await world.join("bob")
    alice.types("@bot go\r")
    await world.settle()
    slow.stops_reading()
    written = len(slow.writes)
    for i in range(50):
        bot.says(f"word{i} ")
        await world.settle(0.1)
    assert "word49" in alice.screen
    assert len(slow.writes) - written <= 2
    slow.reads_on()
    await world.settle()
    assert "word49" in slow.screen
    bot.ends()


@in_world()
async def test_frames_come_once_per_interval_but_for_some_at_once_and_send_only_what_changed(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle()
    before = len(alice.writes)
    for i in range(300):
        bot.says(f"w{i} ").pauses(0.005)
    bot.ends()
    await world.settle(3)
    times = [at for at, _ in alice.writes[before:]]
    assert all(b - a >= 0.0329 for a, b in zip(times, times[AT_ONCE:], strict=False))
    assert len(times) <= (times[-1] - times[0]) / 0.0329 + AT_ONCE
    assert max(len(data) for _, data in alice.writes[before:]) < 800

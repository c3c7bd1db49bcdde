"""What a script may do: it is answered at once, its effects follow in order, and it cannot speak for others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chatd.adapters.lua.scripts import LuaScripts
from chatd.config import AuthConfig, Config
from chatd.testing import World, run
from chatd.testing.sources import SCRIPT_SECONDS
from tests.support import PLAIN, in_world


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[[str, Callable[[World], Awaitable[None]]], None]:
    """Runs a conversation with a script laid over the plain interface."""

    def converse(script: str, conversation: Callable[[World], Awaitable[None]]) -> None:
        (tmp_path / "mine.lua").write_text(script)

        async def main() -> None:
            scripts = LuaScripts(PLAIN, tmp_path, instructions=3_000_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
            async with World.open(scripts=scripts) as world:
                await conversation(world)

        run(main)

    return converse


Scripted = Callable[[str, Callable[[World], Awaitable[None]]], None]


def test_a_row_added_before_a_mention_is_its_question(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        world.model("bot").says("hello").ends()
        alice = await world.join("alice")
        alice.types("bot hi\r")
        await world.settle()
        question, answer = (live.row for live in world.hub.lobby.get("lobby", "").tail(9))
        assert (question.content, question.author) == ("bot hi", "alice")
        assert answer.parent_id == question.id
        assert answer.mention_id == question.mention_id is not None

    scripted(
        """
        function on_line(text)
          local model, message = text:match("^(%S+)%s+(.*)")
          tools.add_row { content_method = "message.user", author = tools.session().name, content = text }
          tools.mention(model, message)
        end
        """,
        conversation,
    )


def test_a_mention_and_its_cancel_in_one_breath_leave_the_question_alone(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        bot = world.model("bot").says("never")
        alice = await world.join("alice")
        alice.types("go\r")
        await world.settle()
        assert [author for author, _, _ in world.rows()] == ["alice"]
        assert bot.open_streams == 0
        alice.types("go\r")
        await world.settle()
        assert len(world.rows()) == 2

    scripted(
        """
        function on_line()
          local asked = tools.mention("bot", "hi")
          tools.cancel(asked.id)
        end
        """,
        conversation,
    )


def test_nobody_posts_under_another_name_or_as_the_server(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        alice = await world.join("alice", size=(120, 24))
        for line, reason in (
            ("other", "nobody posts under another name"),
            ("system", "rows of message.system are the server's own"),
            ("parent", "no such parent row"),
            ("empty", "an empty message says nothing"),
        ):
            alice.types(line + "\r")
            await world.settle()
            assert reason in alice.screen
        assert world.rows() == []
        alice.types("own\r")
        await world.settle()
        (row,) = (live.row for live in world.hub.lobby.get("lobby", "").tail(9))
        assert (row.method, row.author, row.content) == ("game.move", "alice", "e2e4")

    scripted(
        """
        local rows = {
          other = { content = "x", author = "bob" },
          system = { content = "x", content_method = "message.system" },
          parent = { content = "x", parent_id = "none" },
          empty = { content = " " },
          own = { content = "e2e4", content_method = "game.move" },
        }
        function on_line(text)
          local result = tools.add_row(rows[text])
          if not result.success then tools.notify(result.error) end
        end
        """,
        conversation,
    )


def test_a_script_in_a_loop_of_actions_is_stopped(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        alice = await world.join("alice", size=(120, 24))
        alice.types("go\r")
        await world.settle()
        assert "more than 64 actions in one callback" in alice.screen
        assert len(world.rows()) == 64

    scripted('function on_line() for i = 1, 1000 do tools.say("spam " .. i) end end', conversation)


def test_rows_are_told_in_order_and_growth_as_pieces(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        bot = world.model("bot")
        alice = await world.join("alice", size=(200, 24))
        alice.types("@bot hi\r")
        bot.says("x" * 5000)
        await world.settle()
        bot.says("end\x1b").ends()
        await world.settle()
        alice.types("told?\r")
        await world.settle()
        said = "added:alice:7 done:alice:7 added:bot:5000 changed:bot:4/5004 done:bot:5004:4096"
        assert f"alice {said}" in alice.screen

    scripted(
        """
        local told, plain = {}, on_line
        local function tell(text) told[#told + 1] = text end
        function on_row_added(_, row) tell("added:" .. row.author .. ":" .. row.length) end
        function on_row_changed(_, row, delta)
          tell("changed:" .. row.author .. ":" .. #tools.graphemes(delta) .. "/" .. row.length)
        end
        function on_row_done(_, row)
          tell("done:" .. row.author .. ":" .. row.length .. (#row.content > 100 and ":" .. #row.content or ""))
        end
        function on_line(text)
          if text == "told?" then tools.say(table.concat(told, " ")) else plain(text) end
        end
        """,
        conversation,
    )


def test_a_script_that_cannot_be_loaded_is_said_and_the_interface_is_there_without_it(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        alice, bob = await world.join("alice"), await world.lines("bob")
        assert alice.exit_status is None and bob.exit_status is None
        for told in (alice.screen.text, bob.output):
            assert "the scripts are broken" in told and "mine.lua:1:" in told
        bob.sends(b"hello all the same\n")
        await world.settle()
        assert "hello all the same" in alice.screen

    scripted("this is no lua", conversation)


def test_an_interface_that_cannot_be_loaded_is_said_and_ends_the_session_alone(
    tmp_path: Path, scripted: Scripted
) -> None:
    (tmp_path / "init.lua").write_text("this is no lua")

    async def main() -> None:
        scripts = LuaScripts(tmp_path, None, instructions=3_000_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        async with World.open(scripts=scripts) as world:
            alice = await world.join("alice")
            await alice.ended.wait()
            assert alice.exit_status == 70
            assert "the interface cannot be loaded: init.lua:1:" in alice.screen
            assert (await world.command("bob", "health")).output == "ok\n"

    run(main)


def test_who_has_no_keys_left_leaves_by_ctrl_c(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        alice = await world.join("alice")
        alice.types("\x03")
        await world.settle()
        assert alice.exit_status is None
        alice.types("\x03")
        await world.settle()
        assert alice.exit_status == 0

    scripted("function on_key() error('nothing works') end", conversation)


def test_a_frame_that_fails_shows_how_far_it_came_and_why(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        alice, bob = await world.join("alice"), await world.lines("bob")
        bob.sends(b"an older line\ncan you see this?\n")
        await world.settle()
        assert "can you see this?" in alice.screen
        assert alice.screen.lines[0].startswith("script error in on_frame: mine.lua:")

    scripted("tools.on_frame(function() error('a bug') end)", conversation)


def test_ctrl_c_cancels_even_when_its_callback_fails(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        bot = world.model("bot").says("so far")
        alice = await world.join("alice")
        alice.types("@bot hi\r")
        await world.settle()
        alice.types("\x03")
        await world.settle()
        assert bot.open_streams == 0
        assert world.rows()[-1] == ("bot", "so far", "cancelled")

    scripted(
        'local plain = on_key function on_key(k, t) if k == "C-c" then error("no") end plain(k, t) end', conversation
    )


@in_world(Config(auth=AuthConfig(guests_ask="none")))
async def test_guests_may_be_kept_from_asking(world: World) -> None:
    guest = await world.join("guest-x")
    guest.types("@eliza hello\r")
    await world.settle()
    assert "guests may not ask models here" in guest.screen
    assert (await world.command("guest-x", "ask @eliza hello")).exit_status == 77
    assert (await world.command("alice", "ask @echo hello")).exit_status == 0


def test_a_script_that_goes_on_from_every_room_arrives(scripted: Scripted) -> None:
    async def conversation(world: World) -> None:
        world.disk.delay = lambda: 0.03
        alice = await world.join("alice")
        await world.settle(2)
        alice.types("/join a\r")
        await world.settle(5)
        assert "c 1 here" in alice.screen
        alice.types("arrived\r")
        await world.settle(2)
        assert [text for _, text, _ in world.rows("c")] == ["arrived"]

    scripted(
        """
        local way = { a = "b", b = "c" }
        function on_room(room) if way[room.name] then tools.join(way[room.name]) end end
        """,
        conversation,
    )

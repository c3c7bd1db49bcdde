"""Names, absence, words to one person, topics: who may, who sees it, and what is left of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from chatd.adapters.sqlite.database import MEMORY
from chatd.config import Config, LimitsConfig
from chatd.tasks.chat.login import Login
from chatd.tasks.session.transitions import Transitions
from chatd.testing import World, run
from tests.tasks.scripted import with_files

SCRIPT = """
local plain = on_line
local function told(result)
  local parts = {}
  for key, value in pairs(result) do parts[#parts + 1] = key .. "=" .. tostring(value) end
  table.sort(parts)
  tools.notify(table.concat(parts, " "))
end
function on_line(text)
  local command, rest = text:match("^/(%S+) ?(.*)")
  if command == "topic" then told(tools.topic(rest))
  elseif command == "away" then told(tools.away(rest ~= "" and rest or nil))
  elseif command == "nick" then told(tools.nick(rest))
  elseif command == "msg" then told(tools.msg(rest:match("^(%S+) ?(.*)")))
  elseif command == "web" then told(tools.web_link())
  elseif command == "me" then tools.notify("I am " .. tools.session().name .. " in " .. tools.room().name)
  elseif command == "kv" then tools.kv_set("x", rest)
  elseif command == "kept" then tools.notify("x=" .. tostring(tools.kv_get("x")))
  elseif command == "pace" then told(tools.pace(tonumber(rest)))
  else plain(text) end
end
function on_room(room) tools.notify("topic: " .. room.topic) end
"""

Talk = Callable[[World], Awaitable[None]]


def converse(tmp_path: Path, *talks: Talk, settings: Config | None = None) -> None:
    database = tmp_path / "db" if len(talks) > 1 else MEMORY

    async def main(talk: Talk) -> None:
        scripts = with_files(tmp_path, mine=SCRIPT)
        async with World.open(settings, scripts=scripts, database=database) as world:
            await talk(world)

    for talk in talks:
        run(main, talk)


# --- topics


def test_a_topic_is_said_in_the_room_and_kept(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        alice, bob = await world.lines("alice"), await world.lines("bob")
        alice.sends("/topic  all about   hé\n".encode())
        await world.settle()
        assert "* alice set the topic: all about hé" in bob.output and "success=true" in alice.output
        assert world.rows() == [("system", "alice set the topic: all about hé", "complete")]
        assert '"topic":"all about hé"' in (await world.command("bob", "rooms --json")).output.replace('": ', '":')

    async def second(world: World) -> None:
        alice = await world.lines("alice")
        assert "* topic: all about hé" in alice.output
        alice.sends(b"/topic\n")
        await world.settle()
        alice.sends(b"/topic\n")
        await world.settle()
        assert world.rows()[-1][1] == "alice took the topic away" and "error=there is no topic" in alice.output

    converse(tmp_path, first, second)


def test_who_may_not_and_what_is_too_long_is_refused_with_the_reason(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        guest, alice = await world.lines("guest-eve"), await world.lines("alice")
        guest.sends(b"/topic mine\n")
        alice.sends(b"/topic " + b"x" * 301 + b"\n")
        await world.settle()
        assert "error=guests set nothing of a room" in guest.output
        assert "error=topic is 301 bytes, the limit is 300 bytes" in alice.output
        assert world.rows() == [] and world.hub.lobby.get("lobby", "").topic == ""

    converse(tmp_path, talk)


def test_on_a_failing_disk_a_topic_waits_as_a_message_does(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        alice = await world.lines("alice")
        world.disk.becomes_read_only()
        alice.sends(b"/topic new\n")
        await world.settle()
        lobby = world.hub.lobby.get("lobby", "")
        told = "the disk is read-only: what you wrote is not kept yet and will appear when it is"
        assert "success=true" in alice.output and told in alice.output and lobby.topic == ""
        alice.sends(b"/topic newer\n")
        await world.settle()
        assert "error=the disk is read-only: nothing new can be kept now" in alice.output
        world.disk.works_again()
        await world.settle(10)
        assert world.rows() == [("system", "alice set the topic: new", "complete")] and lobby.topic == "new"

    converse(tmp_path, talk)


def test_a_hang_up_in_mid_topic_leaves_disk_and_memory_agreed(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        alice = await world.lines("alice")
        world.disk.delay = lambda: 0.2
        alice.sends(b"/topic new\n")
        await trio.sleep(0.3)
        alice.hangs_up()
        await world.settle(5)
        (kept,) = world.database.writer.execute("SELECT value FROM room_settings WHERE name = 'topic'").fetchone()
        assert kept == world.hub.lobby.get("lobby", "").topic == "new"
        assert world.rows() == [("system", "alice set the topic: new", "complete")]

    converse(tmp_path, talk)


# --- away


def test_away_is_seen_until_the_person_speaks(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        alice = await world.lines("alice")
        for line in ("still here", "@eliza hello"):
            alice.sends(b"/away for lunch\x1b[2J\n")
            await world.settle()
            listed = (await world.command("bob", "who")).output
            assert "away: for lunch" in listed and "\x1b" not in listed
            alice.sends(f"{line}\n".encode())
            await world.settle(3)
            assert "away" not in (await world.command("bob", "who")).output
        alice.sends(b"/away gone\n/away\n")
        await world.settle()
        assert '"away": null' in (await world.command("bob", "who --json")).output.replace('":null', '": null')
        alice.sends(b"/away " + b"x" * 201 + b"\n")
        await world.settle()
        assert "error=away is 201 bytes, the limit is 200 bytes" in alice.output

    converse(tmp_path, talk)


# --- a word to one person


def test_a_word_to_one_person_is_heard_in_all_their_sessions_and_kept_nowhere(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        alice, bob, also_bob = await world.lines("alice"), await world.lines("bob"), await world.join("bob")
        carol = await world.lines("carol")
        bob.sends(b"/away lunch\n")
        await world.settle()
        alice.sends(b"/msg Bob psst \x1b[31m!\n")
        await world.settle()
        assert "* alice to you alone: psst \u241b[31m!" in bob.output and "alice to you alone" in also_bob.screen
        assert "away=lunch name=bob success=true" in alice.output
        assert "psst" not in carol.output and world.rows() == []

    converse(tmp_path, talk)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("/msg nobody hi", "'nobody' is not here"),
        ("/msg bob  ", "an empty message says nothing"),
        ("/msg eliza hi", "eliza is a model; @eliza asks it"),
        ("/msg bob " + "x" * 101, "message is 101 bytes, the limit is 100 bytes"),
    ],
)
def test_a_word_to_nobody_is_an_error(tmp_path: Path, line: str, reason: str) -> None:
    async def talk(world: World) -> None:
        alice, bob = await world.lines("alice"), await world.lines("bob")
        alice.sends(f"{line}\n".encode())
        await world.settle()
        assert f"error={reason} success=false" in alice.output and "alone" not in bob.output

    converse(tmp_path, talk, settings=Config(limits=LimitsConfig(max_message=100)))


def test_a_flood_of_words_is_counted_and_breaks_nothing(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        alice, bob = await world.lines("alice"), await world.lines("bob")
        alice.sends(b"/msg bob hi\n" * 500)
        await world.settle(5)
        bob.sends(b"fine\n")
        await world.settle()
        assert world.rows()[-1][:2] == ("bob", "fine") and "alone: hi" in bob.output

    converse(tmp_path, talk)


# --- names


def test_a_member_goes_on_under_a_new_name_with_what_they_keep(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        alice, bob = await world.lines("alice"), await world.lines("bob")
        alice.sends(b"/kv mine\n/nick Ali\nhello\n/me\n/kept\n")
        await world.settle()
        assert "* you are ali now; the name ali is now registered for your key" in alice.output
        assert "* I am ali in lobby" in alice.output and "* x=mine" in alice.output
        assert world.rows() == [("ali", "hello", "complete")] and "ali: hello" in bob.output
        assert [person.name for person in world.hub.lobby.people] == ["ali", "bob"] and world.hub.crowd.sessions == 2
        alice.sends(b"/nick alice\n/me\n/kept\n")
        await world.settle()
        assert "* I am alice in lobby" in alice.output and "registered for your key; you are" not in alice.output
        await world.settle(2)

    async def second(world: World) -> None:
        world.visitor("alice")
        keys = sorted(await world.directory.keys())
        assert [name for name, _ in keys] == ["ali", "alice", "bob"] and keys[0][1] == keys[1][1]
        assert await world.directory.kept("ali") == await world.directory.kept("alice") == {"x": '"mine"'}

    converse(tmp_path, first, second)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bob", "the name bob is somebody else's"),
        ("b0b", "the name b0b looks like bob"),
        ("eliza", "eliza is the name of a model"),
        ("system", "the name system is reserved"),
        ("guest-x", "the name guest-x is reserved"),
        ("a b", "'a b' is no name"),
        ("alice", "you are alice already"),
    ],
)
def test_a_name_that_cannot_be_had_is_refused_with_the_reason(tmp_path: Path, name: str, reason: str) -> None:
    async def talk(world: World) -> None:
        alice, _ = await world.lines("alice"), await world.lines("bob")
        alice.sends(f"/nick {name}\n/me\n".encode())
        await world.settle()
        assert f"error={reason}" in alice.output and "I am alice" in alice.output

    converse(tmp_path, talk)


def test_a_guest_has_no_name_to_choose(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        eve = await world.lines("guest-eve")
        eve.sends(b"/nick eve\n/me\n")
        await world.settle()
        assert "error=a guest's name is not to be chosen" in eve.output and "I am guest-eve" in eve.output

    converse(tmp_path, talk)


def test_in_ones_own_room_and_with_an_answer_running_the_name_changes_all_the_same(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        bot = world.model("bot")
        alice = await world.join("alice", size=(120, 24))
        alice.types("@bot go\r")
        await world.settle()
        alice.types("/join ~alice\r/nick ali\r/me\r")
        await world.settle()
        assert "I am ali in lobby" in alice.screen and not world.hub.lobby.members(
            world.hub.lobby.get("~alice", "alice")
        )
        bot.says("hello").ends()
        await world.settle()
        assert world.rows()[-1] == ("bot", "hello", "complete")
        alice.types("\x03/join ~ali\r/me\r")
        await world.settle()
        assert "I am ali in ~ali" in alice.screen

    converse(tmp_path, talk)


@pytest.mark.parametrize("step", range(0, 40, 3))
def test_a_hang_up_in_mid_rename_leaves_nothing_open(tmp_path: Path, step: int) -> None:
    """The world itself checks that nobody is left, and that nobody's values are held in memory."""

    async def talk(world: World) -> None:
        alice = await world.lines("alice")
        world.disk.delay = lambda: 0.01
        alice.sends(b"/kv x\n/nick ali\n")  # registering, reading marks and values: each some steps of the disk
        await trio.sleep(step * 0.005)
        alice.hangs_up()
        await world.settle(5)
        assert not world.hub.stored._people and not world.hub.notices.subscribed
        claimed = world.hub.names.is_member("ali")
        assert claimed == (("ali", "SHA256:alice") in await world.directory.keys())

    converse(tmp_path, talk)


def test_a_session_that_ends_before_it_has_its_new_name_lets_go_of_it(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        alice = await world.lines("alice")
        (tell,) = world.hub.notices.sessions("alice")
        login = Login(world.hub, world.visitor("ali"))
        await login.load()
        transitions = Transitions(tell.__self__)  # type: ignore[attr-defined]
        transitions._prepared = login
        transitions.close()
        alice.hangs_up()
        await world.settle()
        assert not world.hub.stored._people

    converse(tmp_path, talk)


# --- pace


def test_a_slow_pace_makes_fewer_frames_and_does_not_slow_typing(tmp_path: Path) -> None:
    async def frames(world: World, pace: str) -> int:
        bot = world.model("bot")
        alice = await world.join("alice", size=(80, 24))
        alice.types(f"/pace {pace}\r@bot go\r")
        await world.settle()
        before = len(alice.writes)
        for _ in range(100):
            bot.says("word ")
            await trio.sleep(0.04)
        painted = len(alice.writes) - before
        alice.types("x")
        await trio.sleep(0.05)
        assert "> x" in alice.screen
        alice.types("\x03\x03")
        bot.ends()
        alice.hangs_up()
        await world.settle()
        return painted

    async def talk(world: World) -> None:
        assert await frames(world, "1000") * 5 < await frames(world, "")
        alice = await world.lines("alice")
        alice.sends(b"/pace 32\n/pace 2001\n/pace 33\n")
        await world.settle()
        assert alice.output.count("error=a frame takes 33 to 2000 milliseconds") == 2

    converse(tmp_path, talk)


# --- links


def test_a_script_gets_a_link_for_whoever_it_runs_for(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        alice, guest = await world.lines("alice"), await world.lines("guest-gus")
        alice.sends(b"/web\n")
        await world.settle()
        assert "error=this server has no web gateway" in alice.output
        world.hub.web_url = "https://chat.example.org"
        for person in (alice, guest):
            person.sends(b"/web\n")
        await world.settle()
        assert "error=guests have no links" in guest.output and "/login#" not in guest.output
        code = alice.output.partition("success=true url=https://chat.example.org/login#")[2].split()[0]
        bearer = world.hub.credentials.who(await world.hub.credentials.exchange(code))
        assert bearer is not None and bearer.visitor.name == "alice"

    converse(tmp_path, talk)

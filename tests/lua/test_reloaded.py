"""Scripts are loaded anew: what is being read stays on the screen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chatd.adapters.lua.scripts import LuaScripts
from chatd.config import shipped_lua
from chatd.ports import Plain
from chatd.testing import MemoryTerminal, World, run
from chatd.testing.sources import SCRIPT_SECONDS
from tests.lua.conftest import MakeHost
from tests.lua.fake_room import shown


def test_a_reader_stays_where_they_are(make: MakeHost) -> None:
    alice = make(rows=300)
    alice.frame()
    alice.press("PgUp", "PgUp")
    alice.says("bob", "line 301")
    before = alice.frame()
    assert "1 new below" in before.lines[22]
    assert alice.reloads().frame().lines == before.lines
    assert alice.reloads().frame().lines == before.lines
    alice.press("PgDn", "PgDn", "PgDn")
    assert shown(alice.frame())[-1] == 301


@pytest.mark.parametrize(("pages", "height"), [(45, 24), (200, 24), (10, 90)])
def test_a_reader_far_above_does_too(make: MakeHost, pages: int, height: int) -> None:
    alice = make(rows=1500)
    alice.frame(80, height)
    for _ in range(pages):
        alice.press("PgUp")
    before = alice.frame(80, height)
    alice.slow = True
    alice.reloads()
    for _ in range(4):
        alice.load()
    assert shown(alice.frame(80, height)) == shown(before)
    alice.press("C-End")
    alice.load()
    assert shown(alice.frame(80, height))[-1] == 1500


def test_in_the_middle_of_a_long_row(make: MakeHost) -> None:
    alice = make(rows=3)
    alice.says("bob", "\n".join(f"line {i}" for i in range(1000, 1200)))
    alice.frame(40, 12)
    alice.press("PgUp", "PgUp", "PgUp")
    before = alice.frame(40, 12)
    assert alice.reloads().frame(40, 12).lines == before.lines


def test_who_scrolls_meanwhile_sees_rows(make: MakeHost) -> None:
    alice = make(rows=300)
    alice.frame()
    alice.press("PgUp", "PgUp", "PgUp", "PgUp", "PgUp", "PgUp")
    alice.slow = True
    alice.reloads().load()
    alice.frame()
    alice.press("PgUp").load()
    assert len(shown(alice.frame())) == 22
    alice.press("PgUp").load()
    assert len(shown(alice.frame())) == 22


def test_saved_again_while_rows_are_loaded(make: MakeHost) -> None:
    alice = make(rows=300)
    alice.frame()
    alice.press(*["PgUp"] * 6)
    before = shown(alice.frame())
    alice.slow = True
    alice.reloads().load()
    alice.slow = False
    assert shown(alice.reloads().frame()) == before


def test_who_follows_goes_on_following(make: MakeHost) -> None:
    alice = make(rows=60)
    alice.frame()
    alice.reloads().says("bob", "line 61")
    assert shown(alice.frame())[-1] == 61


def test_where_reading_stopped_is_still_marked(make: MakeHost) -> None:
    alice = make(rows=30)
    alice.unread = 5
    alice.enters("dev")
    alice.enters("lobby")
    alice.unread = 0
    before = alice.frame()
    assert "── 5 new ──" in before
    assert alice.reloads().frame().lines == before.lines


def test_in_another_room_they_are_gone(make: MakeHost) -> None:
    alice = make(rows=60)
    alice.tells("bob to you alone: hello", "message")
    alice.frame()
    alice.press("PgUp")
    alice.stops()
    alice.room = "dev"
    assert alice.begins_anew().frame().chat() == ["dev: about code"]
    alice.enters("lobby")
    assert "hello" not in alice.frame()
    assert shown(alice.frame())[-1] == 60


RUBBISH: list[Plain] = [
    7, "x", [], {}, [[]], True, {"pieces": 0}, {"pieces": "0", "room": "lobby"},
    {"pieces": 0, "room": 7}, {"pieces": 1e300, "room": "lobby"},
    {"pieces": 0, "room": "lobby", "at": 1 << 62, "typed": 7, "older": {}},
    {"pieces": 0, "room": "lobby", "at": -1.5, "older": "\x1b[31m"},
    {"pieces": 0, "room": "lobby", "seen": "x", "top": 7, "notes": 7, "unread": 7},
    {"pieces": 0, "room": "lobby", "seen": 1 << 62, "top": {"seq": 1 << 62, "line": 1, "by": 0}, "unread": {}},
    {"pieces": 0, "room": "lobby", "seen": -9, "top": {"seq": 5, "line": 1 << 62, "by": 0}},
    {"pieces": 0, "room": "lobby", "top": {"seq": 5, "line": 900, "by": 900}, "unread": {"first": -1, "count": 1.5}},
    {"pieces": 0, "room": "lobby", "top": {"seq": 5, "line": 1, "by": -900}, "unread": {"first": 1 << 62, "count": 1}},
    {"pieces": 0, "room": "lobby", "top": {"seq": 5.5, "line": 1, "by": 0}, "notes": {"x": 1}},
    {"pieces": 0, "room": "lobby", "notes": [7, {}, {"behind": "x", "text": "y"}, {"behind": 1, "text": 7}]},
    {"pieces": 0, "room": "lobby", "notes": [{"behind": 1 << 62, "text": "\x1b[31m\n\n", "level": {}}] * 90},
    {"pieces": 0, "room": "lobby", "notes": [{"behind": n, "text": "", "level": "x"} for n in (9, -3, 70, 2)]},
]  # fmt: skip


@pytest.mark.parametrize("rubbish", RUBBISH, ids=range(len(RUBBISH)))
def test_whatever_a_script_wrote_there_nothing_breaks(make: MakeHost, rubbish: Plain) -> None:
    alice = make(rows=60)
    alice.stops()
    for name in ("draft0", "draft1"):
        alice.own[f"session.carried.{name}"] = rubbish
    alice.begins_anew()
    for keys in ("", "hello", "\n"):
        alice.type(keys).frame()
    assert str(alice.done[0][1]).endswith("hello")
    alice.press("PgUp").frame()
    alice.press("End")
    alice.says("bob", "line 61")
    assert shown(alice.frame())[-1] == 61
    assert not alice.own


# --- on the real server


def test_a_saved_script_and_another_name_on_the_real_server(tmp_path: Path) -> None:
    overlay = tmp_path / "mine"
    overlay.mkdir()
    shutil.copytree(shipped_lua(), tmp_path / "shipped")

    async def words(world: World, ann: MemoryTerminal) -> None:
        screens = [ann.screen.text]
        (overlay / "mine.lua").write_text("-- saved")
        await world.settle(3)
        screens.append(ann.screen.text)
        assert screens[1] == screens[0]

    async def main() -> None:
        scripts = LuaScripts(
            tmp_path / "shipped", overlay, instructions=400_000, memory=8 << 20, seconds=SCRIPT_SECONDS
        )
        async with World.open(scripts=scripts) as world:
            bob = await world.join("bob")
            ann = await world.join("ann", size=(80, 12))
            for i in range(6):
                bob.sends("".join(f"line {i * 30 + j}\r" for j in range(30)).encode())
                await world.settle(3)
            bob.types("/msg ann psst\r")
            await world.settle(20)
            ann.types("half a thought\x1bb\x1b[5~\x1b[5~")
            await world.settle(3)
            await words(world, ann)
            assert "psst" not in ann.screen.text
            ann.types("\x1b[1;5F")
            await world.settle()
            assert "psst" in ann.screen.text
            (overlay / "mine.lua").write_text("-- saved again")
            await world.settle(3)
            assert "psst" in ann.screen.text
            ann.types("\x01\x0b/nick anna\r")
            await world.settle(20)
            assert "psst" in ann.screen.text
            assert "anna" in ann.screen.text

    run(main)

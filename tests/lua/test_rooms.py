"""Entering rooms, and history that comes while other things happen."""

from __future__ import annotations

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost
from tests.lua.fake_room import Row, shown


def test_entering_shows_the_greeting_once(make: MakeHost) -> None:
    alice = make(motd="Welcome.\n/help helps.", notice="alice is taken; you are guest-1", rows=3)
    frame = alice.frame()
    assert [line for line in frame.lines if line][:6] == [
        " bob           line 1", " bob           line 2", " bob           line 3",
        "Welcome.", "/help helps.", "alice is taken; you are guest-1",
    ]  # fmt: skip
    alice.enters("dev")
    frame = alice.frame()
    assert "Welcome." not in frame
    assert "dev: about code" in frame
    assert shown(frame) == []
    assert frame.lines[22].startswith(" dev ")


def test_falling_behind_does_not_throw_back(make: MakeHost) -> None:
    """The host tells the same room again when it cannot tell what happened row by row."""
    alice = make(rows=60)
    answer = alice.answers("eliza", "x")
    alice.frame()
    alice.press("PgUp")
    before = shown(alice.frame())
    for i in range(200):
        alice.rows.append(Row(62 + i, "bob", f"line {62 + i}"))
    alice.enters("lobby")
    assert shown(alice.frame()) == before
    assert "200 new below" in alice.frame().lines[22]
    alice.press("End")
    assert shown(alice.frame())[-1] == 261
    alice.ends(answer)
    for i in range(200):
        alice.rows.append(Row(262 + i, "bob", f"line {262 + i}"))
    alice.enters("lobby")
    assert shown(alice.frame())[-1] == 461


def test_rows_of_another_room_are_not_shown(alice: FakeHost) -> None:
    alice.enters("dev")
    alice.says("bob", "line 1")
    assert shown(alice.frame()) == []


def test_what_the_room_is_like_is_shown_and_set(alice: FakeHost, piped: FakeHost) -> None:
    alice.settings.update(topic="tea", system="Be brief.\nRhyme.")
    frame = alice.type("/room\n").frame()
    assert "topic        tea" in frame and "system       Be brief. Rhyme." in frame and "on or off" in frame
    alice.press("Escape").type("/room default qwen3:8b\n")
    assert alice.done[-1] == ("set_room", "default", "qwen3:8b")
    piped.line("/room retrieval")
    assert piped.told[-1] == "retrieval: off"
    piped.line("/models")
    piped.settings["default"] = "echo"
    piped.line("/models")
    assert "the room's default" not in piped.told[-2] and piped.told[-1].count("the room's default") == 1

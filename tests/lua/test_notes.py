"""Words for one person alone: they stand where they were said, and come back with the rows around them."""

from __future__ import annotations

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost
from tests.lua.fake_room import shown


def test_words_for_one_alone_stay_where_they_stood(make: MakeHost) -> None:
    alice = make(rows=3, motd="Welcome.")
    alice.type("/msg bob hey\n").says("bob", "line 4")
    alice.tells("bob to you alone: hello", "message")
    alice.says("bob", "line 5")
    before = alice.frame().chat()
    assert [line.split()[-1] for line in before] == ["1", "2", "3", "Welcome.", "hey", "4", "hello", "5"]
    for _ in range(3):
        assert alice.reloads().frame().chat() == before
    alice.says("bob", "line 6")
    assert alice.frame().chat()[:-1] == before


def test_in_an_empty_room_as_well(alice: FakeHost) -> None:
    alice.enters("dev")
    alice.type("/msg bob hey\n")
    before = alice.frame().chat()
    assert before[0] == "dev: about code"
    assert alice.reloads().frame().chat() == before


def test_at_a_line_that_is_no_row(make: MakeHost) -> None:
    alice = make(rows=10)
    for i in range(40):
        alice.tells(f"word {i}", "message")
    alice.frame(80, 12)
    alice.press("PgUp")
    before = alice.frame(80, 12).chat()
    assert before[0].endswith("word 21")
    assert alice.reloads().frame(80, 12).chat() == before
    alice.says("bob", "line 11")
    alice.frame(80, 12)
    alice.press("PgUp")
    before = alice.frame(80, 12).chat()
    assert before[0].endswith("word 12")
    assert alice.reloads().frame(80, 12).chat() == before


def test_they_come_back_when_their_rows_are_loaded_again(make: MakeHost) -> None:
    alice = make(rows=1000)
    alice.tells("bob to you alone: hello", "message")
    alice.says("bob", "line 1001")
    alice.frame()
    for _ in range(45):
        alice.press("PgUp")
    alice.tells("bob to you alone: are you there", "message")
    alice.reloads()
    for _ in range(45):
        lines = alice.frame().chat()
        assert not [i for i, line in enumerate(lines) if "hello" in line and i and "line 1000" not in lines[i - 1]]
        alice.press("PgDn")
    alice.press("C-End")
    assert [line.split()[-1] for line in alice.frame().chat()[-4:]] == ["1000", "hello", "1001", "there"]
    for _ in range(45):
        alice.press("PgUp")
    assert shown(alice.frame())[0] < 100
    for _ in range(50):
        alice.press("PgDn")
        assert sum("hello" in line for line in alice.frame().chat()) <= 1
    assert [line.split()[-1] for line in alice.frame().chat()[-4:]] == ["1000", "hello", "1001", "there"]


def test_they_come_back_behind_a_cleared_screen(make: MakeHost) -> None:
    alice = make(rows=3)
    alice.tells("one", "message")
    alice.says("bob", "line 4")
    alice.tells("two", "message")
    alice.type("/clear\n")
    alice.tells("three", "message")
    assert alice.frame().chat() == ["three"]
    alice.press("PgUp")
    assert [line.split()[-1] for line in alice.frame().chat()] == ["1", "2", "3", "one", "4", "two", "three"]


def test_they_outlive_changes_that_were_too_many_to_be_told(make: MakeHost) -> None:
    alice = make(rows=3)
    alice.tells("one", "message")
    alice.enters("lobby")
    assert [line.split()[-1] for line in alice.frame().chat()] == ["1", "2", "3", "one"]
    alice.enters("dev")
    alice.enters("dev")
    assert alice.frame().chat() == ["dev: about code"]


def test_with_another_name_too(make: MakeHost) -> None:
    alice = make(rows=300)
    alice.tells("bob to you alone: hello", "message")
    alice.frame()
    alice.press("PgUp")
    before = alice.frame().chat()
    alice.stops()
    alice.name, alice.kept = "alicia", {}
    assert alice.begins_anew().frame().chat() == before

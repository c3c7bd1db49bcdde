"""Scripts are loaded anew: what was being typed is still there, whatever other terminals of the person hold."""

from __future__ import annotations

import pytest

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost


def test_the_line_and_the_cursor_stay(alice: FakeHost) -> None:
    alice.type("half a thought").press("M-b", "M-b").reloads()
    assert alice.input() == ("half a thought", 5)
    assert "not sent" not in alice.frame()
    assert not alice.own.keys() & {"session.carried.draft0", "session.carried.draft0.1"}
    alice.press("C-u").type("  ").reloads()
    assert alice.input() == ("  a thought", 2)


def test_two_terminals_of_a_person_keep_their_own_lines(make: MakeHost) -> None:
    old = make()
    idle = make(kept=old.type("an old draft").stops())
    busy = make(kept=idle.kept)
    busy.press("C-u").type("what I am typing now")
    busy.stops()
    idle.stops()
    busy.begins_anew()
    idle.begins_anew()
    assert busy.input()[0] == "what I am typing now"
    assert idle.input()[0] == "an old draft"
    assert busy.kept["draft:lobby"] == "what I am typing now"


def test_what_another_terminal_holds_does_not_come_into_an_empty_line(make: MakeHost) -> None:
    busy = make()
    idle = make(kept=busy.kept)
    busy.type("draft three").tick()
    busy.tick(10_000)
    assert idle.reloads().input() == ("", 0)
    busy.press("C-u").type("/msg bob hey\n")
    idle.reloads()
    assert busy.reloads().input() == ("", 0)


def test_a_draft_whose_line_was_sent_over_is_gone(alice: FakeHost) -> None:
    alice.type("sent\n").type("draft three").reloads()
    alice.press("Up", "C-u").type("/msg bob hey\n").reloads()
    assert alice.input() == ("", 0)
    assert "draft:lobby" not in alice.kept


def test_a_draft_that_is_on_no_list_is_forgotten_as_well(make: MakeHost) -> None:
    """The list may have been refused, when much else was kept."""
    alice = make(kept={"draft:lobby": "draft three"})
    alice.press("C-u").type("hello\n")
    assert "draft:lobby" not in alice.kept


def test_what_was_only_taken_is_not_kept_again(make: MakeHost) -> None:
    first = make()
    second = make(kept=first.type("from the train").stops())
    third = make(kept=second.kept)
    third.press("Enter")
    assert "draft:lobby" not in second.reloads().stops()


def test_what_was_typed_here_is_kept_although_another_terminal_sent_it(make: MakeHost) -> None:
    first = make()
    first.tick()
    first.type("half").enters("dev")
    first.enters("lobby")
    second = make(kept=first.kept)
    first.reloads()
    second.press("Enter").stops()
    assert first.reloads().input()[0] == "half"
    assert first.stops()["draft:lobby"] == "half"


def test_a_newer_draft_is_not_written_over_by_an_older_one(make: MakeHost) -> None:
    first, kept = make(), {}
    first.type("older").tick()
    first.tick(10_000)
    second = make(kept=first.kept)
    kept = second.press("C-u").type("newer").stops()
    first.stops()
    assert kept["draft:lobby"] == "newer"


@pytest.mark.parametrize("piece", ["x", '"', "日", "👩‍👩‍👧é"])
def test_a_line_longer_than_one_value_stays(make: MakeHost, piece: str) -> None:
    alice = make()
    text = piece * (40_000 // len(piece.encode()))
    alice.paste(text).reloads()
    assert alice.input()[0] == text
    alice.press("C-u").reloads()
    assert alice.input() == ("", 0)


def test_of_which_a_piece_is_missing_what_was_kept_is_taken(alice: FakeHost) -> None:
    alice.paste("x" * 10_000).stops()
    del alice.own["session.carried.draft0.2"]
    assert alice.begins_anew().input()[0] == "x" * 10_000


def test_what_stays_with_another_room_only_here_does_so(alice: FakeHost) -> None:
    alice.paste("x" * 20_000).enters("dev")
    alice.type("short").reloads()
    assert alice.input()[0] == "short"
    alice.enters("lobby")
    assert alice.input()[0] == "x" * 20_000


def test_an_older_line_that_is_looked_at_stays_and_so_does_the_new_one(alice: FakeHost) -> None:
    alice.type("one\ntwo\nthree\nnew").press("Up", "Up").reloads()
    assert alice.input()[0] == "two"
    assert alice.press("Up").input()[0] == "one"
    assert alice.press("Down", "Down", "Down").input()[0] == "new"


def test_an_older_line_that_is_kept_nowhere_stays_too(alice: FakeHost) -> None:
    alice.type("one\n")
    alice.paste("x" * 3000).press("Enter").type("new").press("Up").reloads()
    assert alice.input()[0] == "x" * 3000
    assert alice.press("M-<", "Up").input()[0] == "new"


def test_with_another_name_the_line_stays_in_its_room(alice: FakeHost) -> None:
    alice.enters("dev")
    alice.type("half")
    alice.stops()
    alice.name, alice.kept = "alicia", {}
    assert alice.begins_anew().input()[0] == "half"
    alice.stops()
    alice.room, alice.kept = "lobby", {}
    assert alice.begins_anew().input()[0] == ""
    alice.enters("dev")
    assert alice.input()[0] == "half"


def test_a_name_that_is_taken_has_its_own_draft(alice: FakeHost) -> None:
    alice.type("/nick alicia\n").stops()
    alice.name, alice.kept = "alicia", {"draft:lobby": "from last week", "drafts": ["lobby"]}
    assert alice.begins_anew().input()[0] == "from last week"


def test_what_is_typed_while_history_is_loaded_is_for_the_room_one_is_in(make: MakeHost) -> None:
    alice = make(rows=5)
    alice.type("hel")
    alice.slow = True
    alice.reloads().type("lo").load()
    assert alice.input()[0] == "hello"
    alice.enters("dev")
    alice.type("in dev").load()
    assert alice.input()[0] == "in dev"

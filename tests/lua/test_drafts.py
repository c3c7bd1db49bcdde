"""What was typed and not sent: it waits in its room, and for the next login."""

from __future__ import annotations

import pytest

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost


def test_it_waits_in_its_room(alice: FakeHost) -> None:
    alice.type("half a th").enters("dev")
    assert alice.input() == ("", 0)
    alice.type("other").enters("lobby")
    assert alice.input() == ("half a th", 9)
    alice.type("ought").enters("dev")
    assert alice.input()[0] == "other"
    alice.enters("lobby")
    assert alice.input()[0] == "half a thought"


def test_what_was_sent_does_not_come_back(alice: FakeHost) -> None:
    alice.type("hello").enters("dev")
    alice.enters("lobby")
    alice.press("Enter").enters("dev")
    alice.enters("lobby")
    assert alice.done == [("say", "hello")]
    assert alice.input() == ("", 0)
    assert "drafts" not in alice.kept


def test_it_comes_back_with_the_person_and_says_so(make: MakeHost) -> None:
    alice = make()
    alice.paste("two\nlines")
    again = make(kept=alice.stops())
    assert again.input() == ("two\nlines", 9)
    assert "what you had not sent in lobby is here again" in again.frame()
    again.press("Enter")
    assert again.done == [("say", "two\nlines")]
    third = make(kept=again.stops())
    assert third.input() == ("", 0)
    assert "not sent" not in third.frame()


def test_a_killed_server_loses_seconds_of_it(make: MakeHost) -> None:
    alice = make()
    alice.tick()
    alice.type("half a th")
    alice.tick(10_000)
    assert make(kept=dict(alice.kept)).input()[0] == "half a th"
    alice.press("C-u").tick(10_000)
    assert make(kept=dict(alice.kept)).input()[0] == ""


def test_what_was_sent_is_forgotten_at_once(make: MakeHost) -> None:
    alice = make()
    alice.tick()
    alice.type("hello").tick(10_000)
    alice.press("Enter")
    assert make(kept=dict(alice.kept)).input()[0] == ""


def test_blanks_and_old_lines_are_no_drafts(make: MakeHost) -> None:
    alice = make()
    alice.type("sent\n").type("  ")
    assert make(kept=alice.stops()).input()[0] == ""
    alice.press("C-u", "Up")
    assert alice.input()[0] == "sent"
    assert make(kept=alice.stops()).input()[0] == ""
    alice.press("Down").type("mine").press("Up")
    assert make(kept=alice.stops()).input()[0] == "mine"


def test_what_was_typed_ahead_goes_first(make: MakeHost) -> None:
    alice = make()
    alice.type("old")
    alice.enters("dev")
    alice.kept["draft:lobby"] = "from another session"
    alice.enters("lobby")
    assert alice.input()[0] == "from another session"


def test_another_session_of_the_person_takes_nothing_away(make: MakeHost) -> None:
    first = make()
    first.tick()
    first.type("half").tick(10_000)
    second = make(kept=first.kept)
    second.press("Enter").stops()
    assert first.stops()["draft:lobby"] == "half"


def test_the_oldest_rooms_are_forgotten(alice: FakeHost) -> None:
    for i in range(25):
        alice.rooms[f"room-{i}"] = ""
        alice.enters(f"room-{i}")
        alice.type(f"draft {i}")
    alice.enters("lobby")
    assert sorted(key for key in alice.kept if key.startswith("draft:")) == sorted(
        f"draft:room-{i}" for i in range(5, 25)
    )
    assert alice.kept["drafts"] == [f"room-{i}" for i in range(5, 25)]


def test_one_too_long_to_be_kept_stays_as_long_as_the_session(alice: FakeHost) -> None:
    alice.paste("x" * 20_000).enters("dev")
    assert "what you had not sent in lobby stays there until you leave: it is longer than 16 KiB" in alice.frame(
        120, 24
    )
    alice.enters("lobby")
    assert alice.input()[0] == "x" * 20_000
    alice.kept_most = 10
    alice.press("C-u").type("eleven chars").enters("dev")
    assert "it is too much to be kept" in alice.frame(120, 24)
    alice.enters("lobby")
    assert alice.input()[0] == "eleven chars"


def test_in_line_mode_there_are_none(make: MakeHost) -> None:
    piped = make(mode="line", kept={"draft:lobby": "half", "drafts": ["lobby"]})
    piped.line("hello")
    assert piped.stops()["draft:lobby"] == "half"


@pytest.mark.parametrize("line", ["/msg bob SECRET", "  /MSG bob SECRET"])
def test_a_private_message_is_kept_nowhere(alice: FakeHost, line: str) -> None:
    alice.type(line)
    alice.tick(20_000)
    alice.stops()
    assert "SECRET" not in str(alice.kept)
    alice.begins_anew(reloaded=False).press("C-u").type(f"{line}\nhello\n")
    assert ("msg", "bob", "SECRET") in alice.done
    alice.tick(20_000)
    alice.stops()
    assert "SECRET" not in str(alice.kept) and "hello" in str(alice.kept)


def test_within_its_session_a_private_message_is_one_up_away(alice: FakeHost) -> None:
    alice.type("/msg bob psst\n")
    assert alice.press("Up").input()[0] == "/msg bob psst"
    alice.press("Down").type("/msg bob half").enters("dev")
    assert alice.input()[0] == ""
    alice.enters("lobby")
    assert alice.input()[0] == "/msg bob half"

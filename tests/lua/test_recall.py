"""What was typed before: going back through it, searching in it, finding it again at the next login."""

from __future__ import annotations

from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost


def older(host: FakeHost, most: int = 400) -> list[str]:
    """Everything that Up shows, newest first."""
    seen: list[str] = []
    while len(seen) < most:
        text, _ = host.press("Up").input()
        if seen and text == seen[-1]:
            return seen
        host.press("M-<")
        seen.append(text)
    return seen


# --- over logins ------------------------------------------------------------------------------------------------------


def test_it_is_there_at_the_next_login(make: MakeHost) -> None:
    alice = make()
    alice.type("one\n").paste("two\nlines").press("Enter").type("/who\n")
    again = make(kept=alice.stops())
    assert older(again) == ["/who", "two\nlines", "one"]
    again.press("M->", "Down", "Down", "Down").type("three\n")
    assert older(make(kept=again.stops())) == ["three", "/who", "two\nlines", "one"]


def test_two_sessions_of_one_person_keep_what_both_typed(make: MakeHost) -> None:
    first = make()
    second = make(kept=first.kept)
    first.type("one\n")
    second.type("two\n")
    second.stops()
    first.stops()
    assert older(make(kept=first.kept)) == ["one", "two"]


def test_it_is_kept_while_the_session_lasts_too_but_not_all_the_time(alice: FakeHost) -> None:
    alice.type("one\n")
    alice.tick(9_000)
    assert "history" not in alice.kept
    alice.type("two\n")
    alice.tick(1_000)
    assert alice.kept["history"] == ["one", "two"]


def test_a_line_that_begins_with_a_blank_leaves_no_trace(make: MakeHost) -> None:
    alice = make()
    alice.type("one\n").type(" secret\n")
    assert older(alice) == ["one"]
    assert "secret" not in str(alice.stops())


def test_refused_it_is_one_up_away_all_the_same_but_not_kept(make: MakeHost) -> None:
    alice = make()
    alice.refusal = "the disk is full"
    alice.type(" secret\nnext\n")
    assert alice.input()[0] == "next"
    assert alice.press("Up").input()[0] == " secret"
    alice.press("C-u", "Enter")
    assert "secret" not in str(alice.stops()["history"] if "history" in alice.kept else "")


def test_what_is_kept_is_bounded(make: MakeHost) -> None:
    alice = make()
    for i in range(300):
        alice.paste(f"{i} " + "x" * 100).press("Enter")
    alice.paste("y" * 5000).press("Enter")
    kept = alice.stops()["history"]
    assert isinstance(kept, list)
    assert kept[-1] == "299 " + "x" * 100
    assert 100 <= len(kept) <= 200
    assert sum(len(text) for text in kept) <= 12288
    assert len(older(alice)) == 200


def test_a_host_that_keeps_less_keeps_the_newest(make: MakeHost) -> None:
    alice = make()
    alice.kept_most = 4096
    for i in range(200):
        alice.type(f"line {i:090}\n")
    kept = alice.stops()["history"]
    assert isinstance(kept, list)
    assert kept[-1] == f"line {199:090}"
    assert len(kept) > 20


def test_nonsense_that_was_kept_does_no_harm(make: MakeHost) -> None:
    for nonsense in ("x", 7, True, {"a": 1}, [1, "one", ["two"], "", "y" * 9000, "a\x1b[2Jb\r\nc"]):
        alice = make(kept={"history": nonsense, "drafts": nonsense, "draft:lobby": nonsense if nonsense != "x" else 1})
        alice.type("hello\n").stops()
    assert older(alice) == ["hello", "a[2Jb\nc", "one"]


# --- searching --------------------------------------------------------------------------------------------------------


def test_back_and_forth(alice: FakeHost) -> None:
    alice.type("apple 1\napple 2\npear\napple 3\n").press("C-r").type("apple")
    assert "(search) apple: apple 3" in alice.frame()
    alice.press("C-r", "C-r")
    assert "(search) apple: apple 1" in alice.frame()
    alice.press("C-r")
    assert "(search) apple: apple 1" in alice.frame()
    alice.press("C-s")
    assert "(search) apple: apple 2" in alice.frame()
    alice.press("C-s", "C-s", "C-r", "C-e")
    assert alice.input()[0] == "apple 2"


def test_the_match_is_highlighted_and_in_sight(alice: FakeHost) -> None:
    alice.paste("x" * 300 + "needle" + "y" * 300).press("Enter").press("C-r").type("needle")
    frame = alice.frame(60, 12)
    assert "reverse" in frame.style_of("needle")
    assert "needle" in frame.lines[-1]
    alice.press("C-c", "C-c").paste("日" * 100 + "要" + "本" * 100).press("Enter").press("C-r").type("要")
    for width in range(1, 80):
        frame = alice.frame(width, 6)
    assert "要" in frame.lines[-1]

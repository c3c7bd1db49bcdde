"""Searching, reading again, and copying."""

from __future__ import annotations

import pytest

from chatd.testing import World
from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost
from tests.lua.fake_room import Row, shown
from tests.support import in_world


def told(host: FakeHost) -> str:
    return host.frame().lines[22].strip()


def test_going_through_the_hits(make: MakeHost) -> None:
    alice = make(rows=900)
    alice.frame()
    alice.type("/search LINE 77\n")
    assert told(alice) == "1 of 18 for LINE 77; n: older, N: newer, Esc ends"
    assert 877 in shown(alice.frame())
    alice.press("n")
    assert 779 in shown(alice.frame())
    assert told(alice).startswith("2 of 18")
    alice.press("N", "N")
    assert told(alice) == "this is the newest"
    for _ in range(17):
        alice.press("n")
    assert 77 in shown(alice.frame())
    alice.press("n")
    assert told(alice) == "there is nothing older"
    assert 77 in shown(alice.frame())
    alice.press("Esc", "n")
    assert alice.input() == ("n", 1)
    alice.press("End")
    assert shown(alice.frame())[-1] == 900


def test_what_is_said_meanwhile_is_found_too(make: MakeHost) -> None:
    alice = make(rows=90)
    alice.type("/search LINE 77\n")
    assert told(alice).startswith("1 of 1 for")
    alice.says("bob", "line 1077")
    alice.says("bob", "line 2077")
    alice.press("N")
    assert told(alice).startswith("2 of 3 for") and "line 1077" in alice.frame()
    alice.press("N", "N")
    assert told(alice) == "this is the newest"
    alice.press("n", "n")
    assert told(alice).startswith("3 of 3 for") and 77 in shown(alice.frame())


def test_names_complete_after_from(make: MakeHost) -> None:
    alice = make(rows=3)
    alice.type("/search line from:bo").press("Tab")
    assert alice.input()[0].startswith("/search line from:bob")
    alice.press("C-u").type("/search from:el").press("Tab")
    assert alice.input()[0].startswith("/search from:eliza")


def test_what_was_looked_for_stands_out_until_it_ends(make: MakeHost) -> None:
    alice = make(rows=3)
    alice.type("/search Line\n")
    frame = alice.frame()
    styles = [style for line in frame.styles for text, style in line if text == "line"]
    assert len(styles) == 3
    assert all("reverse" in style for style in styles)
    assert len(set(styles)) == 2, "the one that is shown stands out more"
    alice.press("Esc")
    assert not any(text == "line" for line in alice.frame().styles for text, _ in line)


def test_more_hits_are_fetched_on_the_way(make: MakeHost) -> None:
    alice = make(rows=50)
    alice.type("/search line\n")
    assert told(alice).startswith("1 of 20+ for")
    for _ in range(25):
        alice.press("n")
    assert told(alice).startswith("26 of 40+ for")
    assert 25 in shown(alice.frame())
    for _ in range(30):
        alice.press("n")
    assert told(alice) == "there is nothing older"
    assert 1 in shown(alice.frame())


def test_a_hit_deep_in_a_long_row_is_shown(alice: FakeHost) -> None:
    alice.says("bob", "word\n" * 300 + "needle\n" + "word\n" * 300)
    for i in range(40):
        alice.says("bob", f"line {i + 2}")
    alice.type("/search needle\n")
    assert "needle" in alice.frame()


def test_a_hit_in_a_folded_result_shows_its_call(make: MakeHost) -> None:
    alice = make(rows=40)
    call = alice.says("qwen3:8b", "{}", "tool.call", tool_name="clock")
    alice.says("clock", "ten needle", "tool.result", parent=call)
    for i in range(40):
        alice.says("bob", f"line {i + 43}")
    alice.type("/search needle\n")
    assert "{} → ten needle" in alice.frame()


def test_nothing_is_found_or_it_makes_no_sense(make: MakeHost) -> None:
    alice = make(rows=3)
    alice.type("/search unheard-of\n")
    assert told(alice) == "nothing was said with unheard-of"
    assert alice.input()[0] == "/search unheard-of"
    alice.press("C-u").type("/search from:\n")
    assert told(alice) == "from: needs a name"
    alice.press("C-u").type("/search\n")
    assert told(alice).startswith("say what to look for")


def test_typing_ends_it(make: MakeHost) -> None:
    alice = make(rows=3)
    alice.type("/search line\n")
    alice.press("w").type("no")
    assert alice.input()[0] == "wno"


def test_a_disk_that_takes_its_time(make: MakeHost) -> None:
    alice = make(rows=900)
    alice.frame()
    alice.slow = True
    alice.type("/search line 7\n")
    alice.load()
    alice.load()
    assert 897 in shown(alice.frame())
    hits = [number for number in range(900, 0, -1) if "7" in str(number)]
    for _ in range(25):
        alice.press("n", "n", "n")
        alice.load()
        alice.load()
    at = int(told(alice).split()[0])
    assert at > 25
    assert hits[at - 1] in shown(alice.frame())
    alice.press("n")
    alice.enters("dev")
    alice.load()
    assert shown(alice.frame()) == []
    alice.press("n")
    assert alice.input()[0] == "n"


def test_hits_in_line_mode_are_lines(piped: FakeHost) -> None:
    for i in range(3):
        piped.rows.append(Row(i + 1, "bob", f"line {i}"))
    piped.line("/search line")
    assert piped.told[-1] == "bob: line 0\nbob: line 1\nbob: line 2"


# --- copying and history ----------------------------------------------------------------------------------------------


def test_copying_shows_the_text_alone(alice: FakeHost) -> None:
    alice.says("bob", "older")
    alice.says("eliza", "# Title\n```\n    code\n```\n" + "x" * 90, "message.model")
    alice.says("system", "something happened", "message.system")
    alice.type("/copy\n")
    lines = alice.frame(60, 12).lines
    assert lines[:6] == ["# Title", "```", "    code", "```", "x" * 60, "x" * 30]
    assert lines[6:] == [""] * 5 + ["Esc closes"]
    alice.press("Esc")
    assert "@eliza" in alice.frame()
    alice.type("/copy 2\n")
    assert alice.frame(60, 12).lines[0] == "older"


def test_copying_something_long_scrolls(alice: FakeHost) -> None:
    alice.says("bob", "\n".join(f"row {i}" for i in range(50)))
    alice.type("/copy\n")
    assert alice.frame(60, 12).lines[-1] == "PgDn: 39 more lines, Esc closes"
    alice.press("PgDn", "PgDn", "PgDn", "PgDn", "PgDn")
    assert alice.frame(60, 12).lines[10] == "row 49"
    alice.frame(1, 1)
    alice.frame(300, 100)


@pytest.mark.parametrize("typed", ["0", "x", "1.5", "4", "1001", "-1"])
def test_copying_what_is_not_there(make: MakeHost, typed: str) -> None:
    alice = make(rows=3)
    alice.type(f"/copy {typed}\n")
    assert alice.input()[0] == f"/copy {typed}"
    assert told(alice)


def test_copying_from_far_back(make: MakeHost) -> None:
    alice = make(rows=600)
    alice.type("/copy 555\n")
    assert alice.frame().lines[0] == "line 46"


def test_history_is_a_page_that_begins_at_its_end(make: MakeHost) -> None:
    alice = make(rows=200)
    alice.type("/history 150\n")
    frame = alice.frame()
    assert frame.lines[0].strip() == "The newest 150 rows"
    assert frame.lines[20].strip() == "bob: line 200"
    for _ in range(10):
        alice.press("PgUp")
        frame = alice.frame()
    assert frame.lines[1].strip() == "bob: line 51"


def test_the_longest_history_fits_the_limits(make: MakeHost) -> None:
    alice = make()
    alice.rows = [Row(i + 1, "bob", "word " * 1000) for i in range(600)]
    alice.enters("lobby")
    alice.type("/history 500\n")
    assert "rows" in alice.frame(40, 12).lines[0]


@in_world(shipped=True)
async def test_searching_in_a_real_room(world: World) -> None:
    ann = await world.join("ann", size=(60, 16))
    for i in range(12):
        ann.sends(
            "".join(f"row {i * 50 + j} {'needle' if (i * 50 + j) % 250 == 7 else 'hay'}\r" for j in range(50)).encode()
        )
        await world.settle(3)
    ann.types("/search needle from:ann\r")
    await world.settle()
    assert "row 507 needle" in ann.screen.text
    ann.types("nn")
    await world.settle()
    assert "row 7 needle" in ann.screen.text
    assert "3 of 3 for needle from:ann" in ann.screen.text
    ann.sends(b"\x1b")
    await world.settle()
    ann.sends(b"\x1b[F")
    await world.settle()
    assert "row 599 hay" in ann.screen.text


SECTIONS = "\n\n".join(f"## Section {i}\n\nan item of its own, as item number {i} in the list" for i in range(1, 41))


def test_the_place_where_all_words_are_nearest_is_shown(alice: FakeHost) -> None:
    alice.says("eliza", SECTIONS, "message.model")
    alice.type("/search item 17\n")
    assert "item number 17" in alice.frame()
    assert told(alice).startswith("1 of 1 for item 17")


def test_n_goes_on_within_a_row_and_then_to_older_ones(alice: FakeHost) -> None:
    alice.says("bob", "an apple")
    alice.says("eliza", "apple one" + "\nfiller" * 60 + "\napple two" + "\nfiller" * 60, "message.model")
    alice.frame()
    alice.type("/search apple\n")
    assert "apple one" in alice.frame() and told(alice).startswith("1 of 2, place 1 of 2 for apple")
    alice.press("n")
    assert "apple two" in alice.frame() and told(alice).startswith("1 of 2, place 2 of 2 for apple")
    alice.press("n")
    assert "an apple" in alice.frame() and told(alice).startswith("2 of 2 for apple")
    alice.press("N")
    assert "apple two" in alice.frame()
    alice.press("N", "N")
    assert told(alice) == "this is the newest"

"""Hooks: scripts of one's own that filter rows, follow what grows, and draw rows their own way."""

from __future__ import annotations

import pytest

from tests.lua.conftest import Write
from tests.lua.fake_room import shown

# --- on_row -----------------------------------------------------------------------------------------------------------


def test_a_filter_hides_keeps_and_changes(with_script: Write) -> None:
    alice = with_script("""
        tools.on_row(function(row)
          if row.author == "carol" then return false end
          if row.author == "dave" then return true end
          if row.author == "bob" then return { content = row.content:upper(), author = "B.", style = "fg:red" } end
          return row
        end)
    """)
    for author in ("carol", "dave", "bob", "eve"):
        alice.says(author, f"I am {author}")
    frame = alice.frame()
    assert frame.chat() == [" dave          I am dave", " B.            I AM BOB", " eve           I am eve"]
    assert frame.style_of("I AM BOB") == "fg:red"


def test_filters_see_what_the_ones_before_made_of_a_row(with_script: Write) -> None:
    alice = with_script("""
        tools.on_row(function(row) row.content = row.content .. "!" return row end)
        tools.on_row(function(row) return { content = row.content .. "?" } end)
    """)
    alice.says("bob", "what")
    assert " bob           what!?" in alice.frame()


def test_scrolling_passes_what_is_hidden(with_script: Write) -> None:
    alice = with_script("tools.on_row(function(row) return row.seq % 7 == 0 end)")
    for i in range(420):
        alice.says("bob", f"line {i + 1}")
    seen = []
    assert shown(alice.frame(80, 12))[-1] == 420
    for _ in range(12):
        seen += shown(alice.frame(80, 12))
        alice.press("PgUp")
    assert sorted(set(seen)) == list(range(7, 421, 7))
    for _ in range(12):
        alice.press("PgDn")
    assert shown(alice.frame(80, 12)) == list(range(357, 421, 7))


def test_what_is_hidden_is_not_new_below(with_script: Write) -> None:
    alice = with_script("tools.on_row(function(row) return row.author ~= 'spam' end)")
    for i in range(60):
        alice.says("bob", f"line {i + 1}")
    alice.frame()
    alice.press("PgUp")
    alice.frame()
    for author in ("spam", "bob", "spam"):
        alice.says(author, "line 99")
    assert "1 new below" in alice.frame().lines[22]


def test_a_filter_runs_once_for_each_row_and_again_when_asked(with_script: Write) -> None:
    alice = with_script("""
        count, hide = 0, false
        tools.on_row(function(row) count = count + 1 return not (hide and row.author == "bob") end)
        function on_notice(text)
          hide = text == "hide"
          if text ~= "count" then tools.mark_dirty("chat") end
          tools.report(count)
        end
    """)
    alice.says("bob", "one")
    row = alice.answers("eliza", "How")
    for _ in range(3):
        alice.frame()
        alice.tick()
    alice.tells("count")
    assert alice.probed == (2,)
    alice.grows(row, " do")
    alice.frame()
    alice.frame()
    alice.tells("count")
    assert alice.probed == (3,)
    alice.tells("hide")
    assert [line[:7] for line in alice.frame().chat()] == ["@eliza "]
    alice.tells("show")
    assert " bob           one" in alice.frame()


# --- on_chunk ---------------------------------------------------------------------------------------------------------


def test_what_grows_can_be_shown_otherwise(with_script: Write) -> None:
    alice = with_script("""
        local pieces = 0
        tools.on_chunk(function(row, delta)
          pieces = pieces + 1
          if row.content:find("plain", 1, true) then return nil end
          return "(" .. pieces .. " pieces, the newest is '" .. delta .. "')"
        end)
    """)
    row = alice.answers("eliza", "How")
    assert "@eliza         How ⠋" in alice.frame()
    alice.grows(row, " do")
    alice.frame()
    alice.grows(row, " y")
    alice.grows(row, "ou")
    assert "@eliza         (2 pieces, the newest is ' you') ⠋" in alice.frame()
    alice.grows(row, " plain")
    assert "@eliza         How do you plain ⠋" in alice.frame()
    alice.grows(row, "x")
    alice.ends(row)
    assert "@eliza         How do you plainx" in alice.frame()


# --- render -----------------------------------------------------------------------------------------------------------


def test_a_renderer_draws_over_the_whole_width(with_script: Write) -> None:
    alice = with_script("""
        tools.render("score", function(row, width)
          return { "+" .. ("-"):rep(width - 2) .. "+", { row.author, "bold", " has " .. row.content, "" } }
        end)
    """)
    alice.says("bob", "7 points", "score")
    alice.says("bob", "hello")
    frame = alice.frame(60, 10)
    assert frame.chat() == ["+" + "-" * 56 + "+", "bob has 7 points", " bob           hello"]
    assert frame.style_of("bob") == "bold"
    alice.type("/set time short\n")
    assert alice.frame(60, 10).chat()[0] == "08:00 +" + "-" * 50 + "+"


def test_a_renderer_runs_once_for_each_row_and_width(with_script: Write) -> None:
    alice = with_script("""
        local count = 0
        tools.render("message.user", function() count = count + 1 return { "row", "and " .. count } end)
    """)
    alice.says("bob", "hello")
    for _ in range(3):
        assert alice.frame().chat() == ["row", "and 1"]
    assert alice.frame(60, 12).chat() == ["row", "and 2"]


# --- hooks that fail --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hook",
    [
        "tools.on_row(function(row) return row.nothing.at_all end)",
        "tools.on_row(function() return 7 end)",
        "tools.on_chunk(function() error('no') end)",
        "tools.render('message.model.chunk', function(row) return row.nothing.at_all end)",
        "tools.render('message.model.chunk', function() return 'a string' end)",
        "tools.render('message.model.chunk', function() return { 7 } end)",
        "tools.render('message.model.chunk', function() return { { 'text', 7 } } end)",
    ],
)
def test_a_hook_that_fails_is_told_of_once_and_the_row_is_drawn(with_script: Write, hook: str) -> None:
    alice = with_script("\n" + hook)
    row = alice.answers("eliza", "How")
    alice.frame()
    alice.grows(row, " do")
    alice.frame()
    frame = alice.frame(200, 12)
    assert "@eliza         How do ⠋" in frame
    assert "script error in " in frame.lines[10]
    if "row.nothing" in hook or "error" in hook:
        assert "hook.lua:2: " in frame.lines[10]
    alice.press("Left")
    alice.grows(row, " you")
    assert "script error" not in str(alice.frame(200, 12))


def test_a_hook_that_never_ends_is_not_run_again(with_script: Write) -> None:
    """The row is drawn again, without the hook."""
    alice = with_script("tools.on_row(function() while true do end end)")
    alice.says("bob", "hello")
    assert " bob           hello" in alice.frame()
    assert "script error in on_row: it took too long" in alice.frame().lines[22]


@pytest.mark.parametrize("call", ["on_row(1)", "on_chunk()", "render('x', 1)", "render(nil, print)"])
def test_what_is_no_hook_is_refused(with_script: Write, call: str) -> None:
    with pytest.raises(Exception, match="function"):
        with_script(f"tools.{call}")

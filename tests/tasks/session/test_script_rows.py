"""What scripts read of rows: found, laid out as Markdown, and no more of it than they may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.live_row import LiveRow
from chatd.core.row import Finished, Method, Row, Status
from chatd.screen.markdown import MarkdownWrapper
from chatd.tasks.chat.row_texts import RowTexts
from chatd.tasks.scripts.row_lines import MAX_LAID_OUT
from chatd.testing import World, run
from tests.support import in_world
from tests.tasks.scripted import with_files

SCRIPT = """
local plain, last = on_line, nil
local function flat(lines)
  local out = {}
  for i, line in ipairs(lines) do out[i] = table.concat(line, "~") end
  return table.concat(out, "|")
end
function on_row_done(_, row) if row.content_method == "message.model" then last = row.id end end
function on_line(text)
  local command, rest = text:match("^/(%S+) ?(.*)")
  if command == "search" or command == "older" then
    local found = tools.search(rest, command == "older" and last or nil)
    if found.error then return tools.notify("refused: " .. found.error) end
    local out = {}
    for i, row in ipairs(found) do out[i] = row.author .. ":" .. row.snippet end
    last = found[#found] and found[#found].id
    tools.notify(#found .. " found: " .. table.concat(out, ", ", 1, math.min(3, #out)))
  elseif command == "md" then
    local ok, count = pcall(tools.markdown, last, 20)
    tools.notify(tostring(count) .. " lines: " .. flat(tools.markdown(last, 20, 1, 3)))
  elseif command == "layout" then tools.notify(flat(tools.layout("# Head\\n\\n**bold** \\27[2J word", 40)))
  elseif command == "thoughts" then
    local n = tools.thoughts(last, 20)
    local lines = tools.thoughts(last, 20, 1, n < 0 and -n - 1 or n)
    local words = table.concat(lines):gsub("%s", "")
    tools.notify(("%s after %d"):format(n < 0 and "more" or "whole", #words))
  elseif command == "look" then tools.look_for_models()
  elseif command == "long" then tools.layout(("x"):rep(65537), 40)
  elseif command == "stats" then
    local stats = tools.stats()
    tools.notify(("sessions=%d rows=%d up=%s"):format(stats.sessions, stats.rows, type(stats.uptime_s)))
  elseif command == "help" then
    tools.notify(tostring(tools.help(rest)) .. " of " .. table.concat(tools.help_topics(), ","))
  else plain(text) end
end
"""

Talk = Callable[[World], Awaitable[None]]


def converse(tmp_path: Path, talk: Talk) -> None:
    async def main() -> None:
        async with World.open(scripts=with_files(tmp_path, mine=SCRIPT)) as world:
            await talk(world)

    run(main)


def test_search_finds_in_the_present_room_newest_first_and_pages(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        alice = await world.lines("alice")
        for i in range(25):
            alice.sends(f"apple {i} \x1b[31m\n".encode())
        await world.command("alice", "ask @echo apple elsewhere")
        await world.settle()
        alice.sends(b"/search apple\n")
        await world.settle()
        assert "* 20 found: alice:apple 24 \u241b[31m, alice:apple 23" in alice.output
        alice.sends(b"/older apple\n")
        await world.settle()
        assert "* 5 found: alice:apple 4" in alice.output
        alice.sends(b"/search nothing such\n/search ***\n")
        await world.settle()
        assert "* 0 found: " in alice.output and "* refused: there is nothing to search for" in alice.output

    converse(tmp_path, talk)


def test_rows_and_texts_are_laid_out_as_markdown(tmp_path: Path) -> None:
    async def talk(world: World) -> None:
        world.model("bot").says("# Title\n\nsome **bold** text").ends()
        alice = await world.lines("alice")
        alice.sends(b"@bot go\n")
        await world.settle()
        alice.sends(b"/md\n/layout\n")
        await world.settle()
        assert "* 3 lines: Title~heading1||some ~~bold~strong~ text~" in alice.output
        assert "* Head~heading1||bold~strong~ \u241b[2J word~" in alice.output
        alice.sends(b"/long\n")
        await world.settle()
        assert "layout takes up to 16384 characters" in alice.output.replace("\n  ", " ")

    converse(tmp_path, talk)


def test_a_bug_behind_a_call_that_waits_is_the_calls_error_and_the_session_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(world: World) -> None:
        async def broken() -> None:
            raise ZeroDivisionError("a bug")

        monkeypatch.setattr(world.hub.discovery, "refresh", broken)
        alice = await world.lines("alice")
        alice.sends(b"/look\nhello\n")
        await world.settle()
        assert "internal error" in alice.output and "alice: hello" in alice.output
        assert "a bug" not in alice.output and "a bug" in caplog.text

    converse(tmp_path, talk)


def test_stats_and_help_pages(tmp_path: Path) -> None:
    (tmp_path / "help").mkdir()
    (tmp_path / "help" / "poll.md").write_text("# Polls")

    async def talk(world: World) -> None:
        alice = await world.lines("alice")
        alice.sends(b"/stats\n/help poll\n/help ../mine\n/help nothing\n")
        await world.settle()
        assert "* sessions=1 rows=0 up=number" in alice.output and "* # Polls of poll" in alice.output
        assert alice.output.count("* nil of poll") == 2

    converse(tmp_path, talk)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["# a\n", "* x ", "**b", "** ", "```\n", "code\n", "\n\n", "| a | b |\n", "é\u200d", "\x1b"]),
        max_size=20,
    ),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_a_growing_row_is_laid_out_as_if_it_had_come_at_once(pieces: list[str], width: int, other: int) -> None:
    """However often it was looked at, and at which widths, in between."""
    texts = RowTexts()
    live = LiveRow(Row("r", "lobby", "b", 1, Method.CHUNK, "bot", "", Status.OPEN, 0, 0, None))
    for i, piece in enumerate(pieces):
        live.grow(piece, 0)
        texts.of(live).markdown(width if i % 3 else other)
        if i % 5 == 4:
            assert texts.of(live).text  # joins the pieces
    live.finish(Finished(1, "r", Status.COMPLETE, Method.MODEL, {}, 0))
    whole = MarkdownWrapper(width)
    whole.feed(texts.of(live).text)
    whole.finish()
    assert texts.of(live).markdown(width)[0] == whole.lines
    assert texts.of(live).markdown(width)[0] == whole.lines  # and once more


@in_world(shipped=True)
async def test_a_long_answer_is_laid_out_over_several_frames_and_then_is_whole(world: World) -> None:
    """Laying out a long row takes long: who comes in must not make everybody wait for it."""
    bot = world.model("bot")
    words = "".join(f"- point **{n}** of many\n" for n in range(2000))
    bot.says(words).ends()
    await world.command("alice", "ask --room lobby @bot go")
    fed: list[int] = []
    original = MarkdownWrapper.feed

    def feed(self: MarkdownWrapper, text: str) -> int:
        fed.append(len(text))
        return original(self, text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MarkdownWrapper, "feed", feed)
        late = await world.join("bob", size=(77, 20))
        await world.settle(3)
    assert "point 1999 of many" in late.screen, late.screen.framed()
    assert max(fed) <= MAX_LAID_OUT and sum(fed) >= len(words)


def test_long_thoughts_are_laid_out_over_several_callbacks(tmp_path: Path) -> None:
    """As rows are: none of them takes long, however dear the text is, and nothing of it is left out."""
    thought = "\u0915\u094d\u0937 " * 10_000

    async def talk(world: World) -> None:
        bot = world.model("bot").thinks("short").says("hello").ends()
        alice = await world.lines("alice")
        alice.sends(b"@bot hi\n")
        await world.settle()
        alice.sends(b"/thoughts\n")
        await world.settle()
        assert "* whole after 5" in alice.output
        bot.thinks(thought).says("so").ends()
        alice.sends(b"@bot hi\n")
        await world.settle()
        for _ in range(60):
            alice.sends(b"/thoughts\n")
            await world.settle(0.1)
        told = [line for line in alice.output.splitlines() if " after " in line][1:]
        sizes = [int(line.split()[-1]) for line in told]
        assert "more" in told[0] and sizes == sorted(sizes) and sizes[0] < sizes[1]
        assert "whole" in told[-1] and sizes[-1] == len(thought.replace(" ", "").encode())

    converse(tmp_path, talk)

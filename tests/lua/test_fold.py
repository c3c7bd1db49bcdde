"""Folding: what models thought, and what they had tools do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.screen import widths
from chatd.testing import World
from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost
from tests.lua.fake_room import Row
from tests.support import in_world


def call(host: FakeHost, arguments: str = '{"zone": "utc"}', name: str = "clock") -> Row:
    return host.says("qwen3:8b", arguments, "tool.call", tool_name=name)


def test_a_call_and_its_result_are_one_line(alice: FakeHost) -> None:
    first, second = call(alice), call(alice, '{"q": "tea"}', "search")
    assert alice.frame().chat()[-2:] == ['|clock         {"zone": "utc"} …', '|search        {"q": "tea"} …']
    alice.says("search", "tea is\n  a drink", "tool.result", parent=second)
    alice.says("clock", "ten", "tool.result", parent=first)
    alice.says("qwen3:8b", "It is ten.", "message.model")
    assert alice.frame().chat() == [
        '|clock         {"zone": "utc"} → ten',
        '|search        {"q": "tea"} → tea is a drink',
        "@qwen3:8b      It is ten.",
    ]


def test_ctrl_o_opens_and_folds(alice: FakeHost) -> None:
    alice.says("clock", "one\ntwo\nthree\nfour", "tool.result", parent=call(alice))
    alice.press("C-o")
    assert alice.frame().chat() == [
        '|clock         {"zone": "utc"}', "|clock         one",
        *(f"               {word}" for word in ("two", "three", "four")),
    ]  # fmt: skip
    alice.press("C-o")
    assert alice.frame().chat() == ['|clock         {"zone": "utc"} → one two three four']


def test_a_failure_is_seen_however_long_the_arguments_are(alice: FakeHost) -> None:
    alice.says("clock", "time limit of 5 s", "tool.result", parent=call(alice, "x" * 500), status="failed")
    for width in (80, 60, 40, 30):
        line = alice.frame(width, 12).chat()[-1]
        assert "→ [failed] time" in line
        assert widths.width(line) <= width
    assert "bold" in alice.frame().style_of("[failed]")


def test_a_result_that_still_comes_moves(alice: FakeHost) -> None:
    row = alice.says("clock", "te", "tool.result", parent=call(alice), status="open")
    alice.streams.append({"model": "qwen3:8b", "asker": "bob", "mine": False, "row_id": "x", "mention_id": "m"})
    assert alice.frame().chat() == ['|clock         {"zone": "utc"} → te ⠋']
    alice.grows(row, "n")
    alice.tick()
    assert alice.frame().chat() == ['|clock         {"zone": "utc"} → ten ⠙']


def test_on_a_narrow_screen_it_is_one_line_too(alice: FakeHost) -> None:
    alice.says("clock", "ten", "tool.result", parent=call(alice, "{}"))
    assert alice.frame(30, 10).chat() == ["|clock {} → ten"]


def test_thoughts_open_and_fold(alice: FakeHost) -> None:
    alice.says("qwen3:8b", "Yes.", "message.model", thought="Should I? I should.")
    assert alice.frame().chat() == ["@qwen3:8b      + thought, 19 characters (Ctrl-T opens)", "               Yes."]
    alice.press("C-t")
    assert alice.frame().chat() == ["@qwen3:8b      Should I? I should.", "               Yes."]


def thinking_call(host: FakeHost) -> Row:
    """A call before which the model has thought, and its result."""
    row = host.says("qwen3:8b", "{}", "tool.call", tool_name="clock", thought="What time is it? I ask the clock.")
    host.says("clock", "ten", "tool.result", parent=row)
    return row


def test_what_is_thought_before_a_call_stands_under_the_models_name(alice: FakeHost) -> None:
    thinking_call(alice)
    folded = "@qwen3:8b      + thought, 33 characters (Ctrl-T opens)"
    assert alice.frame().chat() == [folded, "|clock         {} → ten"]
    alice.press("C-o")
    assert alice.frame().chat() == [folded, "|clock         {}", "|clock         ten"]
    alice.press("C-t")
    opened = ["@qwen3:8b      What time is it? I ask the clock."]
    assert alice.frame().chat() == [*opened, "|clock         {}", "|clock         ten"]
    assert "italic" in alice.frame().style_of("What time is it? I ask the clock.")
    alice.press("C-o")
    assert alice.frame().chat() == [*opened, "|clock         {} → ten"]


def test_what_is_thought_before_a_call_on_a_narrow_screen(alice: FakeHost) -> None:
    thinking_call(alice)
    alice.press("C-t")
    thought = ["@qwen3:8b", "  What time is it? I ask the", "  clock."]
    assert alice.frame(30, 12).chat() == [*thought, "|clock {} → ten"]
    alice.press("C-o")
    assert alice.frame(30, 12).chat() == [*thought, "|clock", "  {}", "|clock", "  ten"]


def test_what_is_thought_before_a_call_has_the_time_once(make: MakeHost) -> None:
    alice = make(kept={"settings": {"time": "short", "thoughts": "open"}})
    thinking_call(alice)
    assert alice.frame().chat() == [
        "08:00 @qwen3:8b      What time is it? I ask the clock.", "      |clock         {} → ten",
    ]  # fmt: skip


def test_what_is_thought_before_a_call_scrolls_line_by_line(make: MakeHost) -> None:
    alice = make(rows=20, kept={"settings": {"thoughts": "open", "tools": "open"}})
    alice.says(
        "qwen3:8b", "{}\n{}", "tool.call", tool_name="clock", thought="\n".join(f"thought {i}" for i in range(9))
    )
    whole = alice.frame(80, 60).chat()
    for height in range(3, 14):
        assert alice.frame(80, height + 2).chat() == whole[-height:]


def test_the_settings_say_how_it_begins(make: MakeHost) -> None:
    alice = make(kept={"settings": {"thoughts": "open", "tools": "open"}})
    alice.says("qwen3:8b", "Yes.", "message.model", thought="Should I?")
    alice.says("clock", "ten", "tool.result", parent=call(alice, "{}"))
    assert alice.frame().chat()[0] == "@qwen3:8b      Should I?"
    assert alice.frame().chat()[-1] == "|clock         ten"
    alice.type("/set tools folded\n")
    assert alice.frame().chat()[-1] == "|clock         {} → ten"


def test_opening_while_scrolled_keeps_the_place(make: MakeHost) -> None:
    alice = make(rows=40)
    alice.says("clock", "\n".join(map(str, range(30))), "tool.result", parent=call(alice))
    for i in range(20):
        alice.says("bob", f"line {43 + i}")
    alice.frame()
    alice.press("PgUp")
    top = alice.frame().chat()[0]
    alice.press("C-o")
    assert alice.frame().chat()[0] == top


def test_folding_what_fills_the_screen_leaves_no_hole(make: MakeHost) -> None:
    alice = make(rows=30)
    alice.says("clock", "\n".join(map(str, range(60))), "tool.result", parent=call(alice))
    alice.press("C-o")
    alice.frame()
    alice.press("PgUp")
    assert "41" not in alice.frame()
    alice.press("C-o")
    frame = alice.frame()
    assert frame.lines[0] == " bob           line 10"
    assert frame.lines[21].startswith("|clock         ")
    assert "below" not in frame.lines[22]


def test_long_arguments_are_cut_between_characters(alice: FakeHost) -> None:
    for prefix in ("", "x", "xx"):
        call(alice, prefix + "日本語" * 60)
        assert f"|clock         {prefix}日本語" in alice.frame(600, 10).chat()[-1]
        assert "\ufffd" not in str(alice.frame(600, 10))


WORDS = st.text(max_size=120) | st.sampled_from(["日本語" * 60, "👩‍👩‍👧" * 40, "\n\n", "é" * 300, "{}" * 200])


@given(
    arguments=WORDS, result=WORDS, name=st.text(min_size=1, max_size=12), width=st.integers(1, 90),
    status=st.sampled_from(["complete", "failed", "open"]), first=st.booleans(),
    thought=st.sampled_from(["", "Hm.", "日本語" * 9]), opened=st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_a_folded_line_always_fits(
    typist: FakeHost, arguments: str, result: str, name: str, width: int, status: str, first: bool, thought: str,
    opened: bool,
) -> None:  # fmt: skip
    typist.press(*["C-t"] * opened)
    parent = typist.says("qwen3:8b", arguments, "tool.call", tool_name=name, thought=thought)
    typist.says(name, result, "tool.result", parent=parent if first else None, status=status)
    frame = typist.frame(width, 8)
    for spans in frame.styles[:6]:
        assert sum(widths.width(text) for text, _ in spans) <= max(width, 8)


@in_world(shipped=True)
async def test_what_a_model_has_a_real_tool_do(world: World) -> None:
    bot = world.model("bot").says("Let me see.").calls("calculate", '{"expression": "6*7"}')
    bot.calls("calculate", '{"expression": "1/0"}', call_id="other").ends().says("It is 42.").ends()
    ann = await world.join("ann")
    ann.types("@bot what is 6*7?\r")
    await world.settle(2)
    lines = [line.rstrip() for line in ann.screen.text.splitlines()]
    at = lines.index("@bot           Let me see.")
    assert lines[at + 1] == '|calculate     {"expression": "6*7"} → 42'
    assert lines[at + 2].startswith('|calculate     {"expression": "1/0… → [failed] calculate failed:')
    assert lines[at + 3] == "@bot           It is 42."
    ann.sends(b"\x0f")
    await world.settle()
    assert "|calculate     42" in ann.screen.text


@in_world(shipped=True)
async def test_what_a_real_model_thinks_before_it_calls(world: World) -> None:
    bot = world.model("bot").thinks("Better count.").calls("calculate", '{"expression": "6*7"}').ends()
    bot.says("It is 42.").ends()
    ann = await world.join("ann")
    ann.sends(b"\x14")
    ann.types("@bot what is 6*7?\r")
    await world.settle(2)
    lines = [line.rstrip() for line in ann.screen.text.splitlines()]
    at = lines.index("@bot           Better count.")
    assert lines[at + 1 : at + 3] == ['|calculate     {"expression": "6*7"} → 42', "@bot           It is 42."]

"""How rows look: authors, actions, tools, answers that stream and how they ended."""

from __future__ import annotations

from typing import Any

import pytest

from chatd.ports import Plain
from chatd.screen import widths
from tests.lua.fake_host import FakeHost


def test_rows_are_told_apart_without_colour(alice: FakeHost) -> None:
    alice.says("bob", "hello")
    alice.says("alice", "hi")
    alice.says("eliza", "How do you do.", "message.model")
    alice.says("system", "eliza could not be reached", "message.system")
    alice.says("qwen3:8b", '{"q": 1}', "tool.call", tool_name="search")
    alice.says("search", "found", "tool.result")
    assert [line for line in alice.frame(60, 12).lines if line][:-2] == [
        " bob           hello",
        ">alice         hi",
        "@eliza         How do you do.",
        "*              eliza could not be reached",
        '|search        {"q": 1} …',
        "|search        → found",
    ]


def test_long_rows_hang_beside_their_author(alice: FakeHost) -> None:
    alice.says("bob", "word " * 30 + "\n  indented")
    lines = alice.frame(60, 12).lines
    assert lines[5] == " bob           " + "word " * 7 + "word"
    assert lines[6] == "               " + "word " * 7 + "word"
    assert lines[9] == "                 indented", lines


def test_a_narrow_screen_has_authors_on_their_own_lines(alice: FakeHost) -> None:
    alice.says("bob", "hello everybody in this room")
    alice.says("system", "a notice of the server itself", "message.system")
    assert alice.frame(24, 10).lines[3:9] == [
        " bob",
        "  hello everybody in",
        "  this room",
        "* a notice of the",
        "  server itself",
        " lobby · 2 here",
    ]


def test_long_names_are_cut(alice: FakeHost) -> None:
    alice.says("a-name-of-thirty-two-characters-", "hello")
    assert " a-name-of-th… hello" in alice.frame(60, 8)


def test_actions(alice: FakeHost) -> None:
    alice.says("bob", "/me waves at everybody")
    alice.says("bob", "/media is a directory")
    frame = alice.frame()
    assert "* bob waves at everybody" in frame
    assert " bob           /media is a directory" in frame


def test_ones_own_name_stands_out(alice: FakeHost) -> None:
    alice.says("bob", "hi Alice, @alice! alice. but not malice, alice2, ~alice or alice.b")
    line = next(spans for spans in alice.frame(100, 8).styles if any("hi " in text for text, _ in spans))
    assert [text for text, style in line if "reverse" in style] == ["Alice", "@alice", "alice"]
    alice.says("alice", "I am alice")
    line = next(spans for spans in alice.frame(100, 8).styles if any("I am" in text for text, _ in spans))
    assert not any("reverse" in style for _, style in line)


def test_what_a_script_adds_is_shown_as_text(alice: FakeHost) -> None:
    alice.says("bob", "a poll", "poll.question")
    assert " bob           a poll" in alice.frame()


def test_markdown_is_drawn_as_such_unless_it_is_off(alice: FakeHost) -> None:
    alice.says("eliza", "# Why\nIt is **so**, alice:\n\n```python\nif True:\n    alice()\n```\n", "message.model")
    alice.says("bob", "it is **not**")
    frame = alice.frame()
    margin = " " * 15
    assert frame.chat() == [
        "@eliza         Why", margin + "It is so, alice:", "", margin + "if True:", margin + "    alice()",
        " bob           it is **not**",
    ]  # fmt: skip
    assert "bold" in frame.style_of("Why")
    assert "bold" in frame.style_of("so")
    assert [style for line in frame.styles for text, style in line if text == "alice"] == ["bold reverse"] * 2
    alice.type("/set markdown off\n")
    assert "@eliza         # Why" in alice.frame()
    assert margin + "```python" in alice.frame()


def test_a_theme_changes_what_is_on_the_screen(alice: FakeHost) -> None:
    alice.says("eliza", "`code`", "message.model")
    before = alice.frame().style_of("code")
    alice.type("/set theme none\n")
    assert alice.frame().style_of("code") == "bold" != before


def test_a_line_of_more_pieces_than_the_host_takes(alice: FakeHost) -> None:
    """tools.put takes 64 arguments, and a line of code may have more."""
    alice.says("eliza", "```python\n" + "f(1);" * 60 + "\n```", "message.model")
    assert "f(1);" * 36 in alice.frame(200, 20)


# --- answers that stream ----------------------------------------------------------------------------------------------


def test_an_answer_grows_with_an_indicator(alice: FakeHost) -> None:
    row = alice.answers("eliza", "How")
    first = alice.frame()
    assert "@eliza         How ⠋" in first
    assert "eliza is answering alice" in first.lines[22]
    alice.tick()
    alice.grows(row, " do you feel")
    second = alice.frame()
    assert "How do you feel ⠙" in second
    alice.ends(row)
    assert "How do you feel" in alice.frame()
    assert "⠙" not in alice.frame()
    assert "answering" not in alice.frame()


def test_how_fast_an_answer_comes_stands_behind_it(alice: FakeHost) -> None:
    row = alice.answers("eliza", "How")
    alice.streams[0]["tokens_per_s"] = 12.4
    assert "@eliza         How ⠋ 12 tok/s" in alice.frame()
    alice.grows(row, "x" * 56)
    assert alice.frame().chat()[-1].endswith("x ⠋")
    alice.grows(row, "x" * 4)
    assert alice.frame().chat()[-1].endswith("x ⠋")


def test_an_answer_that_has_not_begun_has_a_line(alice: FakeHost) -> None:
    alice.streams.append({"model": "eliza", "asker": "bob", "mine": False, "row_id": None, "mention_id": "m"})
    frame = alice.frame()
    assert frame.lines[21] == "@eliza ⠋"
    assert "eliza is answering bob" in frame.lines[22]


def test_several_answers(alice: FakeHost) -> None:
    for model in ("eliza", "echo"):
        alice.answers(model, "x")
    assert "2 answers running: eliza, echo" in alice.frame().lines[22]


def waits(host: FakeHost, model: str, asker: str = "alice", **progress: Plain) -> None:
    """An answer that has not begun."""
    own = asker == host.name
    host.streams.append({"model": model, "asker": asker, "mine": own, "row_id": None, "mention_id": model, **progress})


RETRY = "retrying in 2 s, 1 of 3: models.test:11434: HTTP 503: busy"


def test_who_waits_sees_where_they_stand_beside_other_answers_on_a_small_screen(alice: FakeHost) -> None:
    waits(alice, "olk", stage="queued", position=2)
    waits(alice, "eliza", stage="asking")
    waits(alice, "echo", asker="bob", stage="queued", position=1)
    frame = alice.frame(40, 12)
    assert frame.lines[7:10] == ["@olk ⠋ number 2 in the queue", "@eliza ⠋", "@echo ⠋ number 1 in the queue"]
    assert "⠋ olk number 2 in the queue" in frame.lines[10]
    assert "olk number 2 in the queue, 3 answers running" in alice.frame(110, 12).lines[10]
    waits(alice, "qwen3:8b", stage="retrying", retry=RETRY)
    assert "qwen3:8b " + RETRY + ", 4 answers running" in alice.frame(140, 12).lines[10]


def test_others_waits_do_not_take_the_status_line(alice: FakeHost) -> None:
    waits(alice, "olk", asker="bob", stage="queued", position=1)
    waits(alice, "eliza", stage="asking")
    assert "2 answers running: olk, eliza" in alice.frame().lines[22]


@pytest.mark.parametrize("width", [1, 2, 5, 12, 20, 39, 40, 60])
@pytest.mark.parametrize("progress", [{"stage": "queued", "position": 12}, {"stage": "retrying", "retry": RETRY}])
def test_the_line_of_a_waiting_answer_fits_and_says_where_it_stands(
    alice: FakeHost, width: int, progress: dict[str, Any]
) -> None:
    waits(alice, "a-model-with-a-name-of-its-own:30b-instruct", **progress)
    line = alice.frame(width, 12)
    spans = "".join(text for text, _ in line.styles[9])
    assert widths.width(spans) <= max(width, 3)
    if width >= 40:
        assert ("number 12 in the queue" if "position" in progress else "retrying in 2 s, 1 of 3") in spans


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({"completion_tokens": 12, "tokens_per_s": 8.0, "first_token_ms": 500, "duration_ms": 2000},
         "eliza: 12 tokens, 8 tok/s, first 0.5 s"),
        ({"completion_tokens": 1700, "tokens_per_s": 17000.0, "first_token_ms": 500, "duration_ms": 599},
         "eliza: 1700 tokens, first 0.5 s"),
        ({"completion_tokens": 12.5, "left_out": 3.0}, "eliza: 12 tokens, 3 older messages did not fit"),
        ({"completion_tokens": 1e300, "tokens_per_s": 2.0**70, "first_token_ms": 10**16, "left_out": 1},
         "eliza: 1 older"),
        ({"completion_tokens": -3, "tokens_per_s": float("nan"), "first_token_ms": float("inf"), "left_out": 1},
         "eliza: 1 older"),
        ({"completion_tokens": "many", "tokens_per_s": True, "duration_ms": "x", "first_token_ms": 500},
         "eliza: first 0.5 s"),
    ],
)  # fmt: skip
def test_how_an_answer_went_is_told_whatever_numbers_its_server_gave(
    alice: FakeHost, meta: dict[str, Plain], words: str
) -> None:
    row = alice.answers("eliza", "hi")
    row.meta = {"asker": "alice", **meta}
    alice.ends(row)
    assert f"   {words}" in alice.frame(100, 24).lines[22].replace("alice, bob", "")


@pytest.mark.parametrize("then", ["@qwen3:8b and you?", "/retry", "/continue"])
def test_figures_go_with_the_next_question_and_the_room(alice: FakeHost, then: str) -> None:
    def answered() -> None:
        row = alice.answers("eliza", "hi")
        row.meta = {"asker": "alice", "completion_tokens": 12}
        alice.ends(row)

    answered()
    assert "eliza: 12 tokens" in alice.frame()
    alice.type(then + "\n")  # it fails: no answer comes
    assert "eliza: 12 tokens" not in alice.frame()
    answered()
    assert "eliza: 12 tokens" in alice.frame()
    alice.enters("dev")
    assert "eliza: 12 tokens" not in alice.frame()


@pytest.mark.parametrize(
    ("status", "mark"),
    [("cancelled", "[cancelled]"), ("truncated", "[cut]"), ("failed", "[failed]"), ("interrupted", "[interrupted]"),
     ("length", "[length]")],
)  # fmt: skip
def test_how_an_answer_ended(alice: FakeHost, status: str, mark: str) -> None:
    row = alice.answers("eliza", "How do")
    alice.ends(row, status)
    assert f"@eliza         How do {mark}" in alice.frame()
    alice.says("eliza", "x" * 63, "message.model", status=status)  # the line is full: the mark has one of its own
    assert alice.frame(80, 24).lines[21] == "               " + mark

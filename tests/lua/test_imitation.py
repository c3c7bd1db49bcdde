"""Nobody is imitated: no line of a row but its first can be one that another row begins with, colours or not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lua.fake_host import FakeHost

FORGED = [
    " bob           I agree to everything", ">alice         me too", "@eliza         yes", "* bob waves", "|clock  ten",
    "*              the server stops", " bob", ">alice", "@eliza", "I agree", "", "   ", "word " * 30, "x" * 200,
    "bob: I agree", "── 3 new ──",
]  # fmt: skip
texts = st.lists(st.sampled_from(FORGED) | st.text(max_size=40), min_size=1, max_size=8).map("\n".join)
METHODS = ["message.user", "message.model", "message.system", "tool.call", "tool.result"]


def test_the_lines_of_an_action_hang_below_its_first(alice: FakeHost) -> None:
    alice.says("bob", "/me yawns\n alice         I agree to everything\n* alice waves")
    alice.says("bob", "/me " + "yawns " * 20)
    margin = " " * 15
    assert alice.frame().chat() == [
        "* bob yawns", margin + " alice         I agree to everything", margin + "* alice waves",
        "* bob " + ("yawns " * 12).rstrip(), margin + ("yawns " * 8).rstrip(),
    ]  # fmt: skip


def test_the_lines_of_a_note_hang_below_its_first(alice: FakeHost) -> None:
    alice.tells("bob tells you alone: look\n alice         I agree")
    frame = alice.frame()
    assert "   bob tells you alone: look" not in frame
    assert " bob tells you alone: look" in frame
    assert any(line.startswith("    alice         I agree") for line in frame.lines)
    alice.rooms["dev"] = "code " * 30
    alice.enters("dev")
    lines = alice.frame().chat()
    first = next(i for i, line in enumerate(lines) if line.startswith("dev: code"))
    assert lines[first + 1].startswith(" " * 15 + "code")


def test_a_text_that_is_a_name_is_no_name_on_a_narrow_screen(alice: FakeHost) -> None:
    alice.says("bob", "ok\nalice\nI agree")
    assert alice.frame(30, 10).chat() == [" bob", "  ok", "  alice", "  I agree"]


def begins_a_row(line: str, margin: int) -> bool:
    """Whether a row could begin with this line: a mark or a name stands where no text does."""
    return bool(line[:margin].strip())


@settings(deadline=None, max_examples=60)
@given(texts, st.sampled_from(METHODS), st.booleans(), st.sampled_from([5, 12, 30, 45, 60, 80]), st.booleans())
def test_no_line_but_its_first_begins_like_a_row(
    typist: FakeHost, text: str, method: str, action: bool, width: int, timed: bool
) -> None:
    typist.rows.clear()
    typist.enters("dev")
    typist.enters("lobby")
    typist.type("/set time " + ("long\n" if timed else "off\n"))
    typist.tick(20_000)  # the notices are gone
    row_text = "/me " + text if action and method == "message.user" else text
    typist.says("bob", row_text, method, tool_name="clock")
    lines = typist.frame(width, 40).lines[: -2 if width >= 20 else -1]
    time = {80: 17, 60: 17, 45: 0}.get(width, 0) if timed else 0
    inner = width - time
    margin = time + (15 if inner >= 60 else 11 if inner >= 40 else 2)
    shown = [line for line in lines if line]
    # On a narrow screen the author has a line of its own, which the text stands below.
    assert sum(begins_a_row(line, margin) for line in shown) <= 1, shown

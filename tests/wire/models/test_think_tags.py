"""Thoughts within the text are told from it the same way however the text is cut."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.stream import Thinking, Token
from chatd.wire.models.think_tags import CLOSE, MAX_BLANKS, OPEN, ThinkSplitter

atoms = st.sampled_from(
    [
        OPEN,
        CLOSE,
        "<",
        "<th",
        "ink>",
        "</",
        "</thi",
        "nk>",
        "\n",
        "\r\n",
        " ",
        "\t",
        "x",
        "é",
        "<thinking>",
        " " * MAX_BLANKS,
    ]
)


def split(*pieces: str, begun: bool = False) -> tuple[str, str]:
    """(thoughts, answer), each joined."""
    splitter = ThinkSplitter(begun=begun)
    events: list[Thinking | Token] = [event for piece in pieces for event in splitter.feed(piece)]
    events += splitter.end()
    assert all(event.text for event in events)
    return (
        "".join(event.text for event in events if isinstance(event, Thinking)),
        "".join(event.text for event in events if isinstance(event, Token)),
    )


def reference(text: str, *, begun: bool = False) -> tuple[str, str]:
    """Read off the whole text."""
    stripped = text.lstrip()
    tagged = len(text) - len(stripped) <= MAX_BLANKS and stripped.startswith(OPEN)
    if not tagged and not begun:
        return "", text
    if not tagged and OPEN.startswith(stripped) and len(text) - len(stripped) <= MAX_BLANKS:
        return text, ""  # the beginning of a tag, or nothing
    thought, closed, answer = (stripped.removeprefix(OPEN) if tagged else text).partition(CLOSE)
    thought = thought.lstrip("\r\n")
    if not closed:  # a tag that was cut off at the very end is part of the thought: it was never closed
        return thought, ""
    ends = len(thought) - len(thought.rstrip("\r\n"))
    return thought[: len(thought) - min(ends, MAX_BLANKS)], answer.lstrip("\r\n")


@settings(max_examples=200)
@given(st.lists(atoms, max_size=10).map("".join), st.lists(st.integers(0, 60), max_size=10))
def test_any_cut_gives_what_the_whole_text_gives(text: str, cuts: list[int]) -> None:
    marks = sorted(min(cut, len(text)) for cut in cuts)
    pieces = [text[a:b] for a, b in zip([0, *marks], [*marks, len(text)], strict=True)]
    for begun in (False, True):
        assert split(*pieces, begun=begun) == reference(text, begun=begun)
        assert split(*text, begun=begun) == reference(text, begun=begun)


def test_a_thought_then_an_answer() -> None:
    assert split("<think>\nhm\n</think>\n\nYes.\n") == ("hm", "Yes.\n")


def test_a_thought_of_nothing_is_none() -> None:
    assert split("<think>\n\n</think>\n\nYes.") == ("", "Yes.")


def test_a_tag_further_on_is_text() -> None:
    sample = "Write `<think>` before, `</think>` behind."
    assert split(sample) == ("", sample)
    assert split("<think>a</think>b<think>c</think>") == ("a", "b<think>c</think>")


def test_a_thought_whose_tag_the_template_has_opened() -> None:
    """Also when the model opens one all the same, and when it never ends."""
    assert split("I should greet. ", "Yes.\n</think>\n\nHello!", begun=True) == ("I should greet. Yes.", "Hello!")
    assert split("<think>hm</think>Hello!", begun=True) == ("hm", "Hello!")
    assert split("hm", begun=True) == ("hm", "")


def test_a_closing_tag_alone_is_left_as_it_is() -> None:
    assert split("hm</think>\nYes.") == ("", "hm</think>\nYes.")


def test_a_tag_that_never_closes_is_all_thought() -> None:
    assert split(" <think>hm</thi") == ("hm</thi", "")


def test_text_is_held_back_no_longer_than_it_may_be_a_tag() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("\n<thi") == []
    assert splitter.feed("s>") == [Token("\n<this>")]
    assert splitter.feed("<think>") == [Token("<think>")]


def test_what_was_held_back_is_given_at_the_end() -> None:
    splitter = ThinkSplitter()
    assert [*splitter.feed("<thi"), *splitter.end(), *splitter.end()] == [Token("<thi")]


def test_what_is_held_back_is_bounded() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed(" " * MAX_BLANKS) == []
    assert splitter.feed(" ") == [Token(" " * (MAX_BLANKS + 1))]

"""Lines: nothing is lost but blanks where a line ends, nothing sticks out, and growing is the same as being long."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.sanitize import sanitize
from chatd.screen import wrap as wrap_module
from chatd.screen.widths import graphemes, width
from chatd.screen.wrap import TOO_WIDE, Wrapper, wrap

ACUTE, ZWJ, VS16 = "\u0301", "\u200d", "\ufe0f"

texts = st.lists(
    st.sampled_from(
        [
            "  ",
            "bb",
            "word",
            "ex-word",
            "x" * 12,
            "界。",
            "e" + ACUTE,
            *"\n\t a世「ッé👩👧⚠\ufe0e🇩क\u094d가\u0600\u3000",
            ACUTE,
            ZWJ,
            VS16,
        ]
    ),
    max_size=30,
).map(lambda pieces: sanitize("".join(pieces)))
columns_of_a_line = st.integers(1, 20)


@st.composite
def cut_texts(draw: st.DrawFn) -> list[str]:
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def unblanked(text: str) -> str:
    return "".join(text.split())


@settings(deadline=None, max_examples=300)
@given(cut_texts(), columns_of_a_line, st.integers(0, 25))
def test_a_text_that_grows_is_wrapped_like_the_whole(pieces: list[str], columns: int, first_line: int) -> None:
    wrapper = Wrapper(columns, first_line)
    shown: list[str] = [""]
    text = ""
    for piece in pieces:
        text += piece
        first = wrapper.feed(piece)
        assert wrapper.lines == wrap(text, columns, first_line)
        assert wrapper.lines[:first] == shown[:first]  # whoever drew the lines need only draw the rest
        assert first == len(wrapper.lines) or first >= len(shown) or wrapper.lines[first] != shown[first]
        shown = list(wrapper.lines)


@settings(deadline=None, max_examples=300)
@given(texts, columns_of_a_line, st.integers(0, 25))
def test_lines_fit_and_nothing_but_blanks_is_lost(text: str, columns: int, first: int) -> None:
    lines = wrap(text, columns, first)
    assert lines
    assert width(lines[0]) <= max(columns, first)
    assert all(width(line) <= columns for line in lines[1:])
    if columns > 1:
        assert unblanked("".join(lines)) == unblanked(text)
    assert not any("\n" in line or "\t" in line for line in lines)


@settings(deadline=None)
@given(st.lists(st.text("ab", min_size=1, max_size=9)), columns_of_a_line)
def test_a_line_never_ends_earlier_than_it_must(words: list[str], columns: int) -> None:
    """Greedy: the next word, as much of it as a line holds, would not have fitted."""
    for line, following in pairwise(wrap(" ".join(words), columns)):
        assert len(line) + 1 + len(following.split(" ")[0]) > columns


@settings(deadline=None)
@given(st.text("ab \n", max_size=60), columns_of_a_line, st.integers(0, 25))
def test_the_short_way_for_plain_text_leads_to_the_same_lines(text: str, columns: int, first: int) -> None:
    wrapper = Wrapper(columns, first)
    for char in text:
        wrapper.feed(char)
    assert wrap(text, columns, first) == wrapper.lines


def test_the_first_line_may_be_longer_than_the_others() -> None:
    assert wrap("hello world foo bar baz", 8, 12) == ["hello world", "foo bar", "baz"]
    assert wrap("hello world\nfoo bar baz", 8, 12) == ["hello world", "foo bar", "baz"]
    assert wrap("hello world", 8, 4) == ["hello", "world"]


@given(st.text(st.sampled_from("ab ")), columns_of_a_line)
def test_words_that_fit_are_never_broken(text: str, columns: int) -> None:
    words = [word for word in text.split() if len(word) <= columns]
    parts = [word for line in wrap(text, columns) for word in line.split()]
    if len(words) == len(text.split()) and not text.startswith(" "):
        assert parts == words


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("", 5, [""]),
        ("hello world foo bar", 8, ["hello", "world", "foo bar"]),
        ("one\n\ntwo\n", 8, ["one", "", "two", ""]),
        ("    code stays  indented", 12, ["    code", "stays", "indented"]),
        ("  a\n   b", 12, ["  a", "   b"]),
        ("see https://example.org/a/long/path now", 12, ["see", "https://exam", "ple.org/a/lo", "ng/path now"]),
        ("      unbroken", 8, ["      un", "broken"]),
        ("            deep", 8, ["", "deep"]),
        ("full line   ", 9, ["full line"]),
        ("two full lines  ", 8, ["two full", "lines  "]),
        ("two full  lines of it", 8, ["two full", "lines of", "it"]),
        ("ab   cd", 4, ["ab", "cd"]),
        ("ab  ", 8, ["ab  "]),
        ("a\tb\tc\nx", 6, ["a   b", "c", "x"]),
        ("\tx", 8, ["    x"]),
        ("abcd\tx", 9, ["abcd    x"]),
        ("世界", 3, ["世", "界"]),
        ("世界", 1, [TOO_WIDE, TOO_WIDE]),
        ("abc", 0, ["a", "b", "c"]),
        ("abc", -3, ["a", "b", "c"]),
        ("NAME: 你好世界", 10, ["NAME: 你好", "世界"]),
        ("你好世界。再见", 8, ["你好世", "界。再见"]),
        ("你好「世界」", 6, ["你好", "「世", "界」"]),
        ("トラック", 4, ["ト", "ラッ", "ク"]),
        ("ok世界ok", 5, ["ok世", "界ok"]),
        ("no\u00a0break here", 9, ["no\u00a0break", "here"]),
    ],
)
def test_wrapped(text: str, columns: int, lines: list[str]) -> None:
    assert wrap(text, columns) == lines
    wrapper = Wrapper(columns)
    for char in text:
        wrapper.feed(char)
    assert wrapper.lines == lines


def test_an_answer_grows_and_says_from_where_to_draw() -> None:
    wrapper = Wrapper(10)
    assert wrapper.lines == [""]
    assert wrapper.feed("Hello") == 0
    assert wrapper.feed(" wor") == 0
    assert wrapper.lines == ["Hello wor"]
    assert wrapper.feed("lds") == 0  # the word no longer fits: the line that held it changes too
    assert wrapper.lines == ["Hello", "worlds"]
    assert wrapper.feed("!") == 1
    assert wrapper.feed("\n") == 2
    assert wrapper.feed("") == 3
    assert wrapper.feed("👩") == 2
    assert wrapper.feed(ZWJ + "👧") == 2
    assert wrapper.lines == ["Hello", "worlds!", f"👩{ZWJ}👧"]


@settings(deadline=None)
@given(cut_texts(), columns_of_a_line)
def test_lines_that_are_taken_away_and_a_fork_change_nothing(pieces: list[str], columns: int) -> None:
    wrapper = Wrapper(columns)
    taken: list[str] = []
    text = ""
    for piece in pieces:
        wrapper.feed(piece)
        taken += wrapper.take()
        text += piece
        fork = wrapper.fork()
        assert fork.lines == wrapper.lines
        fork.feed("x\nend")
        assert [*taken, *fork.lines] == wrap(text + "x\nend", columns)
    assert [*taken, *wrapper.lines] == wrap("".join(pieces), columns)


def test_blanks_that_hang_over_the_edge_change_nothing() -> None:
    wrapper = Wrapper(4)
    wrapper.feed("word")
    assert wrapper.feed("   ") == len(wrapper.lines)
    assert wrapper.feed("x") == 1
    assert wrapper.lines == ["word", "x"]


@pytest.mark.parametrize("text", ["x" * 100_000, "word " * 20_000, " " * 100_000, "世" * 20_000, "ᄀ" * 20_000])
def test_the_cost_of_growing_is_linear(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in characters that were looked at, not in seconds."""
    looked_at = 0

    def counting(text: str) -> list[str]:
        nonlocal looked_at
        looked_at += len(text)
        return graphemes(text)

    monkeypatch.setattr(wrap_module, "graphemes", counting)
    wrapper = Wrapper(80)
    for at in range(0, len(text), 10):
        wrapper.feed(text[at : at + 10])
    assert looked_at <= 12 * len(text)
    assert sum(map(len, wrapper.lines)) <= len(text)
    assert wrapper.lines == wrap(text, 80)


def test_words_of_scripts_with_spacing_marks_are_wrapped_at_blanks() -> None:
    text = "नमस्ते दुनिया का स्वागत है"
    for columns in range(8, 30):
        lines = wrap(text, columns)
        assert " ".join(lines) == text, "no word is parted"

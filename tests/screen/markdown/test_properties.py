"""What holds for any text, however it is cut, on any width."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.sanitize import sanitize
from chatd.screen.markdown import CLASSES, MarkdownWrapper
from chatd.screen.markdown.styled import wrap_spans
from chatd.screen.widths import width
from chatd.screen.wrap import TOO_WIDE, wrap
from tests.screen.markdown.support import lay_out, plain

ZWJ = "\u200d"
_MARKS = ["*", "**", "_", "__", "~~", "`", "``", "[", "]", "](", "(", ")", "<", ">", "!", "\\", ":", "|", "&#27;", "$"]
_INLINE = ["&amp;", "https://x.y/a_b", "<br>", "<a@b.c>"]
_STARTS = ["> ", "- ", "+ ", "1. ", "2) ", "# ", "## ", "---", "===", "```", "```py", "~~~", "    ", "\t", "[ ] "]
_TABLES = ["| a | b |\n", "|---|:-:|\n", "| long cell | 世 |\n", "a|b\n-|-\n"]
_WORDS = ["a", "word", "x" * 30, "世界", "。", "é", f"👩{ZWJ}👧", "🇩🇪", "e\u0301", "/*", "*/", '"""', "if x: y"]
_LONG = ["*" * 80, "#" * 300, " " * 300, "x" * 1100, "世" * 600, "a **b " * 30]

pieces_of_text = st.lists(
    st.sampled_from(_MARKS + _INLINE + _STARTS + _TABLES + _WORDS + ["\n", "\n", "\n", "\n\n", " ", " ", "  "])
    | st.sampled_from(_LONG),
    max_size=25,
)
texts = pieces_of_text.map(lambda pieces: sanitize("".join(pieces)))
columns_of_a_line = st.sampled_from([1, 2, 3, 5, 8, 13, 21, 40, 80])
words = st.lists(
    st.sampled_from(["a", "word", "x" * 30, "世界。", "é", f"👩{ZWJ}👧", "🇩🇪", "e\u0301", "it's", "(so)"]), min_size=1
)


@st.composite
def cut_texts(draw: st.DrawFn) -> list[str]:
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@settings(deadline=None, max_examples=150)
@given(cut_texts(), columns_of_a_line)
def test_a_text_that_grows_looks_like_the_whole_and_says_where_it_changed(pieces: list[str], columns: int) -> None:
    wrapper = MarkdownWrapper(columns)
    shown = list(wrapper.lines)
    for piece in [*pieces, None]:
        first = wrapper.finish() if piece is None else wrapper.feed(piece)
        assert wrapper.lines[:first] == shown[:first]
        assert first == len(wrapper.lines) or first >= len(shown) or wrapper.lines[first] != shown[first]
        shown = list(wrapper.lines)
    assert wrapper.lines == lay_out("".join(pieces), columns)


@settings(deadline=None, max_examples=40)
@given(texts, columns_of_a_line)
def test_what_is_shown_meanwhile_does_not_depend_on_the_pieces_either(text: str, columns: int) -> None:
    whole, grown = MarkdownWrapper(columns), MarkdownWrapper(columns)
    whole.feed(text)
    for at in range(0, len(text), 7):
        grown.feed(text[at : at + 7])
    assert grown.lines == whole.lines


@settings(deadline=None, max_examples=100)
@given(st.one_of(texts, st.text(max_size=80).map(sanitize)), columns_of_a_line)
def test_lines_fit_and_are_made_of_text_and_known_classes(text: str, columns: int) -> None:
    for line in lay_out(text, columns):
        assert width("".join([part for part, _ in line])) <= columns
        for part, name in line:
            assert part and "\n" not in part and "\t" not in part
            assert set(name.split()) <= CLASSES


@settings(deadline=None, max_examples=60)
@given(words, columns_of_a_line)
def test_plain_paragraphs_are_wrapped_as_everything_else_is(some: list[str], columns: int) -> None:
    text = " ".join(some)
    assert plain(lay_out(text, columns, piece=3)) == [line.rstrip(" ") for line in wrap(text, columns)]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", " ", "bb c", "世", "\t", "\n", "x" * 9]), st.sampled_from(["", "strong"]))
    ),
    columns_of_a_line,
)
def test_styled_text_is_wrapped_like_plain_text_and_keeps_its_classes(
    spans: list[tuple[str, str]], columns: int
) -> None:
    lines = wrap_spans(spans, columns)
    text = "".join([part for part, _ in spans])
    assert plain(lines) == [line.rstrip(" ") for line in wrap(text, columns)]
    classes = [(char, name) for part, name in spans for char in part if not char.isspace()]
    seen = [(char, name) for line in lines for part, name in line for char in part if char != " "]
    if columns > 1:
        assert seen == classes
    else:
        assert [name for _, name in seen] == [name for _, name in classes]
        assert TOO_WIDE in {char for char, _ in seen} or "世" not in text


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.sampled_from("ab \t世é{(*`#>-|"), max_size=90), max_size=6), st.integers(2, 50))
def test_code_loses_nothing(lines: list[str], columns: int) -> None:
    code = "\n".join(lines)
    shown = lay_out(f"~~~\n{code}\n~~~", columns)
    joined = ""
    for line in shown:
        joined += ("" if line and line[0][1].endswith("continued") else "\n") + "".join([part for part, _ in line])
    expected = [line.replace("\t", "").replace(" ", "") for line in lines or [""]]
    assert joined.replace(" ", "").removeprefix("\n").split("\n") == expected

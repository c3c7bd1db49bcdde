"""Blocks as they look: each case is a source, a width and the lines it makes."""

from __future__ import annotations

import pytest

from tests.screen.markdown.support import lay_out, marked, plain


@pytest.mark.parametrize(
    ("source", "columns", "lines"),
    [
        ("", 20, []),
        ("\n\n", 20, []),
        ("one\ntwo\n\n\nthree\n", 20, ["one", "two", "", "three"]),  # a model's LF is meant
        ("a long paragraph that wraps", 12, ["a long", "paragraph", "that wraps"]),
        ("one  \ntwo\\\nthree", 20, ["one", "two", "three"]),
        ("# Title", 20, ["Title"]),
        ("## Title ##\ntext", 20, ["Title", "text"]),
        ("# C#", 20, ["C#"]),
        ("#", 20, [""]),
        ("#5 is no heading", 20, ["#5 is no heading"]),
        ("####### seven", 20, ["####### seven"]),
        ("Title\n=====\ntext", 20, ["Title", "text"]),
        ("one\ntwo\n---\n", 8, ["one", "two", "────────"]),  # only one line becomes a heading
        ("a\n\n***\n\n- - -\nb", 4, ["a", "", "────", "", "────", "b"]),
        ("- a\n- b", 20, ["• a", "• b"]),
        ("* a\n+ b", 20, ["• a", "• b"]),
        ("- a\n\n- b", 20, ["• a", "", "• b"]),
        ("- hanging indent of an item", 14, ["• hanging", "  indent of an", "  item"]),
        ("- a\n  - b\n    - c\n- d", 20, ["• a", "  • b", "    • c", "• d"]),
        ("1. a\n  - b\n    - c\n2. d", 20, ["1. a", "   • b", "     • c", "2. d"]),  # two columns are enough
        ("- a\n\n  second\nlazy", 20, ["• a", "", "  second", "  lazy"]),
        ("9. a\n10. b", 20, ["9. a", "10. b"]),
        ("1. a\n1. b\n1. c", 20, ["1. a", "2. b", "3. c"]),
        ("3) a\n5) b", 20, ["3) a", "5) b"]),  # who counts otherwise has a reason
        ("in\n1986. What a year", 30, ["in", "1986. What a year"]),
        ("- [ ] open\n- [X] done\n- [link] no", 20, ["[ ] open", "[x] done", "• [link] no"]),
        ("-\n- b\n-", 20, ["•", "• b", "•"]),
        ("- # T\n  x", 20, ["• T", "  x"]),
        ("> a\n> b\nlazy\n\nc", 20, ["│ a", "│ b", "│ lazy", "", "c"]),
        ("> a\n>\n> b", 20, ["│ a", "│", "│ b"]),
        ("> a\n>> b\n\n> c", 20, ["│ a", "│ │ b", "", "│ c"]),
        ("> - a\n>   b\n> - c", 20, ["│ • a", "│   b", "│ • c"]),
        ("> quoted text wraps", 12, ["│ quoted", "│ text wraps"]),
        ("- a\n---\nb", 5, ["• a", "─────", "b"]),
        ("<div>\n<b>x</b>\n</div>", 20, ["<div>", "<b>x</b>", "</div>"]),
        ("[a]: http://x", 20, ["[a]: http://x"]),
        (r"$x_1 * y_1$ and \(a_1\)", 30, [r"$x_1 * y_1$ and \(a_1\)"]),
        (">" * 12 + "x", 60, ["│ " * 8 + ">>>>x"]),
        ("> > > > x", 8, ["│ │ x"]),  # half of the line is for text
        ("- - - - x", 8, ["• • • •", "    x"]),
        ("- xy", 3, ["•", "xy"]),
    ],
)
def test_blocks(source: str, columns: int, lines: list[str]) -> None:
    assert plain(lay_out(source, columns)) == lines
    assert plain(lay_out(source, columns, piece=1)) == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("```\na\n\n  b\n```\nc", ["a", "", "  b", "c"]),
        ("~~~ sh\n```\n~~~\nc", ["```", "c"]),
        ("````\n```\n````", ["```"]),
        ("```\nopen", ["open"]),
        ("```py", []),
        ("```no fence```", ["no fence"]),
        ("text\n```\ncode\n```\ntext", ["text", "code", "text"]),
        ("    a\n\n\n      b\nc", ["a", "", "", "  b", "c"]),
        ("text\n    no code", ["text", "no code"]),
        ("```\n\tx\n```", ["    x"]),
        ("```\n" + "x" * 45 + "\n```", ["x" * 40, "xxxxx"]),
        ("```\n" + "世" * 25 + "\n```", ["世" * 20, "世" * 5]),
        ("1. a\n   ```\n   code\n     in\n   ```\n   b\n2. c", ["1. a", "code", "  in", "   b", "2. c"]),
        ("1. a\n   ```\ncareless\n- x\n```\n2. b", ["1. a", "careless", "- x", "2. b"]),
        ("- ```\n  x\n  ```", ["•", "x"]),
        ("> ```\n> x\n> ```\n> y", ["x", "│ y"]),  # what is selected is the code
        ("> ```\n> x\ny", ["x", "y"]),
    ],
)
def test_code_is_shown_as_it_is(source: str, lines: list[str]) -> None:
    assert plain(lay_out(source)) == lines
    assert plain(lay_out(source, piece=1)) == lines


def test_a_code_line_that_is_too_long_says_where_it_goes_on() -> None:
    assert marked(lay_out("```\nabcdef\n```", 4)) == ["{code.block:abcd}", "{code.block continued:ef}"]
    long = "x" * 3000
    lines = lay_out(f"```py\n{long}\n```", 50)
    assert "".join(plain(lines)) == long  # nothing lost, nothing put in
    assert [line[0][1] for line in lines] == ["code.block"] + ["code.block continued"] * 59


@pytest.mark.parametrize(
    ("source", "columns", "lines"),
    [
        (
            "| Name | Age |\n|---|--:|\n| Bob | 7 |\n| Alexander | 42 |\n\nend",
            30,
            ["Name      │ Age", "──────────┼────", "Bob       │   7", "Alexander │  42", "", "end"],
        ),
        ("text\na|b\n:-:|-\nlong|x\nafter", 30, ["text", " a   │ b", "─────┼──", "long │ x", "after"]),
        (
            "| a | text |\n|-|-|\n| 1 | a cell that wraps |",
            16,
            ["a │ text", "──┼─────────────", "1 │ a cell that", "  │ wraps"],
        ),
        (
            "| one | two | three |\n|-|-|-|\n| some words | more words | **last** words |\n| 1 || 3 |",
            20,
            ["one: some words", "two: more words", "three: last words", "", "one: 1", "two:", "three: 3"],
        ),
        ("| a |\n|---|\n| x |", 9, ["a", "─", "x"]),
        ("| a | b |\n|---|\nx", 20, ["| a | b |", "|---|", "x"]),
        (
            "| a | b |\n|-|-|\n| x \\| y | `z` | more |\n| 1 |",
            20,
            ["a     │ b", "──────┼─────────", "x | y │ z | more", "1     │"],
        ),
        ("|a|b|\n|-|-|\n|x<br>y|z|", 20, ["a │ b", "──┼──", "x │ z", "y │"]),
        ("> |a|b|\n> |-|-|\n> |x|y|", 20, ["│ a │ b", "│ ──┼──", "│ x │ y"]),
        ("- |a|b|\n  |-|-|\n  |x|y|", 20, ["• a │ b", "  ──┼──", "  x │ y"]),
        ("|a|世界|\n|-|-|\n|x|y|", 20, ["a │ 世界", "──┼─────", "x │ y"]),
    ],
)
def test_tables(source: str, columns: int, lines: list[str]) -> None:
    assert plain(lay_out(source, columns)) == lines
    assert plain(lay_out(source, columns, piece=1)) == lines


def test_rows_after_the_first_ones_wrap_within_the_columns_there_are() -> None:
    rows = "| a | b |\n" * 50 + "| a cell | b |\n"
    assert plain(lay_out("| x | y |\n|---|---|\n" + rows))[-2:] == ["l │", "l │"]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("### T *e*", "{heading3:T }{heading3 emphasis:e}"),
        ("T\n---", "{heading2:T}"),
        ("> - x", "{quote:│ }{list.marker:• }x"),
        ("---", "{rule:────────────}"),
        ("|a|b|\n|-|-|", "{table.header:a}{table.border: │ }{table.header:b}"),
        ("```\nx", "{code.block:x}"),
        ("    x", "{code.block:x}"),
        ("- [x] y", "{list.marker:[x] }y"),
    ],
)
def test_what_blocks_are_made_of_has_classes(source: str, line: str) -> None:
    assert marked(lay_out(source, 12))[0] == line

"""Spans within paragraphs, finished and growing."""

from __future__ import annotations

import pytest

from chatd.screen.markdown import MarkdownWrapper
from chatd.screen.markdown.units import MAX_UNIT
from tests.screen.markdown.support import lay_out, marked, plain


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("a **b** *c* ~~d~~ `e`", "a {strong:b} {emphasis:c} {strikethrough:d} {code:e}"),
        ("***both***", "{strong emphasis:both}"),
        ("**a `b`**", "{strong:a }{strong code:b}"),
        ("`a` `b`", "{code:a} {code:b}"),
        ("``a ` b``", "{code:a ` b}"),
        ("**two\nlines**", "{strong:two}"),
        ("snake_case_word 2*3*4", "snake_case_word 2{emphasis:3}4"),
        ("5 * 4 * 3 ~ 2", "5 * 4 * 3 ~ 2"),
        ("an **open one", "an **open one"),
        (r"\*no\* \_ \`", "*no* _ `"),
        ("[text](http://x.y/a_b)", "{link:text} ({link.url:http://x.y/a_b})"),
        ("[http://x.y](http://x.y)", "{link:http://x.y}"),
        ("[**b**](u 'title')", "{link strong:b} ({link.url:u})"),
        ("<http://x.y> <a@b.c>", "{link:http://x.y} {link:a@b.c}"),
        ("see https://x.y/_a_b.", "see {link:https://x.y/_a_b}."),
        ("(https://x.y/(a)) **https://z.y**", "({link:https://x.y/(a)}) {link strong:https://z.y}"),
        ("![alt](u) ![](v)", "{link:alt} ({link.url:u}) {link.url:v}"),
        ("[ref][1] [1]", "[ref][1] [1]"),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        ("a <b>c</b> &amp; &lt;", "a <b>c</b> & <"),
        ("a&nbsp;b", "a\u00a0b"),
        ("你好**世界**你好", "你好{strong:世界}你好"),
    ],
)
def test_spans(source: str, line: str) -> None:
    assert marked(lay_out(source, 60))[0] == line
    assert marked(lay_out(source, 60, piece=1))[0] == line


@pytest.mark.parametrize(
    "source", ["&#27;[31m", "&#x202e;x", "[a](http://x&#27;[2J)", "&NewLine;", "&#x85;", "&ZeroWidthSpace;"]
)
def test_no_control_comes_out_that_did_not_go_in(source: str) -> None:
    text = "".join(plain(lay_out(source, 60)))
    assert text.isprintable()
    assert "\u202e" not in text and "\u200b" not in text


def test_an_address_stays_readable_and_cannot_hold_what_a_terminal_obeys() -> None:
    assert plain(lay_out("[t](http://x/世界?a=ü)", 60)) == ["t (http://x/世界?a=ü)"]
    assert plain(lay_out("[t](<http://x/a b>)", 60)) == ["t (http://x/a%20b)"]


def shown(text: str) -> str:
    wrapper = MarkdownWrapper(60)
    for char in text:
        wrapper.feed(char)
    return "|".join(marked(wrapper.lines))


def test_what_is_open_is_shown_closed_so_that_nothing_jumps_when_it_is() -> None:
    assert shown("a **") == "a"  # bold, or the beginning of a star that stays one: the next character tells
    assert shown("a **b") == "a {strong:b}"
    assert shown("a **b*") == "a {strong:b}"
    assert shown("a **b *c") == "a {strong:b }{strong emphasis:c}"
    assert shown("a **b** c") == "a {strong:b} c"
    assert shown("a `b c") == "a {code:b c}"
    assert shown("a [b](c") == "a [b](c"  # a link is what it is when it is complete
    assert shown("2 * 3") == "2 * 3"
    assert shown("*b\nc") == "*b|c"  # the guess ends with the line


def test_what_may_yet_become_something_else_is_not_shown() -> None:
    assert shown("- ") == shown("1") == shown("```py") == shown("##") == shown("text\n==")[4:] == ""
    assert shown("- x") == "{list.marker:• }x"
    assert shown("## x ##") == "{heading2:x}"
    assert shown("text\n-") == "text"
    assert shown("text\n- ") == "text"


def test_a_table_appears_row_by_row() -> None:
    assert shown("|a|b|") == "|a|b|"
    assert shown("|a|b|\n|-") == "|a|b|"
    assert shown("|a|b|\n|-|-|\n").startswith("{table.header:a}")
    assert shown("|a|b|\n|-|-|\n|x").count("|") == 1  # the header and its rule
    assert shown("|a|b|\n|-|-|\n|x|y|\n").count("|") == 2


def test_a_mark_that_never_closes_is_text_after_a_while() -> None:
    source = "*open " + "word " * (MAX_UNIT // 4) + "**bold**"
    lines = lay_out(source, 80)
    assert "".join(plain(lines)).startswith("*open word")
    assert ("bold", "strong") in lines[-1]

"""Searches as people type them: words, phrases and authors; nothing typed is an operator of the index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.search import MAX_QUERY, MAX_TERMS, SNIPPET, SearchQuery, about, as_typed, parse_query, place
from chatd.errors import UsageError


@pytest.mark.parametrize(
    ("text", "terms", "authors"),
    [
        ("hello world", ("hello", "world"), ()),
        ('say "good night" moon', ("say", "good night", "moon"), ()),
        ("from:Bob from:@alice budget", ("budget",), ("bob", "alice")),
        ("FROM:qwen3:8b", (), ("qwen3:8b",)),
        ("what's foo-bar", ("what s", "foo bar"), ()),
        ('"not closed', ("not closed",), ()),
        ('a"b c"d', ("a", "b c", "d"), ()),
        ("a a A", ("a", "A"), ()),
        ("a AND b* OR (c) NEAR/2 -d ^e", ("a", "AND", "b", "OR", "c", "NEAR 2", "d", "e"), ()),
        ("caf\u00e9 \u4e16\u754c e\u0301", ("caf\u00e9", "\u4e16\u754c", "e\u0301"), ()),
        ("? hello !", ("hello",), ()),
        ("nul\x00byte", ("nul byte",), ()),
    ],
)
def test_what_people_type(text: str, terms: tuple[str, ...], authors: tuple[str, ...]) -> None:
    assert parse_query(text) == SearchQuery(terms, authors)


@pytest.mark.parametrize("text", ["", "  ", "?!", '""', '" - "', "from:", "from:!", "hello from:"])
def test_a_search_for_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"nothing to search for|from: needs a name"):
        parse_query(text)


def test_a_search_is_bounded() -> None:
    with pytest.raises(UsageError, match="1001 characters, the limit is 1000"):
        parse_query("a" * (MAX_QUERY + 1))
    with pytest.raises(UsageError, match="33 terms, the limit is 32"):
        parse_query(" ".join(f"w{i}" for i in range(MAX_TERMS + 1)))


@given(st.text(max_size=80))
def test_a_term_is_words_with_one_blank_between_them(text: str) -> None:
    try:
        query = parse_query(text)
    except UsageError:
        return
    assert all(term and '"' not in term and term == " ".join(term.split()) for term in query.terms)


@pytest.mark.parametrize(
    ("split", "text"),
    [
        (["hello", "world"], "hello world"),
        (["good night", "moon"], '"good night" moon'),
        (['"good night" moon'], '"good night" moon'),
        (["moon from:bob"], "moon from:bob"),
        (["wherefrom: bob"], '"wherefrom: bob"'),
    ],
)
def test_quotes_that_the_shell_took_away_are_put_back(split: list[str], text: str) -> None:
    assert as_typed(split) == text


def snippet(text: str, query: SearchQuery, width: int = SNIPPET) -> str:
    return about(text, place(text, query, 0, len(text)) or 0, width)


def test_a_snippet_is_about_the_first_term_that_is_seen() -> None:
    text = "x " * 500 + "the Good,\n\n\tNight   came " + "y " * 500
    found = snippet(text, parse_query('"good night"'), 60)
    assert "Good, Night came" in found and found.startswith("…") and found.endswith("…") and len(found) <= 60
    assert snippet("short\nand sweet", parse_query("sweet")) == "short and sweet"
    assert snippet("goodness and good", parse_query("good"), 20) == "goodness and good"
    assert snippet("goodness is not " * 3 + "as good", parse_query("good"), 20) == "…ot as good"
    assert "天气很好" in snippet("今" * 300 + "天气很好" + "今" * 300, parse_query("天气"), 20)
    assert "iPhone" in snippet("用" * 300 + "iPhone拍照" + "用" * 300, parse_query("iphone"), 20)
    assert snippet("z" * 500, parse_query("from:bob"), 10) == "z" * 9 + "…"


@given(st.text(max_size=300), st.text(min_size=1, max_size=10), st.integers(20, 100))
def test_a_snippet_is_one_line_within_its_width(text: str, sought: str, width: int) -> None:
    try:
        query = parse_query(sought)
    except UsageError:
        return
    found = snippet(text, query, width)
    assert len(found) <= width and len(found.splitlines()) <= 1

"""What a question is searched by, and what a model reads of what is found: bounded, and in one line each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.retrieval import EXCERPT, MOST_TERMS, Related, excerpt, fitting, sources, telling_terms, told
from chatd.core.text import size_of


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("What was the budget of the harbour project?", ("harbour", "project", "budget")),
        ("why is it so?", ()),
        ("", ()),
        ("Budget BUDGET budget", ("budget",)),
        ("warum Straße?", ("strasse", "warum")),
        ("東京は", ("東京", "京は")),
        ('say "NEAR(a, b)" OR *', ("near",)),
    ],
)
def test_the_words_that_tell_most_come_first(question: str, terms: tuple[str, ...]) -> None:
    assert telling_terms(question) == terms


@given(st.text(max_size=3000))
def test_there_are_never_too_many_of_them(question: str) -> None:
    terms = telling_terms(question)
    assert len(terms) <= MOST_TERMS and len(set(terms)) == len(terms) and all(term.split() == [term] for term in terms)


@given(st.text(max_size=2000), st.text(min_size=3, max_size=8))
def test_an_excerpt_is_one_line_of_what_the_row_has(text: str, term: str) -> None:
    line = excerpt(text, [term])
    assert len(line) <= EXCERPT and line.split("\n") == [line]
    assert all(word in text for word in line.strip("…").split()[1:-1])


def test_an_excerpt_is_about_the_place_where_the_words_stand() -> None:
    text = "a " * 2000 + "the budget is 40 " + "b " * 2000
    assert "the budget is 40" in excerpt(text, ["budget"]) and excerpt(text, ["budget"]).startswith("…")


@given(st.lists(st.text(max_size=100), max_size=20), st.integers(0, 2000))
def test_what_fits_is_within_the_size_and_in_the_order_of_the_room(texts: list[str], size: int) -> None:
    found = [Related(100 - n, f"r{n}", "bob", text) for n, text in enumerate(texts)]
    kept = fitting(found, size)
    assert not kept or size_of(told(kept)) <= size
    assert [row.seq for row in kept] == sorted(row.seq for row in kept) and set(kept) <= set(found)
    assert [one["id"] for one in sources(kept)] == [row.id for row in kept]

"""Secrets leave no trace in a sentence, however the sentence was cut, and what is no secret stays."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.wire.models.quotation import quote, without

KEYS = st.text(string.ascii_letters + string.digits + "_", min_size=8, max_size=40)
WORDS = st.text("abc ,.…", max_size=30)


@settings(max_examples=60)
@given(KEYS, WORDS, WORDS)
def test_a_key_is_hidden_wherever_it_stands(key: str, before: str, after: str) -> None:
    told = without(f"{before}{key}{after}", [key])
    assert key not in told and told.startswith(before) and told.endswith(after)


@settings(max_examples=60)
@given(st.integers(1, 60))
@example(59)
def test_a_quotation_that_was_cut_inside_a_key_shows_nothing_of_it(limit: int) -> None:
    key = "tr0ub4dor-and-three"
    told = without(quote(f"wrong key {key}, says the server of models", limit=limit), [key])
    assert "tr0u" not in told


def test_a_short_key_makes_no_holes_in_words() -> None:
    assert without("example: x is no key", ["x"]) == "example: (hidden) is no key"
    assert quote("at line 10 of 1", hide=["1"]) == "at line 10 of (hidden)"


def test_of_two_secrets_one_inside_the_other_nothing_stays() -> None:
    assert without("it is abcdefgh-secret", ["abcdefgh", "abcdefgh-secret"]) == "it is (hidden)"


@pytest.mark.parametrize("nothing", [[], [""]])
def test_without_secrets_a_text_stays(nothing: list[str]) -> None:
    assert without("as it is…", nothing) == "as it is…"

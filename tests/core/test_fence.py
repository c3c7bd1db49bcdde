"""A text in a fence cannot get out of it, and finding the fence takes one look at the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.fence import fenced


@pytest.mark.parametrize(
    ("text", "ticks"), [("", 3), ("plain", 3), ("one ` two `` ticks", 3), ("```", 4), ("a ````` b ```", 6)]
)
def test_the_fence_is_longer_than_any_inside(text: str, ticks: int) -> None:
    assert fenced(text) == f"{'`' * ticks}\n{text}\n{'`' * ticks}"


@given(st.text("`\n~ a", max_size=80))
def test_no_line_inside_closes_it(text: str) -> None:
    first, *inside, last = fenced(text).split("\n")
    assert first == last
    assert not any(re.fullmatch(" {0,3}`{%d,} *" % len(first), line) for line in inside)  # noqa: UP031


def test_the_work_grows_with_the_text_alone() -> None:
    """A quarter of a megabyte of backticks is one run, and not a search for each length of it."""
    ticks = "`" * 262_144
    assert len(fenced(ticks)) == 3 * len(ticks) + 4

"""Dice: what players write is thrown as written, in bounds, and every die is shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.builtin.dice import MAX_DICE, MAX_SIDES, MAX_TERMS, Bonus, Dice, Term, parse, throw


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("3d6+2", (Dice(1, 3, 6, 3), Bonus(1, 2))),
        ("d20", (Dice(1, 1, 20, 1),)),
        (" 2D6 + 1d4 - 1 ", (Dice(1, 2, 6, 2), Dice(1, 1, 4, 1), Bonus(-1, 1))),
        ("4d6kh3", (Dice(1, 4, 6, 3),)),
        ("-2d20KL1", (Dice(-1, 2, 20, 1, lowest=True),)),
        ("7", (Bonus(1, 7),)),
    ],
)
def test_what_players_write(text: str, terms: tuple[Term, ...]) -> None:
    assert parse(text) == terms


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is no dice"),
        ("3d", "'d' is no dice"),
        ("3d6 2", "'2' is no dice"),
        ("3d6++2", r"'\+\+2' is no dice"),
        ("2d6*3", r"'\*3' is no dice"),
        ("\u0663d6", "is no dice"),
        ("0d6", "no dice to throw"),
        ("1d0", f"1 to {MAX_SIDES} sides, not 0"),
        ("1d1001", "sides, not 1001"),
        ("60d6+60d6", f"120 dice, the limit is {MAX_DICE}"),
        ("3d6kh4", "of 3 dice 4 cannot be kept"),
        ("3d6kh0", "of 3 dice 0 cannot be kept"),
        ("+1" * (MAX_TERMS + 1), f"11 terms, the limit is {MAX_TERMS}"),
        ("1" * 101, "101 characters"),
    ],
)
def test_what_is_no_throw_is_refused_in_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(text)


def test_every_die_is_shown() -> None:
    rolls = iter([4, 6, 4, 1, 3])
    asked = []

    def roll(sides: int) -> int:
        asked.append(sides)
        return next(rolls)

    thrown = throw(parse("4d6kh3 - d8 + 2"), roll)
    assert (thrown.text, thrown.total) == ("[4, 6, 4, (1)] - [3] + 2 = 13", 13)
    assert asked == [6, 6, 6, 6, 8]


def test_the_lowest_can_be_kept_and_a_throw_may_begin_with_a_sign() -> None:
    rolls = iter([17, 4])
    assert throw(parse("-2d20kl1+5"), lambda _: next(rolls)).text == "-[(17), 4] + 5 = 1"


@given(st.text("0123456789dkhlDKHL+- x", max_size=30), st.data())
@settings(max_examples=150)
def test_any_text_is_thrown_within_its_range_or_refused(text: str, data: st.DataObject) -> None:
    try:
        terms = parse(text)
    except ValueError:
        return
    thrown = throw(terms, lambda sides: data.draw(st.integers(1, sides)))
    least = most = 0
    for term in terms:
        low, high = (term.value, term.value) if isinstance(term, Bonus) else (term.keep, term.keep * term.sides)
        least += low if term.sign > 0 else -high
        most += high if term.sign > 0 else -low
    assert least <= thrown.total <= most and thrown.text.endswith(f"= {thrown.total}")

"""Dice as players write them: `3d6+2`, `d20`, `4d6kh3` (keep the highest three), `2d20kl1` (keep the lowest)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_LENGTH = 100
"""Characters of what is written."""

MAX_TERMS = 10
MAX_DICE = 100
"""In one throw, all terms together: every die is shown."""

MAX_SIDES = 1000

_TERM = re.compile(r"\s*([+-]?)\s*(?:(\d{0,4})d(\d{1,5})(?:k([hl])(\d{1,4}))?|(\d{1,6}))\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dice:
    """`count` dice with `sides` sides; `keep` of them count, the highest or the lowest. `sign` is 1 or -1."""

    sign: int
    count: int
    sides: int
    keep: int
    lowest: bool = False


@dataclass(frozen=True, slots=True)
class Bonus:
    """A number that is added; `sign` is 1 or -1."""

    sign: int
    value: int


Term = Dice | Bonus


@dataclass(frozen=True, slots=True)
class Throw:
    """What came of it. `text` shows every die, those that do not count in parentheses."""

    total: int
    text: str


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a throw, in order. Raises ValueError with a sentence for what is none, or is too much."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the dice have {len(text)} characters, the limit is {MAX_LENGTH}")
    terms: list[Term] = []
    position = 0
    while position < len(text) or not terms:
        match = _TERM.match(text, position)
        if match is None or (terms and not match[1]):
            raise ValueError(f"{text[position:].strip()[:20]!r} is no dice; write them like 3d6+2, d20 or 4d6kh3")
        terms.append(_term(match))
        position = match.end()
    if len(terms) > MAX_TERMS:
        raise ValueError(f"there are {len(terms)} terms, the limit is {MAX_TERMS}")
    thrown = sum(term.count for term in terms if isinstance(term, Dice))
    if thrown > MAX_DICE:
        raise ValueError(f"there are {thrown} dice, the limit is {MAX_DICE}")
    return tuple(terms)


def _term(match: re.Match[str]) -> Term:
    sign = -1 if match[1] == "-" else 1
    if match[6]:
        return Bonus(sign, int(match[6]))
    count, sides = int(match[2] or 1), int(match[3])
    keep = int(match[5]) if match[5] else count
    if not count:
        raise ValueError("there are no dice to throw")
    if not 1 <= sides <= MAX_SIDES:
        raise ValueError(f"a die has 1 to {MAX_SIDES} sides, not {sides}")
    if not 1 <= keep <= count:
        raise ValueError(f"of {count} dice {keep} cannot be kept")
    return Dice(sign, count, sides, keep, (match[4] or "").lower() == "l")


def throw(terms: tuple[Term, ...], roll: Callable[[int], int]) -> Throw:
    """Throw the dice. `roll(sides)` gives a number from 1 to `sides`; it is called once for each die, in order."""
    total, shown = 0, []
    for term in terms:
        match term:
            case Bonus(sign=sign, value=value):
                text = str(value)
            case Dice(sign=sign):
                value, text = _thrown(term, [roll(term.sides) for _ in range(term.count)])
        total += sign * value
        shown.append(("-" if sign < 0 else "+", text))
    first = ("-" if shown[0][0] == "-" else "") + shown[0][1]
    return Throw(total, " ".join([first, *(f"{sign} {text}" for sign, text in shown[1:]), f"= {total}"]))


def _thrown(dice: Dice, rolls: list[int]) -> tuple[int, str]:
    order = sorted(range(len(rolls)), key=lambda die: rolls[die], reverse=not dice.lowest)
    kept = set(order[: dice.keep])
    text = ", ".join(str(roll) if die in kept else f"({roll})" for die, roll in enumerate(rolls))
    return sum(rolls[die] for die in kept), f"[{text}]"

"""The calculator: it agrees with Python on arithmetic, refuses the rest in a sentence, and never takes long."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chatd.builtin.calculate import MAX_DEPTH, MAX_LENGTH, calculate, evaluate, show
from chatd.builtin.calculate_functions import CONSTANTS, FUNCTIONS, MAX_DIGITS, MAX_FACTORIAL

Value = int | float
Expression = tuple[str, Callable[[], Value]]
"""What is written, and what Python makes of the same operations."""


def quotient(a: Value, b: Value) -> Value:
    """Division as people mean it: 4 / 2 is the integer 2."""
    return a // b if isinstance(a, int) and isinstance(b, int) and b and a % b == 0 else a / b


OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": quotient, "//": operator.floordiv,
    "%": operator.mod,
}  # fmt: skip


def finite(value: Value) -> Value:
    """An infinite result on the way is none, whatever could still be made of it."""
    if not isinstance(value, complex) and not math.isfinite(value):
        raise OverflowError("too large")
    return value


def joined(left: Expression, sign: str, right: Expression) -> Expression:
    """Parentheses around both sides: what binds tighter is tested by examples."""
    return f"({left[0]}){sign}({right[0]})", lambda: finite(OPERATORS[sign](left[1](), right[1]()))


def raised(base: Expression, exponent: int) -> Expression:
    return f"({base[0]})**{exponent}", lambda: finite(base[1]() ** exponent)


numbers = st.one_of(
    st.integers(0, 1000).map(lambda n: (str(n), lambda: n)),
    st.floats(0, 1e6, allow_nan=False).map(lambda x: (repr(x), lambda: x)),
)
expressions: st.SearchStrategy[Expression] = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.builds(joined, inner, st.sampled_from(list(OPERATORS)), inner),
        st.builds(raised, inner, st.integers(-3, 4)),
        inner.map(lambda e: (f"-({e[0]})", lambda: -e[1]())),
    ),
    max_leaves=8,
)


@given(expressions)
@settings(max_examples=150)
def test_it_gives_what_python_gives(expression: Expression) -> None:
    text, reference = expression
    assume(len(text) <= MAX_LENGTH)
    try:
        expected = reference()
    except (ArithmeticError, ValueError):
        expected = math.nan
    if isinstance(expected, complex) or not math.isfinite(expected):
        with pytest.raises(ValueError, match=r"division|too large"):
            evaluate(text)
    else:
        value = evaluate(text)
        assert value == expected and type(value) is type(expected)


@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=7).flatmap(
        lambda ns: st.tuples(st.just(ns), st.lists(st.sampled_from("+-*"), min_size=len(ns) - 1, max_size=len(ns) - 1))
    )
)
def test_what_binds_tighter_is_as_in_python(parts: tuple[list[int], list[str]]) -> None:
    text = str(parts[0][0]) + "".join(f" {sign}{n}" for sign, n in zip(parts[1], parts[0][1:], strict=True))
    assert evaluate(text) == eval(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.1+0.2", "0.3"),
        ("-2**2", "-4"),
        ("2**3**2", "512"),
        ("2**-1", "0.5"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("10/2", "5"),
        ("2 * -3", "-6"),
        ("15%", "0.15"),
        ("200 * 15%", "30"),
        ("15 % 4", "3"),
        ("(15%) - 3", "-2.85"),
        ("2**200", str(2**200)),
        ("factorial(20) / factorial(18)", "380"),
        ("sqrt(16)", "4"),
        ("sqrt(10**400) // 10**199", "10"),
        ("sqrt(2)", "1.4142135623731"),
        ("log(1000, 10) + log(8, 2) + ln(e) + log(e)", "8"),
        ("sin(pi/2) + cos(0)", "2"),
        ("degrees(acos(0)) + round(2.567, 2)", "92.57"),
        ("min(3, 1, 2) + max(3, 1.5) + gcd(12, 18)", "10"),
        ("floor(-1.5) + ceil(1.2) + abs(-3)", "3"),
        ("1e3 + .5 + 2.", "1002.5"),
        ("3 \u00d7 4 \u00f7 2 \u2212 1", "5"),
        ("2*\u03c0", "6.28318530717959"),
        ("PI", "3.14159265358979"),
        ("1e300 * 10", "1e+301"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert calculate(text) == shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing to calculate"),
        ("1 +", "a number is wanted where the end stands"),
        ("(1", r"'\)' is wanted where the end stands"),
        ("1)", r"the end is wanted where '\)' stands"),
        ("2 pi", "the end is wanted where 'pi' stands"),
        ("1,000", "a comma separates arguments only"),
        ("2^3", r"powers are written \*\*"),
        ("5!", "factorial"),
        ("15% - 3", "can mean two things"),
        ("1/0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("0**-1", "division by zero"),
        ("sqrt(-1)", "sqrt is not defined there"),
        ("log(0)", "log is not defined there"),
        ("asin(2)", "asin is not defined there"),
        ("(-8)**(1/3)", "whole exponents"),
        ("max()", "takes 1 or more arguments, not 0"),
        ("sin(1, 2)", "sin takes 1 argument, not 2"),
        ("gcd(1.5, 2)", "gcd is for whole numbers"),
        ("factorial(-1)", "from 0 on"),
        ("round(1.5, 1000)", "400 places"),
        ("os.system('x')", "'.' means nothing here"),
        ("__import__", "'__import__' is not known; there are pi"),
        ("a = 1", "'=' means nothing here: there is nothing to compare or assign"),
        ("1 if 2 else 3", "the end is wanted where 'if' stands"),
        ("[1]", r"'\[' means nothing here"),
    ],
)
def test_what_is_no_arithmetic_is_refused_in_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        calculate(text)


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "9**9**9**9**9",
        "(-9)**9**9",
        f"factorial({MAX_FACTORIAL + 1})",
        "factorial(10**9)",
        f"10**{MAX_DIGITS}",
        "(10**9000)*(10**9000)",
        "2.0**5000",
        "1e308*10",
        "1e999",
        "exp(1000)",
        "10**400 + 0.5",
        "10**400 / 3",
    ],
)
def test_what_would_be_too_large_is_refused_before_it_is_computed(text: str) -> None:
    with pytest.raises(ValueError, match="too large"):
        calculate(text)


def test_the_largest_integers_are_written_in_full() -> None:
    assert calculate(f"10**{MAX_DIGITS - 1}") == "1" + "0" * (MAX_DIGITS - 1)
    assert len(calculate(f"factorial({MAX_FACTORIAL})")) == 9998
    assert calculate("-(10**8000 + 7)") == "-1" + "0" * 7999 + "7"


def test_length_and_depth_are_bounded() -> None:
    assert evaluate("(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1)) == 1
    assert evaluate("+".join(["(1)", "-1", "2**0", "abs(-1)"] * MAX_DEPTH)) == 2 * MAX_DEPTH  # side by side is not deep
    for deep in ("(" * 400 + "1" + ")" * 400, "-" * 400 + "1", "1**" * 299 + "1", "abs(" * 150 + "1" + ")" * 150):
        with pytest.raises(ValueError, match="nested more than"):
            evaluate(deep)
    with pytest.raises(ValueError, match="1001 characters, the limit is 1000"):
        evaluate("1" * (MAX_LENGTH + 1))


pieces = st.sampled_from(
    [*"0123456789.,+-*/%()^!eE \t\n\x00'\"[]_x\u00d7\u03c0\ud800", "**", "//", "9**9", *FUNCTIONS, *CONSTANTS]
)


@given(st.one_of(st.text(max_size=60), st.lists(pieces, max_size=40).map("".join)))
@settings(max_examples=150)
def test_any_text_gives_a_number_or_a_sentence(text: str) -> None:
    try:
        shown = show(evaluate(text))
    except ValueError as refusal:
        shown = str(refusal)
    assert shown


@given(st.floats(-1e308, 1e308))
def test_what_is_shown_of_a_float_is_near_it(value: float) -> None:
    assert math.isclose(float(show(value)), value, rel_tol=1e-14, abs_tol=1e-322)

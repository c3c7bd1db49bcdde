"""Arithmetic on what somebody wrote, without running any of it.

One pass over the text, from left to right: a value is worked out as soon as its parts are read, so that nothing is kept
and an error is met where it stands. Integers are exact. Everything is bounded before it is computed: the text, how
deep it nests, and the size of every integer on the way.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from chatd.builtin.calculate_functions import CONSTANTS, FUNCTIONS, MathFunction, Number, bounded, divide, modulo, power

MAX_LENGTH = 1000
"""Characters of an expression: more than anybody types; it bounds how many operations there can be."""

MAX_DEPTH = 50
"""Parentheses, signs and powers inside one another: far below Python's own limit on calls."""

_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|//|[-+*/%(),]))", re.ASCII
)
_SPELLINGS = str.maketrans({"\u00d7": "*", "\u00f7": "/", "\u2212": "-", "\u03c0": " pi "})
_DIGITS_AT_ONCE = 4000
"""Python refuses to write an integer of more than 4,300 digits in one go."""

_HINTS = {"^": "powers are written **", "=": "there is nothing to compare or assign", "!": "write factorial(n)"}


def calculate(text: str) -> str:
    """The value of an arithmetic expression, as people write it; see `evaluate` and `show`."""
    return show(evaluate(text))


def evaluate(text: str) -> int | float:
    """The value of an expression: numbers, + - * / // % **, parentheses, functions and constants, `15%` for 0.15.

    Integers stay exact. Angles are in radians. Raises ValueError with a sentence for anything else, for what is not
    defined (a division by zero, the root of a negative number) and for what would be too large.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the expression has {len(text)} characters, the limit is {MAX_LENGTH}")
    return _Reader(_tokens(text.translate(_SPELLINGS))).whole()


def show(value: int | float) -> str:
    """A number as people write it: integers in full, others to 15 significant digits (0.1+0.2 is 0.3)."""
    if isinstance(value, float):
        return f"{value:.15g}"
    sign, rest, pieces = "-" if value < 0 else "", abs(value), []
    while rest >= 10**_DIGITS_AT_ONCE:
        rest, low = divmod(rest, 10**_DIGITS_AT_ONCE)
        pieces.append(f"{low:0{_DIGITS_AT_ONCE}}")
    return sign + str(rest) + "".join(reversed(pieces))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "number", "name", a sign that stands for itself, or "end"
    text: str


def _tokens(text: str) -> list[_Token]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            odd = text[position:].lstrip()[:1]
            hint = f": {_HINTS[odd]}" if odd in _HINTS else ""
            raise ValueError(f"{odd!r} means nothing here{hint}")
        number, name, sign = match.groups()
        found.append(_Token("number", number) if number else _Token("name", name) if name else _Token(sign, sign))
        position = match.end()
    return [*found, _Token("end", "the end")]


class _Reader:
    """Reads the tokens once. Each method reads what it is named for and returns its value."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Number:
        if self._next.kind == "end":
            raise ValueError("there is nothing to calculate")
        value = self._sum()
        if self._next.kind == ",":
            raise ValueError("a comma separates arguments only; decimals have a point, thousands nothing between them")
        self._expect("end")
        return value

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *kinds: str) -> str | None:
        """The kind of the next token if it is one of these, and then it is read."""
        kind = self._next.kind
        if kind not in kinds:
            return None
        self._at += 1
        return kind

    def _expect(self, kind: str) -> None:
        if self._take(kind) is None:
            wanted = "the end" if kind == "end" else repr(kind)
            raise ValueError(f"{wanted} is wanted where {_said(self._next)} stands")

    def _deeper(self, read: Callable[[], Number]) -> Number:
        if self._depth == MAX_DEPTH:
            raise ValueError(f"the expression is nested more than {MAX_DEPTH} deep")
        self._depth += 1
        value = read()
        self._depth -= 1
        return value

    def _sum(self) -> Number:
        value = self._product()
        while sign := self._take("+", "-"):
            right = self._product()
            value = bounded(operator.add, value, right if sign == "+" else -right)
        return value

    def _product(self) -> Number:
        value = self._signed()
        while sign := self._take("*", "/", "//", "%"):
            match sign:
                case "*":
                    value = bounded(operator.mul, value, self._signed())
                case "%" if self._percent_sign():
                    value = divide(value, 100)
                case "%":
                    value = modulo(value, self._signed())
                case "/":
                    value = divide(value, self._signed())
                case _:
                    value = bounded(operator.floordiv, value, self._signed())
        return value

    def _percent_sign(self) -> bool:
        """Whether the % that was just read is a per cent; else it asks for a remainder."""
        if self._next.kind in ("+", "-"):
            # Both readings make sense, with different results: 15% - 3 is -2.85, and 15 % -3 is 0.
            raise ValueError("the % before a sign can mean two things: write (15%) - 3 or 15 % (-3)")
        return self._next.kind not in ("number", "name", "(")

    def _signed(self) -> Number:
        sign = self._take("+", "-")
        if sign is None:
            return self._power()
        value = self._deeper(self._signed)
        return -value if sign == "-" else value

    def _power(self) -> Number:
        value = self._atom()
        return power(value, self._deeper(self._signed)) if self._take("**") else value

    def _atom(self) -> Number:
        token = self._next
        self._at += 1
        match token.kind:
            case "number":
                return _number(token.text)
            case "name":
                return self._named(token.text.lower())
            case "(":
                value = self._deeper(self._sum)
                self._expect(")")
                return value
        raise ValueError(f"a number is wanted where {_said(token)} stands")

    def _named(self, name: str) -> Number:
        if name in CONSTANTS:
            return CONSTANTS[name]
        function = FUNCTIONS.get(name)
        if function is None:
            known = ", ".join([*CONSTANTS, *FUNCTIONS])
            raise ValueError(f"{name[:20]!r} is not known; there are {known}")
        self._expect("(")
        arguments = []
        if self._next.kind != ")":
            arguments.append(self._deeper(self._sum))
            while self._take(","):
                arguments.append(self._deeper(self._sum))
        self._expect(")")
        return _call(name, function, arguments)


def _call(name: str, function: MathFunction, arguments: list[Number]) -> Number:
    if not function.least <= len(arguments) <= function.most:
        counts = str(function.least) if function.least == function.most else f"{function.least} or more"
        raise ValueError(f"{name} takes {counts} argument{'' if counts == '1' else 's'}, not {len(arguments)}")
    return bounded(function.work, *arguments, name=name)


def _number(text: str) -> Number:
    if text.isdigit():
        return int(text)
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:20]} is too large")
    return value


def _said(token: _Token) -> str:
    return token.text if token.kind == "end" else repr(token.text[:20])

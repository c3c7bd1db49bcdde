"""What the calculator can do: its functions and constants, each with the bound that is checked before it works."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Number = int | float

MAX_DIGITS = 10_000
"""Decimal digits of an integer, also on the way to a result: a product of two such takes less than a millisecond."""

MAX_BITS = int(MAX_DIGITS * math.log2(10))
"""The same in bits, which cost nothing to count."""

MAX_FACTORIAL = 3248
"""The largest n whose factorial has fewer digits than MAX_DIGITS."""

MAX_PLACES = 400
"""Decimal places that can be rounded to, either way: a float has no more."""

MAX_ARGUMENTS = 1000
"""As many as an expression has characters."""

_TOO_LARGE = f"the result is too large: integers may have {MAX_DIGITS:,} digits, others reach to 1.8e308"


@dataclass(frozen=True, slots=True)
class MathFunction:
    """A function, and how many arguments it takes."""

    work: Callable[..., Number]
    least: int = 1
    most: int = 1


def bounded(work: Callable[..., Number], *arguments: Number, name: str = "") -> Number:
    """The result of `work`; raises ValueError, in a sentence, when there is none or it is too large.

    For work whose result is at most as long as all its arguments together.
    """
    try:
        return _fits(work(*arguments))
    except ZeroDivisionError:
        raise ValueError("a division by zero") from None
    except OverflowError:
        raise ValueError(_TOO_LARGE) from None
    except ValueError as error:
        if str(error) == "math domain error":
            raise ValueError(f"{name} is not defined there") from None
        raise


def _fits(value: Number) -> Number:
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise ValueError(_TOO_LARGE)
    elif not math.isfinite(value):
        raise ValueError(_TOO_LARGE)
    return value


def divide(left: Number, right: Number) -> Number:
    """The quotient; exact when both are integers and it is one."""
    if isinstance(left, int) and isinstance(right, int) and right and left % right == 0:
        return left // right
    return bounded(operator.truediv, left, right)


def modulo(left: Number, right: Number) -> Number:
    """The remainder, with the sign of `right`."""
    return bounded(operator.mod, left, right)


def power(base: Number, exponent: Number) -> Number:
    """`base` to the power of `exponent`; refused before it is computed when it would be too large."""
    # A number of b bits is at least 2 ** (b - 1); a negative exponent gives a float, which is no longer than others.
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and (int(base).bit_length() - 1) * exponent > MAX_BITS:
        raise ValueError(_TOO_LARGE)
    if base < 0 and isinstance(exponent, float) and not exponent.is_integer():
        raise ValueError("the power of a negative number is defined for whole exponents only")
    return bounded(operator.pow, base, exponent)


def _whole(value: Number, name: str) -> int:
    """The argument as an integer; 5.0 is one too."""
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(f"{name} is for whole numbers")
    return int(value)


def _factorial(value: Number) -> Number:
    number = _whole(value, "factorial")
    if number < 0:
        raise ValueError("factorial is for numbers from 0 on")
    if number > MAX_FACTORIAL:
        raise ValueError(_TOO_LARGE)
    return math.factorial(number)


def _gcd(*values: Number) -> Number:
    return math.gcd(*(_whole(value, "gcd") for value in values))


def _round(value: Number, places: Number = 0) -> Number:
    """To the nearest, halves to the even neighbour; an integer unless places behind the point are asked for."""
    count = _whole(places, "the number of places")
    if abs(count) > MAX_PLACES:
        raise ValueError(f"it can be rounded to {MAX_PLACES} places at most")
    return round(value, count) if count else round(value)


def _sqrt(value: Number) -> Number:
    if isinstance(value, int) and value >= 0:
        root = math.isqrt(value)
        if root * root == value:
            return root
    return math.sqrt(value)


def _log(value: Number, base: Number | None = None) -> Number:
    if base is None:
        return math.log(value)
    # These two are exact for powers of their base, which a quotient of two logarithms is not.
    exact = {2: math.log2, 10: math.log10}.get(int(base) if base in (2, 10) else 0)
    return exact(value) if exact is not None else math.log(value, base)


FUNCTIONS: Mapping[str, MathFunction] = MappingProxyType(
    {
        "sqrt": MathFunction(_sqrt),
        "sin": MathFunction(math.sin),
        "cos": MathFunction(math.cos),
        "tan": MathFunction(math.tan),
        "asin": MathFunction(math.asin),
        "acos": MathFunction(math.acos),
        "atan": MathFunction(math.atan),
        "log": MathFunction(_log, 1, 2),
        "log2": MathFunction(math.log2),
        "log10": MathFunction(math.log10),
        "ln": MathFunction(math.log),
        "exp": MathFunction(math.exp),
        "abs": MathFunction(abs),
        "round": MathFunction(_round, 1, 2),
        "floor": MathFunction(math.floor),
        "ceil": MathFunction(math.ceil),
        "min": MathFunction(lambda *values: min(values), 1, MAX_ARGUMENTS),
        "max": MathFunction(lambda *values: max(values), 1, MAX_ARGUMENTS),
        "factorial": MathFunction(_factorial),
        "gcd": MathFunction(_gcd, 1, MAX_ARGUMENTS),
        "degrees": MathFunction(math.degrees),
        "radians": MathFunction(math.radians),
    }
)

CONSTANTS: Mapping[str, Number] = MappingProxyType({"pi": math.pi, "e": math.e, "tau": math.tau})

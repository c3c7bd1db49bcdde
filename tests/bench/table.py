"""The table: a line for each figure, or two runs side by side."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence

from tests.bench.figure import BY_RATIO, FLOOR, SERVER, SSH_CHAT, Figure, Numbers

WIDTHS = (68, 9, 9, 9, 22, 22, 10, 5)
HEADS = ("figure", SERVER, FLOOR, SSH_CHAT, "x floor min/med/max", "x ssh-chat", "target", "met")


def head() -> str:
    """The names of the columns."""
    return _columns(HEADS)


def lines(figure: Figure) -> Iterator[str]:
    """The lines of one figure: its numbers, how its cost grows, what is to be said of it."""
    medians = [_number(figure.median(who)) for who in (SERVER, FLOOR, SSH_CHAT)]
    spreads = [spread(figure.ratios(rival)) for rival in (FLOOR, SSH_CHAT)]
    met = {True: "yes", False: "NO", None: ""}[figure.met()]
    yield _columns((f"{figure.what}, {figure.unit}", *medians, *spreads, _target(figure), met))
    growth = figure.exponent()
    if growth is not None:
        told = "  ".join(f"{n:g}: {_number(cost)}" for n, cost in figure.points)
        yield f"    cost ~ {figure.over} ^ {growth:.2f}   ({told})"
    numbers = figure.rounds.get(SERVER, ())
    if len(numbers) > 1:
        yield f"    {SERVER} from {_number(min(numbers))} to {_number(max(numbers))} in {len(numbers)} rounds"
    if figure.note:
        yield f"    {figure.note}"


def spread(ratios: Numbers) -> str:
    """The smallest, the middle and the largest ratio."""
    if not ratios:
        return ""
    return " / ".join(f"{one:.2f}" for one in (min(ratios), statistics.median(ratios), max(ratios)))


def compared(before: Iterable[Figure], after: Iterable[Figure]) -> Iterator[str]:
    """Two runs side by side: figure, floor and ratio of both, and by what the figure has changed.

    The last column compares what the target bounds: where that is the ratio to the floor of each run's own minutes, it
    says little of what else the machine did.
    """
    one, other = ({figure.name: figure for figure in run} for run in (before, after))
    yield f"{'figure':58}{'before':>10}{'after':>10}{'x floor':>10}{'x floor':>10}{'exponents':>14}{'after/before':>14}"
    for name in [*one, *(name for name in other if name not in one)]:
        pair = (one.get(name), other.get(name))
        shown = next(figure for figure in reversed(pair) if figure is not None)
        medians = [figure.median(SERVER) if figure else None for figure in pair]
        ratios = [_median(figure.ratios(FLOOR)) if figure else None for figure in pair]
        growths = [figure.exponent() if figure else None for figure in pair]
        change = (shown.bounds == BY_RATIO and _change(ratios)) or _change(medians)
        grown = " ".join("-" if growth is None else f"{growth:.2f}" for growth in growths)
        yield (
            f"{shown.what + ', ' + shown.unit:58.58}{_number(medians[0]):>10}{_number(medians[1]):>10}"
            f"{_number(ratios[0]):>10}{_number(ratios[1]):>10}{grown if grown != '- -' else '':>14}"
            f"{f'x {change:.2f}' if change else '':>14}"
        )


def _change(pair: Sequence[float | None]) -> float | None:
    before, after = pair
    return after / before if before and after is not None else None


def _median(numbers: Numbers) -> float | None:
    return statistics.median(numbers) if numbers else None


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f"<= {figure.target:g}" + (" x" if figure.bounds == BY_RATIO else "")


def _number(number: float | None) -> str:
    if number is None:
        return ""
    digits = 0 if abs(number) >= 1000 else 1 if abs(number) >= 10 else 3
    return f"{number:.{digits}f}"


def _columns(texts: Sequence[str]) -> str:
    first, *others = zip(texts, WIDTHS, strict=True)
    return f"{first[0]:{first[1]}}" + "".join(f"{text:>{width}}" for text, width in others).rstrip()

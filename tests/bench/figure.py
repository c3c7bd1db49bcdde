"""A figure of the table: what the server took in each round, what its floor took in the same minutes, the target."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Numbers = tuple[float, ...]
"""One number for each round."""

Points = tuple[tuple[float, float], ...]
"""(how many, cost) of the server alone."""

SERVER, FLOOR, SSH_CHAT = "chatd", "floor", "ssh-chat"
"""Who is measured. The floor does with the same libraries only what cannot be left out."""

BY_RATIO, BY_VALUE = "ratio", "value"
"""What a target bounds: the server's figure by its rivals' in the same rounds, or the server's figure itself."""


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        name: a word that two runs are compared by.
        what: the same for people.
        unit: of every number in `rounds`.
        rounds: who was measured, and their numbers, one for each round.
        target: the most that the median may be; None where nothing is promised.
        bounds: BY_RATIO or BY_VALUE.
        against: the rivals whose ratio the target bounds.
        over: what the cost was measured over, "" for nothing.
        points: the cost of the server over it.
        note: what the numbers do not say, or why there are none.
        unfinished: the server did not do all of it, so that what it took says little and no target is met.
    """

    name: str
    what: str
    unit: str
    rounds: Mapping[str, Numbers] = field(default_factory=dict)
    target: float | None = None
    bounds: str = BY_VALUE
    against: tuple[str, ...] = (FLOOR,)
    over: str = ""
    points: Points = ()
    note: str = ""
    unfinished: bool = False

    def median(self, who: str) -> float | None:
        """The middle one of the rounds; None when there were none."""
        numbers = self.rounds.get(who, ())
        return statistics.median(numbers) if numbers else None

    def ratios(self, rival: str) -> Numbers:
        """The server by a rival, round by round."""
        pairs = zip(self.rounds.get(SERVER, ()), self.rounds.get(rival, ()), strict=False)
        return tuple(server / floor for server, floor in pairs if floor > 0)

    def met(self) -> bool | None:
        """Whether the target is reached; None when there is none, or nothing to judge it by."""
        if self.target is None:
            return None
        if self.unfinished:
            return False
        if self.bounds == BY_VALUE:
            judged = [self.median(SERVER)]
        else:
            spreads = [self.ratios(rival) for rival in self.against]
            judged = [statistics.median(ratios) if ratios else None for ratios in spreads]
        known = [one for one in judged if one is not None]
        return max(known) <= self.target if known else None

    def exponent(self) -> float | None:
        """How the cost grows: it is as n to this power. None with fewer than two points."""
        return exponent(self.points)


def exponent(points: Sequence[tuple[float, float]]) -> float | None:
    """The slope of log cost over log n by least squares; what is not positive has no logarithm and is left out."""
    logs = [(math.log(n), math.log(cost)) for n, cost in points if n > 0 and cost > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    return statistics.linear_regression(*zip(*logs, strict=True)).slope


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share (0 to 1) of the values does not exceed; infinite when there are none."""
    if not values:
        return math.inf
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1 if share > 0 else 0)]


def to_json(figure: Figure) -> dict[str, Any]:
    """As JSON has it, with what follows from the numbers beside them, for other programs."""
    ratios = {rival: figure.ratios(rival) for rival in figure.rounds if rival != SERVER}
    return asdict(figure) | {"ratios": ratios, "exponent": figure.exponent(), "met": figure.met()}


def from_json(told: Mapping[str, Any]) -> Figure:
    """The figure that `to_json` told of."""
    names = Figure.__dataclass_fields__
    own = {key: value for key, value in told.items() if key in names}
    own["rounds"] = {who: tuple(numbers) for who, numbers in told["rounds"].items()}
    own["points"] = tuple((n, cost) for n, cost in told["points"])
    own["against"] = tuple(told["against"])
    return Figure(**own)

"""What is told of a world that broke: its folded trace, the acts that are enough, where it parts from one that held."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from chatd.testing.program import Act, Program, describe
from chatd.testing.program_json import to_json
from chatd.testing.simulation.outcome import Outcome
from chatd.testing.simulation.people import Profile
from chatd.testing.simulation.shrink import shrink, simplify
from chatd.testing.simulation.simulate import simulate

LAST = 40
"""Events that are shown of a world that broke, folded."""

AROUND = 3
"""Events before the first one that a world which held does not have."""

_FRAME = re.compile(r"(?P<who>\S+) is sent (?P<size>\d+) bytes, [0-9a-f]+")
_TIME, _WHAT = slice(0, 9), slice(34, None)
"""Where a line of a trace has its virtual time, and what happened: see `probe.Trace`."""


def folded(trace: Sequence[str]) -> list[str]:
    """The trace, with what people were sent between two other events as one line each: those are what happened."""
    lines: list[str] = []
    for sent, group in groupby(trace, key=lambda line: _FRAME.fullmatch(line[_WHAT]) is not None):
        events = list(group)
        lines += _frames(events) if sent else [f"{line[_TIME]}  {line[_WHAT]}" for line in events]
    return lines


def _frames(lines: Sequence[str]) -> Iterator[str]:
    by_person: dict[str, list[tuple[str, int]]] = {}
    for line in lines:
        match = _FRAME.fullmatch(line[_WHAT])
        assert match is not None
        by_person.setdefault(match["who"], []).append((line[_TIME], int(match["size"])))
    for who, sent in by_person.items():
        times, size = ("once" if len(sent) == 1 else f"{len(sent)} times"), sum(size for _, size in sent)
        until = "" if len(sent) == 1 else f", until {sent[-1][0].strip()} s"
        yield f"{sent[0][0]}  {who} is sent {size:,} bytes {times}{until}"


def tell(
    outcome: Outcome, whole: Program, profile: Profile, scripts_path: Path | None, say: Callable[[str], None]
) -> None:
    """Shorten the program of a world that broke, and tell of it. `whole` is what was played."""
    assert outcome.broken is not None
    mode, name = outcome.mode, outcome.broken.name
    shortest, held = outcome, dict[int, Outcome]()

    def breaks(acts: Sequence[Act]) -> bool:
        nonlocal shortest
        again = simulate(whole.seed, mode, replace(whole, acts=tuple(acts)), profile=profile, scripts_path=scripts_path)
        if again.broken is not None and again.broken.name == name:
            shortest = again
            return True
        if again.broken is None:
            held[len(acts)] = again
        return False

    needed = shrink(len(whole.acts), lambda kept: breaks([whole.acts[at] for at in kept]))
    program = replace(whole, acts=tuple(simplify([whole.acts[at] for at in needed], breaks)))
    say(f"seed {whole.seed}, schedule {mode}: an invariant is broken: {shortest.broken}")
    events = folded(shortest.trace)
    say(f"the last of {len(events)} events:")
    for line in events[-LAST:]:
        say(f"  {line}")
    _tell_parting(events, held.get(max((size for size in held if size <= len(needed)), default=-1)), say)
    say(f"{len(needed)} of {len(whole.acts)} acts are enough:")
    for act in program.acts:
        say(f"  {describe(act)}")
    through = "" if profile is Profile.MEMORY else f" --profile {profile}"
    if scripts_path is not None:
        through += f" --lua {shlex.quote(str(scripts_path))}"
    say(f"again: chatd sim --schedule {mode}{through} --program {shlex.quote(to_json(program))}")
    say(f"the screens at any step: the same with --step K, K up to {shortest.steps}")


def _tell_parting(events: Sequence[str], held: Outcome | None, say: Callable[[str], None]) -> None:
    """Where a world that held, with nearly the same acts, went another way."""
    if held is None:
        return
    other = folded(held.trace)
    at = next((at for at, pair in enumerate(zip(events, other, strict=False)) if pair[0] != pair[1]), len(other))
    say("a world with one act less holds; they part here:")
    for line in events[max(0, at - AROUND) : at]:
        say(f"    {line}")
    for sign, lines in (("-", other), ("+", events)):
        for line in lines[at : at + AROUND]:
            say(f"  {sign} {line}")

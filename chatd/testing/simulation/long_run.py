"""Very many worlds, over days and breaks: what broke is written down, and the next start goes on from there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from chatd.testing.simulation.outcome import Outcome

EVERY = 50
"""Worlds after which it is written down how far it got: some seconds' work that a break of the machine costs."""


def go_on(
    file: Path, seed: int, runs: int, live: Callable[[range], Iterable[Outcome]], say: Callable[[str], None]
) -> bool:
    """Live the worlds of `runs` seeds from `seed` on, from where `file` says that it got; each that breaks is a line in
    it. Returns whether all held, those of earlier starts, too. Raises OSError when the file cannot be written.
    """
    known = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    first = max([seed, *(entry["next"] for entry in known if "next" in entry)])
    broken = [entry for entry in known if "broken" in entry and entry["seed"] < first]
    began, lived = time.perf_counter(), 0
    with file.open("a", encoding="utf-8") as out:
        for outcome in live(range(first, seed + runs)):
            lived += 1
            if outcome.broken is not None:
                broken.append(_entry(outcome))
                _write(out, broken[-1])
                say(f"seed {outcome.seed}, schedule {outcome.mode}: {outcome.broken.name}")
            if outcome.broken is not None or lived % EVERY == 0 or outcome.seed == seed + runs - 1:
                _write(out, {"next": outcome.seed + 1})
    took = max(time.perf_counter() - began, 0.001)
    say(f"{lived} worlds lived, of {runs} from {seed} on; {lived / took:.1f} worlds a second")
    for entry in broken:
        say(f"seed {entry['seed']}: {entry['broken']}: {entry['detail']}")
        say(f"again: chatd sim --seed {entry['seed']} --schedule {entry['schedule']}")
    say(f"{len(broken)} broke")
    return not broken


def _entry(outcome: Outcome) -> dict[str, Any]:
    assert outcome.broken is not None
    detail = outcome.broken.detail.partition("\n")[0][:200]
    return {"seed": outcome.seed, "schedule": str(outcome.mode), "broken": outcome.broken.name, "detail": detail}


def _write(out: Any, entry: dict[str, Any]) -> None:
    out.write(json.dumps(entry) + "\n")
    out.flush()

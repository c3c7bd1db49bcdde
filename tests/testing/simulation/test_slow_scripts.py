"""Scripts that dawdle run what they are told to, in its order, and take the same time in every run of a world."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from chatd.ports import Call, Raised, Returned, ScriptOutcome
from chatd.testing import run
from chatd.testing.simulation.slow_scripts import DawdlingScripts
from chatd.testing.sources import SCRIPT_SECONDS

INIT = "function on_line(n) tools.tell(n) if n % 7 == 0 then error('seven', 0) end end"


def told(directory: Path, seed: int) -> list[tuple[float, object]]:
    """What was done and told by batches of a runtime of this seed, and when."""
    (directory / "init.lua").write_text(INIT)
    diary: list[tuple[float, object]] = []

    def note(what: object) -> None:
        diary.append((trio.current_time(), what))

    def ended(_: str, outcome: ScriptOutcome) -> None:
        note(outcome)

    async def main() -> None:
        scripts = DawdlingScripts(directory, None, instructions=10_000, memory=4 << 20, seconds=SCRIPT_SECONDS)
        script = await scripts.open({"tell": note}, seed=seed)
        calls: list[Call] = [("on_line", n) for n in range(60)]
        while calls:
            del calls[: await script.call_each(calls, ended)]
            note("left")
        script.close()

    run(main)
    return diary


@pytest.mark.parametrize(("seed", "dawdles"), [(1, False), (5, True), (8, True)])
def test_a_batch_is_told_in_its_order_at_the_same_times_in_every_run(seed: int, dawdles: bool, tmp_path: Path) -> None:
    diary = told(tmp_path, seed)
    assert diary == told(tmp_path, seed)
    expected = [part for n in range(60) for part in (n, Returned() if n % 7 else Raised("seven"))]
    assert [what for _, what in diary if what != "left"] == expected
    assert (len({when for when, what in diary if what != "left"}) > 1) == dawdles
    assert (sum(what == "left" for _, what in diary) > 1) == dawdles

"""What came of one simulated world."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.testing.schedule import Mode


class Broken(AssertionError):
    """An invariant does not hold: `name` says which, `detail` how."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail

    def __reduce__(self) -> tuple[type[Broken], tuple[str, str]]:
        """Worlds are lived in other processes too."""
        return Broken, (self.name, self.detail)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One world. `digest` is that of the whole trace, of every step of every task, and of the database at the end."""

    seed: int
    mode: Mode
    steps: int
    """Steps of all tasks."""
    faults: int
    """Faults that were injected."""
    trace: tuple[str, ...]
    digest: str
    broken: Broken | None = None

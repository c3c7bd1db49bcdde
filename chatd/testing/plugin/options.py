"""What the marker and the command line say of a test's world."""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chatd.config import Config


@dataclass(frozen=True, slots=True)
class Options:
    """What the marker may say; the nearest one wins, word by word."""

    lua: str | Path | None = None
    seed: int | None = None
    schedule: str | None = None
    settings: Config | None = None
    limit: float = 600.0
    """Virtual seconds: no conversation that goes on takes ten minutes, and one that hangs would never end."""


WORDS = tuple(field.name for field in fields(Options))
"""What the marker takes."""


def schedule(name: str) -> str:
    """The schedule of that name, for a command line. Raises ArgumentTypeError."""
    from chatd.testing.schedule import Mode  # noqa: PLC0415 -- trio, which a start of pytest need not load

    if name not in [*Mode]:
        raise ArgumentTypeError(f"the schedules are {', '.join(Mode)}, not {name!r}")
    return name


def options_of(item: pytest.Function) -> Options:
    """What holds for one test."""
    said: dict[str, Any] = {}
    for mark in item.iter_markers("chatd"):  # the nearest first
        if mark.args or not mark.kwargs.keys() <= set(WORDS):
            pytest.fail(f"the marker chatd does not take {mark.args or mark.kwargs}", pytrace=False)
        said = {**mark.kwargs, **said}
    options = Options(**said)
    if options.seed is None:
        options = replace(options, seed=item.config.getoption("--chatd-seed", None) or 0)
    if options.schedule is None:
        options = replace(options, schedule=item.config.getoption("--chatd-schedule", None) or "fifo")
    return options

"""The arguments of `chatd sim`, and what it does with them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatd.errors import Exit, MissingFile, StorageError, UsageError

if TYPE_CHECKING:
    from chatd.testing.schedule import Mode
    from chatd.testing.simulation.people import Profile

# The simulation takes long to import: it is, when it is used.
# ruff: noqa: PLC0415

SCENARIOS = ("tools", "side by side", "slow disk", "loading", "guest", "notices", "not ascii", "one line")
_FIRST = ("disk", "write", "load", "guest")
KINDS = (
    "mention", "session", "server", "hangup", *_FIRST,
    *(f"{first}+{last}" for first in _FIRST for last in (*_FIRST, "server") if first != last), "crash",
)  # fmt: skip
SCHEDULES = ("fifo", "shuffle", "serial", "pct")
PROFILES = ("memory", "ssh")


def add_to(commands: Any) -> None:
    """Add the command to those of argparse."""
    sim = commands.add_parser("sim", help="simulate servers", description="Live whole servers from seeds.")
    sim.add_argument("--seed", type=int, default=0, metavar="N", help="the first seed")
    sim.add_argument("--runs", type=_count, default=1, metavar="N", help="how many seeds, one after the other")
    sim.add_argument(
        "--schedule", choices=SCHEDULES, metavar="NAME", help=", ".join(SCHEDULES) + "; else they take turns"
    )
    sim.add_argument(
        "--profile", default=PROFILES[0], choices=PROFILES, metavar="NAME",
        help=f"how people come in: {', '.join(PROFILES)} (default: {PROFILES[0]})",
    )  # fmt: skip
    sim.add_argument("--trace", type=Path, metavar="FILE", help="write down what happens in each world")
    sim.add_argument(
        "--keep-going", type=Path, metavar="FILE", help="write down what breaks, and go on from there at the next start"
    )
    sim.add_argument("--lua", type=Path, metavar="DIR", help="live them with your scripts, as [lua] path names them")
    sim.add_argument("--jobs", type=_count, default=1, metavar="N", help="processes that live them")
    sim.add_argument("--sweep", action="store_true", help="a fault or a kill at every step of short scenarios instead")
    sim.add_argument("--stride", type=_count, default=1, metavar="N", help="with --sweep: at each N-th step")
    sim.add_argument("--scenario", choices=SCENARIOS, metavar="NAME", help="with --at: " + ", ".join(SCENARIOS))
    sim.add_argument("--at", type=_fault, metavar="KIND:STEP", help="replay one world of a sweep")
    sim.add_argument("--program", metavar="JSON", help="play this program, as what broke is told; or that of a file")
    sim.add_argument(
        "--step",
        type=_count,
        metavar="K",
        help="show every screen after step K of the first seed's world, or of the program's",
    )


def simulate(arguments: argparse.Namespace) -> int:
    """`chatd sim`"""
    from chatd.testing.schedule import Mode
    from chatd.testing.simulation.people import Profile
    from chatd.testing.simulation.report import simulate_all

    wanted, profile = Mode(arguments.schedule) if arguments.schedule else None, Profile(arguments.profile)
    scripts_path: Path | None = arguments.lua
    if scripts_path is not None:
        if arguments.sweep or arguments.at is not None:
            raise UsageError("--lua goes with seeds, not with a sweep")
        if not scripts_path.is_dir():
            raise MissingFile(f"--lua: there is no directory {scripts_path}")
    several = arguments.sweep or arguments.at is not None or arguments.keep_going is not None or arguments.trace
    if arguments.program is not None and several:
        raise UsageError("--program plays one world: neither a sweep, nor --trace, nor --keep-going goes with it")
    if arguments.sweep:
        from chatd.testing.simulation.sweeps import sweep_all

        return Exit.OK if sweep_all(arguments.stride, arguments.jobs, print, profile) else Exit.FAILED
    if arguments.at is not None:
        from chatd.testing.simulation.sweeps import replay

        scenario = arguments.scenario or SCENARIOS[0]
        kind, step = arguments.at
        return Exit.OK if replay(scenario, wanted or Mode.FIFO, kind, step, print, profile=profile) else Exit.FAILED
    if arguments.step is not None or arguments.program is not None:
        return _one_world(arguments, wanted, profile)
    try:
        if arguments.keep_going is not None:
            from chatd.testing.simulation.report import simulate_on

            held = simulate_on(
                arguments.keep_going, arguments.seed, arguments.runs, wanted, jobs=arguments.jobs, profile=profile,
                scripts_path=scripts_path, say=print,
            )  # fmt: skip
            return Exit.OK if held else Exit.FAILED
        held = simulate_all(
            arguments.seed, arguments.runs, wanted, trace=arguments.trace, jobs=arguments.jobs, profile=profile,
            scripts_path=scripts_path, say=print,
        )  # fmt: skip
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageError(f"{error.filename}: {error.strerror or error}") from error
    return Exit.OK if held else Exit.FAILED


def _one_world(arguments: argparse.Namespace, wanted: Mode | None, profile: Profile) -> int:
    """`chatd sim --program`, and with `--step` that of a seed, too."""
    from chatd.testing.program_json import from_json
    from chatd.testing.simulation.draw import draw
    from chatd.testing.simulation.report import look_at, play

    text, scripts_path = arguments.program, arguments.lua
    if text is not None and not text.lstrip().startswith("{"):
        try:
            text = Path(text).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise MissingFile(f"--program: {text}: {error.strerror or error}") from error
    program = draw(arguments.seed) if text is None else from_json(text)
    if arguments.step is None:
        held = play(program, wanted, profile=profile, scripts_path=scripts_path, say=print)
    else:
        held = look_at(program, wanted, arguments.step, profile=profile, scripts_path=scripts_path, say=print)
    return Exit.OK if held else Exit.FAILED


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _fault(text: str) -> tuple[str, int]:
    kind, _, step = text.partition(":")
    if kind not in KINDS or not step.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not {', '.join(KINDS)} and a step, such as mention:17")
    return kind, int(step)

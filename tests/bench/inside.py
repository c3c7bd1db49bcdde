"""The figures of tests.bench.worlds: each in a process of its own, with no garbage of the one before."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys

from tests.bench.bench import Bench
from tests.bench.figure import SERVER, Figure, Points

WORLD_S = 120.0
"""For one world."""

VIEWERS = (10, 50, 200)
ROWS = 40
WIDTHS = (40, 200)
PIECE_VIEWERS = (1, 10, 40)
PIECES = (500, 2000, 8000)
CODE_LINES = (1250, 2500, 5000, 10_000)
HISTORY = (20, 200, 2000, 20_000)
SIZES = ((80, 24), (200, 60))


async def world(name: str, *numbers: int) -> list[float]:
    """What a world tells. RuntimeError when it fails or takes longer than WORLD_S."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.worlds", name, *map(str, numbers),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WORLD_S):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"{name} {numbers}: {errors.decode()[-1000:]}")
    told: list[float] = json.loads(out)
    return told


async def _rounds(bench: Bench, name: str, *numbers: int) -> dict[str, tuple[float, ...]]:
    return {SERVER: tuple([(await world(name, *numbers))[0] for _ in range(bench.rounds)])}


async def row(bench: Bench) -> list[Figure]:
    """A row and viewer, by viewers and by the width of their screens."""
    rows = bench.count(ROWS, 10)
    crowds = (2, 5, 10) if bench.quick else VIEWERS
    once = {crowd: {SERVER: tuple(await world("row", crowd, 80, rows))} for crowd in (crowds[0], crowds[2])}
    taken = {crowds[0]: once[crowds[0]], crowds[1]: await _rounds(bench, "row", crowds[1], 80, rows)} | once
    points = tuple((crowd, statistics.median(rounds[SERVER]) * crowd) for crowd, rounds in taken.items())
    figures = [
        Figure("row", f"row and viewer before ssh, {crowds[1]} viewers, CPU", "us", taken[crowds[1]], 20),
        Figure(
            "row-many", f"the same, {crowds[2]} viewers", "us", taken[crowds[2]], 20, over="viewers", points=points
        ),
    ]  # fmt: skip
    for width in WIDTHS:
        rounds = {SERVER: tuple(await world("row", crowds[0], width, rows))}
        figures.append(Figure(f"row-{width}", f"the same, {crowds[0]} viewers, {width} columns", "us", rounds))
    return figures


async def piece(bench: Bench) -> list[Figure]:
    """A piece of an answer and viewer, by viewers and by the length of the answer; and lines of code."""
    crowds, lengths = ((1, 5), (200, 400)) if bench.quick else (PIECE_VIEWERS, PIECES)
    code_lines = (400, 800) if bench.quick else CODE_LINES
    by_viewers = [(n, (await world("piece", n, lengths[0]))[0]) for n in crowds]
    by_length = [(n, (await world("piece", 1, n))[0]) for n in lengths]
    by_lines = [(n, (await world("code", n))[0]) for n in code_lines]
    return [
        _growing("piece", f"piece of an answer before ssh, and viewer, {crowds[-1]} viewers", "viewers", by_viewers),
        _growing("answer", f"piece of an answer of {lengths[-1]} before ssh, one viewer", "pieces", by_length),
        _growing("code", f"line of code of an answer of {code_lines[-1]} before ssh", "lines", by_lines),
    ]


async def history(bench: Bench) -> list[Figure]:
    """A login by the rows that the room has."""
    rows = (20, 200) if bench.quick else HISTORY
    points = tuple([(n, (await world("history", n, 5))[0]) for n in rows])
    what = f"login before ssh, {rows[-1]} rows of history, CPU"
    return [Figure("history", what, "ms", {SERVER: (points[-1][1],)}, over="rows", points=points)]


async def frame(bench: Bench) -> list[Figure]:
    """Frames while ten answers stream into the room, and while somebody types."""
    figures = []
    for columns, rows in SIZES:
        told = [await world("frame", columns, rows, bench.count(300, 50)) for _ in range(bench.rounds)]
        for at, what in ((0, "ten answers stream"), (2, "somebody types")):
            rounds = {SERVER: tuple(one[at] for one in told)}
            note = f"the longest {max(one[at + 1] for one in told):.2f} ms"
            name = f"frame-{columns}-{what.split()[0]}"
            figures.append(Figure(name, f"frame, {columns}x{rows}, {what}, CPU", "ms", rounds, note=note))
    return figures


def _growing(name: str, what: str, over: str, each: list[tuple[int, float]]) -> Figure:
    """Microseconds for each of so many; the growth is that of all together. One round: it is fitted over worlds."""
    whole: Points = tuple((n, cost * n) for n, cost in each)
    return Figure(name, f"{what}, CPU", "us", {SERVER: (each[-1][1],)}, over=over, points=whole)

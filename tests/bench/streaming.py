"""What a piece of a streaming answer costs that many look at, and how soon the first of them sees it."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chatd.testing.upstream import OLLAMA, chunk
from tests.bench.bench import Bench
from tests.bench.delivery import ROOM, Talk
from tests.bench.figure import BY_RATIO, FLOOR, SERVER, Figure, Numbers, percentile
from tests.bench.marks import Deliveries, mark
from tests.bench.people import People, names
from tests.bench.processes import settings
from tests.bench.recording import Recording
from tests.bench.upstream import text_of, upstream

MODEL = "bot"
WATCHERS = 100
PACE = 20
"""Tokens a second."""

SLOW_S = 0.25
"""Between two pieces of a model that keeps nobody busy."""


async def streamed(bench: Bench) -> list[Figure]:
    """One answer that many look at; the floor sends what one of them was sent."""
    tokens = bench.count(120, 30)
    with upstream() as url:
        async with bench.rivals(settings(url, {MODEL: "ollama"})) as (server, floor):
            watchers = bench.count(WATCHERS, 10)
            points = []
            for crowd in (watchers // 10, watchers):
                for one in (server, floor):
                    await one.crowd(names(ROOM, crowd - len(one.there), len(one.there)))
                    await one.running.rests()
                if crowd != watchers:
                    points.append((crowd, await _answer(server, tokens) * crowd))
            taken: dict[str, list[float]] = {SERVER: [], FLOOR: []}
            for _ in range(bench.rounds):
                recording = Recording(server.there[0])
                taken[SERVER].append(await _answer(server, tokens))
                before = floor.running.cpu()
                await recording.replay(floor.running)
                await floor.running.rests()
                taken[FLOOR].append((floor.running.cpu() - before) / tokens / watchers * 1e6)
    rounds = {name: tuple(numbers) for name, numbers in taken.items()}
    points.append((watchers, statistics.median(rounds[SERVER]) * watchers))
    return [
        Figure(
            "streamed", f"piece of an answer and viewer, {watchers} viewers, {PACE} tokens/s, CPU", "us", rounds,
            1.5, BY_RATIO, over="viewers", points=tuple(points),
            note=f"{tokens} pieces came in {recording.frames} packets, and the floor sends the same ones",
        )
    ]  # fmt: skip


async def _answer(server: People, tokens: int) -> float:
    """Microseconds of processor time for each piece and viewer."""
    await server.running.rests()
    before = server.running.cpu()
    question = f"say {tokens} tokens, {PACE} a second"
    said = await server.runs("asker", f"ask --room lobby @{MODEL} {question}", seconds=120)
    assert said.rstrip() == text_of(tokens).rstrip(), "the answer is not what the model said"
    await server.running.rests()
    return (server.running.cpu() - before) / tokens / len(server.there) * 1e6


class Speaker:
    """A model's server in this very process, which knows when it wrote each piece."""

    pieces = 16
    """Of each answer."""

    def __init__(self) -> None:
        self.deliveries = Deliveries()
        self._number = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one answer of a few pieces."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            if OLLAMA.path.encode() not in head.partition(b"\r\n")[0]:  # what the model is like
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            kind = OLLAMA.content_type.encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
            await asyncio.sleep(SLOW_S)
            for _ in range(self.pieces):
                piece = mark(self._number)
                self.deliveries.send(piece, self._number, time.monotonic())
                writer.write(chunk(OLLAMA.token(piece + " ")))
                self._number += 1
                await asyncio.sleep(SLOW_S + 0.01 * (self._number % 7))  # not in step with anything's timer
            writer.write(chunk(OLLAMA.done()) + chunk(b""))
            await writer.drain()
        finally:
            writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Its URL."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def first_byte(bench: Bench) -> list[Figure]:
    """From a write of the model's server to the read of somebody's ssh client, nothing else going on."""
    speaker, pieces, firsts = Speaker(), [], []
    async with speaker.listening() as url, bench.rivals(settings(url, {MODEL: "ollama"})) as (server, floor):
        viewer = await server.enter(f"{ROOM}-0")
        viewer.hears = lambda data: speaker.deliveries.read(0, data, time.monotonic())
        talk = await Talk.open(floor, 1)
        waits: dict[str, list[float]] = {SERVER: [], FLOOR: []}
        for round_ in range(bench.rounds):
            before = len(speaker.deliveries.took)
            await server.runs(f"asker-{round_}", f"ask --room lobby @{MODEL} speak")
            await asyncio.sleep(SLOW_S)
            took = [wait * 1e3 for wait in speaker.deliveries.took[before:]]
            assert len(took) == speaker.pieces, f"of {speaker.pieces} pieces {len(took)} were shown"
            firsts.append(took[0])
            pieces += took
            waits[SERVER].append(percentile(took, 0.5))
            await talk.paced(bench.pick(3, 1))
            waits[FLOOR].append(percentile(talk.latencies[-1], 0.5) * 1e3)
    rounds: dict[str, Numbers] = {name: tuple(numbers) for name, numbers in waits.items()}
    told = f"p99 {percentile(pieces, 0.99):.1f} ms; the floor is a line from one ssh client to another"
    return [
        Figure("piece-p50", "model's write to a viewer's read, idle server, p50", "ms", rounds, 5, note=told),
        Figure("first-piece", "the first piece of an answer, likewise", "ms", {SERVER: tuple(firsts)}, 5),
    ]

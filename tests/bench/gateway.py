"""What the web costs: how soon a piece of an answer is there, streams and readers that only wait, an event for many."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from chatd.testing.upstream import OLLAMA
from tests.bench import processes
from tests.bench.bench import Bench, idle_cpu
from tests.bench.browsers import Browsers, bare, browsers
from tests.bench.figure import BY_RATIO, FLOOR, SERVER, Figure, Numbers, percentile
from tests.bench.marks import SIZE
from tests.bench.people import Pace
from tests.bench.processes import Running, settings
from tests.bench.streaming import MODEL, Speaker
from tests.bench.upstream import upstream

STREAM = "/api/v1/chat/unified/stream"
COMPLETIONS = "/v1/chat/completions"
ROWS = "/api/v1/rooms/lobby/rows"
EVENTS = "/api/v1/rooms/lobby/events?last=1"

STREAMS = 100
"""Answers at once."""

IDLE = 1000
"""Readers of a room in which nobody speaks."""

READERS = 100
"""Of a room in which somebody does."""

PACE = 10
"""Rows a second, in it."""

STREAM_TOKENS = 5
"""A second, of each of the answers: what is measured is memory."""

BEGUN_S = 6.0
"""After which each of them has had some pieces, and what a beginning takes is done."""

FIRST_MS, P99_MS, STREAM_KB = 5.0, 100.0, 100.0
"""What is promised: from a model's write to a client's read, and for each stream."""

LIMITS = dict.fromkeys(("max_streams", "max_streams_per_user", "max_streams_per_room", "max_queue"), "10000")


def config(endpoint: str = "") -> str:
    """A server with a gateway, and limits out of the way."""
    models = {MODEL: "ollama"} if endpoint else {}
    return settings(endpoint, models, **LIMITS) + '[web]\nlisten = ["127.0.0.1:0"]\n'


async def web_piece(bench: Bench) -> list[Figure]:
    """From a write of the model's server to the read of a client of the gateway, nothing else going on."""
    speaker, figures = Speaker(), []
    async with speaker.listening() as url, processes.chatd(config(url)) as server, browsers(server) as those:
        direct = Browsers(int(url.rpartition(":")[2]), "none")
        await _settled(server)
        for name, path, what in (
            ("web", STREAM, "in a room, on disk first"), ("web-alone", COMPLETIONS, "outside of rooms"),
        ):  # fmt: skip
            taken: dict[str, list[list[float]]] = {SERVER: [], FLOOR: []}
            for number in range(bench.rounds):
                taken[SERVER].append(await _spoken(speaker, those, path, number))
                taken[FLOOR].append(await _spoken(speaker, direct, OLLAMA.path, number))
            firsts, halves, most = (
                {who: tuple(map(of, rounds)) for who, rounds in taken.items()}
                for of in (lambda one: one[0], lambda one: percentile(one, 0.5), lambda one: percentile(one, 0.99))
            )
            told = f"{speaker.pieces} pieces a round; the floor is a client of the model's server itself"
            figures += [
                Figure(
                    f"{name}-first", f"{what}: model's write to a client's read, first piece", "ms", firsts, FIRST_MS
                ),
                Figure(f"{name}-p50", f"{what}: the same for all pieces, p50", "ms", halves, FIRST_MS, note=told),
                Figure(f"{name}-p99", f"{what}: the same, p99", "ms", most, P99_MS),
            ]
    return figures


async def _spoken(speaker: Speaker, those: Browsers, path: str, number: int) -> list[float]:
    """Milliseconds that each piece of an answer took, the first one first."""
    before = len(speaker.deliveries.took)
    reader = await those.asks(path, asked(path, f"speak {number}"))
    reader.hears = lambda data: speaker.deliveries.read(0, data, time.monotonic())
    await reader.ended()
    took = [wait * 1e3 for wait in speaker.deliveries.took[before:]]
    assert len(took) == speaker.pieces, f"of {speaker.pieces} pieces {len(took)} came"
    return took


def asked(path: str, text: str) -> dict[str, object]:
    """The body of a request for a streamed answer."""
    if path == STREAM:
        return {"message": text, "model": MODEL}
    return {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": text}]}


async def web_cached(bench: Bench) -> list[Figure]:
    """From a request to the first piece of an answer that was given before; a connection is made for each.

    It is asked outside of rooms: in one the conversation is another one with each question, so nothing is kept for it.
    """
    asking = bench.count(100, 20)
    with upstream() as url:
        async with processes.chatd(config(url) + "[cache]\nenabled = true\n") as server, browsers(server) as those:
            await _settled(server)
            await _given(those, cached=False)
            taken = [[await _given(those, cached=True) for _ in range(asking)] for _ in range(bench.rounds)]
    told = "web: an answer that is given again, request to first piece"
    return [
        Figure("web-cached", f"{told}, p50", "ms", _of(percentile(one, 0.5) for one in taken), FIRST_MS),
        Figure("web-cached-p99", f"{told}, p99", "ms", _of(percentile(one, 0.99) for one in taken), P99_MS),
    ]


async def _given(those: Browsers, *, cached: bool) -> float:
    """Milliseconds until something of the answer to the one question was read."""
    began, heard, head = time.monotonic(), list[float](), bytearray()

    def hears(data: bytes) -> None:
        if not heard:
            head.extend(data)
            if b'"the ' in data:
                heard.append(time.monotonic())

    reader = await those.asks(COMPLETIONS, asked(COMPLETIONS, "say 40 tokens"))
    reader.hears = hears
    await reader.ended()
    those.there.remove(reader)
    assert heard, "there was an answer"
    assert (b"x-chatd-cached" in head.lower()) is cached, "it was kept"
    return (heard[0] - began) * 1e3


async def web_streams(bench: Bench) -> list[Figure]:
    """Many answers at once: what each takes of memory, and how late their pieces are."""
    streams, figures = bench.count(STREAMS, 10), []
    for name, path in (("unified", STREAM), ("completions", COMPLETIONS)):
        taken: list[float] = []
        with upstream() as url:
            for _ in range(bench.rounds):
                async with processes.chatd(config(url)) as server, browsers(server) as those:
                    await _settled(server)
                    await asyncio.gather(*(_asked(those, path, number) for number in range(2)))
                    await asyncio.sleep(1)
                    began = server.memory()
                    await asyncio.gather(*(_asked(those, path, number) for number in range(2, streams + 2)))
                    await asyncio.sleep(BEGUN_S)
                    assert all(one.received for one in those.there), "every stream has begun"
                    taken.append((server.memory() - began) / streams * 1024)
        what = f"web: memory of a stream, {streams} at once, {name}"
        figures.append(Figure(f"web-stream-{name}", what, "KB", _of(taken), STREAM_KB))
    return figures


async def _asked(those: Browsers, path: str, number: int) -> None:
    """A question that is like no other: clients that ask the same share an answer."""
    await those.asks(path, asked(path, f"{number}: say 400 tokens, {STREAM_TOKENS} a second"))


async def web_idle(bench: Bench) -> list[Figure]:
    """Readers of events who are told nothing: their memory, and what the server does for them."""
    crowd = min(bench.count(IDLE, 50), bench.descriptors - 100)
    memory: dict[str, Numbers] = {}
    idle: dict[str, Numbers] = {}
    async with _both() as both:
        for running, those in both:
            await _settled(running)
            began = running.memory()
            await those.crowd(crowd, EVENTS)
            await running.rests()
            memory[running.name] = ((running.memory() - began) / crowd * 1024,)
        shares: dict[str, list[float]] = {SERVER: [], FLOOR: []}
        for _ in range(bench.rounds):
            for running, _ in both:
                shares[running.name].append(await idle_cpu(running, bench.pick(15, 2)) * 100)
        idle = _all(shares)
    return [
        Figure("web-reader", f"web: memory of an idle event reader, of {crowd}", "KB", memory, STREAM_KB),
        Figure("web-idle", f"web: {crowd} idle event readers", "% of a core", idle),
    ]


async def web_event(bench: Bench) -> list[Figure]:
    """Rows that are said in a room whose events many read, against as many events of a bare server."""
    readers, events = bench.count(READERS, 10), round(PACE * bench.pick(10, 3))
    taken: dict[str, list[float]] = {SERVER: [], FLOOR: []}
    points = []
    async with _both() as both:
        for crowd in (readers // 10, readers):
            for running, those in both:
                await those.crowd(crowd - len(those.there), EVENTS)
                await running.rests()
            if crowd != readers:
                points.append((crowd, crowd * await _said(*both[0], events, crowd)))
        size = 0
        for _ in range(bench.rounds):
            before = both[0][1].there[0].received
            taken[SERVER].append(await _said(*both[0], events, readers))
            size = (both[0][1].there[0].received - before) // events
            running = both[1][0]
            before_cpu = running.cpu()
            await running.tell(f"say {events} {PACE} {max(1, size - 70)}")
            assert (await running.line(60)).strip() == "said"
            await running.rests()
            taken[FLOOR].append((running.cpu() - before_cpu) / events / readers * 1e6)
    rounds = _all(taken)
    points.append((readers, statistics.median(rounds[SERVER]) * readers))
    note = f"events of {size} bytes; the floor is trio and h11, without Starlette; saying the row is in it"
    what = f"web: event and reader, {readers} readers, {PACE} rows/s, CPU"
    return [Figure("web-event", what, "us", rounds, None, BY_RATIO, over="readers", points=tuple(points), note=note)]


async def _said(server: Running, those: Browsers, events: int, readers: int) -> float:
    """Microseconds of processor time for each row and reader; each row is a request of its own."""
    await server.rests()
    before, pace = server.cpu(), Pace(1 / PACE)
    for number in range(events):
        await pace.next()
        said = await those.asks(ROWS, {"text": f"{number:04} " + "x" * (SIZE - 5)})
        those.there.remove(said)
        await said.ended()
    await server.rests()
    return (server.cpu() - before) / events / readers * 1e6


@asynccontextmanager
async def _both() -> AsyncIterator[list[tuple[Running, Browsers]]]:
    """The server and the web's floor, each with its clients."""
    async with (
        processes.chatd(config()) as server, browsers(server) as its,
        processes.web_floor() as floor, bare(floor) as those,
    ):  # fmt: skip
        yield [(server, its), (floor, those)]


async def _settled(running: Running) -> None:
    """What a first request loads is loaded, and a start is over."""
    await asyncio.sleep(2)
    await running.rests()


def _all(taken: Mapping[str, Iterable[float]]) -> dict[str, Numbers]:
    return {name: tuple(numbers) for name, numbers in taken.items()}


def _of(numbers: Iterable[float]) -> dict[str, Numbers]:
    return {SERVER: tuple(numbers)}

"""What a long answer costs end to end, model's server, wire, room, disk, ssh: ten times the tokens, eleven times."""

from __future__ import annotations

import asyncio
import statistics

from tests.bench import processes
from tests.bench.bench import Bench, idle_cpu
from tests.bench.delivery import ROOM
from tests.bench.figure import SERVER, Figure
from tests.bench.people import People, people
from tests.bench.processes import settings
from tests.bench.upstream import text_of, upstream

LENGTHS = (1_000, 10_000, 100_000)
"""Tokens."""

TIMES = 11
"""What ten times the tokens may cost."""

WARM_UP = 2_000
PROVIDERS = ("ollama", "openai")
PATIENCE_S = 120.0


async def answers(bench: Bench) -> list[Figure]:
    """By both protocols, and with a full screen that watches."""
    figures = []
    for provider in PROVIDERS:
        with upstream() as url:
            async with processes.chatd(settings(url, {provider: provider})) as running, people(running) as those:
                await _ask(those, provider, WARM_UP)
                figures += await _figures(bench, those, provider, "")
                await those.enter(f"{ROOM}-0")
                figures += await _figures(bench, those, provider, ", watched")
    return figures


async def _figures(bench: Bench, those: People, provider: str, who: str) -> list[Figure]:
    lengths = LENGTHS[:2] if bench.quick else LENGTHS
    taken: dict[int, list[float]] = {tokens: [] for tokens in lengths}
    for _ in range(bench.count(2, 1)):
        for tokens in lengths:
            taken[tokens].append(await _ask(those, provider, tokens))
    points = tuple((tokens, statistics.median(spent) * 1e3) for tokens, spent in taken.items())
    long, short = taken[lengths[-1]], taken[lengths[-2]]
    times = {SERVER: tuple(one / other for one, other in zip(long, short, strict=True))}
    each = {SERVER: tuple(spent / lengths[-1] * 1e6 for spent in long)}
    name = f"tokens-{provider}" + ("-watched" if those.there else "")
    what = f"answer of {lengths[-1]:,} tokens, {provider}{who}"
    return [
        Figure(f"{name}-times", f"{what}, by one of {lengths[-2]:,}", "x", times, TIMES),
        Figure(name, f"{what}, CPU a token", "us", each, over="tokens (ms)", points=points),
    ]


async def _ask(those: People, provider: str, tokens: int) -> float:
    """Seconds of processor time; the command's login and what the server takes anyway are left out."""
    running = those.running
    await running.rests(5)
    idle = await idle_cpu(running)
    login = running.cpu()
    await those.runs("asker", "version")
    login = running.cpu() - login
    before, began = running.cpu(), asyncio.get_running_loop().time()
    question = f"ask --room lobby @{provider} say {tokens} tokens"
    said = await those.runs("asker", question, seconds=PATIENCE_S)
    await asyncio.sleep(0.2)
    took = asyncio.get_running_loop().time() - began
    assert said.rstrip() == text_of(tokens).rstrip(), "the answer is not what the model said"
    return max(1e-6, running.cpu() - before - login - idle * took)

"""What a seed's world is made of: its limits, as small as they go, and which features it has, and how often.

Worlds that have everything have little of each; a world that lacks half of it goes deeper into the rest.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path

from chatd.config import Config, LimitsConfig, LuaConfig, ServerConfig, StreamingConfig, WebConfig
from chatd.ports import PAGE_CHARS as USUAL_PAGE_CHARS
from chatd.testing.simulation.older import versions
from chatd.testing.simulation.wire_model import MODEL, MODELS

SETTINGS = Config(
    streaming=StreamingConfig(chunk_buffer_size=8, timeout=4, first_token_timeout=6, total_timeout=15),
    limits=LimitsConfig(tool_timeout=3, max_tool_rounds=3, history_rows=20, max_answer=4096, max_streams_per_user=2),
    server=ServerConfig(discover=True),
    models=(MODEL,),
    lua=LuaConfig(path=Path(__file__).parent / "lua", instructions=1_000_000, memory=4 << 20),
)
"""The usual ones: limits that are reached, and scripts that go wrong."""

ROOM_ENTRIES = 8
"""Entries a room keeps: who is slow falls behind and must resync."""

PAGE_CHARS = 2000
"""Code points of rows that are read at once: long rows make a page shorter."""

KINDS = {
    "ask": 8, "crowd": 1, "say": 4, "line": 2, "key": 4, "press": 1, "redraw": 1, "run": 5, "join": 3, "leave": 2,
    "window": 2, "disk": 1, "crash": 1, "faulty": 1, "hostile": 1, "page": 1, "flood": 0.3, "many": 0.3, "hang up": 0.5,
    "save": 0.3, "talk": 8, "restart": 0.4, "timed": 1, "wait": 6,
}  # fmt: skip
"""What happens how often, relative to each other."""

ALWAYS = ("ask", "say", "run", "talk", "join", "wait")
"""Kinds that no world lacks."""

LACKED = 0.3
"""The chance that a world lacks one of the other kinds."""

WAYS = ("screen", "screen", "lines", "events", "events, slowly")
PLAIN_WAYS = ("lines", "lines", "events", "events, slowly", "dumb")
"""How people come to a world that has no screens: they cost more than all the rest."""

OLDER = 0.1
"""Of the worlds, how many begin with the database of an older server."""

SHIPPED = 0.2
"""Of the worlds, how many have the shipped scripts alone, whose sessions share Lua states."""

OF_SCRIPTS = ("faulty", "save")
"""Kinds that need scripts of the simulation's own."""

BROWSES = (0.0, 0.0, 0.1, 0.3, 0.8)
"""In how many of the acts of a world somebody does something over the web, too."""

PLAIN = 0.5
"""Of the worlds, how many have no screens."""


@dataclass(frozen=True, slots=True)
class Swarm:
    """One seed's choice."""

    settings: Config = SETTINGS
    room_entries: int = ROOM_ENTRIES
    page_chars: int = PAGE_CHARS
    kinds: dict[str, float] = field(default_factory=lambda: dict(KINDS))
    ways: tuple[str, ...] = WAYS
    older: int = 0
    """The version of the database that it begins with, as an older server left it; 0: with none."""
    length: int = 30
    """Acts, at most."""
    browses: float = 0.0
    """How many of the acts have one over the web beside them."""


def swarm(seed: int) -> Swarm:
    """The choice of a seed. A function of its argument."""
    source = random.Random(f"swarm {seed}")
    plain = source.random() < PLAIN
    kinds = {kind: weight * source.choice((0.5, 1, 1, 3)) for kind, weight in KINDS.items()}
    for kind in KINDS:
        if kind not in ALWAYS and source.random() < LACKED:
            kinds[kind] = 0.0
    chosen = Swarm(
        _settings(source), source.choice((2, 4, ROOM_ENTRIES, 16)), source.choice((PAGE_CHARS, USUAL_PAGE_CHARS)),
        kinds, PLAIN_WAYS if plain else WAYS,
        older=source.choice(versions()) if source.random() < OLDER else 0,
        length=source.choice((20, 60, 100) if plain else (15, 30, 60)),
    )  # fmt: skip
    chosen = _with_web(chosen, random.Random(f"web of {seed}"))
    return _shipped(chosen) if source.random() < SHIPPED else chosen


def _with_web(chosen: Swarm, source: random.Random) -> Swarm:
    """The same with what happens over the web, which is drawn by itself: the rest is as it would be without."""
    anonymous, browses = source.choice(("none", "read", "guest")), source.choice(BROWSES)
    web = WebConfig(anonymous=anonymous, metrics=source.choice(("local", "token")))
    return replace(chosen, browses=browses, settings=replace(chosen.settings, web=web))


def _shipped(chosen: Swarm) -> Swarm:
    """The same without scripts of the simulation's own, and what needs them."""
    settings = replace(chosen.settings, lua=replace(chosen.settings.lua, path=None))
    return replace(chosen, settings=settings, kinds={**chosen.kinds, **dict.fromkeys(OF_SCRIPTS, 0.0)})


def _settings(source: random.Random) -> Config:
    """Limits as small as they go: they are met, and what one does then is tried."""
    limits = replace(
        SETTINGS.limits,
        history_rows=source.choice((4, 8, 20)),
        max_streams_per_user=source.choice((1, 2, 3)),
        max_streams_per_room=source.choice((1, 2, 8)),
        max_streams=source.choice((1, 2, 200)),
        max_queue=source.choice((1, 3, 100)),
        max_tool_rounds=source.choice((1, 3)),
        max_tool_output=source.choice((64, 16 * 1024)),
        max_answer=source.choice((128, 4096)),
        max_tokens_per_day=source.choice((0, 0, 200)),
        max_sessions_per_user=source.choice((4, 50)),
        max_sessions=source.choice((40, 1000)),
        rooms_per_day=source.choice((1, 10)),
    )
    streaming = replace(
        SETTINGS.streaming, chunk_buffer_size=source.choice((1, 2, 8)), retry_attempts=source.choice((1, 3)),
        fallback_on_error=source.choice((True, False)),
    )  # fmt: skip
    auth = replace(SETTINGS.auth, guests_ask=source.choice(("none", "local", "local", "all")))
    return replace(SETTINGS, limits=limits, streaming=streaming, models=(source.choice(MODELS),), auth=auth)

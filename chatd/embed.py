"""The router without a server, for programs that only want to ask: `async with open_router() as router`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import trio

from chatd import bounds
from chatd.adapters.json_schema import compile_schema
from chatd.adapters.system import SortedIds, SystemClock
from chatd.config import Config
from chatd.config_file import load
from chatd.ports import Clock
from chatd.tasks.asking.discovery import Discovery
from chatd.tasks.asking.router import Router
from chatd.tasks.asking.tools.calculate import calculate_tool
from chatd.tasks.asking.tools.clock import clock_tool
from chatd.tasks.asking.tools.registry import Tools
from chatd.tasks.asking.tools.roll_dice import roll_dice_tool
from chatd.wiring.limits import router_limits, tool_limits
from chatd.wiring.models import Upstreams


@asynccontextmanager
async def open_router(
    settings: Config | Path | str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Router]:
    """A router with the models of a configuration (or a `chatd.toml`) and of the environment, under trio.

    Events have their times from `clock`, or else from the machine's. The models that are found by themselves are there
    when the block begins, unless their server takes long to say so.
    The shipped tools are there, but for those that need a room. Raises BadConfig, MissingFile.
    """
    known = settings if isinstance(settings, Config) else load(None if settings is None else Path(settings))
    clock, ids = clock or SystemClock(), SortedIds()
    tools = Tools(compile_schema, tool_limits(known))
    for tool in (calculate_tool(), clock_tool(clock), roll_dice_tool(Random())):
        tools.add(tool)
    upstreams = Upstreams(known, os.environ if environ is None else environ)
    discovery = Discovery(upstreams.registry, upstreams.sources, bounds.DISCOVERY_S, bounds.DISCOVERY_LEAST_S)
    problem: Exception | None = None
    async with upstreams, trio.open_nursery() as nursery:
        nursery.start_soon(discovery.run)
        await discovery.refresh()
        try:
            yield Router(upstreams.registry, tools, ids, router_limits(known), clock=clock)
        except Exception as error:  # noqa: BLE001 -- raised again below, where no nursery wraps it in a group
            problem = error
        nursery.cancel_scope.cancel()
    if problem is not None:
        raise problem

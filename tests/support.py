"""What the tests share: running a conversation in a world, and a small interface in Lua that needs no knowledge."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chatd.adapters.lua.scripts import LuaScripts
from chatd.adapters.ssh.limits import SshLimits
from chatd.config import Config
from chatd.testing import Mode, World, run
from chatd.testing.sources import SCRIPT_SECONDS
from chatd.testing.untouched_files import UntouchedFiles
from chatd.wiring.limits import ssh_limits

PLAIN = Path(__file__).parent / "plain_lua"
"""An interface of one file: says, asks, joins, shows the newest rows. Tests of the tasks need no more."""

Conversation = Callable[[World], Awaitable[None]]


def make_limits(**changes: Any) -> SshLimits:
    """The ssh limits of an unconfigured server, with changes. Clients come as fast as they like, unless a test says."""
    return replace(ssh_limits(Config()), **{"connects_per_second": 1000, **changes})


def plain_scripts() -> LuaScripts:
    """Runtimes with the plain interface."""
    return LuaScripts(PLAIN, None, instructions=3_000_000, memory=8 << 20, seconds=SCRIPT_SECONDS)


def in_world(
    settings: Config | None = None, *, seed: int = 0, mode: Mode = Mode.FIFO, shipped: bool = False, **options: Any
) -> Callable[[Conversation], Callable[[], None]]:
    """Make a test of a conversation: the function gets a running world, on the virtual clock."""

    def decorate(conversation: Conversation) -> Callable[[], None]:
        @functools.wraps(conversation)
        def test() -> None:
            converse(conversation, settings, seed=seed, mode=mode, shipped=shipped, **options)

        del test.__wrapped__  # pytest would take the world for a fixture
        return test

    return decorate


def converse(
    conversation: Conversation, settings: Config | None = None, *, seed: int = 0, mode: Mode = Mode.FIFO,
    shipped: bool = False, instruments: tuple[Any, ...] = (), **options: Any,
) -> None:  # fmt: skip
    """Run a conversation in a world of its own."""

    async def main() -> None:
        scripts = None if shipped else plain_scripts()
        given = {"file_events": UntouchedFiles(), **options} if scripts else options  # nobody edits the plain ones
        async with World.open(settings, scripts=scripts, seed=seed, **given) as world:
            await conversation(world)

    run(main, seed=seed, mode=mode, instruments=instruments)

"""The pytest plugin: an async test that asks for `world` is run inside one, on the virtual clock.

    async def test_an_answer_is_seen_by_everybody(world, asker, viewer):
        asker.types("@bot hi\\r")
        world.model("bot").says("hel", "lo").ends()
        await world.settle()
        assert "hello" in viewer.screen

Only coroutine functions that ask for `world`, `asker` or `viewer`, or are marked `chatd`, are touched. GUIDE.md, beside
this package, tells the rest.

Every start of pytest loads this, wherever chatd is installed: the server and what it stands on come with the first test
that wants a world.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Generator
from itertools import groupby
from typing import Any

import pytest

from chatd.testing.plugin.async_fixtures import deferred
from chatd.testing.plugin.fixtures import Placeholder, asker, viewer, world
from chatd.testing.plugin.options import WORDS, options_of, schedule
from chatd.testing.plugin.snapshots import snapshot

__all__ = ["asker", "snapshot", "viewer", "world"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """What holds for the tests that do not say it themselves."""
    group = parser.getgroup("chatd")
    group.addoption("--chatd-seed", type=int, help="seed of the worlds whose test names none (0)")
    named = "schedule of the worlds whose test names none: fifo, shuffle, serial or pct (fifo)"
    group.addoption("--chatd-schedule", type=schedule, metavar="NAME", help=named)
    group.addoption("--chatd-update", action="store_true", help="write golden screens as they are now")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    words = ", ".join(f"{word}=" for word in WORDS)
    config.addinivalue_line("markers", f"chatd({words}): how the world of this test is made (chatd.testing)")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that wants a world; leave every other to whoever runs it otherwise."""
    wanted = [name for name, value in pyfuncitem.funcargs.items() if isinstance(value, Placeholder)]
    if not wanted and pyfuncitem.get_closest_marker("chatd") is None:
        return None
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        if wanted:
            pytest.fail(f"a test that asks for {wanted[0]} must be an async function", pytrace=False)
        return None
    from chatd.testing.plugin.life import ENDINGS, Life  # noqa: PLC0415 -- the server, which other tests do not need

    life = Life(pyfuncitem, options_of(pyfuncitem))
    try:
        life.live()
    except ENDINGS:
        pyfuncitem.stash[_REPORT] = life.report()
        raise
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: Any) -> object | None:
    """An async fixture of a test that wants a world begins with it: until then something stands for it."""
    value = deferred(fixturedef, request)
    if value is not None:
        fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the world with the failure."""
    report = yield
    if report.when == "call" and report.failed:
        shown = item.stash.get(_REPORT, None)
        report.sections.extend(shown or [])
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show the screen in which a text is, or is not."""
    module = sys.modules.get("chatd.testing.screen")  # where it is not loaded, nobody has a screen
    if op not in {"in", "not in"} or module is None or not isinstance(right, module.Screen):
        return None
    return [f"{left!r} {op} {right!r}", *_folded(right.framed().splitlines())]


def _folded(lines: list[str]) -> list[str]:
    """Blank rows as one line: pytest cuts after eight, and a chat begins at the bottom."""
    shown: list[str] = []
    for blank, group in groupby(lines, key=lambda line: line == "|"):
        rows = [*group]
        shown += [f"| ({len(rows)} blank rows)"] if blank and len(rows) > 1 else rows
    return shown


_REPORT = pytest.StashKey[list[tuple[str, str]]]()

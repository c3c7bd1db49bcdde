"""One test in its world: it is run, what it raises comes out as it was raised, and what was seen is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import trio

from chatd.config import Config
from chatd.errors import first_error
from chatd.testing.plugin.async_fixtures import Fixtures
from chatd.testing.plugin.fixtures import PEOPLE, Placeholder
from chatd.testing.plugin.options import Options
from chatd.testing.plugin.trace import Recording, screens
from chatd.testing.run import run
from chatd.testing.schedule import Mode
from chatd.testing.waits import task_tree
from chatd.testing.world import World

ENDINGS = (Exception, pytest.fail.Exception, pytest.skip.Exception, pytest.exit.Exception)
"""How a test ends before its end: pytest's own outcomes are no `Exception`."""


class Life:
    """One test in its world."""

    def __init__(self, item: pytest.Function, options: Options) -> None:
        self._item = item
        self._seed = options.seed or 0
        if options.schedule is None or options.schedule not in [*Mode]:
            pytest.fail(f"schedule is {options.schedule!r}, not one of {', '.join(Mode)}", pytrace=False)
        self._mode = Mode(options.schedule)
        self._limit = options.limit
        self._settings = options.settings or Config()
        if options.lua is not None:
            path = item.path.parent / options.lua
            if not path.is_dir():
                pytest.fail(f"there is no directory {path}", pytrace=False)
            self._settings = replace(self._settings, lua=replace(self._settings.lua, path=path))
        self._recording = Recording()
        self._screens: str | None = None
        self._changes = ""
        self._tree = ""
        self._problem: BaseException | None = None

    def live(self) -> None:
        """Run the test. What it raises comes out as it was raised, in no group."""
        try:
            run(self._main, seed=self._seed, mode=self._mode, instruments=(self._recording,))
        except BaseExceptionGroup as group:  # of a nursery of the world's: pytest's outcomes and Ctrl-C come in one too
            stopped = group.subgroup((KeyboardInterrupt, SystemExit))
            if stopped is not None:
                raise first_error(stopped) from None
            self._ended_badly(group if _is_several(group) else first_error(group))
        except Exception as error:  # noqa: BLE001 -- raised again, unless the test itself had failed before
            self._ended_badly(error)
        if self._problem is not None:
            raise self._problem

    def _ended_badly(self, error: BaseException) -> None:
        if self._problem is not None:
            self._problem.add_note(f"and the world did not end well: {error!r}")
        self._problem = self._problem or error

    async def _main(self) -> None:
        async with World.open(self._settings, seed=self._seed) as world:
            self._recording.world = world
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._watch, world, nursery.cancel_scope)
                try:
                    await self._converse(world)
                except ENDINGS as problem:
                    self._problem = problem  # raised when the world is closed, where no nursery wraps it in a group
                    self._look(world)
                except trio.Cancelled:
                    self._look(world)
                    raise
                nursery.cancel_scope.cancel()
        if self._problem is None and (unseen := world.heard.unseen()):
            self._look(world)
            self._problem = _failure(unseen)  # raised by what scripts do at the end

    async def _watch(self, world: World, test: trio.CancelScope) -> None:
        """End a test that hangs, and see before that what everybody waits for."""
        await trio.sleep(self._limit)
        self._tree = task_tree()
        self._problem = _failure(
            f"the test was not over after {self._limit:g} virtual seconds; what everybody waits for is shown below"
        )
        self._look(world)
        test.cancel()

    def _judge(self, world: World) -> None:
        """A test that was content may have forgotten something."""
        if forgotten := world.forgotten():
            raise _failure("\n".join(forgotten))

    async def _converse(self, world: World) -> None:
        item = self._item
        values: dict[str, Any] = {"world": world}
        for name, person in PEOPLE.items():
            if isinstance(item.funcargs.get(name), Placeholder):
                values[name] = await world.join(person)
        await world.settle()
        fixtures, problem = Fixtures(values), None
        try:
            # Only what the function itself takes: funcargs also hold what its fixtures ask for.
            given = {name: await fixtures.value(item.funcargs[name]) for name in item._fixtureinfo.argnames}
            await item.obj(**given)
            self._judge(world)
        except ENDINGS as error:
            problem = error
            self._look(world)
        try:
            await fixtures.end()
        except ENDINGS as error:
            if problem is None:
                raise
            problem.add_note(f"and a fixture did not end well: {error!r}")
        if problem is not None:
            raise problem

    def _look(self, world: World) -> None:
        """Before the end of the world clears them away."""
        if self._screens is None:
            self._recording.stop()
            self._screens, self._changes = screens(world), self._recording.changes()

    def report(self) -> list[tuple[str, str]]:
        """What is shown with a failure."""
        again = f"--chatd-seed {self._seed} --chatd-schedule {self._mode}"
        world = self._recording.world
        sections = [
            ("chatd: world", f"{self._recording.ended_at:.3f} virtual seconds; {again}"),
            ("chatd: screens", self._screens or (screens(world) if world else "the world did not open")),
            ("chatd: changes since the last act", self._changes),
            ("chatd: script errors", "\n".join(world.heard.found) if world else ""),
            ("chatd: what waits", self._tree),
            ("chatd: trace", self._recording.events.text()),
        ]
        return [(title, text) for title, text in sections if text]


def _failure(told: str) -> BaseException:
    return pytest.fail.Exception(told, pytrace=False)


def _is_several(group: BaseExceptionGroup[BaseException]) -> bool:
    (first, *others) = group.exceptions
    return bool(others) or (isinstance(first, BaseExceptionGroup) and _is_several(first))

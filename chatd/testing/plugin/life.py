"""One test in its world: it is run, what it raises comes out as it was raised, and what was seen is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio

from chatd.config import Config
from chatd.errors import first_error
from chatd.testing.plugin.fixtures import PEOPLE, Placeholder
from chatd.testing.plugin.options import Options
from chatd.testing.plugin.trace import Recording, screens
from chatd.testing.run import run
from chatd.testing.schedule import Mode
from chatd.testing.world import World

SHOWN_EVENTS = 40
"""The newest events of a test, shown with its failure."""

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
            try:
                with trio.move_on_after(self._limit) as patience:
                    await self._converse(world)
                if patience.cancelled_caught:
                    pytest.fail(f"the test was not over after {self._limit:g} virtual seconds", pytrace=False)
            except ENDINGS as problem:
                self._problem = problem  # raised when the world is closed, where no nursery wraps it in a group
                self._look(world)
            except trio.Cancelled:
                self._look(world)
                raise

    async def _converse(self, world: World) -> None:
        item = self._item
        values = dict(item.funcargs)
        if isinstance(values.get("world"), Placeholder):
            values["world"] = world
        for name, person in PEOPLE.items():
            if isinstance(values.get(name), Placeholder):
                values[name] = await world.join(person)
        await world.settle()
        # Only what the function itself takes: funcargs also hold what its fixtures ask for.
        await item.obj(**{name: values[name] for name in item._fixtureinfo.argnames})

    def _look(self, world: World) -> None:
        """Before the end of the world clears them away."""
        self._recording.stop()
        self._screens = screens(world)

    def report(self) -> list[tuple[str, str]]:
        """What is shown with a failure."""
        again = f"--chatd-seed {self._seed} --chatd-schedule {self._mode}"
        world = self._recording.world
        return [
            ("chatd: world", f"{self._recording.ended_at:.3f} virtual seconds; {again}"),
            ("chatd: screens", self._screens or (screens(world) if world else "the world did not open")),
            ("chatd: trace", "\n".join([*self._recording.events][-SHOWN_EVENTS:])),
        ]


def _is_several(group: BaseExceptionGroup[BaseException]) -> bool:
    (first, *others) = group.exceptions
    return bool(others) or (isinstance(first, BaseExceptionGroup) and _is_several(first))

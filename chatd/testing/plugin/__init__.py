"""The pytest plugin: an async test that asks for `world` is run inside one, on the virtual clock.

    async def test_an_answer_is_seen_by_everybody(world, asker, viewer):
        asker.types("@bot hi\\r")
        world.model("bot").says("hel", "lo").ends()
        await world.settle()
        assert "hello" in viewer.screen

Only coroutine functions that ask for `world`, `asker` or `viewer`, or are marked `chatd`, are touched. GUIDE.md, beside
this package, tells the rest.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
import trio

from chatd.config import Config
from chatd.core.room import Behind
from chatd.core.row import Added, Entry, Finished, Grew
from chatd.errors import first_error
from chatd.testing.run import run
from chatd.testing.schedule import Mode
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

PEOPLE = {"asker": "alice", "viewer": "bob"}
"""Fixtures that are a person with a full screen, in the order in which they enter."""

KEPT_EVENTS = 1000
"""Events of a test that are remembered: enough to see how it came to its end, whatever came before."""

SHOWN_EVENTS = 40
"""The newest of them, shown with a failure."""

SHOWN_TEXT = 60
"""Characters of a row's text in an event."""


@dataclass(frozen=True, slots=True)
class _Options:
    """What the marker may say; the nearest one wins, word by word."""

    lua: str | Path | None = None
    seed: int | None = None
    schedule: str | None = None
    settings: Config | None = None
    limit: float = 600.0
    """Virtual seconds: no conversation that goes on takes ten minutes, and one that hangs would never end."""


class _Pending:
    """Stands for what exists only while the test runs."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        raise AttributeError(
            f"{self._name} is there only while the async test runs; a fixture that needs it must be a helper function"
        )


@pytest.fixture
def world() -> Any:
    """The running server, a `chatd.testing.World`."""
    return _Pending("world")


@pytest.fixture
def asker() -> Any:
    """Alice at a full screen, a `chatd.testing.MemoryTerminal`."""
    return _Pending("asker")


@pytest.fixture
def viewer() -> Any:
    """Bob at a full screen, a `chatd.testing.MemoryTerminal`; he enters after alice."""
    return _Pending("viewer")


def pytest_addoption(parser: pytest.Parser) -> None:
    """What holds for the tests that do not say it themselves."""
    group = parser.getgroup("chatd")
    group.addoption("--chatd-seed", type=int, help="seed of the worlds whose test names none (0)")
    group.addoption("--chatd-schedule", choices=[*Mode], help="schedule of the worlds whose test names none (fifo)")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    words = ", ".join(f"{field.name}=" for field in fields(_Options))
    config.addinivalue_line("markers", f"chatd({words}): how the world of this test is made (chatd.testing)")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that wants a world; leave every other to whoever runs it otherwise."""
    wanted = [name for name, value in pyfuncitem.funcargs.items() if isinstance(value, _Pending)]
    if not wanted and pyfuncitem.get_closest_marker("chatd") is None:
        return None
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        if wanted:
            pytest.fail(f"a test that asks for {wanted[0]} must be an async function", pytrace=False)
        return None
    life = _Life(pyfuncitem, _options(pyfuncitem))
    try:
        life.live()
    except _ENDINGS:
        pyfuncitem.stash[_REPORT] = life.report()
        raise
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the world with the failure."""
    report = yield
    if report.when == "call" and report.failed:
        shown = item.stash.get(_REPORT, None)
        report.sections.extend(shown or [])
    return report


_REPORT = pytest.StashKey[list[tuple[str, str]]]()

_ENDINGS = (Exception, pytest.fail.Exception, pytest.skip.Exception, pytest.exit.Exception)
"""How a test ends before its end: pytest's own outcomes are no `Exception`."""


def _options(item: pytest.Function) -> _Options:
    said: dict[str, Any] = {}
    for mark in item.iter_markers("chatd"):  # the nearest first
        if mark.args or not mark.kwargs.keys() <= {field.name for field in fields(_Options)}:
            pytest.fail(f"the marker chatd does not take {mark.args or mark.kwargs}", pytrace=False)
        said = {**mark.kwargs, **said}
    options = _Options(**said)
    if options.seed is None:
        options = replace(options, seed=item.config.getoption("--chatd-seed", None) or 0)
    if options.schedule is None:
        options = replace(options, schedule=item.config.getoption("--chatd-schedule", None) or Mode.FIFO)
    return options


class _Life:
    """One test in its world."""

    def __init__(self, item: pytest.Function, options: _Options) -> None:
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
        self._recording = _Recording()
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
            except _ENDINGS as problem:
                self._problem = problem  # raised when the world is closed, where no nursery wraps it in a group
                self._look(world)
            except trio.Cancelled:
                self._look(world)
                raise

    async def _converse(self, world: World) -> None:
        item = self._item
        values = dict(item.funcargs)
        if isinstance(values.get("world"), _Pending):
            values["world"] = world
        for name, person in PEOPLE.items():
            if isinstance(values.get(name), _Pending):
                values[name] = await world.join(person)
        await world.settle()
        # Only what the function itself takes: funcargs also hold what its fixtures ask for.
        await item.obj(**{name: values[name] for name in item._fixtureinfo.argnames})

    def _look(self, world: World) -> None:
        """Before the end of the world clears them away."""
        self._recording.stop()
        self._screens = _screens(world)

    def report(self) -> list[tuple[str, str]]:
        """What is shown with a failure."""
        again = f"--chatd-seed {self._seed} --chatd-schedule {self._mode}"
        world = self._recording.world
        return [
            ("chatd: world", f"{self._recording.ended_at:.3f} virtual seconds; {again}"),
            ("chatd: screens", self._screens or (_screens(world) if world else "the world did not open")),
            ("chatd: trace", "\n".join([*self._recording.events][-SHOWN_EVENTS:])),
        ]


def _is_several(group: BaseExceptionGroup[BaseException]) -> bool:
    (first, *others) = group.exceptions
    return bool(others) or (isinstance(first, BaseExceptionGroup) and _is_several(first))


def _screens(world: World) -> str:
    return "\n".join(_terminal(terminal) for terminal in world.terminals) or "nobody came"


def _terminal(terminal: MemoryTerminal) -> str:
    visit = terminal.visit
    ended = "" if terminal.exit_status is None else f", exit status {terminal.exit_status}"
    head = f"{visit.visitor.name}{f', command {visit.command!r}' if visit.command else ''}{ended}"
    if not visit.pty:
        return f"{head}\n  stdout {terminal.output!r}\n  stderr {terminal.errors!r}"
    screen = terminal.screen
    edge = f"+{'-' * screen.columns}+"
    return "\n".join([f"{head}, cursor at {screen.cursor}", edge, *(f"|{line}" for line in screen.lines), edge])


class _Recording(trio.abc.Instrument):
    """The newest events of a world: what was committed, what was sent to whom, and which task did it."""

    def __init__(self) -> None:
        self.world: World | None = None
        self.events: deque[str] = deque(maxlen=KEPT_EVENTS)
        self.ended_at = 0.0
        self._seen: dict[str, int] = {}
        self._sent: list[int] = []
        self._stopped = False

    def stop(self) -> None:
        """What comes is the end of the world, not of the test."""
        self._stopped, self.ended_at = True, trio.current_time()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """See what this step has changed."""
        if self._stopped:
            return
        self.ended_at = trio.current_time()
        if self.world is None:
            return
        for room in self.world.hub.lobby.rooms:
            before = self._seen.get(room.id, 0)
            if room.number > before:
                entries = room.since(before)
                self._seen[room.id] = room.number
                for entry in [] if isinstance(entries, Behind) else entries:
                    self._tell(task, f"{room.name} #{entry.number} {_told(entry)}")
        self._sent += [0] * (len(self.world.terminals) - len(self._sent))
        for place, terminal in enumerate(self.world.terminals):
            if len(terminal.writes) > self._sent[place]:
                size = sum(len(data) for _, data in terminal.writes[self._sent[place] :])
                self._sent[place] = len(terminal.writes)
                self._tell(task, f"{terminal.visit.visitor.name} is sent {size} bytes")

    def _tell(self, task: trio.lowlevel.Task, what: str) -> None:
        self.events.append(f"{self.ended_at:10.3f}  {task.name.rpartition('.')[2]}: {what}")


def _told(entry: Entry) -> str:
    match entry:
        case Added(row=row):
            return f"{row.author} {row.content[:SHOWN_TEXT]!r} {row.status} ({row.id})"
        case Grew(row_id=row_id, text=text):
            return f"{row_id} grows by {text[:SHOWN_TEXT]!r}"
        case Finished(row_id=row_id, status=status):
            return f"{row_id} is {status}"

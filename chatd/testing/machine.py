"""A state machine for Hypothesis: a world that lives from the first rule to the last, and what must hold after each.

    class Poll(WorldMachine):
        lua = Path(__file__).parent / "poll"

        @rule(who=WorldMachine.people, question=strategies.typed_text())
        def polls(self, who: MemoryTerminal, question: str) -> None:
            who.types(f"/poll {question}\\r")
            self.step()

    TestPoll = Poll.TestCase

Rules only act; time passes in `waits` and in whatever `await`s through `self.call`. So rules meet in every order, and
Hypothesis finds the shortest list of them that breaks something, and prints it as a program.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, TypeVar

try:
    from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule
except ImportError as missing:  # Hypothesis is a tool of tests: the server, and the rest of the harness, do without it
    raise ImportError("chatd.testing.machine needs Hypothesis: pip install hypothesis") from missing

import trio
import trio.lowlevel
from hypothesis import strategies as st

from chatd.config import Config, LimitsConfig, StreamingConfig
from chatd.core.visit import Visit
from chatd.testing import strategies
from chatd.testing.bugs import bugs_met
from chatd.testing.checks import Broken, check_answered, check_committed, check_dense, check_recoverable
from chatd.testing.guest import Guest
from chatd.testing.play import ModelScript, follow
from chatd.testing.schedule import Mode
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

__all__ = ["SMALL", "WorldMachine"]

T = TypeVar("T")

SMALL = Config(
    streaming=StreamingConfig(chunk_buffer_size=8, timeout=5, first_token_timeout=10, total_timeout=30),
    limits=LimitsConfig(tool_timeout=3, max_tool_rounds=3, history_rows=20, max_answer=4096),
)
"""Limits that a few rules reach."""

MAX_PEOPLE = 4
"""At once: more of them cost time, and meet nothing new."""

COMING_S = 0.1
"""Virtual seconds in which the first screen of somebody who comes stands."""

REST_S = 20.0
"""Virtual seconds in which everything ends that nobody waits for: the longest back-off of the disk, some times."""

_NAME = st.runner().flatmap(lambda machine: st.sampled_from(machine.names))
_MODEL = st.runner().flatmap(lambda machine: st.sampled_from(machine.models))


class WorldMachine(RuleBasedStateMachine):
    """People, models, a disk and time in one world. Subclass it; settings of the run are `TestCase.settings`.

    Attributes:
        config: of the server; small limits.
        lua: a directory of scripts, as `[lua] path` names it.
        names: of those who come.
        models: scripted ones, whom the rules ask, and have answer.
        tools: that those models may call.
        schedule: `fifo`, `shuffle`, `serial` or `pct`, and its `seed`.
        people: the bundle of those who are there, as MemoryTerminals, for rules of one's own.
        world: the running server.
    """

    config: ClassVar[Config] = SMALL
    lua: ClassVar[Path | None] = None
    names: ClassVar[tuple[str, ...]] = ("alice", "bob", "guest-eve")
    models: ClassVar[tuple[str, ...]] = ("bot",)
    tools: ClassVar[tuple[str, ...]] = ()
    schedule: ClassVar[str] = "fifo"
    seed: ClassVar[int] = 0

    people: Bundle[MemoryTerminal] = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self._handled = sys.exception()
        config = self.config
        if self.lua is not None:
            config = replace(config, lua=replace(config.lua, path=self.lua))
        self._guest = Guest(World.open(config, seed=self.seed), seed=self.seed, mode=Mode(self.schedule))
        self.world = self._guest.standing
        self._block = ExitStack()
        self._bugs = self._block.enter_context(bugs_met())
        self._shown = "nobody has come"  # what everybody saw after the newest rule: a world that breaks clears it away
        for name in self.models:
            self.world.model(name)

    # --- for rules

    def call(self, function: Callable[..., Awaitable[T]], *args: object) -> T:
        """Await the function inside the world, and let that go on meanwhile. Raises what it raises."""
        return self._guest.call(function, *args)

    def step(self) -> None:
        """Let every task that can run take one step; no time passes."""
        self.call(trio.lowlevel.checkpoint)

    def settle(self, seconds: float = 0.5) -> None:
        """Let virtual time pass and everything that was begun come to rest."""
        self.call(self.world.settle, seconds)

    def comes(self, name: str, *, size: tuple[int, int] = (80, 24)) -> MemoryTerminal:
        """Somebody enters with a full screen, who is shown nothing that is not committed."""
        visit = Visit(self.world.visitor(name), pty=True, term="xterm-256color", size=size)
        terminal = self.world.connect(visit)
        terminal.observer = lambda _: check_committed(self.world)
        self.settle(COMING_S)
        return terminal

    # --- people

    @initialize(target=people, name=_NAME)
    def comes_first(self, name: str) -> MemoryTerminal:
        """There is always somebody to begin with."""
        return self.comes(name)

    @precondition(lambda self: len(self.bundle("people")) < MAX_PEOPLE)
    @rule(target=people, name=_NAME, size=strategies.sizes())
    def joins(self, name: str, size: tuple[int, int]) -> MemoryTerminal:
        """One more, perhaps at a second terminal."""
        return self.comes(name, size=size)

    @rule(who=people, text=strategies.typed_text())
    def says(self, who: MemoryTerminal, text: str) -> None:
        """A line with its Enter."""
        who.types(text + "\r")
        self.step()

    @rule(who=people, model=_MODEL, text=strategies.typed_text())
    def asks(self, who: MemoryTerminal, model: str, text: str) -> None:
        """A question."""
        who.types(f"@{model} {text}\r")
        self.step()

    @rule(who=people, data=strategies.packets(st.one_of(strategies.keys(), strategies.typed_text())))
    def presses(self, who: MemoryTerminal, data: tuple[bytes, ...]) -> None:
        """Keys, or text that stays in the editor, in packets."""
        for packet in data:
            who.sends(packet)
            self.step()

    @rule(who=people)
    def interrupts(self, who: MemoryTerminal) -> None:
        """Ctrl-C."""
        who.types("\x03")
        self.step()

    @rule(who=consumes(people))
    def hangs_up(self, who: MemoryTerminal) -> None:
        """The connection is gone."""
        who.hangs_up()
        self.step()

    @rule(who=people, size=strategies.sizes())
    def resizes(self, who: MemoryTerminal, size: tuple[int, int]) -> None:
        """Another size of the window."""
        who.resizes(*size)
        self.step()

    @rule(who=people)
    def stops_reading(self, who: MemoryTerminal) -> None:
        """Nothing more is taken."""
        who.stops_reading()

    @rule(who=people)
    def reads_on(self, who: MemoryTerminal) -> None:
        """What waits is taken, and all that comes."""
        who.reads_on()
        self.step()

    # --- models

    @rule(model=_MODEL, text=strategies.model_texts())
    def model_says(self, model: str, text: str) -> None:
        """A piece of the answer to its oldest question, or of the next one's."""
        self.world.model(model).says(text)
        self.step()

    @rule(model=_MODEL)
    def model_ends(self, model: str) -> None:
        """The answer is whole, or this round of it."""
        self.world.model(model).ends()
        self.step()

    @rule(model=_MODEL, reason=st.sampled_from(("it broke", "no \x1b[31mred")))
    def model_fails(self, model: str, reason: str) -> None:
        """The answer breaks off."""
        self.world.model(model).fails(reason)
        self.step()

    @precondition(lambda self: bool(self.tools))
    @rule(model=_MODEL, script=st.runner().flatmap(lambda self: strategies.model_scripts(self.tools)))
    def model_follows(self, model: str, script: ModelScript) -> None:
        """A whole answer, with a tool's call perhaps."""
        follow(self.world.model(model), script)
        self.step()

    # --- time, the disk, a kill

    @rule(seconds=strategies.seconds())
    def waits(self, seconds: float) -> None:
        """Time passes; with 0 seconds, everything that need not wait for it is done."""
        self.settle(seconds)

    @rule(full=st.booleans())
    def disk_fails(self, full: bool) -> None:
        """It is read-only, or full."""
        (self.world.disk.fills_up if full else self.world.disk.becomes_read_only)()

    @rule()
    def disk_works(self) -> None:
        """It works again."""
        self.world.disk.works_again()

    @rule()
    def is_killed(self) -> None:
        """What a `kill -9` here would leave is recovered in a copy."""
        check_recoverable(self.world)

    # --- what holds

    @invariant()
    def holds(self) -> None:
        """Committed before shown, in a dense order, no row open without its answer, and no bug was met."""
        check_committed(self.world)
        check_dense(self.world)
        check_answered(self.world)
        if self._bugs.found:
            raise Broken("no bug is met", self._bugs.found[0])
        if unseen := self.world.heard.unseen():
            raise Broken("no script errs", unseen)
        self._shown = self._look()

    def _look(self) -> str:
        return "\n".join(terminal.shown() for terminal in self.world.terminals)

    def teardown(self) -> None:
        """Faults end, everybody goes, and nothing may be left. After a failure the screens are told with it."""
        failure = sys.exception()
        try:
            if failure is None or failure is self._handled:
                self.call(self._come_to_rest)
                self._guest.close()
            elif isinstance(failure, Exception):
                failure.add_note(self._shown if self._guest.over else self._look())
        finally:
            self._guest.abandon()
            self._block.close()

    async def _come_to_rest(self) -> None:
        hub = self.world.hub
        self.world.disk.works_again()
        for terminal in self.world.terminals:
            terminal.reads_on()
            terminal.hangs_up()
        with trio.move_on_after(REST_S):
            await self.world.until(
                lambda: not (hub.crowd.sessions or hub.answers.running or hub.recorder.debt), 2 * REST_S
            )
        self.holds()
        if left := [answer.id for answer in hub.answers.running]:
            raise Broken("everything ends when everybody has gone", f"answers run: {', '.join(left)}")
        check_recoverable(self.world)

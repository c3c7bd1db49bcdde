"""The script loop: the one task of a session that enters its Lua, item by item from the inbox.

Effects that a callback asked for are applied, in order, when it has ended, and before the next one gets anything from
the host. A callback that fails is shown to the person, and the session goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import trio

from chatd.core.room import Behind
from chatd.core.sanitize import sanitize
from chatd.errors import ScriptError
from chatd.ports import ON_TIMER, Call, Plain, Raised, ScriptOutcome
from chatd.tasks.chat import views
from chatd.tasks.chat.notices import Level
from chatd.tasks.screens.canvas import BlockCanvas
from chatd.tasks.screens.things import Look
from chatd.tasks.scripts.row_calls import are_forgotten, personal_calls, prepare, row_calls, tell
from chatd.tasks.scripts.runner import CallEnded, Caller, Runner, TimerRang
from chatd.tasks.session.effects import Effects
from chatd.tasks.session.inbox import Notice
from chatd.tasks.session.script_api import ScriptApi
from chatd.tasks.session.state import State

logger = logging.getLogger("chatd.session")


class ScriptLoop:
    """One runtime of a session, which gives the room, the inbox and the nursery. A changed interface gets a new one."""

    def __init__(self, state: State, host: ScriptApi, effects: Effects, runner: Runner) -> None:
        self._state = state
        self._host = host
        self._effects = effects
        self._runner = runner
        self.problem = ""
        """What was wrong the last time, for people to read."""
        self._told: str | None = None
        self._look: Look | None = None
        """The look that was named last, where this runtime draws things."""
        self.goes_on = runner.goes_on
        self.close = runner.close

    @classmethod
    async def first(cls, state: State, host: ScriptApi, effects: Effects) -> ScriptLoop:
        """The one that a session begins with: where the operator's files are broken, that of the shipped ones, and the
        person is told. Raises ScriptError when those are, too.
        """
        try:
            return await cls.opened(state, host, effects)
        except ScriptError as error:
            loop = await cls.opened(state, host, effects, shipped_only=True)
            problem = f"the scripts are broken: {sanitize(str(error))}; this is the interface without them"
            logger.warning("%s: %s", state.visitor.name, problem.replace("\n", " | "))
            state.notice(problem, Level.ERROR)
            return loop

    @classmethod
    async def opened(cls, state: State, host: ScriptApi, effects: Effects, *, shipped_only: bool = False) -> ScriptLoop:
        """One whose runtime is open. Raises ScriptError when one of the interface's files is broken or missing; what
        the others asked for while they were run is not done then.
        """

        async def post(item: CallEnded | TimerRang) -> None:
            state.inbox.put_now(item)

        hub, opened = state.hub, False
        try:
            runner = await Runner.open(hub.scripts, host.functions(), post, seed=hub.seed, shipped_only=shipped_only)
            opened = True
        finally:
            if not opened:
                effects.abandon_all()
        return cls(state, host, effects, runner)

    def begin(self) -> None:
        """The session's nursery is open and this runtime is the one in use."""
        self._runner.begin(self._state.nursery)

    async def stop(self) -> None:
        """Let the script put its things in order, once; `close` follows."""
        if problem := await self._runner.stop():
            self._tell("on_stop", problem)

    @property
    def waits(self) -> bool:
        """Whether a callback is suspended."""
        return self._runner.waits

    async def call(self, callback: str, *arguments: Plain) -> bool:
        """Run a callback and apply what it asked for; returns whether it went well."""
        self._host.refill()
        return self._finish(callback, await self._runner.call(callback, *arguments))

    async def _call_each(self, calls: Sequence[Call]) -> int:
        """Run some of these callbacks, the first at least, each as `call` does it; returns how many."""

        def ended(callback: str, outcome: ScriptOutcome) -> None:
            self._finish(callback, outcome)
            self._host.refill()

        self._host.refill()
        return await self._runner.call_each(calls, ended)

    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        """See front.Interface."""
        for canvas in canvases:
            canvas.problem = await self._draw(canvas)
            await trio.lowlevel.checkpoint()  # each may take some milliseconds

    async def _draw(self, canvas: BlockCanvas) -> str:
        want = canvas.want
        if self._look is not want.look:
            self._look = want.look
            await self.call("on_look", {**want.look.settings, "width": want.look.width})
        self._host.refill()
        caller = Caller()
        with self._state.drawing.on(canvas):
            outcome = await self._runner.call(
                "on_draw", want.kind, want.first, want.last, *want.arguments(), caller=caller
            )
        caller.cancel()
        self._finish("on_draw", outcome)
        if isinstance(outcome, Raised):
            return outcome.message
        return "" if canvas.measured else f"nothing says how high a {want.kind} is"

    def hears(self, callback: str) -> bool:
        """See front.Interface."""
        return self._runner.hears_often and self._runner.hears(callback)

    @property
    def hears_rows(self) -> bool:
        """See front.Interface."""
        return self._runner.hears_rows

    async def resume(self, ended: CallEnded) -> None:
        """Go on with a suspended callback, unless it was one of a runtime that is gone."""
        self._host.refill()
        if (outcome := await self._runner.resume(ended)) is not None:
            self._finish("a suspended callback", outcome)

    async def ring(self, rang: TimerRang) -> None:
        """It is time for a timer, unless it was one of a runtime that is gone, or has been cancelled meanwhile."""
        self._host.refill()
        if (outcome := await self._runner.ring(rang)) is not None:
            self._finish(ON_TIMER, outcome)

    def _finish(self, callback: str, outcome: ScriptOutcome) -> bool:
        self._effects.apply()
        if isinstance(outcome, Raised):
            self._tell(callback, outcome.message)
            return False
        return True

    def _tell(self, callback: str, message: str) -> None:
        """Show a script's error to the person it happened to, once as long as it stays the same."""
        where = "a timer" if callback == ON_TIMER else callback
        text = self.problem = f"script error in {where}: {sanitize(message)}"
        if text == self._told:
            return
        self._told = text
        logger.warning("%s: %s", self._state.visitor.name, text.replace("\n", " | "))
        if callback != "on_notice":
            self._state.inbox.put_now(Notice(text, Level.ERROR))

    # --- the room

    async def read_room(self, alerts: str) -> None:
        """Tell the script what has been committed since the last time: of rows, if it hears of them, and of what is for
        the person, among it the `alerts` it wants.
        """
        state, room = self._state, self._state.room
        await prepare(state.hub, room, state.cursor)
        entries = room.since(state.cursor)
        state.cursor = room.number
        if isinstance(entries, Behind) or are_forgotten(room, entries):
            await self.call("on_room", views.room_view(room))
            return
        # Looked at all at once: while the script hears of the first, the rows may grow on, which is told the next time.
        calls = row_calls(state.hub, room, entries, self._host.seen.saw) if self.hears_rows else []
        await tell([*calls, *personal_calls(state.hub, room, entries, state.visitor.name, alerts)], self._call_each)

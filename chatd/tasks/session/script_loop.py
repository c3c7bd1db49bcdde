"""The script loop: the one task of a session that enters its Lua, item by item from the inbox.

Effects that a callback asked for are applied, in order, after Lua has returned. A callback that fails is shown to the
person, and the session goes on; a suspended one costs a small task that waits for its result and posts it here.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import trio

from chatd.core.room import Behind
from chatd.core.sanitize import sanitize
from chatd.errors import ChatdError, LimitReached, ScriptError
from chatd.ports import Later, Plain, Raised, Returned, Script, ScriptOutcome, Suspended
from chatd.tasks.session import views
from chatd.tasks.session.api_functions import ASIDE
from chatd.tasks.session.inbox import CallEnded, Notice, TimerRang
from chatd.tasks.session.row_calls import prepare, row_calls, tell
from chatd.tasks.timers import CALLBACK as TIMER
from chatd.tasks.timers import Timers

if TYPE_CHECKING:
    from chatd.tasks.session.session import Session

logger = logging.getLogger("chatd.session")

LAST_PATIENCE_S = 1.0
"""Seconds that `on_stop` may take at the end of a runtime: some times its budget, as others have their turns too."""


class ScriptLoop:
    """One runtime of a session, which gives the room, the inbox and the nursery. A changed interface gets a new one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._suspended = 0
        self._stopped = False
        self._scopes: set[trio.CancelScope] = set()
        """Of what suspended callbacks wait for."""
        self.problem = ""
        """What was wrong the last time, for people to read."""
        self._told: str | None = None
        self._timers = Timers(self._rang)
        self._script: Script

    @classmethod
    async def first(cls, session: Session) -> ScriptLoop:
        """The one that a session begins with: where the operator's files are broken, that of the shipped ones, and the
        person is told. Raises ScriptError when those are, too.
        """
        try:
            return await cls.opened(session)
        except ScriptError as error:
            loop = await cls.opened(session, shipped_only=True)
            problem = f"the scripts are broken: {sanitize(str(error))}; this is the interface without them"
            logger.warning("%s: %s", session.visitor.name, problem.replace("\n", " | "))
            session.notice(problem, "error")
            return loop

    @classmethod
    async def opened(cls, session: Session, *, shipped_only: bool = False) -> ScriptLoop:
        """One whose runtime is open. Raises ScriptError when one of the interface's files is broken or missing; what
        the others asked for while they were run is not done then.
        """
        loop, hub = cls(session), session.hub
        functions = {**session.host.functions(), **loop._timers.functions()}
        done = False
        try:
            loop._script = await hub.scripts.open(functions, seed=hub.seed, aside=ASIDE, shipped_only=shipped_only)
            done = True
        finally:
            if not done:
                session.effects.drop()
        return loop

    def begin(self) -> None:
        """The session's nursery is open and this runtime is the one in use."""
        self._timers.begin(self._session.nursery)

    async def stop(self) -> None:
        """Let the script put its things in order, once; nothing in `on_stop` can wait. `close` follows."""
        if self._stopped:
            return
        self._stopped = True
        outcome: ScriptOutcome = Raised(f"on_stop took longer than {LAST_PATIENCE_S:g} s")
        with trio.move_on_after(LAST_PATIENCE_S, shield=True):
            outcome = await self._script.stop()
        if isinstance(outcome, Raised):
            self._tell("on_stop", outcome.message)

    def goes_on(self) -> None:
        """After `stop`: there is none in its place, so it is used further."""
        self._stopped = False

    def close(self) -> None:
        """End everything this runtime has begun, and free it."""
        self._timers.close()
        for scope in self._scopes:
            scope.cancel()
        self._script.close()

    @property
    def waits(self) -> bool:
        """Whether a callback is suspended."""
        return self._suspended > 0

    async def call(self, callback: str, *args: Plain) -> bool:
        """Run a callback and apply what it asked for; returns whether it went well."""
        self._session.host.refill()
        return self._finish(callback, await self._script.call(callback, *args))

    async def resume(self, item: CallEnded) -> None:
        """Go on with a suspended callback, unless it was one of a runtime that is gone."""
        if item.runtime is self:
            self._suspended -= 1
            self._session.host.refill()
            outcome = await self._script.resume(item.call_id, item.ok, item.value)
            self._finish("a suspended callback", outcome)

    async def ring(self, item: TimerRang) -> None:
        """It is time for a timer, unless it was one of a runtime that is gone, or has been cancelled meanwhile."""
        if item.runtime is self and self._timers.take(item.number):
            await self.call(TIMER, item.number)

    def _finish(self, callback: str, outcome: ScriptOutcome) -> bool:
        self._session.effects.apply()
        match outcome:
            case Returned():
                return True
            case Suspended(call_id=call_id, later=later):
                self._suspend(call_id, later)
                return True
            case Raised(message=message):
                self._tell(callback, message)
                return False

    def _suspend(self, call_id: int, later: Later) -> None:
        self._suspended += 1
        if self._suspended > self._session.hub.limits.max_suspended:
            error = LimitReached("too many calls wait already")
            self._session.inbox.put_now(CallEnded(call_id, False, str(error), self))
            return
        self._session.nursery.start_soon(self._wait_for, call_id, later.job)

    async def _wait_for(self, call_id: int, job: Callable[[], Awaitable[Plain]]) -> None:
        with trio.CancelScope() as scope:
            self._scopes.add(scope)
            if self._session.loop is not self:
                scope.cancel()
            try:
                ended = CallEnded(call_id, True, await job(), self)
            except ChatdError as error:
                ended = CallEnded(call_id, False, str(error), self)
            except Exception:
                logger.exception("what a script waited for failed")
                ended = CallEnded(call_id, False, "internal error", self)
            finally:
                self._scopes.discard(scope)
            self._session.inbox.put_now(ended)

    async def _rang(self, number: int) -> None:
        self._session.inbox.put_now(TimerRang(number, self))

    def _tell(self, callback: str, message: str) -> None:
        """Show a script's error to the person it happened to, once as long as it stays the same."""
        text = self.problem = f"script error in {callback}: {sanitize(message)}"
        if text == self._told:
            return
        self._told = text
        logger.warning("%s: %s", self._session.visitor.name, text.replace("\n", " | "))
        if callback != "on_notice":
            self._session.inbox.put_now(Notice(text, "error"))

    # --- the room

    async def read_room(self) -> None:
        """Tell the script what has been committed since the last time."""
        session = self._session
        room = session.room
        await prepare(session.hub, room, session.cursor)
        entries = room.since(session.cursor)
        session.cursor = room.number
        if isinstance(entries, Behind):
            await self.call("on_room", views.room_view(session.hub, room))
            return
        # Looked at all at once: while the script hears of the first, the rows may grow on, which is told the next time.
        await tell(row_calls(session.hub, room, entries, session.host.seen.saw), self.call)


async def tick(interval: Callable[[], float], post: Callable[[], None]) -> None:
    """Post ticks until cancelled; the interval is asked for each time."""
    while True:
        await trio.sleep(interval())
        post()

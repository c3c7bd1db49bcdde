"""A runtime on a thread, so that nothing a script does holds up the loop: not one long step in C, which no budget can
interrupt and which runs without Python's lock, and not a long answer of the host's.

The loop starts the thread and at first only waits for it, as most calls end within a fraction of a millisecond. Host
functions are run by the loop, while the thread waits, so they need no locks and may use trio; those named in `aside`,
which touch nothing that others share, are run by the thread itself. What takes longer than `patience` waits like any
other task, with the others going on; and the longer it took, the longer it rests afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from time import perf_counter
from typing import Any, cast

import trio
from outcome import Error, Outcome, Value

from chatd.adapters.lua.runtime import Runtime
from chatd.errors import ScriptError
from chatd.ports import Later, Plain, Raised, ScriptOutcome

SHORT_PATIENCE_S = 0.001
"""The same for a call that has had that, and for the next one: whoever holds up others once does so again."""

SLOW = 0.25
"""The part of the loop's patience from which a call counts as one that took long: then it rests as long as it took, so
that many of them in a row leave half of the time to others.
"""

LAST_PATIENCE_S = 0.025
"""Seconds that `on_stop` and the end of what is suspended may take together: an end cannot await, the loop stands."""

MAX_REST_S = 0.5
"""Seconds that a script rests at most, whatever it took: a person wants to be heard by it."""

_Request = Callable[[], "Plain | Later"]
_Post = _Request | Outcome[Any]
"""What the thread has to say: run this, or how the work ended."""


class ThreadedScript:
    """Implements ports.Script; `patience` is in seconds. `open` comes first, `close` must follow, whatever `open` did.

    Cancelling a call leaves its thread to itself: it touches nothing any more, ends within its budget, and frees the
    runtime if that has been closed meanwhile.
    """

    def __init__(self, patience: float) -> None:
        self.over = False
        self._patience = self._next_patience = patience
        self._token = trio.lowlevel.current_trio_token()
        # One of the two sides waits for the other at any time: neither queue ever holds more than two items.
        self._posts: SimpleQueue[_Post] = SimpleQueue()
        self._answers: SimpleQueue[Outcome[Plain | Later]] = SimpleQueue()
        self._parked: trio.Event | None = None
        """Set while the loop does not look at the posts: whoever posts wakes it."""
        self._lock = Lock()
        """Guards what both sides decide at the end: who frees the runtime."""
        self._busy = False
        self._closed = False
        self._until: float | None = None
        """When the loop stops standing still for the end of this script."""
        self._runtime: Runtime | None = None

    async def open(self, make: Callable[[], Runtime]) -> None:
        """Make the runtime on the thread. Raises what `make` raises."""

        def opened() -> None:
            self._runtime = make()

        await self._run(opened)

    async def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        """See ports.Script."""
        return cast("ScriptOutcome", await self._run(partial(self._open.call, callback, *args)))

    async def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        """See ports.Script."""
        return cast("ScriptOutcome", await self._run(partial(self._open.resume, call_id, ok, value)))

    def stop(self) -> ScriptOutcome:
        """See ports.Script. What was cancelled ends first, if it does so soon."""
        if self.over and not self._comes_back():
            return Raised("on_stop: the script is still busy with something else")
        outcome = self._run_now(self._open.stop)
        if outcome is None:
            return Raised(f"on_stop took longer than {LAST_PATIENCE_S:g} s")
        return cast("ScriptOutcome", outcome.unwrap())

    def close(self) -> None:
        """See ports.Script."""
        with self._lock:
            mine = not self._busy and not self._closed
            self._closed = True
        if mine and self._runtime is not None:
            self._run_now(self._runtime.close)

    @property
    def _open(self) -> Runtime:
        assert self._runtime is not None, "the runtime could not be made"
        return self._runtime

    # --- on the loop

    async def _run(self, work: Callable[[], Any]) -> Any:
        """Have the thread work, and serve it. Raises what `work` raises."""
        began = perf_counter()
        self._begin(work)
        outcome: Outcome[Any] | None = None
        try:
            outcome = await self._serve(began + self._next_patience)
        finally:
            if outcome is None:
                self._give_up()
        took = perf_counter() - began
        slow = took > self._patience * SLOW
        self._next_patience = min(self._patience, SHORT_PATIENCE_S) if slow else self._patience
        if slow:
            await trio.sleep(min(took, MAX_REST_S))
        return outcome.unwrap()

    async def _serve(self, due: float) -> Outcome[Any]:
        while True:
            post = self._look(due)
            if isinstance(post, Outcome):
                return post
            if post is None:
                await self._posted()
                due = perf_counter() + SHORT_PATIENCE_S
                continue
            if perf_counter() > due:
                await trio.sleep(SHORT_PATIENCE_S)
                due = perf_counter() + SHORT_PATIENCE_S
            self._answer(post)

    def _run_now(self, work: Callable[[], Any]) -> Outcome[Any] | None:
        """As `_run`, with the loop standing; None if it takes too long, and then it is given up."""
        self._begin(work)
        due = self._last_due()
        while (post := self._look(due)) is not None:
            if isinstance(post, Outcome):
                return post
            self._answer(post)
        self._give_up()
        return None

    def _comes_back(self) -> bool:
        """Whether a call that was given up ends soon: then the runtime can be entered once more."""
        due = self._last_due()
        while (post := self._look(due)) is not None:
            if isinstance(post, Outcome):
                self.over, self._answers = False, SimpleQueue()
                return True
        return False

    def _last_due(self) -> float:
        if self._until is None:
            self._until = perf_counter() + LAST_PATIENCE_S
        return self._until

    def _begin(self, work: Callable[[], Any]) -> None:
        assert not self._busy, "one task alone calls a script, and one call after the other"
        self._busy = True
        trio.lowlevel.start_thread_soon(work, self._ended, "chatd script")

    def _look(self, until: float) -> _Post | None:
        try:
            return self._posts.get(timeout=max(0.0, until - perf_counter()))
        except Empty:
            return None

    async def _posted(self) -> None:
        """Wait for the thread while others go on."""
        self._parked = event = trio.Event()
        try:
            if not self._posts.empty():  # it came before the event was there
                event.set()
            await event.wait()
        finally:
            self._parked = None

    def _answer(self, request: _Request) -> None:
        answer: Outcome[Plain | Later]
        try:
            answer = Value(request())
        except Exception as error:  # noqa: BLE001 -- it belongs to the thread, which logs or shows it
            answer = Error(error)
        self._answers.put(answer)

    def _give_up(self) -> None:
        self.over = True
        self._answers.put(Error(ScriptError("cancelled")))  # if it waits for one

    # --- on the thread

    def call_loop(self, function: _Request) -> Plain | Later:
        """See host.Loop."""
        if self.over:
            raise ScriptError("cancelled")
        self._post(function)
        return self._answers.get().unwrap()

    def _ended(self, outcome: Outcome[Any]) -> None:
        with self._lock:
            self._busy = False
            mine = self._closed
        if mine and self._runtime is not None:
            self._runtime.close()
        self._post(outcome)

    def _post(self, post: _Post) -> None:
        self._posts.put(post)
        event = self._parked
        if event is not None:
            with suppress(trio.RunFinishedError):  # the server has ended, and with it whoever waited
                self._token.run_sync_soon(event.set)

"""A runtime on a thread, so that nothing a script does holds up the loop: not one long step in C, which no budget can
interrupt and which runs without Python's lock, and not a long answer of the host's.

The loop starts the thread and at first only waits for it, as most calls end within a fraction of a millisecond. Host
functions are run by the loop, while the thread waits, so they need no locks and may use trio; those named in
`off_loop`, which touch nothing that others share, are run by the thread itself. What takes longer than the loop has
patience waits like any other task, with the others going on; and the longer it took, the longer it rests afterwards.
A batch of callbacks is one piece of work for the thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock
from time import perf_counter
from typing import Any, cast

import trio
from outcome import Error, Outcome, Value, capture

from chatd.adapters.lua.runtime import Runtime
from chatd.adapters.lua.stall_budget import StallBudget
from chatd.errors import ScriptError
from chatd.ports import MAX_CALLS, Call, Ended, Later, Plain, Raised, ScriptOutcome

SHORT_PATIENCE_S = 0.001
"""Patience with a call that has used up what the loop had, and with the next one: it may well be the same again."""

SLOW_S = 0.002
"""From here on a call counts as one that took long: it rests as long as it took, so that many of them in a row leave
half of the time to others."""

MAX_REST_S = 0.5
"""Seconds that a script rests at most, whatever it took: a person wants to be heard by it."""

_Request = Callable[[], "Plain | Later"]
_Post = _Request | Outcome[Any]
"""What the thread has to say: run this, or how the work ended."""


def _nothing() -> None:
    """Of a single call, all that there is to tell is how it has ended."""


class ThreadedScript:
    """Implements ports.Script. `open` comes first, `close` must follow, whatever `open` did.

    Cancelling a call leaves its thread to itself: it touches nothing any more, ends within its budget, and frees the
    runtime if that has been closed meanwhile.
    """

    def __init__(self, patience: StallBudget) -> None:
        self.over = False
        self._patience = patience
        self._slow = True
        """Whether the last call took long, or the next one will: all files are run at first."""
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
        self._expected = False
        """Whether the end of some work is to be posted yet, be it of a call that was given up."""
        self._runtime: Runtime | None = None

    async def open(self, make: Callable[[], Runtime]) -> None:
        """Make the runtime on the thread. Raises what `make` raises, and ScriptError where no thread can be had."""

        def opened() -> None:
            self._runtime = make()

        await self._run(opened)

    async def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        """See ports.Script."""
        return await self._entered(partial(self._open.call, callback, *args))

    async def call_each(self, calls: Sequence[Call], ended: Ended) -> int:
        """See ports.Script. The thread notes how they end, and the loop tells it whenever it has the thread wait: that
        is before each function of the host, and at the end. For what nobody has anything for there is no thread.
        """
        runtime = self._open
        if not any(runtime.answers(callback) for callback, *_ in calls[:MAX_CALLS]):
            return runtime.call_each(calls, ended)
        outcomes: deque[tuple[str, ScriptOutcome]] = deque()

        def note(callback: str, outcome: ScriptOutcome) -> None:
            outcomes.append((callback, outcome))

        def tell() -> None:
            while outcomes:
                ended(*outcomes.popleft())

        try:
            return cast("int", await self._run(partial(runtime.call_each, calls, note), tell))
        except ScriptError as error:  # there is no thread; for the next one there may be
            ended(calls[0][0], Raised(str(error)))
            return 1

    @property
    def hears_often(self) -> bool:
        """See ports.Script."""
        return self._open.hears_often

    def hears(self, callback: str) -> bool:
        """See ports.Script."""
        return self._open.hears(callback)

    async def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        """See ports.Script."""
        return await self._entered(partial(self._open.resume, call_id, ok, value))

    async def stop(self) -> ScriptOutcome:
        """See ports.Script."""
        if self.over:
            await self._come_back()
        self._slow = True  # so many may end at once that nobody knows how long theirs takes
        outcome = await self._entered(self._open.stop)
        await self._entered(self._open.unwind)
        return outcome

    def close(self) -> None:
        """See ports.Script. Does not wait for it: what still is to be unwound touches nothing any more."""
        with self._lock:
            mine = not self._busy and not self._closed
            self._closed = self.over = True
        if mine and self._runtime is not None:
            try:
                trio.lowlevel.start_thread_soon(self._runtime.close, _ignore, "chatd script")
            except RuntimeError:  # no thread is to be had: others wait this once, but nothing is left behind
                self._runtime.close()

    @property
    def _open(self) -> Runtime:
        assert self._runtime is not None, "the runtime could not be made"
        return self._runtime

    # --- on the loop

    async def _entered(self, enter: Callable[[], ScriptOutcome]) -> ScriptOutcome:
        try:
            return cast("ScriptOutcome", await self._run(enter))
        except ScriptError as error:
            return Raised(str(error))

    async def _run(self, work: Callable[[], Any], tell: Callable[[], None] = _nothing) -> Any:
        """Have the thread work, and serve it; `tell` is called whenever it waits or has ended. Raises what `work`
        raises.
        """
        async with self._patience.lane(slow=self._slow):
            began = perf_counter()
            outcome = await self._served(work, began, tell)
        took = perf_counter() - began
        self._slow = took > SLOW_S and self._patience.is_bounded
        if self._slow:
            await trio.sleep(min(took, MAX_REST_S))
        return outcome.unwrap()

    async def _served(self, work: Callable[[], Any], began: float, tell: Callable[[], None]) -> Outcome[Any]:
        patience = self._patience.grant(SHORT_PATIENCE_S if self._slow else None)
        self._begin(work)
        outcome: Outcome[Any] | None = None
        try:
            outcome = await self._serve(began + patience, tell)
        finally:
            if outcome is None:
                self._give_up()
        return outcome

    async def _serve(self, due: float, tell: Callable[[], None]) -> Outcome[Any]:
        began = perf_counter()
        while True:
            post = self._look(due)
            if post is not None:
                self._expected = not isinstance(post, Outcome)
                tell()
            if isinstance(post, Outcome):
                self._patience.spend(perf_counter() - began)
                return post
            if post is not None and perf_counter() <= due:
                self._answer(post)
                continue
            self._patience.spend(perf_counter() - began)
            if post is None:
                await self._posted()
            else:
                await trio.sleep(SHORT_PATIENCE_S)
                self._answer(post)
            began = perf_counter()
            due = began + self._patience.grant(SHORT_PATIENCE_S)

    def _begin(self, work: Callable[[], Any]) -> None:
        assert not self._expected, "one task alone calls a script, and one call after the other"
        self._busy = self._expected = True
        try:
            trio.lowlevel.start_thread_soon(partial(self._work, work), self._worked, "chatd script")
        except RuntimeError as error:
            self._busy = self._expected = False
            raise ScriptError(f"there is no thread for the script: {error}") from None

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

    async def _come_back(self) -> None:
        """Wait until a call that was given up has ended: then the runtime can be entered once more."""
        while self._expected:
            await self._posted()
            self._expected = not isinstance(self._posts.get_nowait(), Outcome)
        self.over, self._answers = False, SimpleQueue()

    # --- on the thread

    def call_loop(self, function: _Request) -> Plain | Later:
        """See host.Loop."""
        self._post(function)
        return self._answers.get().unwrap()

    def _work(self, work: Callable[[], Any]) -> Outcome[Any]:
        """The runtime is freed here and not in `_worked`: while that runs, the thread may be another's already."""
        outcome: Outcome[Any] = capture(work)
        with self._lock:
            self._busy = False
            mine = self._closed
        if mine and self._runtime is not None:
            self._runtime.close()
        return outcome

    def _worked(self, outcome: Outcome[Outcome[Any]]) -> None:
        self._post(outcome.unwrap() if isinstance(outcome, Value) else outcome)

    def _post(self, post: _Post) -> None:
        self._posts.put(post)
        event = self._parked
        if event is not None:
            with suppress(trio.RunFinishedError):  # the server has ended, and with it whoever waited
                self._token.run_sync_soon(event.set)


def _ignore(_outcome: object) -> None:
    """Nobody waits for the end of a runtime."""

"""The runtime that belongs to nobody: how things look for everybody is drawn there, once for all who look alike.

It has no session, no timers and nothing that waits: what it draws depends on the thing and the look alone.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import trio

from chatd.core.sanitize import sanitize_line
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Plain, Raised, Script, Suspended
from chatd.tasks.chat.hub import Hub
from chatd.tasks.log.bell import Bell
from chatd.tasks.screens.canvas import BlockCanvas, Drawing
from chatd.tasks.screens.things import Look
from chatd.tasks.scripts.api_functions import OFF_LOOP
from chatd.tasks.scripts.row_lines import RowLines
from chatd.tasks.scripts.sessionless import sessionless_functions

logger = logging.getLogger("chatd.script")

TURN = 4
"""Things drawn for one before the next one has a turn, each a millisecond as a rule and some 30 at worst: whoever
scrolls through long rows wants a hundred, and everybody's screen waits for the one line that is new.
"""

CANNOT_WAIT = "nothing can wait while a thing is drawn"

MODE = "look"
"""What scripts read in `tools.session().mode` there."""


@dataclass(slots=True, eq=False)
class _Request:
    canvases: deque[BlockCanvas]
    """What is not drawn yet; nothing when nobody waits for it any more."""
    done: trio.Event = field(default_factory=trio.Event)


class LookScript:
    """Implements looks.Drawer. `serve` is one task that outlives every session, and alone enters the runtime: whoever
    waits for a drawing may be cancelled, and the runtime is not.
    """

    def __init__(self, hub: Hub, changed: Callable[[], None]) -> None:
        """`changed` is called when things look otherwise from now on: the files are others."""
        self._hub = hub
        self._changed = changed
        self._script: Script | None = None
        """None while the shipped interface is broken: there is no session then, either."""
        self._look: Look | None = None
        """The look that was named last."""
        self._drawing = Drawing()
        find, want_more = partial(self._drawing.find, _none), partial(self._drawing.want_more, _nothing)
        self._lines = RowLines(hub.texts, find, want_more)
        self._requests: deque[_Request] = deque()
        """One of each task that waits for a drawing, next ones first."""
        self._asked = Bell()
        self._stale = False

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Open the runtime, and draw what is wanted, until cancelled. Started when it is open.

        When the files have changed another one takes its place. Where the operator's files are broken the one there is
        goes on, the shipped interface at first.
        """
        self._hub.script_watch.bells.hang(self)
        try:
            await self._load()
            task_status.started()
            while True:
                while not self._requests:
                    await self._asked.wait()
                if self._stale:
                    self._stale = False
                    await self._load()
                await self._draw(self._requests.popleft())
        finally:
            self._hub.script_watch.bells.unhang(self)
            if self._script is not None:
                self._script.close()

    def ring(self) -> None:
        """The files are others now: everything is drawn anew."""
        self._stale = True
        self._changed()

    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        """See looks.Drawer. The one that is being drawn is finished when this is cancelled."""
        request = _Request(deque(canvases))
        self._requests.append(request)
        self._asked.ring()
        try:
            await request.done.wait()
        finally:
            request.canvases.clear()

    async def _draw(self, request: _Request) -> None:
        """Give it a turn."""
        for _ in range(TURN):
            if not request.canvases:
                break
            canvas = request.canvases.popleft()
            canvas.problem = await self._draw_safely(canvas)
            await trio.lowlevel.checkpoint()  # each may take some milliseconds
        if request.canvases:
            self._requests.append(request)
        else:
            request.done.set()

    async def _draw_safely(self, canvas: BlockCanvas) -> str:
        """Whatever goes wrong in drawing a thing, the others are drawn."""
        try:
            return await self._draw_one(canvas)
        except Exception:
            logger.exception("a %s could not be drawn", canvas.want.kind)
            return "a bug of the server's; its log tells more"

    async def _draw_one(self, canvas: BlockCanvas) -> str:
        want = canvas.want
        self._lines.refill()
        if self._look is not want.look:
            self._look = None
            if problem := await self._call("on_look", {**want.look.settings, "width": want.look.width}):
                return problem
            self._look = want.look
        with self._drawing.on(canvas):
            problem = await self._call("on_draw", want.kind, want.first, want.last, *want.arguments())
        return problem or ("" if canvas.measured else f"nothing says how high a {want.kind} is")

    async def _call(self, callback: str, *arguments: Plain) -> str:
        if self._script is None:
            return "the interface cannot be loaded"
        outcome = await self._script.call(callback, *arguments)
        if isinstance(outcome, Suspended):
            await self._script.resume(outcome.call_id, ok=False, value=CANNOT_WAIT)
            return f"{callback}: {CANNOT_WAIT}"
        return outcome.message if isinstance(outcome, Raised) else ""

    async def _load(self) -> None:
        try:
            script = await self._open()
        except ScriptError as error:
            logger.error("things look as before: %s", sanitize_line(str(error)))
            shipped = await self._shipped() if self._script is None else None
            if shipped is None:
                return
            script = shipped
        if self._script is not None:
            self._script.close()
        self._script, self._look = script, None
        self._changed()

    async def _shipped(self) -> Script | None:
        try:
            return await self._open(shipped_only=True)
        except ScriptError:
            return None  # whoever comes in is told

    async def _open(self, *, shipped_only: bool = False) -> Script:
        hub, functions = self._hub, self._functions()
        return await hub.scripts.open(functions, seed=hub.seed, off_loop=OFF_LOOP, shipped_only=shipped_only)

    def _functions(self) -> Mapping[str, HostFunction]:
        return {
            **sessionless_functions(self._hub, MODE, reloaded=self._script is not None),
            **self._drawing.functions(), **self._lines.functions(),
            "text": self._lines.text, "call": _cannot_wait, "look_for_models": _cannot_wait,
            "timer_start": lambda seconds, repeats: 0, "timer_stop": lambda number: False,
        }  # fmt: skip


def _none(row_id: str) -> None:
    raise ScriptError(f"there is no row {row_id[:40]!r} here")


def _nothing() -> None:
    """Whoever wants the thing has it drawn again."""


def _cannot_wait(*_: Plain) -> None:
    raise ScriptError(CANNOT_WAIT)

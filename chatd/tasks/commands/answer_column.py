"""One model's answer on its way out of the command `ask`: its rows read in order, as text or as events."""

from __future__ import annotations

from collections.abc import Mapping

import trio

from chatd.core.mention import Ending
from chatd.core.room import LiveRow
from chatd.core.row import NO_META, Method, Status
from chatd.core.sanitize import Sanitizer, sanitize_line
from chatd.core.thoughts import Thoughts
from chatd.core.times import iso
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.asking.progress import Stage
from chatd.tasks.chat.ask import warning
from chatd.tasks.chat.views import retry_text
from chatd.tasks.commands.call import Call
from chatd.tasks.slices import slices

NOTE = 200
"""Characters of a tool's arguments or result in a note on stderr; the room has the whole."""


class Column:
    """What has been printed of one answer. `row` is the place in the mention's rows that is being read."""

    def __init__(self, call: Call, answer: RunningAnswer, *, headed: bool) -> None:
        self.answer = answer
        self.row = 0
        self.run_ended = False
        self.closed = False
        self._call = call
        self._json = False
        self._heading = f"== {answer.facts.model} ==" if headed else ""
        self._sanitizer = Sanitizer()
        self._taken = 0
        """Code points of the present row that have been taken."""
        self._thought: dict[str, int] = {}
        """Code points that have been taken of what was thought, by the row that it stands in."""
        self._waiting: list[str] = []
        """Text that waits for its turn (several models)."""
        self._newlines = 0
        """Line ends held back: an answer ends in exactly one."""
        self._printed = False
        self._stats: Mapping[str, object] = NO_META
        self._retries = 0
        self._queued = False

    async def begin(self, *, as_json: bool) -> None:
        """Before anything is known."""
        self._json = as_json
        left_out = self.answer.question.left_out
        if as_json:
            await self._event("started", row_id=None)
            return
        if warned := warning(self.answer):
            self._call.error(f"chatd: {warned}")
        if left_out:
            self._note(f"{left_out} older messages did not fit its context")

    # --- taking

    async def take_progress(self) -> None:
        """Say what is no part of the answer: requests made anew, and once that it waits."""
        progress = self.answer.progress
        for retry in progress.retries[self._retries :]:
            self._retries += 1
            if self._json:
                await self._event("retry", row_id=None, content=retry_text(retry))
            else:
                self._note(retry_text(retry))
        if progress.stage is Stage.QUEUED and not self._queued and not self._json:
            self._queued = True
            self._note(f"waits for its turn, number {progress.position} in the queue")

    async def take(self, live: LiveRow) -> None:
        """What a row of the answer has grown by."""
        head = live.head
        match head.method:
            case Method.TOOL_CALL:
                await self._rest_of_thought(live)
                await self._tool("tool_call", live, f"calls {head.tool_name} {live.text}")
            case Method.TOOL_RESULT if not head.is_open:
                await self._tool("tool_result", live, f"{head.tool_name}: {live.text}")
            case Method.MODEL | Method.CHUNK:
                await self._text(live)
            case _:
                pass

    def next_row(self) -> None:
        """The present row is whole and has been taken."""
        self.row += 1
        self._taken = 0

    async def _text(self, live: LiveRow) -> None:
        if not live.head.is_open:
            await self._rest_of_thought(live)  # before what is said: it came before most of that
        piece = live.since(self._taken)
        if piece and self._json:
            await self._event("token", row_id=live.head.id, content=piece)
        elif piece:
            if self._taken == 0 and (self._printed or self._waiting):
                self._waiting.append("\n")  # another round's text: it begins a line
            for part in slices(piece):
                self._waiting.append(self._sanitizer.feed(part))
                if self._waiting[-1] is not part:
                    await trio.lowlevel.checkpoint()
        self._taken = live.length
        if not live.head.is_open:
            self._stats = live.head.meta

    async def take_thought(self, row_id: str, thoughts: Thoughts) -> None:
        """What was thought of a row that has not ended, or perhaps not begun."""
        await self._think(row_id, thoughts.since(row_id, self._thought.get(row_id, 0)))

    async def _rest_of_thought(self, live: LiveRow) -> None:
        thinking = live.head.meta.get("thinking")
        if isinstance(thinking, str):
            await self._think(live.head.id, thinking[self._thought.get(live.head.id, 0) :])

    async def _think(self, row_id: str, text: str) -> None:
        self._thought[row_id] = self._thought.get(row_id, 0) + len(text)
        if text and self._json:
            await self._event("thinking", row_id=row_id, content=text)

    async def _tool(self, kind: str, live: LiveRow, note: str) -> None:
        if self._json:
            extra = {"tool_name": live.head.tool_name}
            await self._event(kind, row_id=live.head.id, content=live.text, status=live.head.status, extra=extra)
        else:
            line = sanitize_line(note)
            self._note(line if len(line) <= NOTE else line[:NOTE] + "…")

    # --- as text

    async def print_text(self, *, last: bool) -> None:
        """Print what has been taken; `last`: nothing more comes."""
        if self._heading:
            self._call.line(self._heading)
            self._heading = ""
        text = "".join(self._waiting) + (self._sanitizer.flush() if last else "")
        self._waiting.clear()
        kept = text.rstrip("\n")
        if kept:
            await self._call.send("\n" * self._newlines + kept)
            self._newlines, self._printed = 0, True
        self._newlines += len(text) - len(kept)

    def end_text(self, ending: Ending) -> None:
        """The answer has ended."""
        self.closed = True
        if self._printed:
            self._call.raw("\n")
        if ending.reason:
            self._note(ending.reason)

    def _note(self, text: str) -> None:
        self._call.error(f"chatd: {self.answer.facts.model}: {text}")

    # --- as events

    async def end_events(self, ending: Ending) -> None:
        """The answer has ended."""
        self.closed = True
        good = ending.status in (Status.COMPLETE, Status.LENGTH)
        row_id = self.answer.mention.row_id
        if good:
            await self._event("done", row_id=row_id, status=ending.status, stats=self._stats)
        else:
            reason = ending.reason or str(ending.status)
            await self._event("error", row_id=row_id, status=ending.status, error=reason, stats=self._stats)

    async def _event(
        self, kind: str, *, row_id: str | None, content: str = "", status: Status = Status.OPEN,
        error: str | None = None, stats: Mapping[str, object] = NO_META, extra: Mapping[str, object] = NO_META,
    ) -> None:  # fmt: skip
        await self._call.send_json({
            "type": kind,
            "timestamp": iso(self._call.hub.clock.now_ms()),
            "mention_id": self.answer.id,
            "row_id": row_id,
            "content": content,
            "error": error,
            "status": status,
            "stats": {key: value for key, value in stats.items() if key != "thinking"},
            **extra,
        })  # fmt: skip

"""Printing the events of answers for the command `ask`: as text, one answer after the other, or as JSON Lines."""

from __future__ import annotations

from typing import Protocol

import trio

from chatd.core.sanitize import Sanitizer, sanitize_line
from chatd.core.times import iso
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.chat.answering import AnswerEvent, AnswerEventKind, Answering
from chatd.tasks.chat.ask import warning
from chatd.tasks.chat.views import source_seqs
from chatd.tasks.commands.call import Call
from chatd.tasks.slices import slices

NOTE = 200
"""Characters of a tool's arguments or result in a note on stderr; the room has the whole."""


class Printer(Protocol):
    """Prints one event after the other."""

    async def print(self, event: AnswerEvent) -> None:
        """Print it, or keep it until it is its turn."""
        ...


async def print_answers(call: Call, events: Answering, *, as_json: bool) -> None:
    """Print events until every answer has ended, at the pace at which the client takes them."""
    printer: Printer = JsonPrinter(call) if as_json else TextPrinter(call, events.answers)
    async for event in events:
        await printer.print(event)
        if not events.pending:
            await call.sent()
    await call.sent()


class JsonPrinter:
    """Prints events as they come."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def print(self, event: AnswerEvent) -> None:
        """See Printer."""
        if event.kind is AnswerEventKind.QUEUED:
            return
        failed = event.kind is AnswerEventKind.ERROR
        tool = {} if event.tool_name is None else {"tool_name": event.tool_name}
        await self._call.send_json({
            "type": event.kind,
            "timestamp": iso(self._call.hub.clock.now_ms()),
            "mention_id": event.answer.id,
            "row_id": event.row_id,
            "content": event.content,
            "error": (event.reason or str(event.status)) if failed else None,
            "status": event.status,
            "stats": dict(event.stats),
            **tool,
        })  # fmt: skip


class TextPrinter:
    """Prints answers in the order of asking: the first that has not ended streams, the others wait for it."""

    def __init__(self, call: Call, answers: tuple[RunningAnswer, ...]) -> None:
        alone = len(answers) == 1
        self._columns = {answer.id: _Column(call, answer, headed=not alone) for answer in answers}

    async def print(self, event: AnswerEvent) -> None:
        """See Printer."""
        await self._columns[event.answer.id].take(event)
        for column in self._columns.values():
            if column.printed:
                continue
            await column.print()
            if not column.printed:
                return


class _Column:
    """One answer on its way out as text."""

    def __init__(self, call: Call, answer: RunningAnswer, *, headed: bool) -> None:
        self.printed = False
        """Whether the whole of it is out."""
        self._call = call
        self._answer = answer
        self._heading = f"== {answer.facts.model} ==" if headed else ""
        self._sanitizer = Sanitizer()
        self._waiting: list[str] = []
        """Text that waits for its turn."""
        self._newlines = 0
        """Line ends held back: an answer ends in exactly one."""
        self._begun = False
        self._end: AnswerEvent | None = None

    async def take(self, event: AnswerEvent) -> None:
        """Keep text for its turn; say at once what goes to stderr."""
        match event.kind:
            case AnswerEventKind.STARTED:
                self._say_terms()
            case AnswerEventKind.RETRY:
                self._note(event.content)
            case AnswerEventKind.QUEUED:
                self._note(f"waits for its turn, number {event.content} in the queue")
            case AnswerEventKind.TOKEN:
                await self._keep(event)
            case AnswerEventKind.TOOL_CALL:
                self._note_short(f"calls {event.tool_name} {event.content}")
            case AnswerEventKind.TOOL_RESULT:
                self._note_short(f"{event.tool_name}: {event.content}")
            case AnswerEventKind.DONE | AnswerEventKind.ERROR:
                self._end = event
            case _:
                pass

    async def print(self) -> None:
        """Print what there is; it is the turn of this answer."""
        if self._heading:
            self._call.line(self._heading)
            self._heading = ""
        text = "".join(self._waiting) + (self._sanitizer.flush() if self._end is not None else "")
        self._waiting.clear()
        kept = text.rstrip("\n")
        if kept:
            await self._call.send("\n" * self._newlines + kept)
            self._newlines, self._begun = 0, True
        self._newlines += len(text) - len(kept)
        if self._end is not None:
            self.printed = True
            if self._begun:
                self._call.raw("\n")
            if self._end.reason:
                self._note(self._end.reason)
            if seqs := source_seqs(self._end.stats):
                self._note(f"sources {' '.join(f'#{seq}' for seq in seqs)}")

    async def _keep(self, event: AnswerEvent) -> None:
        if event.first:
            self._waiting.append("\n")  # another round's text: it begins a line
        for part in slices(event.content):
            self._waiting.append(self._sanitizer.feed(part))
            if self._waiting[-1] is not part:
                await trio.lowlevel.checkpoint()

    def _say_terms(self) -> None:
        if warned := warning(self._answer):
            self._call.error(f"chatd: {warned}")
        if left_out := self._answer.question.left_out:
            self._note(f"{left_out} older messages did not fit its context")

    def _note_short(self, text: str) -> None:
        line = sanitize_line(text)
        self._note(line if len(line) <= NOTE else line[:NOTE] + "…")

    def _note(self, text: str) -> None:
        self._call.error(f"chatd: {self._answer.facts.model}: {text}")

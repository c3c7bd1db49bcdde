"""Runs answers for the command `ask` and prints them, as text or as events.

The printing reads the room's log like everybody else, so that nothing is printed that a `kill -9` could lose; only
what is no part of an answer (retries, the queue) comes from its progress.
"""

from __future__ import annotations

import trio

from chatd.core.mention import Ending
from chatd.core.room import LiveRow
from chatd.core.row import Status
from chatd.errors import Exit
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.chat.ask import Asked
from chatd.tasks.commands.answer_column import Column
from chatd.tasks.commands.call import Call
from chatd.tasks.log.bell import Bell
from chatd.tasks.log.throttle import Throttle

WORST = (Exit.CANCELLED, Exit.STOPPING, Exit.FAILED, Exit.TEMPORARY, Exit.NOT_PERMITTED, Exit.UNAVAILABLE, Exit.OK)
"""Exit statuses of several answers, the worst first."""


class AnswerPrinter:
    """One `ask`: its answers, side by side as events, one after the other as text."""

    def __init__(self, call: Call, asked: Asked) -> None:
        self._call = call
        self._asked = asked
        self._json: bool = call.arguments.json
        alone = len(asked.answers) == 1
        self._columns = [Column(call, answer, headed=not alone) for answer in asked.answers]
        self._bell = Bell()
        self._damper = Throttle(self._bell.ring, call.hub.frame_interval)

    async def run(self) -> int:
        """Until every answer has ended and is printed; the exit status."""
        hub, room = self._call.hub, self._asked.room
        hub.recorder.watch(room, self._damper)
        try:
            async with trio.open_nursery() as nursery:
                # Started before anything can fail: a reserved answer that runs gives its place back by itself.
                for column in self._columns:
                    nursery.start_soon(self._run_answer, column)
                nursery.start_soon(self._damper.run)
                await hub.recorder.confirm(self._asked.submit(hub))
                nursery.start_soon(self._call.stdin.watch, self._interrupt, self._say_late)
                await self._print()
                nursery.cancel_scope.cancel()
        finally:
            hub.recorder.unwatch(room, self._damper)
        return min((exit_status(column.answer) for column in self._columns), key=WORST.index)

    async def _run_answer(self, column: Column) -> None:
        await column.answer.run()
        column.run_ended = True
        self._bell.ring()

    def _interrupt(self) -> None:
        for column in self._columns:
            column.answer.stop(Status.CANCELLED)

    def _say_late(self) -> None:
        self._call.error("chatd: stdin came too late and was not read; end the question with - to wait for it")

    async def _print(self) -> None:
        for column in self._columns:
            await column.begin(as_json=self._json)
        while not all(column.closed for column in self._columns):
            # What has ended before the rows are read has nothing more to come after them.
            # This list is what counts below: an answer may end while others are being printed.
            ended = [column for column in self._columns if column.run_ended and not column.closed]
            for column in self._columns:
                await self._read(column)
            if self._json:
                for column in ended:
                    await column.end_events(ending_of(column.answer))
            else:
                await self._print_in_turn(ended)
            await self._call.sent()
            if not all(column.closed for column in self._columns):
                await self._bell.wait()  # rings during the printing are kept

    async def _read(self, column: Column) -> None:
        """Take what the answer's rows have grown by, row after row, as far as they are committed."""
        if column.closed:
            return
        await column.take_progress()
        rows, thoughts = column.answer.mention.rows, self._asked.room.thoughts
        while column.row < len(rows):
            await column.take_thought(rows[column.row], thoughts)
            live = await self._row(rows[column.row], late=column.run_ended)
            if live is None:
                return
            await column.take(live)
            if live.head.is_open:
                return
            column.next_row()
        coming = column.answer.mention.coming
        if coming is not None:
            await column.take_thought(coming, thoughts)

    async def _row(self, row_id: str, *, late: bool) -> LiveRow | None:
        live = self._asked.room.get(row_id)
        if live is None and late:  # so slow a reader that the room has forgotten the row
            row = await self._call.hub.log.row(row_id)
            live = LiveRow(row) if row is not None else None
        return live

    async def _print_in_turn(self, ended: list[Column]) -> None:
        """The first answer that has not been printed prints as it comes; the others wait for it."""
        for column in self._columns:
            if column.closed:
                continue
            await column.print_text(last=column in ended)
            if column not in ended:
                return
            column.end_text(ending_of(column.answer))


def ending_of(answer: RunningAnswer) -> Ending:
    """How the answer has ended, as far as it can be printed: what is not on disk is not."""
    if answer.owes:
        return Ending(Status.FAILED, "the rest of the answer is not on disk yet and not shown")
    return answer.mention.ending or Ending(Status.FAILED, "it did not end")


def exit_status(answer: RunningAnswer) -> Exit:
    """The exit status that one ended answer stands for."""
    ending = ending_of(answer)
    match ending.status:
        case Status.COMPLETE | Status.LENGTH:
            return Exit.OK
        case Status.CANCELLED:
            return Exit.CANCELLED
        case Status.INTERRUPTED:
            return Exit.STOPPING
        case _:
            return ending.exit if ending.exit in WORST else Exit.FAILED

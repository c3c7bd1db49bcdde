"""The command `ask`: a question from the shell, its answer on stdout as it arrives.

The printing reads the room's log like everybody else, so that nothing is printed that a `kill -9` could lose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import trio

from chatd.core import names
from chatd.core.line import split_names
from chatd.core.room import LiveRow
from chatd.core.row import Status
from chatd.core.sanitize import Sanitizer
from chatd.core.times import iso
from chatd.errors import Exit, UsageError
from chatd.tasks.asking import Asked, reserve
from chatd.tasks.bell import Bell
from chatd.tasks.commands.call import Call, Command, Parser
from chatd.tasks.commands.talk import REMAINDER, open_named, text_words
from chatd.tasks.mention import Answer

WORST = (Exit.CANCELLED, Exit.STOPPING, Exit.FAILED, Exit.TEMPORARY, Exit.NOT_PERMITTED, Exit.UNAVAILABLE, Exit.OK)
"""Exit statuses of several answers, the worst first."""


def commands() -> list[Command]:
    """This family's rows of the command table."""
    ask = Parser(
        prog="ask",
        description="ask models; piped stdin goes with the question. Without --room it stays in your private room.",
        add_help=False,
    )
    ask.add_argument("--room", metavar="R")
    ask.add_argument("--json", action="store_true", help="events, one JSON object a line")
    ask.add_argument("models", metavar="@MODEL[,@MODEL]")
    ask.add_argument("text", nargs=REMAINDER, metavar="TEXT")
    return [Command("ask", "ask @MODEL[,@MODEL] TEXT…: the answer on stdout [--room R] [--json]", ask, _ask)]


async def _ask(call: Call) -> int:
    hub, words = call.hub, text_words(call)
    if not call.arguments.models.startswith("@"):
        raise UsageError("say whom to ask: ask @MODEL TEXT…")
    asked_names = split_names(call.arguments.models)
    for name in asked_names:
        hub.model(name)  # an unknown name is said before stdin is waited for
    attachment = ""
    if words[-1:] == ["-"]:
        words = words[:-1]
        attachment = await call.stdin.read_all(hub.limits.max_attachment, "attachment")
    else:
        attachment = await call.stdin.piped(hub.limits.max_attachment, hub.limits.stdin_wait)
    room = await open_named(call, call.arguments.room or names.private_room(call.visitor.name))
    message = " ".join(words)
    typed = f"@{','.join(asked_names)} {message}".strip()
    asked = reserve(
        hub, call.visitor, room, asked_names, message, typed=typed, owner=call, attachment=attachment.strip("\n")
    )
    return await _Printer(call, asked).run()


@dataclass(slots=True, eq=False)
class _Column:
    """One model's answer on its way out."""

    answer: Answer
    sanitizer: Sanitizer = field(default_factory=Sanitizer)
    taken: int = 0
    """Code points of the row that have been taken."""
    waiting: list[str] = field(default_factory=list)
    """Text that waits for its turn (several models)."""
    newlines: int = 0
    """Line ends held back: an answer ends in exactly one."""
    meta: Mapping[str, object] = field(default_factory=dict)
    headed: bool = False
    run_ended: bool = False
    closed: bool = False


class _Printer:
    """Runs the answers and prints them."""

    def __init__(self, call: Call, asked: Asked) -> None:
        self._call = call
        self._asked = asked
        self._json: bool = call.arguments.json
        self._columns = [_Column(answer) for answer in asked.answers]
        self._bell = Bell()

    async def run(self) -> int:
        """Until every answer has ended and is printed; the exit status."""
        hub, room = self._call.hub, self._asked.room
        hub.recorder.watch(room, self._bell)
        try:
            async with trio.open_nursery() as nursery:
                # Started before anything can fail: a reserved answer that runs gives its place back by itself.
                for column in self._columns:
                    nursery.start_soon(self._run_answer, column)
                await hub.recorder.confirm(self._asked.submit(hub))
                nursery.start_soon(self._call.stdin.watch, self._interrupt, self._say_late)
                await self._print()
                nursery.cancel_scope.cancel()
        finally:
            hub.recorder.unwatch(room, self._bell)
        return min((exit_status(column.answer) for column in self._columns), key=WORST.index)

    async def _run_answer(self, column: _Column) -> None:
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
            if self._json:
                await self._event(column, "started")
        while not all(column.closed for column in self._columns):
            # What has ended before the rows are read has nothing more to come after them.
            # This list is what counts below: an answer may end while others are being printed.
            ended = [column for column in self._columns if column.run_ended and not column.closed]
            for column in self._columns:
                await self._read(column)
            if self._json:
                for column in ended:
                    await self._end_event(column)
            else:
                await self._print_in_turn(ended)
            await self._call.sent()
            if not all(column.closed for column in self._columns):
                await self._bell.wait()  # rings during the printing are kept

    async def _read(self, column: _Column) -> None:
        """Take what the answer's row has grown by, as far as it is committed."""
        row_id = column.answer.mention.row_id
        if column.closed or row_id is None:
            return
        live = self._asked.room.get(row_id)
        if live is None and column.run_ended:  # so slow a reader that the room has forgotten the row
            row = await self._call.hub.log.row(row_id)
            live = LiveRow(row) if row is not None else None
        if live is None:
            return
        piece = live.since(column.taken)
        column.taken = live.length
        column.meta = live.head.meta
        if piece and self._json:
            await self._event(column, "token", content=piece)
        elif piece:
            column.waiting.append(column.sanitizer.feed(piece))

    # --- text

    async def _print_in_turn(self, ended: list[_Column]) -> None:
        """The first answer that has not been printed prints as it comes; the others wait for it."""
        for column in self._columns:
            if column.closed:
                continue
            if len(self._columns) > 1 and not column.headed:
                self._call.line(f"== {column.answer.facts.model} ==")
                column.headed = True
            text = "".join(column.waiting) + (column.sanitizer.flush() if column in ended else "")
            column.waiting.clear()
            kept = text.rstrip("\n")
            if kept:
                await self._call.send("\n" * column.newlines + kept)
                column.newlines = 0
            column.newlines += len(text) - len(kept)
            if column not in ended:
                return
            self._end_text(column)

    def _end_text(self, column: _Column) -> None:
        column.closed = True
        if column.taken:
            self._call.raw("\n")
        ending = column.answer.mention.ending
        if ending is not None and ending.reason:
            self._call.error(f"chatd: {column.answer.facts.model}: {ending.reason}")

    # --- events

    async def _end_event(self, column: _Column) -> None:
        column.closed = True
        ending = column.answer.mention.ending
        status = ending.status if ending is not None else Status.FAILED
        thinking = column.meta.get("thinking")
        if thinking:
            await self._event(column, "thinking", content=str(thinking))
        good = status in (Status.COMPLETE, Status.LENGTH)
        reason = (ending.reason if ending is not None else "") or str(status)
        await self._event(column, "done" if good else "error", status=status, error=None if good else reason)

    async def _event(
        self, column: _Column, kind: str, *, content: str = "", status: Status = Status.OPEN, error: str | None = None
    ) -> None:
        stats = {key: value for key, value in column.meta.items() if key != "thinking"}
        await self._call.send_json({
            "type": kind,
            "timestamp": iso(self._call.hub.clock.now_ms()),
            "mention_id": column.answer.id,
            "row_id": column.answer.mention.row_id if kind != "started" else None,
            "content": content,
            "error": error,
            "status": status,
            "stats": stats if kind in ("done", "error") else {},
        })  # fmt: skip


def exit_status(answer: Answer) -> Exit:
    """The exit status that one ended answer stands for."""
    ending = answer.mention.ending
    match ending.status if ending is not None else Status.FAILED:
        case Status.COMPLETE | Status.LENGTH:
            return Exit.OK
        case Status.CANCELLED:
            return Exit.CANCELLED
        case Status.INTERRUPTED:
            return Exit.STOPPING
        case _:
            return answer.failure_exit

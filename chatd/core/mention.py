"""A mention as a pure machine: stream events in, effects out.

It owns the promise that every row it opens is finished exactly once and every tool call is answered, whatever ends it:
`interrupt` does that in plain calls, so the cleanup cannot be cancelled and needs no shield. Effects are drafts for the
room's log: for each round one model row, then a row for each call and one for its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from chatd.core.mention_meta import Measures, kept_of
from chatd.core.retrieval import sources
from chatd.core.row import NO_META, Add, Begin, Draft, End, Finish, Grow, Method, NewRow, Status, Think
from chatd.core.stream import (
    Cached,
    Done,
    Failed,
    Lagged,
    Queued,
    Retrying,
    Sources,
    Started,
    StreamEvent,
    Thinking,
    Token,
    ToolCall,
    ToolOutput,
    ToolResult,
    Usage,
)
from chatd.core.text import size_of
from chatd.errors import Exit

SYSTEM = "system"
"""Author of the server's own rows."""

INTERRUPTED = "the server stopped before the answer ended"
"""Why an answer is `interrupted`."""


@dataclass(frozen=True, slots=True)
class MentionFacts:
    """What is fixed when a mention begins. `max_answer` is in bytes of UTF-8; `meta` goes into its model rows."""

    id: str
    room: str
    model: str
    provider: str
    asker: str
    question_id: str
    max_answer: int
    meta: Mapping[str, object] = field(default_factory=lambda: NO_META)

    @property
    def begin(self) -> Begin:
        """What puts the mention on record, before its question is."""
        return Begin(self.id, self.question_id, self.model, self.asker)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a mention ended, why when nobody asked for it, and what a failure means as an exit status; `refused`: what is
    in it was not given to the model.
    """

    status: Status
    reason: str = ""
    exit: Exit = Exit.FAILED
    refused: bool = False


@dataclass(slots=True)
class _Call:
    """A call that has no result yet."""

    row_id: str
    name: str
    result_id: str | None = None
    """The result's row, open, when the tool has said something."""
    said: list[str] = field(default_factory=list)


class Mention:
    """One model's answer to one question. Not thread-safe, no waiting, no clock: the time comes in as `now_ms`."""

    def __init__(self, facts: MentionFacts, new_id: Callable[[], str], started_ms: int) -> None:
        self.facts = facts
        self.ending: Ending | None = None
        self.row_id: str | None = None
        """The model row of this round, while it is open; the last one when the mention is over."""
        self.rows: list[str] = []
        """Every row of the answer so far, in order: model rows, calls, results; the system row of a failure is none."""
        self.measures = Measures(started_ms)
        self._told: Mapping[str, object] = facts.meta
        self._new_id = new_id
        self._calls: dict[str, _Call] = {}
        self._size = 0
        self._next: NewRow | None = None
        """The row of this round, once something was thought or said in it."""
        self._blank = True
        self._blanks: list[str] = []
        """What this round began with, while it is nothing but blanks."""

    def tell(self, meta: Mapping[str, object]) -> None:
        """What the model rows to come tell of themselves beside what was known before; None takes a key away."""
        self._told = {key: value for key, value in {**self._told, **meta}.items() if value is not None}

    @property
    def over(self) -> bool:
        """Whether the mention has ended; feeding it more is a bug, interrupting it is not."""
        return self.ending is not None

    @property
    def coming(self) -> str | None:
        """The row that is to come of what is thought at the moment; none when it is there."""
        return self._next.id if self._next is not None and self.row_id is None else None

    def feed(self, event: StreamEvent, now_ms: int) -> list[Draft]:
        """Take the stream's next event."""
        assert not self.over, f"{event} after the end of mention {self.facts.id}"
        match event:
            case Queued() | Started() | Retrying() | Cached() | Usage() | Lagged():
                self.measures.note(event, now_ms)
                return []
            case Sources(rows=rows):
                self.tell({"sources": sources(rows) or None})
                return []
            case Token(text=text):
                return self._grow(text, now_ms)
            case Thinking(text=text):
                kept = self.measures.think(text, now_ms, self.facts.max_answer)
                return [Think(self._coming(), text)] if kept else []
            case ToolCall():
                return self._call(event, now_ms)
            case ToolOutput(id=call_id, text=text):
                return self._output(call_id, text)
            case ToolResult():
                return self._result(event)
            case Done(status=status, finish_reason=finish_reason, reason=reason):
                self.measures.finish_reason = finish_reason
                if self._blank:
                    return self._end(Ending(Status.FAILED, reason or self._why_empty()), now_ms)
                return self._end(Ending(status, reason), now_ms)
            case Failed(status=status, reason=reason, exit=code, refused=refused):
                if self._blank and status is Status.TRUNCATED:
                    status = Status.FAILED  # there is nothing that could be kept
                return self._end(Ending(status, reason, code, refused), now_ms)
            case _:
                assert_never(event)

    def finish(self, now_ms: int) -> list[Draft]:
        """The stream ended without saying so."""
        if self.over:
            return []
        if self.row_id is None:
            return self._end(Ending(Status.FAILED, "gave no answer"), now_ms)
        return self._end(Ending(Status.TRUNCATED, "the answer broke off"), now_ms)

    def interrupt(self, status: Status, now_ms: int, reason: str = "") -> list[Draft]:
        """End it now with this status, keeping what came. Does nothing when it is over."""
        return [] if self.over else self._end(Ending(status, reason), now_ms)

    # --- the model's row

    def _grow(self, text: str, now_ms: int) -> list[Draft]:
        if not text:
            return []
        room_left = self.facts.max_answer - self._size
        size = size_of(text)
        if self.row_id is None and text.isspace() and size <= room_left:
            # Models put blank lines before a call, and a round without text leaves no row.
            self._size += size
            self._blanks.append(text)
            return []
        self.measures.began(now_ms)
        drafts = self._open()
        assert self.row_id is not None
        self._blank = self._blank and text.isspace()
        fits = size <= room_left
        kept = text if fits else text.encode("utf-8", "replace")[:room_left].decode("utf-8", "ignore")
        pieces = [*self._blanks, kept] if kept else self._blanks
        if pieces:
            grown = "".join(pieces)
            self.measures.grew(len(pieces), len(grown))
            drafts.append(Grow(self.row_id, grown))
        self._blanks.clear()
        if fits:
            self._size += size
            return drafts
        limit = f"the answer reached the limit max_answer of {self.facts.max_answer} bytes and was stopped"
        return [*drafts, *self._end(Ending(Status.LENGTH, limit), now_ms)]

    def _open(self) -> list[Draft]:
        if self.row_id is not None:
            return []
        row = self._coming()
        self.row_id = row.id
        self.rows.append(row.id)
        return [Add(row)]

    def _coming(self) -> NewRow:
        """The model row of this round as it begins, which nobody sees before it says something."""
        if self._next is None:
            facts = self.facts
            meta = {"model": facts.model, "provider": facts.provider, "asker": facts.asker, **self._told}
            self._next = self._add(self._new_id(), Method.CHUNK, facts.model, Status.OPEN, meta=meta).row
        return self._next

    # --- tools

    def _call(self, call: ToolCall, now_ms: int) -> list[Draft]:
        """The round's text is whole, and the call is a row of its own."""
        assert call.id not in self._calls, f"call {call.id} twice in mention {self.facts.id}"
        drafts: list[Draft] = []
        self._blanks.clear()
        meta: dict[str, object] = {"call_id": call.id, **kept_of(call)}
        if self.row_id is not None:
            drafts.append(Finish(self.row_id, Status.COMPLETE, self.measures.end_round(now_ms)))
            self.row_id = self._next = None
        else:
            meta |= self.measures.end_round(now_ms)  # a round without text leaves no row that could keep it
        row_id = self._id_of_call()
        self._calls[call.id] = _Call(row_id, call.name)
        row = self._add(
            row_id, Method.TOOL_CALL, self.facts.model, Status.COMPLETE, call.arguments, tool=call.name, meta=meta
        )
        return [*drafts, row]

    def _id_of_call(self) -> str:
        """The id of a call's row: the one that was meant for the round's text when there was none, only thoughts."""
        row_id = self._new_id() if self._next is None else self._next.id
        self._next = None
        self.rows.append(row_id)
        return row_id

    def _output(self, call_id: str, text: str) -> list[Draft]:
        call = self._calls[call_id]
        drafts: list[Draft] = []
        if call.result_id is None:
            call.result_id = self._new_id()
            self.rows.append(call.result_id)
            drafts.append(self._add(call.result_id, Method.TOOL_RESULT, call.name, Status.OPEN, call=call))
        call.said.append(text)
        return [*drafts, Grow(call.result_id, text)]

    def _result(self, result: ToolResult) -> list[Draft]:
        return self._answer(self._calls.pop(result.id), result.content, result.status)

    def _answer(self, call: _Call, content: str, status: Status) -> list[Draft]:
        if call.result_id is None:
            row_id = self._new_id()
            self.rows.append(row_id)
            return [self._add(row_id, Method.TOOL_RESULT, call.name, status, content, call=call)]
        said = "".join(call.said)
        rest = content[len(said) :] if content.startswith(said) else f"\n{content}"
        grown: list[Draft] = [Grow(call.result_id, rest)] if rest else []
        return [*grown, Finish(call.result_id, status)]

    # --- the end

    def _end(self, ending: Ending, now_ms: int) -> list[Draft]:
        drafts: list[Draft] = []
        if self.row_id is None and self.measures.thought:
            drafts += self._open()  # what was thought is kept, and only a row can keep it
        meta = self.measures.end_round(now_ms)  # also where no row keeps it: what the round took counts
        if self.row_id is not None:
            drafts.append(Finish(self.row_id, ending.status, meta))
        how = f"was {ending.status}" if ending.status in (Status.CANCELLED, Status.INTERRUPTED) else "failed"
        undone = ending.status if ending.status not in (Status.LENGTH, Status.COMPLETE) else Status.FAILED
        for call in self._calls.values():
            drafts += self._answer(call, f"no result: the answer {how} before the tool ended", undone)
        self._calls.clear()
        if ending.reason:
            text = f"{self.facts.model}: {ending.reason}"
            refused = {"refused": True} if ending.refused else {}
            meta = {"model": self.facts.model, "asker": self.facts.asker, **refused}
            drafts.append(self._add(self._new_id(), Method.SYSTEM, SYSTEM, Status.COMPLETE, text, meta=meta))
        self.ending = ending
        return [*drafts, End(self.facts.id)]

    def _why_empty(self) -> str:
        return "only thought and gave no answer" if self.measures.thought else "gave an empty answer"

    def _add(
        self, row_id: str, method: Method, author: str, status: Status, content: str = "", *,
        call: _Call | None = None, tool: str | None = None, meta: Mapping[str, object] = NO_META,
    ) -> Add:  # fmt: skip
        parent = self.facts.question_id if call is None else call.row_id
        name = tool if call is None else call.name
        return Add(NewRow(row_id, method, author, content, status, parent, self.facts.id, name, meta))

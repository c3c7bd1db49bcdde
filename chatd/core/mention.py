"""A mention as a pure machine: stream events in, effects out.

It owns the promise that every row it opens is finished exactly once, whatever ends it: `interrupt` finishes what is
open in plain calls, so the cleanup cannot be cancelled and needs no shield. Effects are drafts for the room's log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from chatd.core.row import Add, Draft, Finish, Grow, Method, NewRow, Status
from chatd.core.stream import Done, Failed, Started, StreamEvent, Thinking, Token, Usage
from chatd.core.text import size_of

SYSTEM = "system"
"""Author of the server's own rows."""


@dataclass(frozen=True, slots=True)
class MentionFacts:
    """What is fixed when a mention begins. `max_answer` is in bytes of UTF-8."""

    id: str
    room: str
    model: str
    provider: str
    asker: str
    question_id: str
    max_answer: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How a mention ended, and why when nobody asked for it."""

    status: Status
    reason: str = ""


class Mention:
    """One model's answer to one question. Not thread-safe, no waiting, no clock: the time comes in as `now_ms`."""

    def __init__(self, facts: MentionFacts, new_id: Callable[[], str], started_ms: int) -> None:
        self.facts = facts
        self.ending: Ending | None = None
        self.row_id: str | None = None
        self.started_ms = started_ms
        self._new_id = new_id
        self._first_token_ms: int | None = None
        self._thinking: list[str] = []
        self._usage = Usage()
        self._finish_reason: str | None = None
        self._size = 0
        self._thought = 0
        self._blank = True

    @property
    def over(self) -> bool:
        """Whether the mention has ended; feeding it more is a bug, interrupting it is not."""
        return self.ending is not None

    def feed(self, event: StreamEvent, now_ms: int) -> list[Draft]:
        """Take the stream's next event."""
        assert not self.over, f"{event} after the end of mention {self.facts.id}"
        match event:
            case Started():
                return []
            case Token(text=text):
                return self._grow(text, now_ms)
            case Thinking(text=text):
                return self._think(text, now_ms)
            case Usage():
                self._usage = event
                return []
            case Done(status=status, finish_reason=reason):
                self._finish_reason = reason
                if self._blank:
                    return self._end(Ending(Status.FAILED, self._why_empty()), now_ms)
                return self._end(Ending(status), now_ms)
            case Failed(status=status, reason=reason):
                return self._end(Ending(status, reason), now_ms)
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

    def _grow(self, text: str, now_ms: int) -> list[Draft]:
        if not text:
            return []
        room_left = self.facts.max_answer - self._size
        size = size_of(text)
        drafts = self._open(now_ms)
        assert self.row_id is not None
        self._blank = self._blank and text.isspace()
        if size <= room_left:
            self._size += size
            return [*drafts, Grow(self.row_id, text)]
        kept = text.encode("utf-8", "replace")[:room_left].decode("utf-8", "ignore")
        if kept:
            drafts.append(Grow(self.row_id, kept))
        limit = f"the answer reached the limit max_answer of {self.facts.max_answer} bytes and was stopped"
        return [*drafts, *self._end(Ending(Status.LENGTH, limit), now_ms)]

    def _think(self, text: str, now_ms: int) -> list[Draft]:
        # What is thought lives in the row's meta, which is written when the row finishes; its bound is the answer's.
        if self._first_token_ms is None:
            self._first_token_ms = now_ms - self.started_ms
        if self._thought < self.facts.max_answer:
            self._thinking.append(text)
            self._thought += size_of(text)
        return []

    def _open(self, now_ms: int) -> list[Draft]:
        if self.row_id is not None:
            return []
        if self._first_token_ms is None:
            self._first_token_ms = now_ms - self.started_ms
        self.row_id = self._new_id()
        return [self._add(self.row_id, Method.CHUNK, self.facts.model, Status.OPEN)]

    def _end(self, ending: Ending, now_ms: int) -> list[Draft]:
        self.ending = ending
        drafts: list[Draft] = []
        if self.row_id is None and self._thinking:
            drafts += self._open(now_ms)  # what was thought is kept, and only a row can keep it
        if self.row_id is not None:
            drafts.append(Finish(self.row_id, ending.status, self._meta(now_ms)))
        if ending.reason:
            text = f"{self.facts.model}: {ending.reason}"
            drafts.append(self._add(self._new_id(), Method.SYSTEM, SYSTEM, Status.COMPLETE, text))
        return drafts

    def _why_empty(self) -> str:
        return "only thought and gave no answer" if self._thinking else "gave an empty answer"

    def _add(self, row_id: str, method: Method, author: str, status: Status, content: str = "") -> Add:
        facts = self.facts
        meta = {"model": facts.model, "provider": facts.provider, "asker": facts.asker}
        return Add(
            NewRow(row_id, method, author, content, status, facts.question_id, facts.id, None,
                   meta if method is Method.CHUNK else {})
        )  # fmt: skip

    def _meta(self, now_ms: int) -> dict[str, object]:
        duration = max(0, now_ms - self.started_ms)  # the wall clock may be set back
        tokens = self._usage.completion_tokens
        meta: dict[str, object] = {
            "thinking": "".join(self._thinking) or None,
            "prompt_tokens": self._usage.prompt_tokens,
            "completion_tokens": tokens,
            "tokens_per_s": round(tokens * 1000 / duration, 1) if tokens and duration else None,
            "first_token_ms": self._first_token_ms,
            "duration_ms": duration,
            "attempts": 1,
            "finish_reason": self._finish_reason,
        }
        return {key: value for key, value in meta.items() if value is not None}

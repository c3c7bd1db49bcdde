"""What is measured of an answer, round by round: the `meta` of its rows."""

from __future__ import annotations

import json

from chatd.core.stream import Cached, Lagged, Queued, Retrying, Started, ToolCall, Usage
from chatd.core.text import size_of

MIN_SPEAKING_MS = 100
"""What came within this came at once, from a cache or in one packet: its speed says nothing of the model."""
MIN_TOKENS = 2
MAX_SPEED = 20_000.0
"""Tokens a second that no server reaches for one answer: whatever is more was not generated while we looked on."""

SERVER_TIMES = ("eval_ms", "prompt_eval_ms", "load_ms", "total_ms")
"""What a server may tell of its own clock, as `Usage` and the meta of rows name it: milliseconds of one request."""

MAX_KEPT = 64 * 1024
"""Characters of what a provider wants back with a call that are kept with its row: signatures take a few thousand."""


class Measures:
    """Counts one mention. Times are milliseconds of the wall clock, which may be set back: no duration is negative."""

    def __init__(self, started_ms: int) -> None:
        self.started_ms = started_ms
        self._asked_ms = started_ms
        """When it got its place: waiting in a queue says nothing about how soon a model begins."""
        self._queued_ms: int | None = None
        """Since when it stands in the queue."""
        self._waited_ms: int | None = None
        """How long it stood there, all rounds together; None when it never did."""
        self.usage = Usage()
        """Of this round."""
        self.finish_reason: str | None = None
        self.cached = False
        """Whether it is an answer that was given before."""
        self.attempts = 1
        self.context_tokens: int | None = None
        """What the model turned out to hold, when it was asked with less of the conversation."""
        self.prompt_tokens = 0
        self.completion_tokens = 0
        """Of the whole answer, as far as the model's server has said."""
        self._first_ms: int | None = None
        self._round_ms: int | None = None
        """When the first piece of this round came."""
        self._pieces = 0
        """Pieces of this round, thoughts among them."""
        self._text_pieces = 0
        self._characters = 0
        """Of this round's text, as its row has it."""
        self._thinking: list[str] = []
        self._thought = 0

    @property
    def thought(self) -> bool:
        """Whether something was thought in this round."""
        return bool(self._thinking)

    def note(self, event: Queued | Started | Retrying | Cached | Usage | Lagged, now_ms: int) -> None:
        """What an event tells of how the answer gets on."""
        match event:
            case Queued() | Started():
                self._waits(now_ms, queued=isinstance(event, Queued))
            case Retrying(context_tokens=context_tokens):
                self.asked_again(context_tokens)
            case Cached():
                self.cached = True
            case Usage():
                self.count(event)
            case Lagged():
                pass

    def _waits(self, now_ms: int, *, queued: bool) -> None:
        """It stands in the queue, or does so no more."""
        if queued:
            self._queued_ms = now_ms if self._queued_ms is None else self._queued_ms
        elif self._queued_ms is not None:
            self._waited_ms = (self._waited_ms or 0) + max(0, now_ms - self._queued_ms)
            self._queued_ms, self._asked_ms = None, now_ms

    def asked_again(self, context_tokens: int | None) -> None:
        """A request failed and another is made."""
        self.attempts += 1
        self.context_tokens = context_tokens or self.context_tokens

    def began(self, now_ms: int) -> None:
        """The first piece of content came at this time."""
        if self._first_ms is None:
            self._first_ms = now_ms
        if self._round_ms is None:
            self._round_ms = now_ms
        self._pieces += 1

    def grew(self, pieces: int, characters: int) -> None:
        """The round's row has so much more text, which came in so many pieces."""
        self._text_pieces += pieces
        self._characters += characters

    def think(self, text: str, now_ms: int, limit: int) -> bool:
        """Keep a thought; beyond `limit` bytes of them they are dropped. Returns whether it is kept."""
        self.began(now_ms)
        if self._thought >= limit:
            return False
        self._thinking.append(text)
        self._thought += size_of(text)
        return True

    def count(self, usage: Usage) -> None:
        """Take what the server counted in this round, as far as it can be true."""
        self.usage = usage.possible()

    def _speed(self, now_ms: int) -> float | None:
        """The round's: by the server's own clock, or else by ours if more than one piece came."""
        tokens = self.usage.completion_tokens
        if tokens is None:
            return None
        if self.usage.eval_ms is not None:
            return speed(tokens, self.usage.eval_ms)
        if self._round_ms is None or self._pieces < 2:
            return None
        return speed(tokens, now_ms - self._round_ms)

    def end_round(self, now_ms: int) -> dict[str, object]:
        """The round's meta, as far as known; the next round begins."""
        tokens = self.usage.completion_tokens
        self.prompt_tokens += self.usage.prompt_tokens or 0
        self.completion_tokens += tokens or 0
        meta: dict[str, object] = {
            "thinking": "".join(self._thinking) or None,
            "prompt_tokens": self.usage.prompt_tokens,
            "completion_tokens": tokens,
            **{name: _rounded(getattr(self.usage, name)) for name in SERVER_TIMES},
            "pieces": self._text_pieces or None,
            "characters": self._characters or None,
            "tokens_per_s": self._speed(now_ms),
            "queue_ms": self._waited_ms,
            "first_token_ms": max(0, self._first_ms - self._asked_ms) if self._first_ms is not None else None,
            "duration_ms": max(0, now_ms - self.started_ms),
            "attempts": self.attempts,
            "context_tokens": self.context_tokens,
            "finish_reason": self.finish_reason,
            "cached": self.cached or None,
        }
        self.usage, self._round_ms = Usage(), None
        self._pieces = self._text_pieces = self._characters = 0
        self._thinking, self._thought = [], 0
        return {key: value for key, value in meta.items() if value is not None}


def speed(tokens: int, ms: float) -> float | None:
    """Tokens a second; None where they were too few or came too fast to tell anything of the model."""
    if tokens < MIN_TOKENS or ms < MIN_SPEAKING_MS:
        return None
    found = tokens * 1000 / ms
    return round(found, 1) if found <= MAX_SPEED else None


def kept_of(call: ToolCall) -> dict[str, object]:
    """What a provider wants back with a call, as its row keeps it."""
    small = len(json.dumps(dict(call.extra))) <= MAX_KEPT
    return {"sent_back": dict(call.extra)} if call.extra and small else {}


def _rounded(duration: float | None) -> int | None:
    return None if duration is None else round(duration)

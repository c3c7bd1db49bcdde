"""How an answer is getting on: what people are shown of it while it has no text, and how fast it comes."""

from __future__ import annotations

from enum import StrEnum

from chatd.core.mention_meta import MIN_SPEAKING_MS
from chatd.core.stream import Queued, Retrying, Started, StreamEvent, Thinking, Token, ToolCall, ToolResult


class Stage(StrEnum):
    """What an answer is at."""

    QUEUED = "queued"
    ASKING = "asking"
    RETRYING = "retrying"
    THINKING = "thinking"
    ANSWERING = "answering"
    CALLING = "calling"


class Progress:
    """One answer's. Times are milliseconds of the wall clock."""

    def __init__(self, started_ms: int) -> None:
        self.stage = Stage.ASKING
        self.position = 0
        """In the queue, while QUEUED."""
        self.retries: list[Retrying] = []
        """Requests that failed and were made anew; at most as many as `retry_attempts` and a fallback, each round."""
        self.tools: dict[str, str] = {}
        """Names of the tools that run, by the ids of their calls."""
        self.pieces = 0
        self.first_token_ms: int | None = None
        """From the asking, or the end of the wait in the queue, to the first piece."""
        self._started_ms = started_ms

    def note(self, event: StreamEvent, now_ms: int) -> bool:
        """Take the stream's next event; returns whether people should be shown something else than before."""
        before = (self.stage, self.position, len(self.retries), len(self.tools))
        if self.stage is Stage.QUEUED and not isinstance(event, Queued):
            self._started_ms = now_ms  # what others took is no fault of the model's
        match event:
            case Queued(position=position):
                self.stage, self.position = Stage.QUEUED, position
            case Retrying():
                self.stage = Stage.RETRYING
                self.retries.append(event)
            case Started():
                self.stage = Stage.ASKING
            case Token() | Thinking():
                self.stage = Stage.ANSWERING if isinstance(event, Token) else Stage.THINKING
                self.pieces += 1
                if self.first_token_ms is None:
                    self.first_token_ms = max(0, now_ms - self._started_ms)
            case ToolCall(id=call, name=name):
                self.stage = Stage.CALLING
                self.tools[call] = name
            case ToolResult(id=call):
                self.tools.pop(call, None)
                if not self.tools:
                    self.stage = Stage.ASKING
            case _:
                pass
        return (self.stage, self.position, len(self.retries), len(self.tools)) != before

    def tokens_per_s(self, now_ms: int) -> float:
        """Pieces a second since the first one; 0 while they are too few, or came too fast, to tell."""
        if self.first_token_ms is None or self.pieces < 2:
            return 0.0
        speaking = now_ms - self._started_ms - self.first_token_ms
        return (self.pieces - 1) * 1000 / speaking if speaking >= MIN_SPEAKING_MS else 0.0

"""What a model's stream can say: a closed union, matched exhaustively."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.row import Status


@dataclass(frozen=True, slots=True)
class Started:
    """The model accepted the question; nothing of the answer is known yet."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer, of any length above zero."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of what the model thinks; kept apart from the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the model's server counted, as far as it says so."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The model said that its answer ends here. `status` is `complete` or `length`."""

    status: Status = Status.COMPLETE
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Failed:
    """The stream ended badly: `status` is `failed` or `truncated`, `reason` a sentence for the room."""

    reason: str
    status: Status = Status.FAILED


StreamEvent = Started | Token | Thinking | Usage | Done | Failed


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange: what the asker had asked this model."""

    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked: the text without its `@name`, who asks, where, and what went before (oldest first)."""

    text: str
    asker: str
    room: str
    earlier: tuple[Turn, ...] = ()

"""What an answer's stream can say: a closed union, matched exhaustively."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from chatd.core.retrieval import Related
from chatd.core.row import Status
from chatd.errors import Exit

NO_EXTRA: Mapping[str, object] = MappingProxyType({})


MAX_COUNT = 1 << 40
"""Tokens or milliseconds that may be claimed of one request: more is a mistake, and too much for a database."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """Whose an event is and when it came, which the router says of all that it gives out; two events that say the same
    are equal whatever their stamps.
    """

    stream_id: str = field(default="", kw_only=True, compare=False, repr=False)
    time_ms: int | None = field(default=None, kw_only=True, compare=False, repr=False)
    """Of the wall clock, since the epoch. None: no router has given it out."""


@dataclass(frozen=True, slots=True)
class Started(Stamped):
    """A request is about to go to the model, or its place was got after waiting; nothing of the answer is known yet.

    Again for each request, and each round.
    """


@dataclass(frozen=True, slots=True)
class Queued(Stamped):
    """The question waits for a place; `position` 1 is next. Said again whenever it changes."""

    position: int


@dataclass(frozen=True, slots=True)
class Retrying(Stamped):
    """A request failed and another will be made in `wait` seconds: number `attempt`, of `attempts` at most.

    `context_tokens`: what the model's context holds, when that is why less of the conversation is asked with.
    """

    reason: str
    wait: float
    attempt: int
    attempts: int
    context_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Sources(Stamped):
    """The rows that were found for the question and are given to the model with it, from this request on; none: they
    had to give way.
    """

    rows: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class Cached(Stamped):
    """The answer that follows was given before to the same question: the model is not asked."""


@dataclass(frozen=True, slots=True)
class Token(Stamped):
    """A piece of the answer, of any length above zero."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking(Stamped):
    """A piece of what the model thinks; kept apart from the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall(Stamped):
    """The model wants a tool run. `arguments` is JSON as the model wrote it, whole, perhaps malformed.

    `extra` is what its provider wants back, unchanged, when it is asked again with the result.
    """

    id: str
    name: str
    arguments: str
    extra: Mapping[str, object] = field(default_factory=lambda: NO_EXTRA, compare=False)


@dataclass(frozen=True, slots=True)
class ToolOutput(Stamped):
    """A piece of what the running tool of call `id` says."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolResult(Stamped):
    """The end of a call: `content` is the whole of what the tool said, or in what way it failed (`status`)."""

    id: str
    name: str
    content: str
    status: Status = Status.COMPLETE


@dataclass(frozen=True, slots=True)
class Usage(Stamped):
    """What the model's server counted for one request, as far as it says so; durations by its own clock."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    eval_ms: float | None = None
    """How long it took to say the answer."""
    prompt_eval_ms: float | None = None
    """How long it took to read the prompt."""
    load_ms: float | None = None
    """How long it took to load the model."""
    total_ms: float | None = None
    """From the request to the end."""

    def possible(self) -> Usage:
        """The same without what no server can have counted."""
        times = (self.eval_ms, self.prompt_eval_ms, self.load_ms, self.total_ms)
        return Usage(_count(self.prompt_tokens), _count(self.completion_tokens), *map(_duration, times))


def _count(tokens: int | None) -> int | None:
    return tokens if tokens is not None and 0 <= tokens <= MAX_COUNT else None


def _duration(ms: float | None) -> float | None:
    return ms if ms is not None and 0 < ms <= MAX_COUNT else None


@dataclass(frozen=True, slots=True)
class Lagged(Stamped):
    """A consumer beside the opener was too slow: `missed` events are not delivered to it."""

    missed: int


@dataclass(frozen=True, slots=True)
class Done(Stamped):
    """The model said that its answer ends here. `finish_reason` is the server's word.

    `status` is `complete`, `length`, or `truncated` when a filter, a refusal or a pause ended it: `reason` says which.
    """

    status: Status = Status.COMPLETE
    finish_reason: str = "stop"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Failed(Stamped):
    """The stream ended badly: `status` is `failed` or `truncated` (`cancelled`: its opener left), `reason` a sentence
    for the room, `exit` what the failure means as an exit status. `refused`: what is in it was not given to the model.
    """

    reason: str
    status: Status = Status.FAILED
    exit: Exit = Exit.FAILED
    refused: bool = False


StreamEvent = (
    Started | Queued | Retrying | Sources | Cached | Token | Thinking | ToolCall | ToolOutput | ToolResult | Usage
    | Lagged | Done | Failed
)  # fmt: skip

FINAL = (Done, Failed)
"""The events after which nothing comes."""

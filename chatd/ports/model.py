"""Models: whoever answers when mentioned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from chatd.core.question import Question
from chatd.core.stream import Done, Started, StreamEvent, Token


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What people may know of a model, and what the server must know to ask it."""

    name: str
    provider: str
    model: str
    endpoint: str = ""
    available: bool = True
    capabilities: tuple[str, ...] = ()
    context_tokens: int | None = None
    """None: as much as the room remembers."""
    max_tokens: int = 0
    """Of one answer; 0 when nothing bounds it."""
    system: str = ""
    """The operator's words about who the model is."""
    tools: tuple[str, ...] = ()
    """Names of the tools it may call; `*` for all."""
    max_parallel: int = 1_000_000
    """Answers at once; more wait in a fair queue."""
    local: bool = True
    """Whether what is asked stays on this machine or in a private network."""
    reads_room: bool = True
    """Whether it reads what was said in the room, and not only what it is asked; else nothing is looked for."""
    keeps_time: bool = False
    """Whether the model itself limits the time to the first piece and between pieces."""


class Model(Protocol):
    """Somebody who answers when mentioned."""

    @property
    def info(self) -> ModelInfo:
        """Name, provider and abilities as they are now."""
        ...

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """Ask, for one round: after its ToolCalls and a Done the caller may ask again with their results.

        Leaving the block, also by cancellation, closes the connection to the model's server. Raises a ChatdError, on
        entry or from the iterator, when the model cannot be had.
        """
        ...


class Speaking:
    """The events of an answer that is text alone: Started, a Token for each piece, Done.

    It raises what the pieces raise, and is over then. An iterator and not a generator: there is nothing to close.

    Args:
        pieces: the text in its order, each piece longer than nothing.
    """

    def __init__(self, pieces: AsyncIterator[str]) -> None:
        self._pieces = pieces
        self._begun = False
        self._over = False

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        """The next event; the first one comes without waiting for a piece."""
        if not self._begun:
            self._begun = True
            return Started()
        if self._over:
            raise StopAsyncIteration
        try:
            return Token(await anext(self._pieces))
        except StopAsyncIteration:
            self._over = True
            return Done()
        except Exception:
            self._over = True
            raise


class ModelSource(Protocol):
    """Somewhere models come from."""

    @property
    def name(self) -> str:
        """What people know it by."""
        ...

    @property
    def expected(self) -> bool:
        """Whether its absence is worth a word in the log."""
        ...

    async def look(self) -> Sequence[Model]:
        """The models it offers now. Raises ModelFailure when it cannot be had; what it offered before stays listed."""
        ...

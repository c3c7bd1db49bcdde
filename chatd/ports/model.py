"""Models: whoever answers when mentioned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from chatd.core.stream import Question, StreamEvent


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What people may know of a model."""

    name: str
    provider: str
    model: str
    endpoint: str = ""
    available: bool = True
    capabilities: tuple[str, ...] = ()
    context_tokens: int | None = None


class Model(Protocol):
    """Somebody who answers when mentioned."""

    @property
    def info(self) -> ModelInfo:
        """Name, provider and abilities as they are now."""
        ...

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """Ask. Leaving the block, also by cancellation, closes the connection to the model's server.

        Raises ModelUnavailable on entry when the model cannot be had.
        """
        ...

"""Looking for related rows before a model is asked, where the room wants that: bounded in time, and never in the way of
the question itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import trio

from chatd.core.prompt import with_related
from chatd.core.question import Question
from chatd.core.retrieval import Related, telling_terms
from chatd.core.row import NO_META
from chatd.errors import LimitReached, StorageError
from chatd.ports import ModelInfo, Search

logger = logging.getLogger("chatd.models.retrieval")


@dataclass(frozen=True, slots=True)
class RetrievalLimits:
    """What one question may be given."""

    rows: int
    size: int
    """Bytes of all excerpts together."""
    patience: float
    """Seconds; what is not found by then is left out."""


class Retrieval:
    """Searches for those who ask. Counts the answers that had sources, and the sources."""

    def __init__(self, rows: Search, limits: RetrievalLimits) -> None:
        self.limits = limits
        self.answers = 0
        self.sources = 0
        self._rows = rows

    async def looked_up(self, question: Question, info: ModelInfo) -> tuple[Question, Mapping[str, object]]:
        """The question with what was found for it, and what its answer tells when nothing could be looked for: why, in
        `retrieval`. Raises nothing but Cancelled.
        """
        terms = telling_terms(question.text) if question.related_before else ()
        if not terms:
            return question, NO_META
        found, problem = await self._search(question, terms)
        if problem:
            logger.warning("nothing was looked for in %s for a question to %s: %s", question.room, info.name, problem)
            return question, {"retrieval": problem}
        given = with_related(question, found, self.limits.size, info.context_tokens, info.max_tokens)
        if not given.related:
            return question, NO_META
        self.answers += 1
        self.sources += len(given.related)
        return given, NO_META

    async def _search(self, question: Question, terms: tuple[str, ...]) -> tuple[list[Related], str]:
        limits = self.limits
        found: list[Related] = []
        problem = ""
        with trio.move_on_after(limits.patience) as patience:
            try:
                found = await self._rows.related(question.room_id, terms, question.related_before, limits.rows)
            except (LimitReached, StorageError) as error:
                problem = str(error)
        return found, f"the search took more than {limits.patience:g} s" if patience.cancelled_caught else problem

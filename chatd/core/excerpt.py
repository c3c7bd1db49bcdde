"""A row's beginning: what a list of rows shows of each. The whole is read when somebody looks at it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chatd.core.row import Row
from chatd.core.text import size_of

EXCERPT = 8192
"""Code points of the text that are kept: twice what is shown of it, as some are dropped on the way to a terminal."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`row` as it is, but for `content`, which has EXCERPT code points at most, and for what was thought before it."""

    row: Row
    size: int
    """Bytes of UTF-8 of the whole text."""
    thought: int | None
    """Code points of what was thought before it, None when nothing was."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return self.thought is None and len(self.row.content) < EXCERPT and not self.row.is_open

    @classmethod
    def of(cls, row: Row) -> Excerpt:
        """The beginning of a whole row."""
        thinking = row.meta.get("thinking")
        thought = len(thinking) if isinstance(thinking, str) else None
        meta = {key: value for key, value in row.meta.items() if key != "thinking"}
        return cls(replace(row, content=row.content[:EXCERPT], meta=meta), size_of(row.content), thought)

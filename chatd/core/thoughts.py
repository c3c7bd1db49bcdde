"""What models are thinking in a room, while they think: committed like everything, and beside the room's entries.

A thought belongs to a row that may never come about otherwise: a round without text leaves none. So it is kept under
the id of the row it will stand in, whichever that is in the end (the answer's, or that of the first call), and is
dropped when that row has it in its meta.
"""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.row import Think, Thought
from chatd.core.text import newest


class Thoughts:
    """The running thoughts of one room."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[str]] = {}
        self._lengths: dict[str, int] = {}

    def gather(self, waiting: Sequence[tuple[Think, int]]) -> tuple[Thought, ...]:
        """The facts that these drafts make, one for each row; each draft comes with its time in milliseconds."""
        drafts: dict[str, list[tuple[Think, int]]] = {}
        for draft, at in waiting:
            drafts.setdefault(draft.row.id, []).append((draft, at))
        return tuple(
            Thought(
                those[0][0].row, self._lengths.get(row_id, 0), "".join(draft.text for draft, _ in those), those[0][1]
            )
            for row_id, those in drafts.items()
        )

    def apply(self, thought: Thought) -> None:
        """Take the next committed piece."""
        row_id = thought.row.id
        length = self._lengths.get(row_id, 0)
        assert thought.offset == length, f"a thought of {row_id} goes on at {thought.offset}, has {length}"
        self._pieces.setdefault(row_id, []).append(thought.text)
        self._lengths[row_id] = length + len(thought.text)

    def since(self, row_id: str, offset: int) -> str:
        """The thought of a row from code point `offset` on; nothing when it is over."""
        return newest(self._pieces.get(row_id, ()), self._lengths.get(row_id, 0) - offset)

    def newest(self, row_id: str, chars: int) -> str:
        """The last `chars` code points of the thought of a row; nothing when it is over."""
        return newest(self._pieces.get(row_id, ()), chars)

    def forget(self, row_id: str) -> None:
        """The row has it."""
        self._pieces.pop(row_id, None)
        self._lengths.pop(row_id, None)

"""The trace of a test: what people, models and scripts did stays, frames and growth between are folded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

KEPT = 500
"""Events that are remembered, each with what was folded after it: enough to see how a test came to its end."""

SHOWN = 40
"""The newest of them, shown with a failure."""

SHOWN_TEXT = 60
"""Characters of what a row grew by."""


@dataclass(slots=True)
class _Folded:
    """Things of one kind between two events."""

    first: float
    last: float
    times: int
    size: int
    text: str
    number: int
    line: Callable[[_Folded], str]


class Events:
    """Told in the order of time; `text` is what is shown."""

    def __init__(self) -> None:
        self._kept: deque[tuple[str, dict[str, _Folded]]] = deque([("", {})], maxlen=KEPT)

    def tell(self, at: float, what: str) -> None:
        """Something that is never folded."""
        self._kept.append((f"{at:10.3f}  {what}", {}))

    def sent(self, at: float, who: str, size: int) -> None:
        """`who` was sent so many bytes."""

        def line(folded: _Folded) -> str:
            if folded.times == 1:
                return f"{who} is sent {folded.size} bytes"
            return f"{who} is sent {folded.times} times, {folded.size:,} bytes, {_span(folded)}"

        self._fold(f"sent {who}", at, line, size=size)

    def grew(self, at: float, where: str, number: int, row_id: str, text: str) -> None:
        """A row got longer."""

        def line(folded: _Folded) -> str:
            grown = f"{row_id} grows by {folded.text[:SHOWN_TEXT]!r}"
            if folded.times == 1:
                return f"{where} #{folded.number} {grown}"
            return (
                f"{where} #{folded.number} {grown}, {folded.times} times, {folded.size:,} characters, {_span(folded)}"
            )

        self._fold(f"grew {row_id}", at, line, size=len(text), text=text, number=number)

    def _fold(
        self, key: str, at: float, line: Callable[[_Folded], str], *, size: int, text: str = "", number: int = 0
    ) -> None:
        since = self._kept[-1][1]
        folded = since.setdefault(key, _Folded(at, at, 0, 0, "", number, line))
        folded.last, folded.times, folded.size = at, folded.times + 1, folded.size + size
        if len(folded.text) < SHOWN_TEXT:
            folded.text += text

    def text(self) -> str:
        """The newest events, one a line, with what was folded after each."""
        lines = []
        for event, since in [*self._kept][-SHOWN:]:
            lines += [event] if event else []
            lines += [f"{folded.first:10.3f}  {folded.line(folded)}" for folded in since.values()]
        return "\n".join(lines)


def _span(folded: _Folded) -> str:
    return f"{folded.first:.1f}-{folded.last:.1f} s"

"""Thoughts that come inside the text, between `<think>` and `</think>`, told from the answer.

Only a tag that opens the answer counts (blanks before it allowed), and only one: further on it is text, such as a
sample of code. A `</think>` alone, which models send whose template has opened the tag for them, is left as it is,
unless the operator says so of the model: the text before it has been shown as the answer by then, and an answer that
merely mentions the tag looks the same.
`<thinking>` is no tag: no model's template writes it; who is told to by a prompt means it to be seen.
"""

from __future__ import annotations

from enum import Enum, auto

from chatd.core.stream import Thinking, Token

OPEN = "<think>"
CLOSE = "</think>"

MAX_BLANKS = 64
"""Characters of white space before the tag: templates write one or two, and what is held back must be bounded."""

_NEW_LINES = "\r\n"


class _State(Enum):
    START = auto()
    """Nothing but blanks and perhaps the beginning of the tag."""
    THOUGHT_BEGINS = auto()
    THOUGHT = auto()
    ANSWER_BEGINS = auto()
    ANSWER = auto()


class ThinkSplitter:
    """Splits the text of one answer, piece by piece; newlines after either tag go, and those before the closing one.

    However the text is cut, the joined thoughts and the joined tokens are the same. What might be a tag is held back
    until it is decided: never more than `MAX_BLANKS` and a tag.

    Args:
        begun: whether the text begins within a thought, with or without its tag.
    """

    def __init__(self, *, begun: bool = False) -> None:
        self._state = _State.START
        self._begun = begun
        self._held = ""

    def feed(self, text: str) -> list[Thinking | Token]:
        """What can be said of `text` now."""
        text = self._held + text
        self._held = ""
        out: list[Thinking | Token] = []
        while text:
            text = self._step(text, out)
        return out

    def end(self) -> list[Thinking | Token]:
        """The text has ended: what was held back. A thought that was not closed stays a thought."""
        held, self._held = self._held, ""
        if not held:
            return []
        return [Thinking(held) if self._begun or self._state is _State.THOUGHT else Token(held)]

    def _step(self, text: str, out: list[Thinking | Token]) -> str:
        """Take what can be taken of `text` in this state; return the rest."""
        match self._state:
            case _State.START:
                return self._start(text)
            case _State.THOUGHT_BEGINS | _State.ANSWER_BEGINS:
                text = text.lstrip(_NEW_LINES)
                if text:
                    self._state = _State.THOUGHT if self._state is _State.THOUGHT_BEGINS else _State.ANSWER
                return text
            case _State.THOUGHT:
                return self._thought(text, out)
            case _State.ANSWER:
                out.append(Token(text))
                return ""

    def _start(self, text: str) -> str:
        begun = text.lstrip()
        blanks = len(text) - len(begun)
        if blanks > MAX_BLANKS or not OPEN.startswith(begun[: len(OPEN)]):
            self._state = _State.THOUGHT_BEGINS if self._begun else _State.ANSWER
            return text
        if len(begun) < len(OPEN):
            self._held = text
            return ""
        self._state = _State.THOUGHT_BEGINS
        return begun[len(OPEN) :]

    def _thought(self, text: str, out: list[Thinking | Token]) -> str:
        thought, closed, rest = text.partition(CLOSE)
        if closed:
            thought = _without_line_ends(thought)
            self._state = _State.ANSWER_BEGINS
        else:
            self._held = _beginning_at_end(text)
            thought = text.removesuffix(self._held)
        if thought:
            out.append(Thinking(thought))
        return rest


def _beginning_at_end(text: str) -> str:
    """The longest end of `text` that a closing tag could begin with, and the line ends before it."""
    begun = next((CLOSE[:size] for size in range(len(CLOSE) - 1, 0, -1) if text.endswith(CLOSE[:size])), "")
    before = text.removesuffix(begun)
    return text[len(_without_line_ends(before)) :]


def _without_line_ends(text: str) -> str:
    """The text without the line ends behind it, `MAX_BLANKS` of them at most."""
    kept = text[-MAX_BLANKS:].rstrip(_NEW_LINES)
    return text[: len(text) - len(text[-MAX_BLANKS:]) + len(kept)]

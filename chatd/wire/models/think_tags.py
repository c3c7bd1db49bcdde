"""Separates thoughts within the text, between `<think>` and `</think>`, from the answer.

Only one tag counts, at the beginning of the answer (blanks before it are allowed): further on it is text, such as a
sample of code. A `</think>` alone, which models send whose template has opened the tag for them, stays in the text,
unless the operator configured the model as `untagged`: the text before it has been shown as the answer by then, and an
answer that merely mentions the tag looks the same.
`<thinking>` is no tag: no model's template writes it, and a model whose prompt demands it writes it to be seen.
"""

from __future__ import annotations

from enum import Enum, auto

from chatd.core.stream import Thinking, Token

OPEN = "<think>"
CLOSE = "</think>"

MAX_BLANKS = 64
"""Characters of white space before the tag: templates write one or two, and text is held back within bounds."""

_NEW_LINES = "\r\n"


class _State(Enum):
    START = auto()
    """The text so far is blanks, and perhaps the beginning of the tag."""
    THOUGHT_BEGINS = auto()
    THOUGHT = auto()
    ANSWER_BEGINS = auto()
    ANSWER = auto()


class ThinkSplitter:
    """Splits the text of one answer, piece by piece; newlines after both tags and before the closing tag are dropped.

    The joined thoughts and the joined tokens do not depend on how the text is cut. Text that may be a tag is held back
    until that is decided: never more than `MAX_BLANKS` and a tag.

    Args:
        begun: whether the text begins within a thought, with or without its tag.
    """

    def __init__(self, *, begun: bool = False) -> None:
        self._state = _State.START
        self._begun = begun
        self._held = ""

    def feed(self, text: str) -> list[Thinking | Token]:
        """The thoughts and tokens that are decided now."""
        text = self._held + text
        self._held = ""
        out: list[Thinking | Token] = []
        while text:
            text = self._step(text, out)
        return out

    def end(self) -> list[Thinking | Token]:
        """The text has ended: the part that was held back. A thought without a closing tag stays a thought."""
        held, self._held = self._held, ""
        if not held:
            return []
        return [Thinking(held) if self._begun or self._state is _State.THOUGHT else Token(held)]

    def _step(self, text: str, out: list[Thinking | Token]) -> str:
        """Consume as much of `text` as belongs to this state; return the rest."""
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

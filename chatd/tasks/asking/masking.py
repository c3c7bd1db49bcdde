"""Personal data in what goes to a model, replaced by words that say what it was: a piece at a time."""

from __future__ import annotations

from dataclasses import replace

import trio

from chatd.core.guard import masked_text
from chatd.core.question import Question

PIECE = 32 * 1024
"""Characters that are looked through at once, up to the next blank: 20 ms."""

REACH = 1024
"""Characters in which a blank is looked for: nothing that is masked is longer."""


async def masked(question: Question) -> Question:
    """The question as a model gets it, with all that was said before it."""
    messages = [replace(message, text=await _masked(message.text)) for message in question.messages]
    return replace(question, text=await _masked(question.text), messages=tuple(messages))


async def _masked(text: str) -> str:
    pieces: list[str] = []
    at = 0
    while at < len(text):
        end = at + PIECE
        if end < len(text):
            blank = text.find("\n", end, end + REACH)
            blank = blank if blank >= 0 else text.find(" ", end, end + REACH)
            end = blank if blank >= 0 else end
        pieces.append(masked_text(text[at:end]))
        at = end
        await trio.lowlevel.checkpoint()
    return "".join(pieces)

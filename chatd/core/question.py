"""What a model is asked: the conversation so far in terms of its roles, ending with the question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatd.core.retrieval import Related
from chatd.core.sampling import AS_IT_IS, Sampling
from chatd.core.stream import ToolCall
from chatd.core.tool import ToolSpec
from chatd.core.visit import Account

EARLIER = 20
"""Earlier questions of one asker that the embedded doctor goes through."""


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody else said it: a person, or another model. Without an author it stands alone."""

    author: str
    text: str
    asked: bool = False
    """Whether it was put to this model."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The model itself said it, and called these tools."""

    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """What the call `id` of the tool `name` gave. Always somewhere after the `Answered` that made the call."""

    id: str
    name: str
    text: str


Message = Said | Answered | ToolReturned


def still_told(related: Iterable[Related], messages: Sequence[Message]) -> tuple[Related, ...]:
    """Those rows that the messages tell of, be it masked: who changes a prompt may have left them out."""
    said = [message.text for message in messages if isinstance(message, Said)]
    return tuple(row for row in related if any(row.head in text for text in said))


@dataclass(frozen=True, slots=True)
class Question:
    """A question put to an actor. `text` is the question alone, without its `@name`.

    `messages` is the whole conversation to answer, oldest first, with the question in it, once, and after it this
    answer's own tool rounds; every call in it has its result. `tools` may be called, unless `may_call` is false: then
    they only explain the calls in `messages`. `continues` is the kept beginning of an answer that is to be carried on.
    """

    text: str
    asker: str = ""
    room: str = ""
    room_id: str = ""
    messages: tuple[Message, ...] = ()
    system: str = ""
    tools: tuple[ToolSpec, ...] = ()
    may_call: bool = True
    continues: str = ""
    older: int = 0
    """How many of `messages`, counted from the first, stood in the room before the question: they may be left out."""
    left_out: int = 0
    """Older messages of the room that did not fit the model's context."""
    account: Account | None = None
    """Whose places and turns it takes; None: its own."""
    over: int = 0
    """Tokens, about, by which the question alone is larger than the context: the server will cut it, or refuse."""
    tools_left_out: bool = False
    """Whether the context had no room for the tools."""
    sampling: Sampling = AS_IT_IS
    noticed: tuple[str, ...] = ()
    """What was found in it of which its asker is told, see `core.guard`."""
    fresh: bool = False
    """Whether no answer will do that was given before."""
    related_before: int = 0
    """Rows of the room with a `seq` below this may be looked for, to be read beside `messages`; 0: none."""
    related: tuple[Related, ...] = ()
    """Those that were found: they stand in the last of the older messages, unless a script has put them elsewhere."""
    hands_back: bool = False
    """Whether the tools are the asker's own: calls are handed back, and the answer is over with them."""

    def earlier(self) -> list[str]:
        """What the asker had put to this model before, oldest first, at most EARLIER of it."""
        said = [m for m in self.messages if isinstance(m, Said) and m.asked and m.author == self.asker]
        return [message.text for message in said[-EARLIER - 1 : -1]]

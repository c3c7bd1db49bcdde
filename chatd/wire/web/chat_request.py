"""What the clients of models' servers ask for, whichever of the four forms they speak."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.prompt import NO_RESULT
from chatd.core.question import Answered, Message, Said, ToolReturned
from chatd.core.sampling import AS_IT_IS, Sampling
from chatd.core.stream import ToolCall
from chatd.core.tool import NO_PARAMETERS, Schema, ToolSpec, fit_name
from chatd.errors import WrongField
from chatd.wire.web.json_body import Fields

MAX_MESSAGES = 10_000
"""Of one request: a body of the largest size has hardly more."""

MAX_PARTS = 1_000
"""Parts of one message's content."""

MAX_TOOLS = 128
"""As OpenAI has it."""

MAX_STOPS = 16
"""Texts that end an answer."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A conversation that a model is to answer."""

    model: str
    """An actor's name, or `ROOM/NAME`."""
    system: str = ""
    messages: tuple[Message, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    """The client's own: calls of these are handed back to it."""
    sampling: Sampling = AS_IT_IS
    stream: bool = False
    with_usage: bool = False
    """Whether what it cost is told at the end of a stream."""
    with_thoughts: bool = True
    """Whether what the model thinks is told."""

    @property
    def last_said(self) -> str:
        """The text of the last message, if it is not the model's: the question that is put to a room."""
        last = self.messages[-1] if self.messages else None
        return last.text if isinstance(last, Said) else ""


@dataclass(slots=True)
class Conversation:
    """Messages as they are read, in an order that every model's server accepts: each call has its result behind it."""

    messages: list[Message] = field(default_factory=list)
    _systems: list[str] = field(default_factory=list)
    _waiting: dict[str, ToolCall] = field(default_factory=dict)
    """Calls that have no result yet."""

    @property
    def system(self) -> str:
        """What stands above the conversation."""
        return "\n\n".join(filter(str.strip, self._systems))

    def instruct(self, text: str) -> None:
        """The system says."""
        self._systems.append(text)

    def say(self, text: str) -> None:
        """The user says."""
        self._close()
        self.messages.append(Said("", text, asked=True))

    def answer(self, text: str, calls: tuple[ToolCall, ...] = ()) -> None:
        """The model said, and called."""
        self._close()
        self.messages.append(Answered(text, calls))
        self._waiting = {call.id: call for call in calls}

    def call(self, call: ToolCall) -> None:
        """The model called, beside what it said last: in some forms each call is an item of its own."""
        last = self.messages[-1] if self.messages else None
        if isinstance(last, Answered):
            self.messages[-1] = Answered(last.text, (*last.calls, call))
        else:
            self._close()
            self.messages.append(Answered("", (call,)))
        self._waiting[call.id] = call

    def result(self, call_id: str, text: str, where: str) -> None:
        """A call gave this. Raises WrongField, naming `where`, when there was no such call."""
        call = self._waiting.pop(call_id, None)
        if call is None:
            raise WrongField(where, "no call of this id stands before it without a result")
        self.messages.append(ToolReturned(call.id, call.name, text))

    def result_of(self, name: str, text: str, where: str) -> None:
        """The same in a form that names the tool alone: its first call that waits gave this."""
        found = next((call.id for call in self._waiting.values() if call.name == name or not name), "")
        self.result(found, text, where)

    def closed(self) -> tuple[Message, ...]:
        """The whole of it."""
        self._close()
        return tuple(self.messages)

    def _close(self) -> None:
        for call in self._waiting.values():
            self.messages.append(ToolReturned(call.id, call.name, NO_RESULT))
        self._waiting = {}


def tool(name: str, description: str, parameters: Fields | None) -> ToolSpec:
    """A tool of the client's own."""
    schema: Schema = NO_PARAMETERS if parameters is None else parameters.value
    return ToolSpec(fit_name(name), description, schema)


def text_of(content: Fields, key: str, kinds: frozenset[str], ignored: frozenset[str] = frozenset()) -> str:
    """The text of a message: a string, or a list of parts of these kinds. Raises WrongField for any other part."""
    value = content.value.get(key)
    if value is None or isinstance(value, str):
        return content.text(key, "")
    texts = []
    for part in content.objects(key, MAX_PARTS):
        kind = part.text("type", "text")
        if kind in kinds:
            texts.append(part.text("text", ""))
        elif kind not in ignored:
            raise part.wrong("type", f"{kind[:40]!r} is not taken here; text is")
    return "\n".join(texts)

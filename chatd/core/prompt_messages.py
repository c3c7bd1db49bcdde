"""A question as plain messages, for a script that reviews what goes to models, and as the script wants it instead.

What a script gives back is still a prompt: a call has its result and a result its call, and somebody asks something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chatd.core.question import Answered, Message, Question, Said, ToolReturned, still_told
from chatd.core.stream import ToolCall
from chatd.errors import UsageError

PlainMessage = Mapping[str, object]


def messages_of(question: Question) -> list[dict[str, object]]:
    """All that is said to the model, oldest first: `role` (system, user, assistant, tool), `content`, and `name` where
    somebody has one; of an assistant's message its `tool_calls`, of a tool's the `tool_call_id` that it answers.
    """
    head: list[dict[str, object]] = [{"role": "system", "content": question.system}] if question.system else []
    return [*head, *map(_message, question.messages)]


def _message(message: Message) -> dict[str, object]:
    match message:
        case Said(author=author, text=text):
            return {"role": "user", "content": text, **({"name": author} if author else {})}
        case Answered(text=text, calls=calls):
            called = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in calls]
            return {"role": "assistant", "content": text, **({"tool_calls": called} if called else {})}
        case ToolReturned(id=call_id, name=name, text=text):
            return {"role": "tool", "content": text, "name": name, "tool_call_id": call_id}


def with_messages(question: Question, wanted: object) -> Question:
    """The question with these messages instead of its own, in the shape that `messages_of` gives.

    Calls are the model's: they may be left out or have other arguments, none can be made up. A call without its result
    and a result without its call are left out. Raises UsageError, for the script's author, for what is no prompt.
    """
    if not isinstance(wanted, Sequence) or isinstance(wanted, str) or not wanted:
        raise UsageError("it returned no list of messages")
    reading = _Reading(question)
    read = [reading.read(place, message) for place, message in enumerate(wanted, 1)]
    system = "\n\n".join(text for text in read if isinstance(text, str))
    messages = _whole([message for message in read if not isinstance(message, str)])
    before, at = _asked(question.messages), _asked(messages)
    if at is None:
        raise UsageError("it returned no message of the role user: nobody asks anything")
    asked = messages[at]
    assert isinstance(asked, Said)
    messages[at] = replace(asked, asked=True)
    same = before is not None and asked.text == question.messages[before].text
    return replace(
        question, system=system, messages=tuple(messages), text=question.text if same else asked.text,
        older=at if question.older else 0, related=still_told(question.related, messages),
    )  # fmt: skip


def _asked(messages: Sequence[Message]) -> int | None:
    """The place of the question among the messages: the last one that was put to the model, else the last that was
    said at all.
    """
    said = [(place, message) for place, message in enumerate(messages) if isinstance(message, Said)]
    put = [place for place, message in said if message.asked]
    return put[-1] if put else said[-1][0] if said else None


def _whole(messages: Sequence[Message]) -> list[Message]:
    """The messages without calls that have no result behind them, and without results of no call before them."""
    calls = {
        call.id: at for at, message in enumerate(messages) if isinstance(message, Answered) for call in message.calls
    }
    results = {message.id: at for at, message in enumerate(messages) if isinstance(message, ToolReturned)}
    paired = {call_id for call_id, at in calls.items() if results.get(call_id, -1) > at}
    whole: list[Message] = []
    for at, message in enumerate(messages):
        if isinstance(message, ToolReturned):
            if message.id in paired and results[message.id] == at:
                whole.append(message)
        elif isinstance(message, Answered) and message.calls:
            kept = tuple(call for call in message.calls if call.id in paired and calls[call.id] == at)
            if kept or message.text.strip():
                whole.append(replace(message, calls=kept))
        else:
            whole.append(message)
    return whole


class _Reading:
    """Reads what a script has returned, by what it was given."""

    def __init__(self, question: Question) -> None:
        own = question.messages
        self._calls = {call.id: call for message in own if isinstance(message, Answered) for call in message.calls}
        self._returned = {message.id: message for message in own if isinstance(message, ToolReturned)}
        self._put = {(message.author, message.text) for message in own if isinstance(message, Said) and message.asked}
        self._given = [None, *own] if question.system else list(own)
        """The messages by their places; None where the system's stands."""

    def read(self, place: int, given: object) -> Message | str:
        """One message, the `place`-th from 1; of the system's its text."""
        message = given if isinstance(given, Mapping) else {}
        role, content = message.get("role"), message.get("content", "")
        if role not in ("system", "user", "assistant", "tool") or not isinstance(content, str):
            raise UsageError(f"message {place} that it returned has no role or no text as content")
        if role == "system":
            return content
        if role == "user":
            return self._said(place, message, content)
        return self._answered(place, message, content) if role == "assistant" else self._result(place, message, content)

    def _said(self, place: int, message: PlainMessage, content: str) -> Said:
        name = message.get("name", "")
        if not isinstance(name, str):
            raise UsageError(f"message {place} that it returned has a name that is no text")
        there = self._given[place - 1] if place <= len(self._given) else None
        in_place = isinstance(there, Said) and there.asked and there.author == name
        return Said(name, content, asked=in_place or (name, content) in self._put)

    def _answered(self, place: int, message: PlainMessage, content: str) -> Answered:
        called = message.get("tool_calls", ())
        if not isinstance(called, Sequence | Mapping) or isinstance(called, str):
            raise UsageError(f"message {place} that it returned has tool_calls that are no list")
        return Answered(content, tuple(self._call(place, one) for one in called))

    def _call(self, place: int, given: object) -> ToolCall:
        one = given if isinstance(given, Mapping) else {}
        call, arguments = self._calls.get(str(one.get("id"))), one.get("arguments")
        if call is None:
            raise UsageError(f"message {place} that it returned has a tool call that the model has not made")
        return replace(call, arguments=arguments) if isinstance(arguments, str) else call

    def _result(self, place: int, message: PlainMessage, content: str) -> ToolReturned:
        result = self._returned.get(str(message.get("tool_call_id")))
        if result is None:
            raise UsageError(f"message {place} that it returned is the result of no tool call")
        return replace(result, text=content)

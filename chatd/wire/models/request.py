"""The settings of requests, and the conversation in an order that every protocol and every template accepts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import assert_never

from chatd.core.question import Answered, Question, Said, ToolReturned
from chatd.core.stream import ToolCall
from chatd.core.tool import ToolSpec
from chatd.wire.models.sent_back import of_message

BETWEEN = "\n\n"
"""Separates the texts of several people in one message."""

EARLIER = "(The conversation began earlier.)"
"""The user's message before an assistant's message that would be the first, which templates refuse."""

STOPPED = "(The answer stopped here.)"
"""The assistant's message between a tool's result and a user's message, which must not follow each other."""


class Part(Enum):
    """A part of a request that some servers, or the templates of some models, refuse."""

    SYSTEM = "a system message"
    TOOLS = "tools"
    STREAM_OPTIONS = "stream_options"
    MAX_TOKENS = "max_tokens"
    MAX_COMPLETION_TOKENS = "max_completion_tokens"


NOTHING: frozenset[Part] = frozenset()


def present(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that have a value."""
    return {key: value for key, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RequestSettings:
    """The parts of a request that do not depend on the question.

    `max_tokens` bounds the answer, above zero: a model that does not stop would run to the end of its context.
    `context_tokens` is sent where the protocol has a field for it, since another size makes the server load the model
    again; None leaves it to the server. Of the replies, `cumulative` says that each piece repeats the whole text so
    far, and `untagged` that they begin with a thought which only its closing tag ends. `without` are the parts that
    the server refuses, which are left out or put in another way.
    """

    model: str
    max_tokens: int
    context_tokens: int | None = None
    cumulative: bool = False
    untagged: bool = False
    without: frozenset[Part] = field(default=NOTHING)


@dataclass(frozen=True, slots=True)
class Heard:
    """A turn of the user: what people said, one after the other, each text with its author."""

    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The texts as one message."""
        return BETWEEN.join(self.texts)


@dataclass(frozen=True, slots=True)
class Round:
    """A turn of the model: its text and tool calls, and the result of each call in the same order."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolReturned, ...] = ()


Turn = Heard | Round


def preamble(question: Question, settings: RequestSettings) -> str:
    """The text of the system message before the conversation; "" for none, or when the server refuses that role."""
    return "" if Part.SYSTEM in settings.without else question.system.strip()


def turns(question: Question, settings: RequestSettings) -> list[Turn]:
    """The conversation as strict templates demand it: turns of the user and of the model alternate, the user's first.

    The results of calls stand right behind the calls; what people said while tools ran comes after the results. Turns
    without text are left out. A question without a conversation is a turn by itself, since servers refuse an empty list
    of messages, or take it for another request. A server that refuses tools gets results as texts of the user, and one
    that refuses the system's role gets its text as the first of the user's.
    """
    plain = Part.TOOLS in settings.without
    out: list[Turn] = []
    if Part.SYSTEM in settings.without and question.system.strip():
        out.append(Heard((question.system.strip(),)))
    for turn in _in_order(question):
        if plain and isinstance(turn, Round) and turn.calls:
            _add(out, Round(turn.text))
            _add(out, Heard(tuple(f"{result.name}: {result.text}" for result in turn.results)))
        else:
            _add(out, turn)
    return out or [Heard((question.text,))]


def _add(out: list[Turn], turn: Turn) -> None:
    """Append a turn; merge it with the last turn when both are of the same side."""
    last = out[-1] if out else None
    match turn:
        case Heard(texts=texts):
            if isinstance(last, Heard):
                out[-1] = Heard(last.texts + texts)
                return
            if isinstance(last, Round) and last.calls:
                out.append(Round(STOPPED))
        case Round(text=text, calls=calls):
            if not text.strip() and not calls:
                return
            if last is None:
                out.append(Heard((EARLIER,)))
            elif isinstance(last, Round) and not last.calls:
                out[-1] = Round(BETWEEN.join(filter(str.strip, (last.text, text))), calls, turn.results)
                return
    out.append(turn)


def _in_order(question: Question) -> list[Turn]:
    """The turns in their order, with the results of calls right behind the calls."""
    out: list[Heard | _Open] = []
    waiting: dict[str, _Open] = {}
    for message in question.messages:
        match message:
            case Said() if spoken(message).strip():
                out.append(Heard((spoken(message),)))
            case Said():
                pass
            case Answered(text=text, calls=calls):
                opened = _Open(text, calls, {})
                out.append(opened)
                waiting |= {call.id: opened for call in calls}
            case ToolReturned(id=id_):
                assert id_ in waiting, f"the result of a call that nobody made: {id_}"
                waiting.pop(id_).results[id_] = message
    return [turn.close() if isinstance(turn, _Open) else turn for turn in out]


@dataclass(frozen=True, slots=True)
class _Open:
    """A round some of whose results were not met yet."""

    text: str
    calls: tuple[ToolCall, ...]
    results: dict[str, ToolReturned]

    def close(self) -> Round:
        return Round(self.text, self.calls, tuple(self.results[call.id] for call in self.calls))


def spoken(said: Said) -> str:
    """The text of a message behind its author's name."""
    return f"{said.author}: {said.text}" if said.author else said.text


def offered(question: Question, settings: RequestSettings) -> tuple[ToolSpec, ...]:
    """The tools that may be called in this request."""
    return question.tools if question.may_call and Part.TOOLS not in settings.without else ()


def replayed_arguments(call: ToolCall) -> dict[str, object]:
    """A call's arguments as a JSON object; empty when they are no such object.

    A server answers 500 to every later question of a conversation with a call that it cannot parse; the result of the
    call tells the model what was wrong.
    """
    try:
        value: object = json.loads(call.arguments)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def replayed_text(call: ToolCall) -> str:
    """A call's arguments as the model wrote them, or `{}` when they are no JSON object."""
    return call.arguments if replayed_arguments(call) else "{}"


def role_messages(
    question: Question,
    settings: RequestSettings,
    made_call: Callable[[ToolCall], dict[str, object]],
    call_result: Callable[[ToolReturned], dict[str, object]],
) -> list[dict[str, object]]:
    """The conversation as messages of the roles `system`, `user`, `assistant` and `tool`.

    `made_call` is an entry of `tool_calls` in an assistant's message, `call_result` the message of a call's result.
    """
    messages: list[dict[str, object]] = []
    if system := preamble(question, settings):
        messages.append({"role": "system", "content": system})
    for turn in turns(question, settings):
        match turn:
            case Heard(text=text):
                messages.append({"role": "user", "content": text})
            case Round(text=text, calls=calls, results=results):
                # Without text the content is "", not null: some servers fail over null.
                said: dict[str, object] = {"role": "assistant", "content": text}
                if calls:
                    said |= {**of_message(calls), "tool_calls": [*map(made_call, calls)]}
                messages += [said, *map(call_result, results)]
            case _:
                assert_never(turn)
    return messages


def function_tools(tools: Sequence[ToolSpec]) -> list[dict[str, object]]:
    """Tools as descriptions of functions."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in tools
    ]


def called_tools(conversation: Sequence[Turn]) -> list[str]:
    """The names of the tools that were called in the conversation, each once."""
    names = (call.name for turn in conversation if isinstance(turn, Round) for call in turn.calls)
    return list(dict.fromkeys(names))

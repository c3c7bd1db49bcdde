"""What all requests share: their settings, and the conversation in an order that every protocol takes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from chatd.core.prompt import Answered, Question, Returned, Said
from chatd.core.stream import ToolCall
from chatd.core.tool import ToolSpec


@dataclass(frozen=True, slots=True)
class RequestSettings:
    """What of a request the operator settles.

    `max_tokens` bounds the answer, above zero: without it an endless model runs to the end of its context.
    `context_tokens` is pinned where the protocol can say it (Ollama), since another size loads the model anew; None
    leaves it to the server. `max_completion_tokens`: whether an OpenAI server wants the bound under that newer key.
    `cumulative`: whether its replies repeat the whole text so far in each piece.
    """

    model: str
    max_tokens: int
    context_tokens: int | None = None
    max_completion_tokens: bool = False
    cumulative: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """Something the model said, and what each of its calls gave, in the order of the calls."""

    text: str
    calls: tuple[ToolCall, ...]
    results: tuple[Returned, ...]


Turn = Said | Round


def turns(question: Question) -> list[Turn]:
    """The conversation with each call's result right behind it, as servers demand.

    What others said while tools ran comes after the results. Turns in which nothing was said are left out. A question
    without a conversation is one by itself; an empty list of messages would mean something else to a server.
    """
    out: list[Turn | _Open] = []
    waiting: dict[str, _Open] = {}
    for message in question.messages or (Said("", question.text),):
        match message:
            case Said():
                out.append(message)
            case Answered(text=text, calls=calls) if text or calls:
                opened = _Open(text, calls, {})
                out.append(opened)
                waiting |= {call.id: opened for call in calls}
            case Answered():
                pass
            case Returned(id=id_):
                assert id_ in waiting, f"the result of a call that nobody made: {id_}"
                waiting.pop(id_).results[id_] = message
    return [turn.close() if isinstance(turn, _Open) else turn for turn in out]


@dataclass(frozen=True, slots=True)
class _Open:
    """A round whose results are still coming."""

    text: str
    calls: tuple[ToolCall, ...]
    results: dict[str, Returned]

    def close(self) -> Round:
        return Round(self.text, self.calls, tuple(self.results[call.id] for call in self.calls))


def spoken(said: Said) -> str:
    """What somebody said, with who it was."""
    return f"{said.author}: {said.text}" if said.author else said.text


def replayed_arguments(call: ToolCall) -> dict[str, object]:
    """A call's arguments as an object of JSON, empty when they are none.

    Servers answer 500 to every later question of a conversation that holds a call they cannot parse; what was wrong
    with it stands in its result.
    """
    try:
        value: object = json.loads(call.arguments)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def replayed_text(call: ToolCall) -> str:
    """A call's arguments as the model wrote them, or `{}` when they are no object of JSON."""
    return call.arguments if replayed_arguments(call) else "{}"


def function_tools(tools: tuple[ToolSpec, ...]) -> list[dict[str, object]]:
    """Tools as OpenAI and Ollama describe them."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in tools
    ]


def called_tools(question: Question) -> list[str]:
    """The names of the tools that were called in the conversation, each once."""
    names = (call.name for message in question.messages if isinstance(message, Answered) for call in message.calls)
    return list(dict.fromkeys(names))

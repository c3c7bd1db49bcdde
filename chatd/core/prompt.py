"""The prompt: a room's rows as a conversation for one model, in its roles, its tool rounds whole; as much as fits.

Every call in it has its result right behind it, whatever the rows look like (a server that was killed, a result that
the room has forgotten): providers reject a history with a call that dangles.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from chatd.core.line import split_question
from chatd.core.live_row import LiveRow
from chatd.core.question import Answered, Message, Question, Said, ToolReturned, still_told
from chatd.core.retrieval import Related, fitting, told
from chatd.core.row import Method
from chatd.core.stream import ToolCall
from chatd.core.text import size_of
from chatd.core.tool import ToolSpec

BYTES_PER_TOKEN = 3
"""English has about four, code and Chinese about three: rather a message less than one that the server cuts."""

MESSAGE_TOKENS = 8
"""What the roles and marks around a message cost."""

NO_RESULT = "no result: the call was not finished"

GO_ON = (
    "Your answer was cut off. Go on exactly where it stopped, in the middle of the word if need be;"
    " repeat nothing and do not comment on it."
)

Unit = tuple[Message, ...]
"""Messages that are kept or left out together."""


def conversation(
    rows: Sequence[LiveRow], model: str, question: Said, *, called: Callable[[str], bool],
    begun: Sequence[Sequence[LiveRow]] = (),
) -> tuple[tuple[Message, ...], int]:  # fmt: skip
    """The messages to answer, and how many of them stood in the room before the question.

    `rows` are what stood there, oldest first; `called` tells the names that mean the model. The question is in the
    result exactly once; behind it what is there of the answer already: the rows of each try to give it (`begun`), to be
    carried on.
    """
    older = tuple(message for _, unit in _units(rows, model, called) for message in unit)
    last: Unit = (question,)
    for attempt in begun:
        units = [unit for _, unit in _units(attempt, model, called) if isinstance(unit[0], Answered)]
        last += (*(message for unit in units for message in unit), Said("", GO_ON))
    return older + last, len(older)


def first_read(rows: Sequence[LiveRow], model: str, called: Callable[[str], bool], older: int) -> int | None:
    """The `seq` of the first row of which a model reads something that reads the last `older` messages of them; None
    when it reads none.
    """
    seqs = [seq for seq, unit in _units(rows, model, called) for _ in unit]
    return seqs[-older] if older else None


def fitted(question: Question, context_tokens: int | None, max_tokens: int, spare: int = 0) -> Question:
    """The question for a context of that size, in which an answer of `max_tokens` has its room as well.

    The oldest messages are left out, whole units of them, until the rest fits; the question itself never. Tools that
    take all the room there is for what was said before are left out first. `spare` tokens, a quarter at most, are kept
    free for what is found later: for these, too, the oldest messages go.
    """
    if context_tokens is None:
        return question
    tokens = _tokens_to_read(context_tokens, max_tokens)
    fit = _with_tools_or_bare(question, tokens)
    return _trimmed(fit, tokens, min(spare, tokens // 4)) if spare else fit


def _with_tools_or_bare(question: Question, tokens: int) -> Question:
    with_tools = _trimmed(question, tokens)
    if not question.tools or not (with_tools.over or (question.older and not with_tools.older)):
        return with_tools
    bare = _trimmed(replace(question, tools=(), tools_left_out=True), tokens)
    better = (bare.over, -bare.older) < (with_tools.over, -with_tools.older)
    return bare if better else with_tools


def _tokens_to_read(context_tokens: int, max_tokens: int) -> int:
    """What a context holds beside the answer."""
    return context_tokens - min(max_tokens, context_tokens // 2)


def with_related(
    question: Question, found: Sequence[Related], size: int, context_tokens: int | None, max_tokens: int
) -> Question:
    """The question with as many of these rows, the likeliest first, as fit `size` bytes and what is free of the
    context. They stand right before it, and are the last of what may be left out.
    """
    if context_tokens is not None:
        free = _tokens_to_read(context_tokens, max_tokens) - tokens_of_question(question) - MESSAGE_TOKENS
        size = min(size, free * BYTES_PER_TOKEN)
    rows = fitting(found, size)
    if not rows:
        return question
    older, last = question.messages[: question.older], question.messages[question.older :]
    messages = (*older, Said("", told(rows)), *last)
    return replace(question, messages=messages, older=question.older + 1, related=rows)


def tokens_of_question(question: Question) -> int:
    """About how many tokens all of it takes."""
    return _tokens_beside(question) + tokens_of_messages(question.messages)


def _tokens_beside(question: Question) -> int:
    return tokens_of(question.system) + tokens_of_tools(question.tools)


def _trimmed(question: Question, tokens: int, spare: int = 0) -> Question:
    """The question in so many tokens; of those beside the question itself `spare` stay free."""
    tokens = max(0, tokens - _tokens_beside(question))
    older, last = question.messages[: question.older], question.messages[question.older :]
    room = tokens - tokens_of_messages(last) - spare
    kept = len(older)
    for unit in reversed(_grouped(older)):
        room -= tokens_of_messages(unit)
        if room < 0:  # and then it stays so: nothing older slips in behind what did not fit
            break
        kept -= len(unit)
    return replace(
        question,
        messages=older[kept:] + last,
        older=len(older) - kept,
        related=still_told(question.related, older[kept:] + last) if kept else question.related,
        left_out=question.left_out + kept,
        over=max(0, tokens_of_messages(last) - tokens),
    )


def _grouped(messages: Sequence[Message]) -> list[Unit]:
    """The messages with each call's result in one unit with the call."""
    units: list[Unit] = []
    for message in messages:
        if isinstance(message, ToolReturned):
            units[-1] += (message,)
        else:
            units.append((message,))
    return units


def tokens_of_messages(messages: Iterable[Message]) -> int:
    """About how many tokens a conversation takes."""
    return sum(_message_size(message) for message in messages)


def tokens_of(text: str) -> int:
    """About how many tokens a text takes; rather too many."""
    return -(-size_of(text) // BYTES_PER_TOKEN)


def tokens_of_tools(tools: Iterable[ToolSpec]) -> int:
    """About what the descriptions of tools take."""
    return sum(tokens_of(tool.name + tool.description + json.dumps(tool.parameters)) + MESSAGE_TOKENS for tool in tools)


def _message_size(message: Message) -> int:
    match message:
        case Said(author=author, text=text):
            return tokens_of(author + text) + MESSAGE_TOKENS
        case Answered(text=text, calls=calls):
            called = sum(tokens_of(call.name + call.arguments) + MESSAGE_TOKENS for call in calls)
            return tokens_of(text) + called + MESSAGE_TOKENS
        case ToolReturned(text=text):
            return tokens_of(text) + MESSAGE_TOKENS


def _units(rows: Sequence[LiveRow], model: str, called: Callable[[str], bool]) -> Iterable[tuple[int, Unit]]:
    """What each row is to the model, with the `seq` of the row; a round of its own with that of its first one."""
    results = {live.head.parent_id: live for live in rows if live.head.method == Method.TOOL_RESULT}
    at = 0
    while at < len(rows):
        head = rows[at].head
        own = head.author == model and not head.is_open
        if own and head.method in (Method.MODEL, Method.TOOL_CALL):
            text = rows[at].text if head.method == Method.MODEL else ""
            first = at + (head.method == Method.MODEL)
            calls = _calls(rows, first, model, head.mention_id)
            if text.strip() or calls:
                yield head.seq, _round(text, calls, results)
            at = first + len(calls)
        else:
            yield from ((head.seq, unit) for unit in _said(rows[at], called))
            at += 1


def _calls(rows: Sequence[LiveRow], first: int, model: str, mention_id: str | None) -> list[LiveRow]:
    """The calls of one round: they stand one after the other, unless somebody spoke in between."""
    calls: list[LiveRow] = []
    for live in rows[first:]:
        head = live.head
        if head.method != Method.TOOL_CALL or head.author != model or head.mention_id != mention_id:
            break
        calls.append(live)
    return calls


def _round(text: str, calls: Sequence[LiveRow], results: dict[str | None, LiveRow]) -> Unit:
    made = tuple(ToolCall(live.head.id, live.head.tool_name or "tool", live.text) for live in calls)
    returned: list[Message] = []
    for call in made:
        result = results.get(call.id)
        known = result is not None and (not result.head.is_open or result.length > 0)
        returned.append(ToolReturned(call.id, call.name, result.text if result is not None and known else NO_RESULT))
    return (Answered(text, made), *returned)


def _said(live: LiveRow, called: Callable[[str], bool]) -> Iterable[Unit]:
    head = live.head
    if head.method == Method.USER:
        asked = split_question(live.text)
        if asked is not None and any(called(name) for name in asked[0]):
            if asked[1]:
                yield (Said(head.author, asked[1], asked=True),)
        elif live.text.strip():
            yield (Said(head.author, live.text),)
    elif head.method == Method.MODEL and not head.is_open and live.text.strip():
        yield (Said(head.author, live.text),)

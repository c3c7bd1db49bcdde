"""Whole answers, for who wants no pieces: one, or many, as many at once as are good for the model's server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import trio

from chatd.core.stream import Done, Failed, StreamEvent, Thinking, Token, Usage
from chatd.errors import ChatdError, UsageError
from chatd.tasks.asking.failures import as_event
from chatd.tasks.asking.payload import Payload

MANY_AT_ONCE = 8
"""Answers that run together when many are asked for: twice the `max_parallel` of a model, so that none stands idle."""


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """What a stream came to; what came before a failure is kept."""

    text: str
    end: Done | Failed
    thinking: str = ""
    usage: Usage = field(default_factory=Usage)
    """Tokens of all requests together; of one that failed as far as its server said."""

    @property
    def ok(self) -> bool:
        """Whether the model came to an end of its own."""
        return isinstance(self.end, Done)


class Hearing:
    """Puts the events of one stream together."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._thought: list[str] = []
        self._usage = Usage()

    def hear(self, event: StreamEvent) -> None:
        """Take the next event."""
        match event:
            case Token(text=text):
                self._said.append(text)
            case Thinking(text=text):
                self._thought.append(text)
            case Usage(prompt_tokens=prompt, completion_tokens=completion):
                before = self._usage
                self._usage = Usage(_sum(before.prompt_tokens, prompt), _sum(before.completion_tokens, completion))
            case _:
                pass

    def whole(self, end: Done | Failed) -> WholeAnswer:
        """All of it, which ended so."""
        return WholeAnswer("".join(self._said), end, "".join(self._thought), self._usage)

    def failed(self, error: ChatdError) -> WholeAnswer:
        """All that came until the asking itself failed."""
        return self.whole(as_event(error, spoken=bool(self._said)))


class StreamAsk(Protocol):
    """`Router.stream_ask`, as far as it is needed here."""

    async def __call__(
        self, address: str, type: str, payload: Payload, *, on_chunk: Callable[[StreamEvent], object],  # noqa: A002
    ) -> Done | Failed:  # fmt: skip
        """Ask, and tell of every event."""
        ...


async def ask_many(
    ask: StreamAsk, addresses: str | Sequence[str], type: str, payloads: Sequence[Payload], at_once: int,  # noqa: A002
) -> list[WholeAnswer]:  # fmt: skip
    """What `Router.ask_many` says of itself."""
    asked = [addresses] * len(payloads) if isinstance(addresses, str) else list(addresses)
    if len(asked) != len(payloads) or isinstance(payloads, str):
        raise UsageError(f"one name, or one for each of the {len(payloads)} questions of a list, not {len(asked)}")
    if at_once < 1:
        raise UsageError(f"at least one answer at once, not {at_once}")
    answers: dict[int, WholeAnswer] = {}
    waiting = iter(range(len(asked)))

    async def ask_one_by_one() -> None:
        for number in waiting:  # which all that ask share
            hearing = Hearing()
            try:
                end = await ask(asked[number], type, payloads[number], on_chunk=hearing.hear)
                answers[number] = hearing.whole(end)
            except ChatdError as error:
                answers[number] = hearing.failed(error)

    await _together(ask_one_by_one, min(at_once, len(asked)))
    return [answers[number] for number in range(len(asked))]


async def _together(job: Callable[[], Awaitable[None]], times: int) -> None:
    """Run the job several times at once. What one raises ends all, and comes out in no group unless several raised."""
    try:
        # Always a group, whatever the program we are part of has chosen: so exactly one is taken off below.
        async with trio.open_nursery(strict_exception_groups=True) as nursery:
            for _ in range(times):
                nursery.start_soon(job)
    except ExceptionGroup as group:
        raise (group.exceptions[0] if len(group.exceptions) == 1 else group) from None


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one + (other or 0)

"""A model that does what real ones do, and what they should not: drawn anew for each question."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from chatd.core.question import Question
from chatd.core.row import Status
from chatd.core.stream import Done, Failed, Started, StreamEvent, Thinking, Token, ToolCall, Usage
from chatd.errors import ChatdError, LimitFailure, NetworkFailure, UpstreamFailure
from chatd.ports import ModelInfo

Utterance = StreamEvent | ChatdError | float
"""Something that is said, a failure, or a silence in seconds."""

WORDS = ("the ", "sky ", "is ", "blue\n", "日本 ", "\x1b[2J", "👩‍👩‍👧 ", " ", "```\n", "e\u0301")
CALLS = (
    ("calculate", '{"expression":"6*7"}'),
    ("clock", "{}"),
    ("roll_dice", '{"dice":"3d6"}'),
    ("nope", "{}"),
    ("calculate", '{"expression":"1+"}'),
    ("roll_dice", '{"dice":"many"}'),
    ("clock", '{"zone":"Nowhere"}'),
    ("clock", '{"time_zone":"Nowhere"}'),
    ("stream", "{}"),
    ("hang", "{}"),
    ("reluctant", "{}"),
    ("much", "{}"),
    ("faulty", '{"how":"err"}'),
    ("faulty", '{"how":"loop"}'),
    ("clock", "["),
)


class SimulatedModel:
    """The port Model."""

    def __init__(self, name: str, source: random.Random, tell: Callable[[str], None]) -> None:
        self.info = ModelInfo(name, "simulated", name, tools=("*",), max_parallel=1 if name == "sage" else 2)
        self.open_streams = 0
        self.faults = 0
        self._source = source
        self._tell = tell

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """Answer, somehow."""
        return self._stream(question)

    @asynccontextmanager
    async def _stream(self, question: Question) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        script = self._script(may_call=question.may_call)
        self._tell(f"{self.info.name} is asked by {question.asker}: {question.text[:20]!a}")
        await trio.lowlevel.checkpoint()
        self.open_streams += 1
        try:
            yield _Playing(script)
        finally:
            self.open_streams -= 1
            self._tell(f"{self.info.name} is left")

    def _script(self, *, may_call: bool) -> deque[Utterance]:
        source = self._source
        steps: list[Utterance] = [Started()]
        if source.random() < 0.2:
            steps.append(Thinking("hm "))
        for _ in range(source.randrange(6)):
            steps.append(source.choice((0.0, 0.0, 0.01, 0.3)))
            steps.append(Token(source.choice(WORDS)))
        fate = source.random()
        if fate < 0.25:
            self.faults += 1
            steps += self._fault()
            return deque(steps)
        if may_call and fate < 0.5:
            for number in range(source.choice((1, 1, 2, 3))):
                tool, arguments = source.choice(CALLS)
                steps.append(ToolCall(f"c{number}", tool, arguments))
        steps.append(Usage(source.randrange(100), source.randrange(50)))
        steps.append(Done(source.choice((Status.COMPLETE, Status.COMPLETE, Status.LENGTH))))
        return deque(steps)

    def _fault(self) -> list[Utterance]:
        faults: tuple[list[Utterance], ...] = (
            [NetworkFailure("the connection broke", cut=True)],
            [UpstreamFailure("the server says no")],
            [LimitFailure("nothing more came for 60 s")],
            [400.0],  # it stalls: the time limit ends it
            [Token("x " * 200)] * 30,  # it goes on and on, and then just stops
            [],
            [Done(), Done(), Token("after the end")],
            [ToolCall("same", "clock", "{}"), ToolCall("same", "clock", "{}"), Done()],
            [Usage(1 << 70, -1), Token("fine"), Done()],
            [Failed("it says so itself")],
        )  # fmt: skip
        return self._source.choice(faults)


class _Playing:
    def __init__(self, script: deque[Utterance]) -> None:
        self._script = script

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        await trio.lowlevel.checkpoint()
        while self._script:
            step = self._script.popleft()
            if isinstance(step, ChatdError):
                raise step
            if not isinstance(step, float):
                return step
            await trio.sleep(step)
        raise StopAsyncIteration

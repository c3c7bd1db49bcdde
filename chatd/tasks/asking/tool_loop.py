"""One answer over its rounds: the model is asked, its tools are run, and it is asked again with their results.

Every event goes to `tell`, which is awaited: whoever listens slows the model down, and no tool runs before its call has
been dealt with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

import trio

from chatd.core.question import Answered, Question, ToolReturned
from chatd.core.row import Status
from chatd.core.stream import (
    Done,
    Failed,
    StreamEvent,
    Thinking,
    Token,
    ToolCall,
    ToolOutput,
    ToolResult,
)
from chatd.core.tool import canonical, fit_name
from chatd.errors import ChatdError, Exit, LimitFailure
from chatd.ports import Model
from chatd.ports.tool import ToolContext
from chatd.tasks.asking.tools.registry import Tools

Tell = Callable[[StreamEvent], Awaitable[None]]

Review = Callable[[Question], Awaitable[Question]]
"""What of a question may go to the model. Raises QuestionRefused, and what else keeps it from being asked."""

MAX_SAME_CALLS = 2
"""An equal call is blocked from the third time on: a model that repeats itself gets no further by it."""

MAX_CALLS = 64
"""Tool calls of one answer, all rounds together."""


BROKEN_OFF = "not run: the answer broke off"
ENDED_EARLY = "not run: the answer was ended before its end"


@dataclass(frozen=True, slots=True)
class ToolLoopLimits:
    """Bounds of one answer; durations in seconds."""

    first_piece: float
    """For models that do not keep time themselves, as is the next."""
    between_pieces: float
    whole: float
    tool_rounds: int


@dataclass(slots=True)
class _Round:
    """What one round has said."""

    text: list[str]
    calls: list[ToolCall]
    end: Done | Failed | None = None
    """How the model ended it; None when it did not say."""


class ToolLoop:
    """One answer being made."""

    def __init__(
        self, model: Model, tools: Tools, context: ToolContext, limits: ToolLoopLimits, tell: Tell, *, review: Review
    ) -> None:  # fmt: skip
        """`review` is asked what may go to the model in each round after the first, of which it was asked before."""
        self._model = model
        self._tools = tools
        self._context = context
        self._limits = limits
        self._tell = tell
        self._review = review
        self._made: Counter[str] = Counter()
        self._ids: set[str] = set()
        self._spoken = False
        self._turn = trio.Lock()
        """Tools run side by side; what they say is told one after the other."""

    async def answer(self, question: Question) -> None:
        """Tell everything; Done or Failed is the last. Raises ModelFailure and other ChatdErrors of the model.

        Cancellation leaves at once, with the connection closed and the tools stopped.
        """
        with trio.move_on_after(self._limits.whole) as whole:
            await self._answer(question)
        if whole.cancelled_caught:
            code = Exit.FAILED if self._spoken else Exit.TEMPORARY
            raise LimitFailure(f"did not end within {self._limits.whole:g} s", exit_code=code)

    async def _answer(self, question: Question) -> None:
        for number in range(self._limits.tool_rounds + 1):
            may_call = number < self._limits.tool_rounds and bool(question.tools)
            if number:
                question = await self._review(question)
            said = await self._ask(replace(question, may_call=may_call))
            if not isinstance(said.end, Done):
                await self._tell(said.end or self._broken_off())
                return
            if not said.calls or question.hands_back:
                for call in said.calls:
                    await self._tell(call)
                await self._tell(said.end)
                return
            if said.end.status is Status.TRUNCATED:
                await self._undone(said.calls, ENDED_EARLY)
                await self._tell(said.end)
                return
            if not may_call:
                await self._refuse(said, said.end, offered=bool(question.tools))
                return
            offered = tuple(tool.name for tool in question.tools)
            results = await self._run(said.calls, offered, cut=said.end.status is Status.LENGTH)
            made = Answered("".join(said.text), tuple(said.calls))
            question = replace(question, messages=(*question.messages, made, *results))

    def _broken_off(self) -> Failed:
        if self._spoken:
            return Failed("the answer broke off", Status.TRUNCATED)
        return Failed("gave no answer")

    # --- one round

    async def _ask(self, question: Question) -> _Round:
        said = _Round([], [])
        try:
            async with self._model.stream(question) as events:
                await self._listen(events, said)
        except ChatdError:
            await self._undone(said.calls, BROKEN_OFF)
            raise
        if not isinstance(said.end, Done):
            await self._undone(said.calls, BROKEN_OFF)
        return said

    async def _listen(self, events: AsyncIterator[StreamEvent], said: _Round) -> None:
        # Only content is progress: an event that carries none does not move the deadline.
        keeps_time = self._model.info.keeps_time
        deadline = trio.current_time() + self._limits.first_piece
        begun = False
        while said.end is None:
            if keeps_time:
                event = await anext(events, None)
            else:
                with trio.CancelScope(deadline=deadline) as patience:
                    event = await anext(events, None)
                if patience.cancelled_caught:
                    raise self._impatience(begun=begun)
            match event:
                case None:
                    return
                case ToolCall():
                    said.calls.append(self._unique(event))
                case Done() | Failed():
                    said.end = event
                case Token() | Thinking():
                    if isinstance(event, Token):
                        said.text.append(event.text)
                    begun = self._spoken = True
                    await self._tell(event)
                    deadline = trio.current_time() + self._limits.between_pieces
                case _:
                    await self._tell(event)

    def _impatience(self, *, begun: bool) -> LimitFailure:
        if begun:
            return LimitFailure(f"nothing more came for {self._limits.between_pieces:g} s")
        first = f"no answer began within {self._limits.first_piece:g} s"
        return LimitFailure(first, exit_code=Exit.FAILED if self._spoken else Exit.TEMPORARY)

    def _unique(self, call: ToolCall) -> ToolCall:
        """The call with an id that no other call of this answer has: some servers number anew in each round."""
        unique, number = call.id, 1
        while unique in self._ids:
            number += 1
            unique = f"{call.id}-{number}"
        self._ids.add(unique)
        return replace(call, id=unique, name=fit_name(call.name))

    # --- tools

    async def _run(self, calls: list[ToolCall], offered: tuple[str, ...], *, cut: bool) -> list[ToolReturned]:
        """Run a round's calls side by side; the results in the order of the calls."""
        for call in calls:
            await self._tell(call)
        results: dict[str, ToolResult] = {}

        async def run(call: ToolCall) -> None:
            result = self._not_run(call, cut=cut)
            if result is None:
                on_output = partial(self._say, call.id)
                result = await self._tools.run(call, self._context, on_output=on_output, allowed=offered)
            results[call.id] = result
            async with self._turn:
                await self._tell(result)

        async with trio.open_nursery() as nursery:
            for call in calls:
                nursery.start_soon(run, call, name=f"tool {call.name}")
        return [ToolReturned(call.id, call.name, results[call.id].content) for call in calls]

    async def _say(self, call_id: str, text: str) -> None:
        async with self._turn:
            await self._tell(ToolOutput(call_id, text))

    def _not_run(self, call: ToolCall, *, cut: bool) -> ToolResult | None:
        """Why a call is not run, as its result; None when it is to be run."""
        same = canonical(call.name, call.arguments)
        self._made[same] += 1
        if cut:
            reason = "not run: the call was cut off by the limit on the answer's length"
        elif self._made[same] > MAX_SAME_CALLS:
            reason = f"not run: the same call was made {MAX_SAME_CALLS} times already; go on with what it gave"
        elif self._made.total() > MAX_CALLS:
            reason = f"not run: more than {MAX_CALLS} calls in one answer"
        else:
            return None
        return ToolResult(call.id, call.name, reason, Status.FAILED)

    async def _undone(self, calls: list[ToolCall], reason: str) -> None:
        for call in calls:
            await self._tell(call)
        for call in calls:
            await self._tell(ToolResult(call.id, call.name, reason, Status.FAILED))

    async def _refuse(self, said: _Round, done: Done, *, offered: bool) -> None:
        """It was asked to answer without tools, and calls them all the same."""
        rounds = self._limits.tool_rounds
        reason, problem = "not run: there are no tools here", "called a tool, and has none"
        if offered:
            reason = f"not run: the limit is {rounds} rounds of tool calls (max_tool_rounds)"
            problem = f"kept calling tools after {rounds} rounds, the limit is max_tool_rounds"
        await self._undone(said.calls, reason)
        await self._tell(done if said.text else Failed(problem))

"""The router: whoever has a name can be asked for a stream of events.

    async with router.stream("qwen", "why is the sky blue?") as events:      leaving the block cancels the model
        async for event in events: ...
    await router.stream_ask("qwen", "inference", payload, on_chunk=print_it, timeout=30)
    answer = await router.ask("qwen", "inference", payload)                  whole, and so from several with `ask_many`

A stream has one opener, who slows the model down by taking its time, and any number of listeners, who do not. Answers
to mentions go the same way as everybody's.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from inspect import isawaitable

import trio

from chatd.core.guard import NO_GUARD, Guard
from chatd.core.question import Question
from chatd.core.retrieval import Related
from chatd.core.row import Status
from chatd.core.stream import FINAL, Done, Failed, Sources, StreamEvent, Thinking, Token, ToolCall, Usage
from chatd.core.tool import ToolSpec
from chatd.core.visit import Account
from chatd.errors import ChatdError, Exit, ModelFailure, NoStreaming, NotFound, TimedOut, UsageError
from chatd.ports import Clock, Ids, Model, ModelInfo
from chatd.ports.tool import ToolContext
from chatd.tasks.asking.answer_cache import AnswerCache
from chatd.tasks.asking.failures import as_event
from chatd.tasks.asking.fanout import LISTENER_ROOM, Fanout, Listener, Stream
from chatd.tasks.asking.masking import masked
from chatd.tasks.asking.model_registry import ModelRegistry
from chatd.tasks.asking.payload import Payload, actor_name, question_of
from chatd.tasks.asking.places import Places
from chatd.tasks.asking.prompt_hook import PromptHook
from chatd.tasks.asking.rendezvous import Rendezvous, beside
from chatd.tasks.asking.tool_loop import Tell, ToolLoop, ToolLoopLimits
from chatd.tasks.asking.tools.registry import Tools
from chatd.tasks.asking.whole_answer import MANY_AT_ONCE, Hearing, WholeAnswer, ask_many

logger = logging.getLogger("chatd.models.router")

NOTHING: Mapping[str, tuple[str, Account]] = {}
"""No streams but those that run."""

OnChunk = Callable[[StreamEvent], Awaitable[object] | object]


@dataclass(frozen=True, slots=True)
class RouterLimits:
    """How many answers may run and wait."""

    streams: int
    """At once, on the whole server."""
    queue: int
    """Waiting for one endpoint and model, or for the server."""
    rounds: ToolLoopLimits


class Router:
    """Finds actors by name and runs their streams. Nothing here outlives its caller's block."""

    def __init__(
        self, registry: ModelRegistry, tools: Tools, ids: Ids, limits: RouterLimits, *, clock: Clock,
        cache: AnswerCache | None = None, guard: Guard = NO_GUARD,
    ) -> None:  # fmt: skip
        """`clock` is what events have their times from. `cache` keeps answers for those who ask the same again; None:
        everybody's question is asked. `guard` is what the operator wants to be found in questions.
        """
        self.guard = guard
        self.prompt_hook = PromptHook()
        self.cache = cache
        self.registry = registry
        self.tools = tools
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self.places = Places(limits.streams, limits.queue)
        self._running: dict[str, Fanout] = {}

    def register(self, name: str, actor: Model) -> None:
        """Let an actor answer to a name."""
        self.registry.add(name, actor)

    # --- streams

    @asynccontextmanager
    async def stream(self, address: str, payload: Payload, *, type: str = "inference") -> AsyncIterator[Stream]:  # noqa: A002 -- the contract's name
        """Ask whoever has the address. Leaving the block ends the answer and closes the model's connection.

        `payload` is a text, a mapping with `message` and perhaps `system` and `situation`, or a Question. Failures of
        the model come as the event Failed. Raises NotFound, NoStreaming, UsageError, and what a bug of the actor
        raised, in no group.
        """
        actor, question = self._resolve(address, type, payload)
        stream_id, pipe = self._ids.new(), Rendezvous[StreamEvent]()

        async def give(event: StreamEvent) -> None:
            await pipe.give(event, last=isinstance(event, FINAL))

        with self._open(stream_id) as fanout:
            async with beside(partial(self._run, actor, question, fanout, give, stream_id), f"stream {stream_id}"):
                yield Stream(fanout, pipe)

    async def stream_ask(
        self, address: str, type: str, payload: Payload, *, on_chunk: OnChunk,  # noqa: A002 -- the contract's name
        timeout: float | None = None, stream_id: str | None = None,
    ) -> Done | Failed:  # fmt: skip
        """Ask, and hand every event to `on_chunk`, which is awaited (when it is a coroutine): the back-pressure.

        Returns the last event. `timeout` is in seconds for the whole; then the model's connection is closed and
        TimedOut raised. Raises what `stream` does, and whatever `on_chunk` raises.
        """
        actor, question = self._resolve(address, type, payload)
        return await self.answer(actor, question, on_chunk=on_chunk, timeout=timeout, stream_id=stream_id)

    async def ask(
        self, address: str, type: str, payload: Payload, *, timeout: float | None = None,  # noqa: A002 -- as above
    ) -> WholeAnswer:  # fmt: skip
        """Ask, and wait for the whole answer. `timeout` in seconds, and what is raised, are those of `stream_ask`."""
        hearing = Hearing()
        return hearing.whole(await self.stream_ask(address, type, payload, on_chunk=hearing.hear, timeout=timeout))

    async def ask_many(
        self, addresses: str | Sequence[str], type: str, payloads: Sequence[Payload], *,  # noqa: A002 -- as above
        timeout: float | None = None, at_once: int = MANY_AT_ONCE,
    ) -> list[WholeAnswer]:  # fmt: skip
        """Ask one actor, or as many as there are payloads, and wait for every answer: they come in that order.

        No more than `at_once` run together; `timeout` is in seconds for each. Whoever fails, is not there or takes too
        long has an answer that ends with Failed, with what came of it, and the others go on. Cancelling ends all.
        Raises UsageError, before anybody is asked, for numbers that do not fit, and what a bug of an actor raised.
        """
        return await ask_many(partial(self.stream_ask, timeout=timeout), addresses, type, payloads, at_once)

    async def answer(
        self, actor: Model, question: Question, *, on_chunk: OnChunk,
        timeout: float | None = None, stream_id: str | None = None,
    ) -> Done | Failed:  # fmt: skip
        """As `stream_ask`, for whoever has the actor and the question."""
        last: list[Done | Failed] = []
        problem: Exception | None = None

        async def tell(event: StreamEvent) -> None:
            nonlocal problem
            if isinstance(event, FINAL):
                last.append(event)
            try:
                result = on_chunk(event)
                if isawaitable(result):
                    await result
            except Exception as error:  # noqa: BLE001 -- raised again below: inside it could be taken for the model's
                problem = error
                leaving.cancel()
                await trio.sleep_forever()

        with trio.CancelScope() as patience, trio.CancelScope() as leaving:
            if timeout is not None:
                patience.deadline = trio.current_time() + timeout
            stream_id = stream_id or self._ids.new()
            with self._open(stream_id) as fanout:
                await self._run(actor, question, fanout, tell, stream_id)
        if problem is not None:
            raise problem
        if patience.cancelled_caught:
            raise TimedOut(f"{actor.info.name} did not answer within {timeout:g} s")
        return last[0]

    def listen(self, stream_id: str, room: int = LISTENER_ROOM) -> Listener:
        """A consumer beside the opener of a running stream. Raises NotFound when it does not run."""
        fanout = self._running.get(stream_id)
        if fanout is None:
            raise NotFound(f"no stream {stream_id[:40]!r} is running")
        return fanout.listen(room)

    @property
    def idle(self) -> bool:
        """Whether nothing runs or waits."""
        return not self._running and self.places.idle

    def check(self, info: ModelInfo, account: Account, promised: Mapping[str, tuple[str, Account]] = NOTHING) -> None:
        """Raise LimitReached when no more questions on this account may wait for a model.

        `promised` are streams that will be asked for, by their ids, with the names of their models and the accounts:
        those that have not begun count as if they waited.
        """
        named = [asked for stream_id, asked in promised.items() if stream_id not in self._running]
        models = [(self.registry.named(name), whose) for name, whose in named]
        self.places.check(info, account, [(None if model is None else model.info, whose) for model, whose in models])

    def tools_for(self, info: ModelInfo) -> tuple[ToolSpec, ...]:
        """What a model may call: what the configuration says, unless the model is known to call nothing."""
        if info.capabilities and "tools" not in info.capabilities:
            return ()
        return self.tools.offered(info.tools)

    # --- inside

    def _resolve(self, address: str, type: str, payload: Payload) -> tuple[Model, Question]:  # noqa: A002
        if type not in ("inference", "mention"):
            raise UsageError(f"actors take messages of the type inference, not {type[:40]!r}")
        name = actor_name(address)
        actor = self.registry.find(name)
        if not callable(getattr(actor, "stream", None)):
            raise NoStreaming(name)
        return actor, question_of(payload, actor.info, self.tools_for(actor.info))

    @contextmanager
    def _open(self, stream_id: str) -> Iterator[Fanout]:
        """The stream can be listened to inside; whatever ends it, its listeners are told."""
        if stream_id in self._running:
            raise UsageError(f"a stream {stream_id[:40]!r} is running already")
        fanout = self._running[stream_id] = Fanout(stream_id, self._clock)
        try:
            yield fanout
        finally:
            del self._running[stream_id]
            fanout.publish(Failed("who asked has left", Status.CANCELLED, Exit.CANCELLED))

    async def _run(self, actor: Model, question: Question, fanout: Fanout, tell: Tell, stream_id: str) -> None:
        spoken = False
        sources: tuple[Related, ...] = ()

        async def tell_all(event: StreamEvent) -> None:
            nonlocal spoken
            spoken = spoken or isinstance(event, Token | Thinking | ToolCall)
            # An actor may be anybody's program, and what it says it has counted goes into budgets.
            await tell(fanout.publish(event.possible() if isinstance(event, Usage) else event))

        publish: Tell = tell_all
        context = ToolContext(question.room, question.room_id, question.asker, stream_id)

        async def review(asked: Question) -> Question:
            nonlocal sources
            reviewed = await self.prompt_hook.reviewed(actor.info, asked, context)
            if reviewed.related != sources:
                sources = reviewed.related
                await publish(Sources(sources))
            return reviewed

        try:
            question = await review(question)
            if self.guard.masks:
                question = await masked(question)
            if self.cache is not None:
                if await self.cache.tell(actor.info, question, publish):
                    logger.debug("stream %s: an answer of %s was given again", stream_id, actor.info.name)
                    return
                publish = self.cache.hearing(actor.info, question, publish)
            user = question.account or Account(question.asker or stream_id)
            async with self.places.place(actor.info, user, publish, stream_id):
                rounds = ToolLoop(actor, self.tools, context, self._limits.rounds, publish, review=review)
                await rounds.answer(question)
        except ChatdError as error:
            failed = as_event(error, spoken=spoken)
            if failed.exit is Exit.UNAVAILABLE and isinstance(error, ModelFailure):  # the model is there no more
                failed = replace(failed, reason=f"{failed.reason}; you can ask {self.registry.others(actor)}")
            await publish(failed)

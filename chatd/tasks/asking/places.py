"""Places for answers: one with the model's endpoint, then one on the server, each with a fair queue before it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from chatd.core.stream import Queued, Started
from chatd.core.visit import Account
from chatd.ports import ModelInfo
from chatd.tasks.asking.fair_limiter import FairLimiter
from chatd.tasks.asking.tool_loop import Tell

logger = logging.getLogger("chatd.models.router")


class Places:
    """Everybody's. `streams` answers run at once, and `queue` wait for one endpoint and model, or for the server."""

    def __init__(self, streams: int, queue: int) -> None:
        self._queue = queue
        self._server = FairLimiter("the server", streams, queue)
        self._gates: dict[tuple[str, str], FairLimiter] = {}

    def waiting(self, info: ModelInfo) -> int:
        """How many questions wait for a model."""
        return self._gate(info).waiting

    @property
    def queued(self) -> int:
        """How many questions wait, for whatever."""
        return self._server.waiting + sum(gate.waiting for gate in self._gates.values())

    @property
    def idle(self) -> bool:
        """Whether nobody has a place or waits for one."""
        return not self._gates and self._server.idle

    def check(self, info: ModelInfo, account: Account, coming: Sequence[tuple[ModelInfo | None, Account]]) -> None:
        """Raise LimitReached when no more questions on this account may wait for a model.

        `coming` are those that will wait as well: their models, and their accounts. None is a model that has gone.
        """
        self._server.check(account, [whose for _, whose in coming])
        key = _key(info)
        self._gate(info).check(account, [whose for model, whose in coming if model is not None and _key(model) == key])

    @asynccontextmanager
    async def place(self, info: ModelInfo, user: Account, publish: Tell, stream_id: str) -> AsyncIterator[None]:
        """Wait for both places; they are held until the block ends.

        Who was told of a queue is told that it is over: the model may be silent for long yet.
        """
        waited = False

        async def say(position: int) -> None:
            nonlocal waited
            waited = True
            logger.debug("stream %s waits for %s, place %d", stream_id, info.name, position)
            await publish(Queued(position))

        key = _key(info)
        gate = self._gates[key] = self._gate(info)
        try:
            with gate.ticket(user) as with_model:
                await with_model.wait(say)
                with self._server.ticket(user) as with_server:
                    await with_server.wait(say)
                    if waited:
                        await publish(Started())
                    logger.debug("stream %s has a place at %s", stream_id, info.name)
                    yield
        finally:
            logger.debug("stream %s is done at %s", stream_id, info.name)
            if gate.idle:
                self._gates.pop(key, None)

    def _gate(self, info: ModelInfo) -> FairLimiter:
        """The gate of a model's endpoint; a new one that nobody has while nobody asks."""
        return self._gates.get(_key(info)) or FairLimiter(info.name, info.max_parallel, self._queue)


def _key(info: ModelInfo) -> tuple[str, str]:
    """What models have in common that share a gate."""
    return info.endpoint, info.model

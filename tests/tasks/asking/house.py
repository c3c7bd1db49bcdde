"""A router without a server, for the tests of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio
import trio.testing

from chatd.adapters.json_schema import compile_schema
from chatd.core.stream import (
    StreamEvent,
)
from chatd.core.tool import ToolSpec
from chatd.ports import Arguments, SimpleTool, ToolContext
from chatd.tasks.asking.model_registry import ModelRegistry
from chatd.tasks.asking.router import Router, RouterLimits
from chatd.tasks.asking.tool_loop import ToolLoopLimits
from chatd.tasks.asking.tools.registry import ToolLimits, Tools
from chatd.testing import run
from chatd.testing.models import ScriptedModel
from chatd.testing.sources import CountingIds, VirtualTime


class House:
    """A router with one scripted model, `bot`, and a tool that takes a second."""

    def __init__(self, *, streams: int = 200, queue: int = 100, tool_rounds: int = 8) -> None:
        self.registry = ModelRegistry({})
        self.tools = Tools(compile_schema, ToolLimits(seconds=30, output=16384))
        rounds = ToolLoopLimits(first_piece=300, between_pieces=60, whole=1800, tool_rounds=tool_rounds)
        self.clock = VirtualTime()
        limits = RouterLimits(streams, queue, rounds)
        self.router = Router(self.registry, self.tools, CountingIds(), limits, clock=self.clock)
        self.models: list[ScriptedModel] = []
        self.bot = self.model("bot")
        self.tools.add(SimpleTool(ToolSpec("slow", "takes a second", {"type": "object"}), self._slow))

    def model(self, name: str, **info: Any) -> ScriptedModel:
        model = ScriptedModel(name, **info)
        self.models.append(model)
        self.router.register(name, model)
        return model

    @staticmethod
    async def _slow(_: Arguments, __: ToolContext) -> str:
        await trio.sleep(1)
        return "done"


Conversation = Callable[[House], Awaitable[None]]


def in_house(**limits: int) -> Callable[[Conversation], Callable[[], None]]:
    """Make a test of a conversation: the function gets a router; afterwards nothing may be left in it."""

    def decorate(conversation: Conversation) -> Callable[[], None]:
        async def main() -> None:
            house = House(**limits)
            await conversation(house)
            assert house.router.idle and all(model.open_streams == 0 for model in house.models)

        def test() -> None:
            run(main)

        return test

    return decorate


async def ignore(_: StreamEvent) -> None:
    pass

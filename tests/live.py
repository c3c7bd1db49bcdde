"""What a real model's server does with this client: a line for each thing that was tried.

python -m tests.live ENDPOINT MODEL [--provider ollama|openai|anthropic] [--key-env NAME]

Exit status 1 when something failed, for instance a connection that is still open after a cancel. What only depends on
the model, such as whether it calls a tool when asked to, is told and is no failure.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace

import httpcore
import trio

from chatd.adapters.json_schema import compile_schema
from chatd.adapters.system import SortedIds, SystemClock
from chatd.adapters.upstream import list_models
from chatd.config import Config, ModelConfig
from chatd.core.row import Status
from chatd.core.stream import Done, Failed, Retrying, StreamEvent, Thinking, Token, ToolCall, ToolResult, Usage
from chatd.core.tool import ToolSpec
from chatd.errors import ChatdError
from chatd.ports import Arguments, Tool, ToolContext
from chatd.tasks.asking.router import Router
from chatd.tasks.asking.tools.clock import clock_tool
from chatd.tasks.asking.tools.registry import Tools
from chatd.wire.models.protocols import PROTOCOLS
from chatd.wiring import limits
from chatd.wiring.models import Upstreams

SHORT = "Write three sentences about the sea."
LONG = "Write a story of at least a thousand words about a lighthouse."
ZONE = "Pacific/Kiritimati"
TIMED = f"What day and time is it now in the time zone {ZONE}? Call the tool clock to find out, then answer briefly."
SHORT_TOKENS = 48
"""What the answer cut by its length may have."""

NOBODY = "no-such-model-7f3a"
CLOSED_S = 1.0
"""A cancelled answer's connection must be closed by then."""
BESIDE = 5
"""Models that are named of a long list."""


class Wires(httpcore.AsyncNetworkBackend):
    """The machine's network, which knows how many connections are open."""

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()
        self.open = 0

    async def connect_tcp(self, *args: object, **kwargs: object) -> httpcore.AsyncNetworkStream:
        """As the machine does."""
        return _Wire(self, await self._network.connect_tcp(*args, **kwargs))  # type: ignore[arg-type]

    async def sleep(self, seconds: float) -> None:
        """As the machine does."""
        await self._network.sleep(seconds)


class _Wire(httpcore.AsyncNetworkStream):
    def __init__(self, wires: Wires, stream: httpcore.AsyncNetworkStream) -> None:
        self._wires = wires
        self._stream = stream
        self._closed = False
        wires.open += 1

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._wires.open -= not self._closed
            self._closed = True

    async def start_tls(self, *args: object, **kwargs: object) -> httpcore.AsyncNetworkStream:
        stream = await self._stream.start_tls(*args, **kwargs)  # type: ignore[arg-type]
        self._wires.open -= not self._closed  # the new one counts in its place
        self._closed = True
        return _Wire(self._wires, stream)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


@dataclass
class Heard:
    """One answer as it came."""

    began: float = field(default_factory=time.monotonic)
    at: list[float] = field(default_factory=list)
    """When each piece of text came."""
    kinds: Counter[str] = field(default_factory=Counter)
    text: str = ""
    retries: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    results: list[ToolResult] = field(default_factory=list)
    usage: list[Usage] = field(default_factory=list)
    end: Done | Failed | None = None

    def take(self, event: StreamEvent) -> None:
        """Keep it."""
        self.kinds[type(event).__name__] += 1
        match event:
            case Token(text=text):
                self.at.append(time.monotonic())
                self.text += text
            case Retrying(reason=reason):
                self.retries.append(reason)
            case ToolCall():
                self.calls.append(event)
            case ToolResult():
                self.results.append(event)
            case Usage():
                self.usage.append(event)
            case Done() | Failed():
                self.end = event
            case _:
                pass

    def __str__(self) -> str:
        words = [f"{len(self.at)} pieces, {len(self.text)} characters in {time.monotonic() - self.began:.2f} s"]
        if self.at:
            words.append(f"first text after {self.at[0] - self.began:.2f} s")
        if self.kinds["Thinking"]:
            words.append(f"{self.kinds['Thinking']} pieces of thought")
        if len(self.at) > 1 and self.at[-1] > self.at[0]:
            words.append(f"{(len(self.at) - 1) / (self.at[-1] - self.at[0]):.1f} pieces/s")
        words += [f"usage {usage.prompt_tokens} + {usage.completion_tokens} tokens" for usage in self.usage]
        words += [f"asked again: {reason}" for reason in self.retries]
        match self.end:
            case Done(status=status, finish_reason=reason):
                words.append(f"ended {status}, finish reason {reason!r}")
            case Failed(status=status, reason=reason):
                words.append(f"ended {status}: {reason}")
            case None:
                words.append("not ended")
        return "; ".join(words)


class Watched:
    """The tool `clock`, which remembers how it was called."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self.called: list[Arguments] = []

    @property
    def spec(self) -> ToolSpec:
        """As the tool's."""
        return self._tool.spec

    def run(self, arguments: Arguments, context: ToolContext) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Run it: its arguments have been found valid."""
        self.called.append(arguments)
        return self._tool.run(arguments, context)


class Live:
    """Everything that is tried, one thing after the other; `failed` counts what went wrong."""

    def __init__(self, model: ModelConfig, environ: Mapping[str, str]) -> None:
        plain = replace(model, name="plain", tools=())
        self._model = model
        self._wires = Wires()
        others = (
            replace(model, name="tooled", tools=("clock",)),
            replace(plain, name="short", max_tokens=SHORT_TOKENS),
            replace(plain, name="nobody", model=NOBODY),
        )
        settings = Config(models=(plain, *others))
        settings = replace(settings, server=replace(settings.server, discover=False))
        self.upstreams = Upstreams(settings, environ, network=self._wires)
        tools = Tools(compile_schema, limits.tool_limits(settings))
        self._clock = Watched(clock_tool(SystemClock()))
        tools.add(self._clock)
        self._router = Router(
            self.upstreams.registry, tools, SortedIds(), limits.router_limits(settings), clock=SystemClock()
        )
        self.failed = 0

    def say(self, what: str, text: str, *, good: bool = True) -> None:
        """One line; what is not good counts."""
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {what:10} {text}", flush=True)

    async def run(self) -> None:
        """Try everything."""
        if variable := self.upstreams.unset_variable("plain"):
            self.say("key", f"${variable} is not set", good=False)
        async with self.upstreams:
            for what, trial in {
                "models": self.models, "short": self.short, "cancel": self.cancel, "again": self.short,
                "tool": self.tool, "length": self.length, "unknown": self.unknown,
            }.items():  # fmt: skip
                try:
                    await trial(what)
                except ChatdError as error:
                    self.say(what, f"{type(error).__name__}: {error}", good=False)

    async def _ask(self, name: str, text: str) -> Heard:
        heard = Heard()
        await self._router.stream_ask(name, "inference", text, on_chunk=heard.take)
        return heard

    # --- the trials

    async def models(self, what: str) -> None:
        """What the server lists, and whether the wanted one is among it."""
        (server,) = self.upstreams.servers
        began = time.monotonic()
        listed = await list_models(server.endpoint)
        wanted = [one for one in listed if one.name.removesuffix(":latest") == self._model.model]
        about = f"{wanted[0].capabilities or 'no capabilities'}, context {wanted[0].context_tokens}" if wanted else ""
        names = ", ".join(one.name for one in listed[:BESIDE])
        self.say(what, f"{len(listed)} in {time.monotonic() - began:.2f} s: {names}"
                 f"; {self._model.model}: {about or 'not in the list'}")  # fmt: skip

    async def short(self, what: str) -> None:
        """A short answer; after a cancel it shows that the endpoint still works."""
        heard = await self._ask("plain", SHORT)
        good = isinstance(heard.end, Done) and bool(heard.text)
        self.say(what, f"{heard}; {heard.text[:40]!r}…", good=good)

    async def cancel(self, what: str) -> None:
        """Leave in the middle of an answer: the connection must be closed, or the server goes on computing."""
        heard = Heard()
        async with self._router.stream("plain", LONG) as events:
            async for event in events:
                heard.take(event)
                if len(heard.at) == 3:
                    break
            there, left = self._wires.open, time.monotonic()
        took, now_open = time.monotonic() - left, self._wires.open
        if len(heard.at) < 3:
            self.say(what, f"over before it could be cancelled: {heard}", good=isinstance(heard.end, Done))
            return
        good = now_open < there and took < CLOSED_S
        self.say(what, f"left after 3 pieces; {took * 1000:.1f} ms until the connection was closed;"
                 f" open before {there}, after {now_open}", good=good)  # fmt: skip

    async def tool(self, what: str) -> None:
        """Offer a clock and ask for the time in a place: only with the tool can it be known."""
        heard = await self._ask("tooled", TIMED)
        self.say(what, str(heard), good=isinstance(heard.end, Done))
        if not heard.calls:
            self.say(what, f"it called nothing and said {heard.text[:80]!r}")
        called = {call.id: call for call in heard.calls}
        for result in heard.results:  # in the order in which the tools ended
            call = called[result.id]
            valid = "valid" if result.status is Status.COMPLETE else "refused"
            self.say(what, f"called {call.name} with {call.arguments}: {valid}, {result.content!r}")
        said = [result.content for result in heard.results if result.status is Status.COMPLETE]
        if said:
            clock = said[-1].split(", ")[2][:5]
            told = "has" if clock[2:] in heard.text else "does not have"  # the minutes: some clocks go to 12
            self.say(what, f"the answer {told} the time {clock}: {heard.text[-80:]!r}")

    async def length(self, what: str) -> None:
        """A long answer that may have few tokens: its end must be told from a whole one."""
        heard = await self._ask("short", LONG)
        ended = isinstance(heard.end, Done) and heard.end.status is Status.LENGTH
        # A model that thinks may use all of them up before it says a word.
        thought = isinstance(heard.end, Done | Failed) and bool(heard.kinds[Thinking.__name__])
        self.say(what, f"{heard}; asked for {SHORT_TOKENS} tokens at most", good=ended or thought)

    async def unknown(self, what: str) -> None:
        """A model that the server cannot have."""
        heard = await self._ask("nobody", SHORT)
        end = heard.end
        told = f"{end.reason} (exit {end.exit})" if isinstance(end, Failed) else f"it answered all the same: {heard}"
        self.say(what, told)  # some servers have one model, whatever it is called


async def main() -> int:
    """Read the command line, try, tell."""
    parser = argparse.ArgumentParser(prog="tests.live")
    parser.add_argument("endpoint")
    parser.add_argument("model")
    parser.add_argument("--provider", default="openai", choices=[*PROTOCOLS])
    parser.add_argument("--key-env", default="")
    given = parser.parse_args()
    model = ModelConfig(
        "live", given.provider, given.endpoint, given.model, given.key_env, system="Answer plainly.", max_tokens=1024
    )
    live = Live(model, os.environ)
    await live.run()
    return 1 if live.failed else 0


if __name__ == "__main__":
    sys.exit(trio.run(main))

"""What the tests of the model client share: limits, a model of a fake server, and what was heard of an answer."""

from __future__ import annotations

import functools
import gc
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import httpcore
import trio
import trio.testing

from chatd.adapters.upstream import ClientLimits, Endpoint, UpstreamModel
from chatd.adapters.upstream.limits import PoolLimits
from chatd.core.question import Question
from chatd.core.stream import Done, Retrying, StreamEvent, Thinking, Token, ToolCall
from chatd.errors import ModelFailure
from chatd.ports import ModelInfo
from chatd.testing.upstream import Wire
from chatd.wire.models.limits import WireLimits
from chatd.wire.models.protocols import PROTOCOLS
from chatd.wire.models.request import RequestSettings

POOL = PoolLimits(connections=None, idle=20, idle_s=4.0)
LIMITS = ClientLimits(
    connect_timeout=10,
    first_token_timeout=300,
    timeout=60,
    retry_attempts=3,
    retry_delay=1,
    max_retry_wait=60,
    enabled=True,
    fallback_on_error=True,
    without_content=16 << 20,
    pool=POOL,
    wire=WireLimits(line=1 << 20, event=4 << 20, reply=1 << 20),
)
NOW = 1_700_000_000.0
KEY = "tr0ub4dor"
"""As no pattern of secrets knows it: that it is not repeated is our own doing."""
HOST = "http://models.test:11434"


@dataclass
class Heard:
    """An answer as its asker heard it, and when each event came (seconds from the question)."""

    events: list[StreamEvent] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    failure: ModelFailure | None = None
    ended: float = 0.0

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Token))

    @property
    def thoughts(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Thinking))

    @property
    def calls(self) -> list[ToolCall]:
        return [event for event in self.events if isinstance(event, ToolCall)]

    @property
    def retries(self) -> list[Retrying]:
        return [event for event in self.events if isinstance(event, Retrying)]

    @property
    def done(self) -> Done | None:
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Done) else None

    @property
    def reason(self) -> str:
        return str(self.failure)


def model_of(endpoint: Endpoint, log: logging.Logger | None = None, **changes: Any) -> UpstreamModel:
    """A model of the endpoint, with changed limits."""
    info = ModelInfo("m", endpoint.protocol.name, "m")
    settings = RequestSettings("m", 100, 4096)
    return UpstreamModel(
        info, endpoint, settings, replace(LIMITS, **changes), now=lambda: NOW, log=log or logging.Logger("test")
    )


async def ask(model: UpstreamModel, question: str | Question = "hi", *, heard: Heard | None = None) -> Heard:
    """Ask, and hear it to the end."""
    heard = heard or Heard()
    begun = anyio.current_time()
    try:
        async with model.stream(Question(question) if isinstance(question, str) else question) as events:
            async for event in events:
                heard.events.append(event)
                heard.times.append(anyio.current_time() - begun)
    except ModelFailure as failure:
        heard.failure = failure
    finally:
        heard.ended = anyio.current_time() - begun
    return heard


def endpoint_of(
    wire: Wire, network: httpcore.AsyncNetworkBackend | None = None, url: str = HOST, pool: PoolLimits = POOL
) -> Endpoint:
    """The wire's endpoint on that network."""
    base = f"{url}/v1" if wire.provider == "openai" else url
    return Endpoint(PROTOCOLS[wire.provider], base, KEY, pool=pool, network=network)


Story = Callable[..., Awaitable[None]]


def simulated(story: Story) -> Callable[..., None]:
    """Make a test of a story on trio's virtual clock: waiting costs no time."""

    @functools.wraps(story)
    def test(*args: Any, **kwargs: Any) -> None:
        trio.run(functools.partial(story, *args, **kwargs), clock=trio.testing.MockClock(autojump_threshold=0))
        gc.collect(1)  # an async generator that was left behind is told about when it is collected

    return test


def really(story: Story, backend: str) -> None:
    """Run a story on real time."""
    with_limit = functools.partial(_limited, story)
    anyio.run(with_limit, backend=backend)
    gc.collect(1)


async def _limited(story: Story) -> None:
    with anyio.fail_after(10):
        await story()

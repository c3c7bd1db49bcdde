"""A model behind a real wire: its server refuses, talks beside the point, breaks off, or answers; drawn each time.

What the server refuses belongs to the world, as a template does; what else it does is drawn anew.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from chatd.config import ModelConfig
from chatd.testing.upstream import (
    OLLAMA,
    OPENAI,
    REFUSALS,
    WIRES,
    Close,
    Fault,
    MemoryNetwork,
    Received,
    Reset,
    Step,
    Strict,
    Wait,
    Wire,
    close_delimited,
    json_reply,
    page,
    refusal,
    streamed,
    whole,
)

NAME = "llama"
WIRE_OF = {wire.provider: wire for wire in WIRES}
ENDPOINTS = {"openai": "http://llama.test/v1", "ollama": "http://llama.test", "anthropic": "http://llama.test"}
MODELS = tuple(
    ModelConfig(NAME, provider, endpoint=endpoint, model=NAME, context_tokens=2048)
    for provider, endpoint in ENDPOINTS.items()
)
"""The model by each protocol; which of them a world has is drawn by its seed."""
MODEL = MODELS[0]

FOREIGN: tuple[dict[str, object], ...] = (
    {"type": "ping"}, {"hook_results": {"before": [{"verdict": True}]}}, {"sources": [{"name": "doc"}]},
    {"object": "chat.completion.chunk", "id": "c"}, {"choices": []}, {"choices": None, "billing": {"cost": 1}},
)  # fmt: skip
"""What the protocol's messages do not define."""

SAID = ("the ", "llama ", "<think>", "hm ", "</think>", "日本 ", "\x1b[2J", "e\u0301" * 40, "`" * 30, " ", "\n")
ENDS = ("stop", "stop", "stop", "length", "content_filter")


LAST_WORDS = ("rate limited", "overloaded_error: Overloaded", "model is loading", "try later")
WAITS = ("0", "1", "2.5", "-1", "1e9", "100", "soon", "Tue, 14 Nov 2023 22:14:00 GMT")
"""Values of Retry-After: numbers, one that is too long, a date, and nonsense."""

PASSING = (Fault.REFUSED, Fault.RESET, Fault.UNREACHABLE, Fault.UNKNOWN_HOST, Fault.DNS_DOWN, Fault.CONNECT_HANGS)
"""What may be wrong with the next connections."""


class WireModel:
    """What the fake server of a world answers, by one protocol: `FakeUpstream.answers`.

    `network`, once it is there, is what has its connections fail.
    """

    def __init__(self, source: random.Random, tell: Callable[[str], None], provider: str = "openai") -> None:
        self.faults = 0
        self.network: MemoryNetwork | None = None
        self.only: tuple[Step, ...] | None = None
        """When set, the reply to every question."""
        self.wire = WIRE_OF[provider]
        self._source = source
        self._tell = tell
        refuses = source.sample(sorted(REFUSALS), source.choice((0, 0, 1, 2, len(REFUSALS))))
        context = source.choice((None, None, 400))
        # The strictest templates are those of servers that speak OpenAI's protocol; the others refuse by length alone.
        strict = Strict(OPENAI, refuses=refuses, context=context, answer="so it is")
        self._strict = strict if provider == "openai" else None
        self._context = context

    def __call__(self, request: Received) -> tuple[Step, ...]:
        """The reply to a request."""
        if request.method == "GET":  # which models there are
            key = "models" if self.wire is OLLAMA else "data"
            return json_reply({key: [{"id": NAME, "name": NAME}]})
        if not request.path.endswith(self.wire.path):
            return json_reply({"capabilities": ["completion", "tools"], "model_info": {}})
        if self.only is not None:
            return self.only
        reply = self._refusal(request)
        if reply is not None:
            return reply
        streams = bool(request.json.get("stream"))
        fate = self._source.random()
        if not streams:
            return whole(self.wire, "so it is")
        if fate < 0.25:
            return streamed(self.wire, *self.wire.answer("so it is"))
        if fate < 0.35 and request.json.get("tools"):
            return self._calls()
        if fate < 0.65:
            return streamed(self.wire, *self._pieces(), *self._end())
        self.faults += 1
        if fate < 0.75 and self.network is not None:
            return self._connections_fail()
        self._tell(f"{NAME} goes wrong, by the wire of {self.wire.provider}")
        return self._source.choice(self._wrong(malformed=self._source.random() < MALFORMED_OFTEN))

    def _refusal(self, request: Received) -> tuple[Step, ...] | None:
        """What is wrong with a request, in the words of the protocol."""
        if self._strict is not None:
            refused = len(self._strict.refused)
            reply = tuple(self._strict(request))
            if len(self._strict.refused) == refused:
                return None
            self._tell(f"{NAME} refuses: {self._strict.refused[-1][:60]}")
            return reply
        size = len(request.body) // BYTES_PER_TOKEN
        if self._context is None or size <= self._context:
            return None
        self._tell(f"{NAME} refuses: {size} tokens")
        words = f"prompt is too long: {size} tokens > {self._context} maximum"
        return refusal(self.wire, 400, words)

    def _connections_fail(self) -> tuple[Step, ...]:
        """The kept connection is closed behind a good answer, and the next ones cannot be made."""
        assert self.network is not None
        faults = self._source.choices(PASSING, k=self._source.choice((1, 1, 2, 4)))
        self._tell(f"the next connections fail: {', '.join(fault.name.lower() for fault in faults)}")
        self.network.fails_next(*faults)
        return (*streamed(self.wire, *self.wire.answer("so it is")), Close())

    def _calls(self) -> tuple[Step, ...]:
        """A tool is wanted, by the wire."""
        self._tell(f"{NAME} calls a tool")
        call = self.wire.call("w1", "calculate", {"expression": "6*7"})
        return streamed(self.wire, self.wire.opening(), call, self.wire.done("tool_calls"))

    def _pieces(self) -> list[bytes | Step]:
        source = self._source
        pieces: list[bytes | Step] = [self.wire.opening()]
        for _ in range(source.randrange(1, 8)):
            if self.wire is OPENAI and source.random() < 0.3:
                pieces.append(b"data: " + json.dumps(source.choice(FOREIGN)).encode() + b"\n\n")
            if source.random() < 0.2:
                pieces.append(Wait(source.choice((0.01, 0.3))))
            if source.random() < 0.1:
                pieces.append(self.wire.ping())
            pieces.append(self.wire.token(source.choice(SAID)))
        return pieces

    def _end(self) -> list[bytes]:
        if self.wire is not OPENAI:
            return [self.wire.done(self._source.choice(("stop", "stop", "length")))]
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": self._source.choice(ENDS)}]}
        return [b"data: " + json.dumps(end).encode() + b"\n\n", b"data: [DONE]\n\n"]

    def everything_wrong(self) -> list[tuple[Step, ...]]:
        """Each reply that a server should not give."""
        return [*self._wrong(malformed=False), *(self._wrong(malformed=True) if self.wire is OPENAI else ())]

    def _wrong(self, *, malformed: bool) -> list[tuple[Step, ...]]:
        wire, source = self.wire, self._source
        later = {"Retry-After": source.choice(WAITS)}
        if wire is OPENAI and malformed:
            return [streamed(wire, wire.token("so "), event(message)) for message in MALFORMED]
        return [
            streamed(wire, *self._pieces(), Reset(), ended=False),
            close_delimited(wire, *self._pieces()),
            refusal(wire, source.choice((400, 401, 404, 405, 415, 422, 500, 501)), "no, and no reason"),
            refusal(wire, source.choice((429, 503, 529)), source.choice(LAST_WORDS), later),
            refusal(wire, source.choice((429, 503)), source.choice(LAST_WORDS)),
            page("<html><title>Log in</title><script>x</script>"),
            streamed(wire, wire.opening(), wire.error("it broke")),
            streamed(wire, *[wire.ping()] * 40, Wait(10.0)),
            streamed(wire),
            (Reset(),),
            (Close(),),
            (Wait(30.0),),
            (*page("", 200), Close()),
            streamed(wire, b"42\n\n", b"data: 42\n\n", *self._end()),
            (*streamed(wire, wire.opening(), wire.token("the sky "), *repeats(wire, "the sky ")), Close()),
        ]


def event(message: object) -> bytes:
    """A message of a stream."""
    return b"data: " + json.dumps(message).encode() + b"\n\n"


def _calling(*calls: dict[str, object]) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"tool_calls": [*calls]}, "finish_reason": "tool_calls"}]}


MALFORMED: tuple[object, ...] = (
    "just words",
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]},
    _calling({"index": 0, "id": "c", "function": {"arguments": "{}"}}),
    _calling(*({"index": n, "id": f"c{n}", "function": {"name": "clock", "arguments": "{}"}} for n in range(300))),
    _calling({"index": 0, "id": "c", "function": {"name": "n" * 70_000, "arguments": "{}"}}),
)
"""Messages that a server should not send: no object, an end without a reason, calls of nothing, too many, too long."""

MALFORMED_OFTEN = 0.5
"""Of what goes wrong with this protocol, how much is such a message."""

BYTES_PER_TOKEN = 4


def repeats(wire: Wire, text: str) -> list[bytes]:
    """The end of an answer, by a server that says all of it again there."""
    if wire is not OLLAMA:
        return [wire.done()]
    message = {"role": "assistant", "content": text}
    return [json.dumps({"model": NAME, "message": message, "done": True, "done_reason": "stop"}).encode() + b"\n"]

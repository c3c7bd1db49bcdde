"""A model behind a real wire: its server refuses, talks beside the point, breaks off, or answers; drawn each time.

What the server refuses belongs to the world, as a template does; what else it does is drawn anew.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from chatd.config import ModelConfig
from chatd.testing.upstream import (
    OPENAI,
    REFUSALS,
    Close,
    Received,
    Reset,
    Step,
    Strict,
    Wait,
    close_delimited,
    json_reply,
    page,
    refusal,
    streamed,
)

NAME = "llama"
MODEL = ModelConfig(NAME, "openai", endpoint="http://llama.test/v1", model=NAME, context_tokens=2048)

FOREIGN: tuple[dict[str, object], ...] = (
    {"type": "ping"}, {"hook_results": {"before": [{"verdict": True}]}}, {"sources": [{"name": "doc"}]},
    {"object": "chat.completion.chunk", "id": "c"}, {"choices": []}, {"choices": None, "billing": {"cost": 1}},
)  # fmt: skip
"""What the protocol's messages do not define."""

SAID = ("the ", "llama ", "<think>", "hm ", "</think>", "日本 ", "\x1b[2J", "e\u0301" * 40, "`" * 30, " ", "\n")
ENDS = ("stop", "stop", "stop", "length", "content_filter")


class WireModel:
    """What the fake server of a world answers: `FakeUpstream.answers`."""

    def __init__(self, source: random.Random, tell: Callable[[str], None]) -> None:
        self.faults = 0
        self._source = source
        self._tell = tell
        refuses = source.sample(sorted(REFUSALS), source.choice((0, 0, 1, 2, len(REFUSALS))))
        self._strict = Strict(OPENAI, refuses=refuses, context=source.choice((None, None, 400)), answer="so it is")

    def __call__(self, request: Received) -> tuple[Step, ...]:
        """The reply to a request."""
        if request.method == "GET":  # which models there are
            return json_reply({"data": [{"id": NAME}]})
        refused = len(self._strict.refused)
        reply = tuple(self._strict(request))
        if len(self._strict.refused) > refused:
            self._tell(f"{NAME} refuses: {self._strict.refused[-1][:60]}")
            return reply
        fate = self._source.random()
        if fate < 0.3 or not request.json["stream"]:
            return reply
        if fate < 0.7:
            return streamed(OPENAI, *self._pieces(), *self._end())
        self.faults += 1
        self._tell(f"{NAME} goes wrong")
        return self._source.choice(self._wrong())

    def _pieces(self) -> list[bytes | Step]:
        source = self._source
        pieces: list[bytes | Step] = []
        for _ in range(source.randrange(1, 8)):
            if source.random() < 0.3:
                pieces.append(b"data: " + json.dumps(source.choice(FOREIGN)).encode() + b"\n\n")
            if source.random() < 0.2:
                pieces.append(Wait(source.choice((0.01, 0.3))))
            pieces.append(OPENAI.token(source.choice(SAID)))
        return pieces

    def _end(self) -> list[bytes]:
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": self._source.choice(ENDS)}]}
        return [b"data: " + json.dumps(end).encode() + b"\n\n", b"data: [DONE]\n\n"]

    def _wrong(self) -> list[tuple[Step, ...]]:
        return [
            streamed(OPENAI, *self._pieces(), Reset(), ended=False),
            close_delimited(OPENAI, *self._pieces()),
            refusal(OPENAI, self._source.choice((400, 401, 404, 429, 500, 503)), "no, and no reason"),
            page("<html><title>Log in</title><script>x</script>"),
            streamed(OPENAI, OPENAI.error("it broke")),
            streamed(OPENAI, *[OPENAI.ping()] * 40, Wait(10.0)),
            streamed(OPENAI),
            (*page("", 200), Close()),
            streamed(OPENAI, b"42\n\n", b"data: 42\n\n", *self._end()),
        ]

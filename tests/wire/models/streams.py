"""Replies as the three protocols put them on the wire, built piece by piece, with the places where things are said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from chatd.core.stream import StreamEvent, Thinking, Token, ToolCall
from chatd.errors import ModelFailure
from chatd.wire.models.decoder import Decoder
from chatd.wire.models.limits import WireLimits
from chatd.wire.models.protocols import PROTOCOLS

LIMITS = WireLimits(line=1 << 20, event=4 << 20, reply=8 << 20)
PROVIDERS = ("ollama", "openai", "anthropic")


@dataclass
class Recorded:
    """A reply's bytes. `said` are its pieces with the offset at which each is whole on the wire; at `end` its end is
    said, and from `done` on nothing is missing.
    """

    provider: str
    data: bytes
    said: list[tuple[int, str]]
    end: int
    done: int

    def text_at(self, cut: int) -> str:
        """What must have been decoded when the bytes end here."""
        return "".join(piece for at, piece in self.said if at <= cut)


@dataclass
class Wire:
    """Puts messages on the wire in one protocol, between noise that means nothing."""

    provider: str
    newline: str = "\n"
    ascii: bool = False
    noise: list[str] = field(default_factory=list)
    data: bytearray = field(default_factory=bytearray)

    def put(self, name: str, value: object) -> int:
        """One message; returns the offset at which it is whole."""
        if self.noise:
            self.data += self.noise.pop().replace("\n", self.newline).encode()
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=self.ascii)
        if self.provider == "ollama":
            self.data += text.encode()
        elif self.provider == "openai":
            self.data += f"data: {text}".encode()
        else:
            self.data += f"event: {name}{self.newline}data: {text}".encode()
        whole = len(self.data)
        self.data += self.newline.encode() * (1 if self.provider == "ollama" else 2)
        return whole


def lines(*values: object) -> bytes:
    """NDJSON."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def events(*values: object) -> bytes:
    """SSE, unnamed."""
    return b"".join(
        b"data: " + (value if isinstance(value, str) else json.dumps(value)).encode() + b"\n\n" for value in values
    )


def named(*values: dict[str, object]) -> bytes:
    """SSE, each event named for its type."""
    return b"".join(f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode() for value in values)


def ollama(content: object = "", **more: object) -> dict[str, object]:
    """A line of Ollama's."""
    return {"model": "m", "message": {"role": "assistant", "content": content}, "done": False} | more


def chunk(finish: object = None, **delta: object) -> dict[str, object]:
    """A chunk of OpenAI's."""
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def block(index: int, kind: str, **more: object) -> dict[str, object]:
    """The beginning of a block of Anthropic's."""
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind} | more}


def delta(index: int, kind: str, **more: object) -> dict[str, object]:
    """A piece of a block of Anthropic's."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind} | more}


def record(provider: str, pieces: Sequence[str], wire: Wire) -> Recorded:
    """A reply that says `pieces`, calls one tool, counts, and ends."""
    match provider:
        case "ollama":
            said = [(wire.put("", ollama(piece)), piece) for piece in pieces]
            call = {"function": {"name": "clock", "arguments": {"zone": "é\u2028"}}}
            wire.put("", ollama(message={"content": "", "tool_calls": [call]}))
            end = done = wire.put("", ollama(done=True, done_reason="stop", prompt_eval_count=3, eval_count=4))
        case "openai":
            wire.put("", chunk(role="assistant", content=None))
            said = [(wire.put("", chunk(content=piece)), piece) for piece in pieces]
            wire.put("", chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "clock", "arguments": ""}}]))
            for part in ('{"zone": ', '"é\u2028"}'):
                wire.put("", chunk(tool_calls=[{"index": 0, "function": {"arguments": part}}]))
            end = wire.put("", chunk("tool_calls"))
            done = wire.put("", {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}})
            wire.put("", "[DONE]")
        case _:
            wire.put("message_start", {"type": "message_start", "message": {"usage": {"input_tokens": 3}}})
            wire.put("content_block_start", block(0, "text", text=""))
            said = [(wire.put("content_block_delta", delta(0, "text_delta", text=piece)), piece) for piece in pieces]
            wire.put("content_block_stop", {"type": "content_block_stop", "index": 0})
            wire.put("content_block_start", block(1, "tool_use", id="a", name="clock", input={}))
            for part in ('{"zone": ', '"é\u2028"}'):
                wire.put("content_block_delta", delta(1, "input_json_delta", partial_json=part))
            wire.put("content_block_stop", {"type": "content_block_stop", "index": 1})
            stop = {"delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 4}}
            end = done = wire.put("message_delta", {"type": "message_delta"} | stop)
            wire.put("message_stop", {"type": "message_stop"})
    return Recorded(provider, bytes(wire.data), said, end, done)


texts = st.text(
    st.sampled_from('ab \n\r\t\x0b\x0c\x1b\x85\u2028\u2029é世🌍\ufeff<>/"\\{}') | st.characters(codec="utf-8"),
    max_size=12,
)
"""What breaks line splitters and decoders, mostly."""

NOISE = {
    "ollama": ["\n", "  \n", "\n\n"],
    "openai": [": ping\n\n", ":\n", "\n", "id: 7\nretry: 10\n", "event: x\n\n", "data:\n\n"],
    "anthropic": [": ping\n\n", "\n", 'event: ping\ndata: {"type": "ping"}\n\n', "event: new\ndata: what\n\n"],
}


@st.composite
def recorded(draw: st.DrawFn) -> Recorded:
    """A reply in some protocol, with the noise and the line ends of some server."""
    provider = draw(st.sampled_from(PROVIDERS))
    newline = draw(st.sampled_from(["\n", "\r\n"] if provider == "ollama" else ["\n", "\r\n", "\r"]))
    noise = draw(st.lists(st.sampled_from(NOISE[provider]), max_size=6))
    wire = Wire(provider, newline, draw(st.booleans()), noise)
    if draw(st.booleans()):
        wire.data += b"\xef\xbb\xbf"
    return record(provider, draw(st.lists(texts.filter(bool), min_size=1, max_size=4)), wire)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The data in pieces."""
    marks = sorted(place % (len(data) + 1) for place in places)
    return [data[start:end] for start, end in zip([0, *marks], [*marks, len(data)], strict=True)]


def run(
    provider: str, *pieces: bytes, limits: WireLimits = LIMITS, cumulative: bool = False, untagged: bool = False
) -> Outcome:
    """Decode the pieces and the end of the body."""
    decoder = Decoder(PROTOCOLS[provider], limits, cumulative=cumulative, untagged=untagged)
    found = [event for piece in pieces for event in decoder.feed(piece)]
    found += decoder.end()
    return Outcome(found, decoder.failure, decoder.ignored)


@dataclass
class Outcome:
    """What came of a reply."""

    events: list[StreamEvent]
    failure: ModelFailure | None = None
    ignored: int = 0

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Token))

    @property
    def thoughts(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Thinking))

    @property
    def calls(self) -> list[ToolCall]:
        return [event for event in self.events if isinstance(event, ToolCall)]

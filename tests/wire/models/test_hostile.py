"""Replies made to do harm: no step of reading one may hold the loop, whatever it says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial

import pytest

from chatd.adapters.upstream.body import SLICE
from chatd.wire.models.decoder import Decoder, decode_whole
from chatd.wire.models.protocols import PROTOCOLS
from chatd.wire.models.refusals import refusal
from tests.wire.models.streams import LIMITS, PROVIDERS, chunk, ollama

STEP_S = 0.2
"""Some times the 50 ms that a step may take on an idle machine, which `make abuse` prints."""

MIB = 1 << 20


def nested(depth: int, size: int) -> str:
    one = "[" * depth + "]" * depth
    return "[" + ",".join([one] * (size // len(one))) + "]"


VALUES = {
    "zeros": "[" + "0," * (MIB // 2 - 99) + "0]",
    "lists": "[" + "[]," * (MIB // 3 - 99) + "[]]",
    "texts": "[" + '"",' * (MIB // 3 - 99) + '""]',
    "keys": "{" + ",".join(f'"{number:x}":0' for number in range(MIB // 10)) + "}",
    "depth": "[" * (MIB - 99),
    "towers": nested(900, MIB - 2000),
    "digits": "[" + ("9" * 4000 + ",") * (MIB // 4001 - 1) + "0]",
    "a text": json.dumps("x" * (MIB - 200)),
    "escapes": '"' + '\\"' * (MIB // 2 - 99) + '"',
    "commas in a text": json.dumps('","' * (MIB // 5 - 99)),
}
"""JSON of nearly a MiB each."""

WHOLE: dict[str, Callable[[str], str]] = {
    "choices": lambda value: f'{{"choices": {value}}}',
    "a delta": lambda value: f'{{"choices": [{{"delta": {{"content": {value}}}}}]}}',
    "calls": lambda value: f'{{"choices": [{{"delta": {{"tool_calls": {value}}}}}]}}',
    "arguments": lambda value: json.dumps(
        chunk(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": value}}])
    ),
    "an error": lambda value: f'{{"error": {value}}}',
    "a message": lambda value: f'{{"message": {{"content": {value}, "thinking": {value[: MIB // 3]}}}}}',
    "a block": lambda value: f'{{"type": "content_block_start", "content_block": {{"type": "text", "text": {value}}}}}',
    "anything": lambda value: value,
}


def longest(provider: str, data: bytes) -> float:
    """Seconds of the longest step, in slices as the client reads them."""
    decoder = Decoder(PROTOCOLS[provider], LIMITS)
    steps = [data[at : at + SLICE] for at in range(0, len(data), SLICE)]
    return max(cost(decoder.feed, step) for step in steps)


def cost(work: Callable[..., object], *given: object) -> float:
    begun = time.thread_time()
    work(*given)
    return time.thread_time() - begun


def quick(measure: Callable[[], float]) -> bool:
    """Whether it is within the limit at one of three times: a busy machine is slow for other reasons."""
    return any(measure() < STEP_S for _ in range(3))


def message(value: str, shape: str) -> tuple[str, bytes]:
    """The protocol, and a message of this shape with this value in it."""
    provider = {"a message": "ollama", "a block": "anthropic"}.get(shape, "openai")
    text = WHOLE[shape](VALUES[value]).encode()
    return provider, (b"" if provider == "ollama" else b"data: ") + text + b"\n\n"


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("shape", WHOLE)
def test_one_large_message(value: str, shape: str) -> None:
    assert quick(lambda: longest(*message(value, shape)))


SMALL = {
    "blank lines": b"\n",
    "nothing": b"data:\n\n",
    "comments": b":\n",
    "events": b"data: {}\n\n",
    "objects": b"{}\n",
    "pieces": b"data: " + json.dumps(chunk(content="a")).encode() + b"\n\n",
    "lines": json.dumps(ollama("a")).encode() + b"\n",
    "lines of one event": b"data: x\n",
    "fragments": b"data: " + json.dumps(chunk(tool_calls=[{"index": 0, "function": {"name": "f"}}])).encode() + b"\n\n",
}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("small", SMALL)
def test_a_million_small_ones(provider: str, small: str) -> None:
    data = SMALL[small] * (MIB // len(SMALL[small]))
    assert quick(lambda: longest(provider, data))


def test_a_call_in_a_hundred_thousand_fragments_and_its_name_once_more() -> None:
    fragment = chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"\\"}]' * 5}}])
    name = chunk(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": "{"}}])
    told = [name, *[fragment] * 60_000, name]
    data = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in told)
    assert quick(lambda: longest("openai", data))


@pytest.mark.parametrize("value", VALUES)
def test_one_reply_that_is_not_streamed(value: str) -> None:
    for provider, shape in (("openai", "anything"), ("openai", "a delta"), ("ollama", "a message")):
        body = WHOLE[shape](VALUES[value])
        assert quick(partial(cost, decode_whole, PROTOCOLS[provider], body.encode(), LIMITS))


@pytest.mark.parametrize("value", VALUES)
def test_the_body_of_an_error(value: str) -> None:
    for body in (VALUES[value], WHOLE["an error"](VALUES[value]), WHOLE["an error"](json.dumps(VALUES[value]))):
        assert quick(partial(cost, refusal, 400, body.encode()))

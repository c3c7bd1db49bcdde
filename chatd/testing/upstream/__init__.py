"""A model's server that does what the test says, byte for byte: on real sockets, or in memory on any clock.

    fake = FakeUpstream()
    fake.reply(*streamed(OLLAMA, *OLLAMA.answer("hel", "lo")))
    fake.reply(*streamed(OLLAMA, OLLAMA.token("hel"), Reset()))
    async with fake.network() as network:           # in memory; hand `network` to the endpoint
        ...
    async with fake.listening() as url:             # on 127.0.0.1, under trio or asyncio
        ...
    assert fake.requests[0].json["model"] == "qwen3:8b"

A reply is a list of steps. It is no mock of HTTP: what is sent may be as wrong as real servers are.
"""

from chatd.testing.upstream.fake import FakeUpstream, Received
from chatd.testing.upstream.network import Fault, MemoryNetwork
from chatd.testing.upstream.replies import chunk, close_delimited, json_reply, page, refusal, response, streamed, whole
from chatd.testing.upstream.steps import Close, Drip, Gate, Hold, Reset, Send, Step, Wait, WaitForClose
from chatd.testing.upstream.strict import REFUSALS, Strict
from chatd.testing.upstream.wires import ANTHROPIC, OLLAMA, OPENAI, WIRES, Wire

__all__ = [
    "ANTHROPIC",
    "OLLAMA",
    "OPENAI",
    "REFUSALS",
    "WIRES",
    "Close",
    "Drip",
    "FakeUpstream",
    "Fault",
    "Gate",
    "Hold",
    "MemoryNetwork",
    "Received",
    "Reset",
    "Send",
    "Step",
    "Strict",
    "Wait",
    "WaitForClose",
    "Wire",
    "chunk",
    "close_delimited",
    "json_reply",
    "page",
    "refusal",
    "response",
    "streamed",
    "whole",
]

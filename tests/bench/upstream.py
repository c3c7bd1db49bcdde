"""A model's server for load, in a process of its own: it says as much as the question asks for, as quickly as it asks.

python -m tests.bench.upstream      prints its port; speaks Ollama's and OpenAI's protocol, and ends with its stdin

"say 1000 tokens" is answered as quickly as it is read; "say 1000 tokens, 20 a second" at that pace, one write a token.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from chatd.testing.upstream import OLLAMA, OPENAI, Wire, chunk

WORDS = ("the ", "sea ", "is ", "deep", " and", " wide", ", so", " it ", "has ", "room", " for ", "all.\n")
"""About four characters each, as tokens are; lines end now and then, as those of answers do."""

BLOCK = 240
"""Tokens in one write when there is no pace: some 30 KiB, a socket's worth."""

_WISH = re.compile(rb"say (\d+) tokens(?:, (\d+) a second)?")


def text_of(tokens: int) -> str:
    """The answer of so many tokens."""
    whole, rest = divmod(tokens, len(WORDS))
    return "".join(WORDS) * whole + "".join(WORDS[:rest])


@contextmanager
def upstream() -> Iterator[str]:
    """A server in another process; its URL."""
    command = [sys.executable, "-m", "tests.bench.upstream"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


class _Voice:
    """One protocol's messages, made once."""

    def __init__(self, wire: Wire) -> None:
        kind = wire.content_type.encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.opening = head + (chunk(wire.opening()) if wire.opening() else b"")
        self.tokens = [chunk(wire.token(word)) for word in WORDS]
        self.block = b"".join(self.tokens) * (BLOCK // len(WORDS))
        self.end = chunk(wire.done()) + chunk(b"")


_VOICES = {OLLAMA.path: _Voice(OLLAMA), "/v1" + OPENAI.path: _Voice(OPENAI)}


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            voice = _VOICES.get(head.split(b" ", 2)[1].decode())
            wishes = _WISH.findall(body)
            if voice is None or not wishes:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            tokens, pace = wishes[-1]  # what was asked before stands in the conversation, too
            await _answer(writer, voice, int(tokens), int(pace or 0))
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # the client has left
    finally:
        writer.close()


async def _answer(writer: asyncio.StreamWriter, voice: _Voice, tokens: int, pace: int) -> None:
    writer.write(voice.opening)
    if not pace:
        blocks, rest = divmod(tokens, BLOCK)
        for _ in range(blocks):
            writer.write(voice.block)
            await writer.drain()
        writer.write(b"".join(voice.tokens[i % len(WORDS)] for i in range(rest)))
    else:
        loop = asyncio.get_running_loop()
        due = loop.time() + random.random() / pace  # streams that all speak in the same moment would be a worse crowd
        for i in range(tokens):
            await asyncio.sleep(due - loop.time())
            writer.write(voice.tokens[i % len(WORDS)])
            await writer.drain()
            due += 1 / pace
    writer.write(voice.end)
    await writer.drain()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    closed = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await closed
    os._exit(0)  # whoever still listens is gone as well


if __name__ == "__main__":
    asyncio.run(_main())

"""What a long answer costs end to end: model's server, wire, room, disk, ssh. Processor time of the server alone.

python -m tests.bench.answers

The model's server and the clients are other processes. An answer ten times as long may cost eleven times as much.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.host import Host, host, settings
from tests.bench.upstream import text_of, upstream
from tests.end_to_end.server import Terminal

LENGTHS = (10_000, 100_000)
WARM_UP = 2_000
PROVIDERS = ("ollama", "openai")
PATIENCE_S = 120


def ask(server: Host, model: str, tokens: int) -> tuple[float, float]:
    """Ask over a real ssh client; processor and wall seconds of the answer, logging in not counted."""
    question = f"say {tokens} tokens"
    idle = _login(server)
    before, began = server.cpu(), time.monotonic()
    done = subprocess.run(
        server.ssh("alice", "ask", "--room", "lobby", f"@{model}", question),
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    spent, took = server.cpu() - before - idle, time.monotonic() - began
    assert done.stdout.decode().rstrip() == text_of(tokens).rstrip(), "the answer is not what the model said"
    return spent, took


def _login(server: Host) -> float:
    before = server.cpu()
    for _ in range(3):
        subprocess.run(server.ssh("alice", "version"), stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return (server.cpu() - before) / 3


@contextmanager
def watched(server: Host) -> Iterator[None]:
    """With a full-screen session in the room, on a terminal that takes everything."""
    terminal = Terminal(["ssh", "-tt", *server.ssh("bob")[1:]], 100, 30)
    terminal.sees("bob")
    drain = threading.Thread(target=_drain, args=(terminal.fileno(),), daemon=True)
    drain.start()
    try:
        yield
    finally:
        terminal.process.terminate()
        terminal.process.wait()
        drain.join()
        terminal.close()


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:
        pass  # Linux: EIO when the other side is closed


def table(server: Host, provider: str, heading: str) -> None:
    """Print one table: an answer of each length."""
    print(heading)
    ask(server, provider, WARM_UP)
    base = 0.0
    for tokens in LENGTHS:
        spent, took = ask(server, provider, tokens)
        base = base or spent
        rate = f"{spent / tokens * 1e6:6.1f} us a token   {tokens / took:8.0f} tokens/s"
        print(f"  {tokens:7} tokens  {spent:6.2f} s  {rate}   x {spent / base:.2f}", flush=True)


def main() -> None:
    """Print the tables."""
    for provider in PROVIDERS:
        with (
            tempfile.TemporaryDirectory() as directory,
            upstream() as url,
            host(Path(directory), settings(url, {provider: provider})) as server,
        ):
            table(server, provider, f"CPU of the server for one answer, {provider}, nobody else there")
            with watched(server):
                table(server, provider, f"CPU of the server for one answer, {provider}, a full screen watching")


if __name__ == "__main__":
    main()

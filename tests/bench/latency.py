"""How long a Ctrl-C takes: from the key press in a real ssh client to the cancelled scope, and to a second screen.

python -m tests.bench.latency
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import trio

from chatd import app
from chatd.config import Config
from chatd.core.question import Question
from chatd.core.stream import StreamEvent, Token
from chatd.ports import ModelInfo
from tests.end_to_end.server import SSH_OPTIONS, Terminal

ROUNDS = 20


class Talker:
    """A model that talks until it is cancelled, and knows when that was."""

    def __init__(self) -> None:
        self.info = ModelInfo("talker", "bench", "talker")
        self.cancelled_at = 0.0

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """Twenty words a second."""
        return self._stream()

    @asynccontextmanager
    async def _stream(self) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        try:
            yield _Words()
        finally:
            self.cancelled_at = time.perf_counter()


class _Words:
    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __anext__(self) -> StreamEvent:
        await trio.sleep(0.05)
        return Token("word ")


async def main() -> None:
    """Serve, enter twice, ask and interrupt ROUNDS times."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        for name in ("alice", "bob"):
            await trio.run_process(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name])
        talker = Talker()
        addresses: list[str] = []
        listening = trio.Event()

        def ready(address: str) -> None:
            addresses.append(address)
            listening.set()

        server = replace(Config().server, data=home / "data", listen=("127.0.0.1:0",))
        async with trio.open_nursery() as nursery:

            async def serve() -> None:
                await app.serve(replace(Config(), server=server), models={"talker": talker}, ready=ready)

            nursery.start_soon(serve)
            await listening.wait()
            port = addresses[0].rpartition(":")[2]
            alice, bob = (_enter(home / name, name, port) for name in ("alice", "bob"))
            scopes, screens = [], []
            for turn in range(1, ROUNDS + 1):
                scope, screen = await _round(alice, bob, talker, turn)
                scopes.append(scope * 1000)
                screens.append(screen * 1000)
            alice.close()
            bob.close()
            nursery.cancel_scope.cancel()
    print(f"Ctrl-C over a real ssh client, {ROUNDS} times, ms: median / max")
    print(f"  key press to cancelled scope        {statistics.median(scopes):6.2f} / {max(scopes):.2f}")
    print(f"  key press to the second's screen    {statistics.median(screens):6.2f} / {max(screens):.2f}")


def _enter(key: Path, name: str, port: str) -> Terminal:
    return Terminal(["ssh", "-tt", *SSH_OPTIONS, "-p", port, "-i", str(key), f"{name}@127.0.0.1"])


async def _round(alice: Terminal, bob: Terminal, talker: Talker, turn: int) -> tuple[float, float]:
    await _until(alice, lambda: "alice" in alice.screen)
    alice.types(f"@talker round {turn}\r")
    await _until(bob, lambda: f"round {turn}" in bob.screen and "word word" in bob.screen)
    talker.cancelled_at = 0.0
    pressed = time.perf_counter()
    alice.types("\x03")
    await _until(bob, lambda: bob.screen.text.count("cancelled") >= 1 and talker.cancelled_at > 0)
    seen = time.perf_counter()
    # The next round begins with a clean screen, so that each counts its own.
    for terminal in (alice, bob):
        terminal.types("/clear\r")
    await _until(alice, lambda: "cancelled" not in alice.screen)
    await _until(bob, lambda: "cancelled" not in bob.screen)
    return talker.cancelled_at - pressed, seen - pressed


async def _until(terminal: Terminal, condition: Callable[[], bool]) -> None:
    with trio.fail_after(15):
        while not condition():
            await trio.lowlevel.wait_readable(terminal.fileno())
            terminal.read()


if __name__ == "__main__":
    os.environ.pop("SSH_AUTH_SOCK", None)
    trio.run(main)

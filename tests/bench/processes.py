"""What is measured, each in a process of its own: the server, its floor, ssh-chat; and what a process has used.

Everything here is for one asyncio loop, which the load runs in, too.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.figure import FLOOR, SERVER, SSH_CHAT

READY_S = 20.0
"""Time to begin, on a busy machine."""

STOP_S = 10.0
"""Time to end before it is killed."""

QUIET = 0.2
"""Of a core: a process that takes no more than this above what it takes when idle has done what it was given."""

LOOK_S = 0.25
"""Between two looks at whether a process has come to rest."""


class Running:
    """A process under load. `name` says who it is, `home` is a directory that goes when it ends."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, home: Path) -> None:
        self.name = name
        self.home = home
        self.process = process
        self.port = 0
        self.took = 0.0
        """Seconds from its start to its first line."""
        self._threads: dict[str, int] = {}

    def cpu(self) -> float:
        """Seconds of processor time, its threads' included: in nanoseconds as the scheduler counts, not in ticks."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        for thread in tasks.iterdir():
            try:
                self._threads[thread.name] = int((thread / "schedstat").read_text().split()[0])
            except OSError:
                continue  # it has just ended; what it had used so far is remembered
        return sum(self._threads.values()) / 1e9

    def memory(self) -> float:
        """Megabytes that are its own: pages that it shares with other processes are not counted."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        private = (line.split()[1] for line in rollup if line.startswith("Private_"))
        return sum(map(int, private)) / 1024

    async def rests(self, seconds: float = 15.0) -> None:
        """Wait until it has nothing more to do, at most so long: two looks in a row must find it calm."""
        calm, deadline = 0, time.monotonic() + seconds
        before = self.cpu()
        while calm < 2 and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_S)
            now = self.cpu()
            calm = calm + 1 if now - before < QUIET * LOOK_S else 0
            before = now

    async def line(self, seconds: float = READY_S) -> str:
        """The next line of its stdout."""
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            line = (await self.process.stdout.readline()).decode()
        if not line:
            raise RuntimeError(f"{self.name} has ended: {(self.home / 'log').read_text()[-2000:]}")
        return line

    async def tell(self, line: str) -> None:
        """Write a line to its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()

    async def stop(self) -> None:
        """End it, and wait for that."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), STOP_S)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


@asynccontextmanager
async def started(name: str, command: Sequence[str], home: Path) -> AsyncIterator[Running]:
    """A process whose log is in `home`. Leaving the block ends it, also by being cancelled."""
    with (home / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log, env=_environment()
        )
    running = Running(name, process, home)
    try:
        yield running
    finally:
        try:
            await running.stop()
        finally:
            if process.returncode is None:
                process.kill()


@asynccontextmanager
async def chatd(config: str) -> AsyncIterator[Running]:
    """`chatd serve` with this configuration on an empty data directory."""
    with TemporaryDirectory(prefix="chatd-bench-") as directory:
        home = Path(directory)
        (home / "chatd.toml").write_text(config)
        command = [
            sys.executable,
            "-m",
            "chatd",
            "serve",
            "--config",
            str(home / "chatd.toml"),
            "--log-level",
            "warning",
        ]
        began = time.monotonic()
        async with started(SERVER, command, home) as running:
            running.port = int((await running.line()).rpartition(":")[2])
            running.took = time.monotonic() - began
            yield running


@asynccontextmanager
async def floor() -> AsyncIterator[Running]:
    """The bare broadcaster."""
    with TemporaryDirectory(prefix="chatd-bench-") as directory:
        began = time.monotonic()
        async with started(FLOOR, [sys.executable, "-m", "tests.bench.floor"], Path(directory)) as running:
            running.port = int(await running.line())
            running.took = time.monotonic() - began
            yield running


@asynccontextmanager
async def web_floor() -> AsyncIterator[Running]:
    """The bare server of events."""
    with TemporaryDirectory(prefix="chatd-bench-") as directory:
        async with started(FLOOR, [sys.executable, "-m", "tests.bench.web_floor"], Path(directory)) as running:
            running.port = int(await running.line())
            yield running


@asynccontextmanager
async def ssh_chat(program: str) -> AsyncIterator[Running]:
    """github.com/shazow/ssh-chat, where there is one. `program` may have arguments."""
    with TemporaryDirectory(prefix="chatd-bench-") as directory:
        home = Path(directory)
        keygen = await asyncio.create_subprocess_exec(
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "host")
        )
        await keygen.wait()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [*shlex.split(program), f"--identity={home / 'host'}", f"--bind=127.0.0.1:{port}"]
        async with started(SSH_CHAT, command, home) as running:
            running.port = port
            await _listens(port)
            yield running


async def _listens(port: int) -> None:
    async with asyncio.timeout(READY_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def settings(endpoint: str = "", models: Mapping[str, str] | None = None, **limits: str) -> str:
    """A configuration: models by name with their provider, all behind one endpoint, and limits out of the way."""
    wide = dict.fromkeys(_WIDE, "10000") | {"max_answer": '"64MiB"', **limits}
    lines = ["[server]", 'listen = ["127.0.0.1:0"]', 'data = "data"', "discover = false", "[limits]"]
    lines += [f"{key} = {value}" for key, value in wide.items()]
    for name, provider in (models or {}).items():
        base = endpoint + ("/v1" if provider == "openai" else "")
        lines += ["[[models]]", f'name = "{name}"', f'provider = "{provider}"', f'endpoint = "{base}"']
        lines += ["max_parallel = 1000", "tools = []"]
    return "\n".join(lines) + "\n"


_WIDE = (
    "max_connections", "max_connections_per_address", "max_unauthenticated", "max_unauthenticated_per_address",
    "connects_per_second", "max_sessions", "max_sessions_per_user", "max_sessions_per_address",
)  # fmt: skip


def _environment() -> dict[str, str]:
    """This process's own, without what would have the server look for models."""
    return {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}

"""The server that is measured: `chatd serve` by its own parts, in a process of its own, which watches its own loop.

python -m tests.bench.host CONFIG REPORT [--profile] [--core=N]

On SIGTERM it writes to REPORT when and how late its loop was, and what the garbage collector took; with --profile also
where its time went.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from chatd import app
from chatd.config_file import load
from tests.bench.profiling import Collections, Sampler, Stalls
from tests.end_to_end.server import SSH_OPTIONS

SAMPLE_S = 0.01
"""How often the loop's lag is looked at: ten times as often as the server itself does."""


@dataclass
class Host:
    """A running server. `report` can be read when the block of `host` has been left."""

    pid: int
    port: int
    home: Path
    report: dict[str, Any]

    def key(self, name: str) -> Path:
        """The private key of a name: one key may have a few names only."""
        path = self.home / f"key-{name}"
        if not path.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
        return path

    def ssh(self, name: str, *arguments: str) -> list[str]:
        """The command line of an OpenSSH client."""
        return ["ssh", *SSH_OPTIONS, "-p", str(self.port), "-i", str(self.key(name)), f"{name}@127.0.0.1", *arguments]

    def cpu(self) -> float:
        """Seconds of processor time it has used, its threads' included."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def waited(self) -> float:
        """Seconds its main thread was ready to run and something else had the core: the machine was busy."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9


@contextmanager
def host(home: Path, config: str, *, core: int | None = None, profile: bool = False) -> Iterator[Host]:
    """A server with this configuration, on that core alone if one is named."""
    file, report = home / "chatd.toml", home / "report.json"
    file.write_text(config)
    command = [sys.executable, "-m", "tests.bench.host", str(file), str(report)]
    command += ["--profile"] if profile else []
    command += [] if core is None else [f"--core={core}"]
    environment = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}
    with (
        (home / "log").open("ab") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process,
    ):
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready, (home / "log").read_text()
        one = Host(process.pid, int(ready), home, {})
        try:
            yield one
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    one.report.update(json.loads(report.read_text()))


async def _serve(file: Path, lags: list[tuple[float, float]]) -> None:
    async def watch() -> None:
        while True:
            due = trio.current_time() + SAMPLE_S
            await trio.sleep_until(due)
            lags.append((time.monotonic(), trio.current_time() - due))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        await app.serve(load(file), ready=lambda address: print(address.rpartition(":")[2], flush=True))
        nursery.cancel_scope.cancel()


def main(file: Path, report: Path, *, profile: bool) -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.WARNING)
    lags: list[tuple[float, float]] = []
    told: dict[str, object] = {"lags": lags, "collections": Collections().pauses}
    if profile:
        sampler, stalls = Sampler(), Stalls()
        with sampler:
            trio.run(_serve, file, lags, instruments=[stalls])
        told |= {"profile": sampler.samples, "stalls": stalls.passes}
    else:
        trio.run(_serve, file, lags)
    report.write_text(json.dumps(told))


if __name__ == "__main__":
    for option in sys.argv:
        if option.startswith("--core="):
            os.sched_setaffinity(0, {int(option.removeprefix("--core="))})
    main(Path(sys.argv[1]), Path(sys.argv[2]), profile="--profile" in sys.argv)

"""A server in a process of its own, and the clients that people have, ssh and curl. All end with their block."""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PATIENCE_S = 30.0
"""Seconds that one step may take, on a busy machine too."""

CONFIG = """\
[server]
discover = false

[[models]]
name = "eliza"
provider = "eliza"
pace = "60ms"

[[models]]
name = "slow"
provider = "eliza"
pace = "400ms"
"""

SSH = (
    "ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
    "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
)  # fmt: skip
"""Nothing of the person's own keys and hosts is used, or changed."""

Show = Callable[[str], None]


class Mismatch(Exception):
    """A step did not do what it says."""


def _nothing(_: str) -> None:
    pass


@dataclass(frozen=True)
class ClientEnd:
    """How a client has ended, and what it printed."""

    status: int
    output: str


class ServerProcess:
    """`chatd serve` on free ports, until the block ends. Raises Mismatch when it does not begin."""

    def __init__(self, home: Path) -> None:
        config = home / "chatd.toml"
        config.write_text(CONFIG)
        command = [sys.executable, "-m", "chatd", "serve", "--config", str(config), "--data", str(home / "data")]
        command += ["--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"]
        self._log = home / "server.log"
        with self._log.open("wb") as log:
            self._process = Reading(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log))

    def __enter__(self) -> ServerProcess:
        try:
            self.ssh_address = self._ready(r"ssh://\S+")
            self.web_address = self._ready(r"http://\S+")
        except Mismatch as mismatch:
            self._process.close()
            raise Mismatch(f"the server did not begin: {mismatch}; {self._log.read_text()[-500:]}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._process.close(signal.SIGTERM)

    def _ready(self, pattern: str) -> str:
        match = re.search(pattern, self._process.line_with("chatd ready "))
        if match is None:
            raise Mismatch(f"no address like {pattern}")
        return match[0]


class Reading:
    """A process whose output is read, with a deadline for each wait."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._process = process
        self._stdout: IO[bytes] = process.stdout
        self._text = ""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def types(self, line: str) -> None:
        """Type a line."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(f"{line}\n".encode())
        stdin.flush()

    def line_with(self, word: str) -> str:
        """Read on until a whole line with the word has come, and return that line."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            line, end, rest = self._text.partition("\n")
            if not end:
                if not self._read(deadline):
                    raise Mismatch(f"{word!r} did not come before the end")
                continue
            self._text = rest
            if word in line:
                return line

    def beginning(self) -> str:
        """Wait until something has come; all that has."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._text.strip():
            if not self._read(deadline):
                raise Mismatch("nothing came")
        return self._text

    def ends(self) -> int:
        """Read to the end; the exit status."""
        deadline = time.monotonic() + PATIENCE_S
        while self._read(deadline):
            pass
        return self._process.wait(PATIENCE_S)

    def rest(self, show: Show) -> ClientEnd:
        """Read to the end, showing each line as it comes."""
        deadline, shown = time.monotonic() + PATIENCE_S, 0
        while self._read(deadline):
            whole = self._text.rfind("\n") + 1
            if whole > shown:
                show(self._text[shown:whole])
                shown = whole
        if self._text[shown:]:
            show(self._text[shown:])
        return ClientEnd(self._process.wait(PATIENCE_S), self._text)

    def close(self, number: int = signal.SIGKILL) -> None:
        """End it, if it still runs: with this signal, and when that is not enough without asking."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._selector.close()
        for stream in (self._stdout, self._process.stdin):
            if stream is not None:
                stream.close()

    def _read(self, deadline: float) -> bool:
        """Whether something more has come; False at the end, Mismatch after the deadline."""
        if not self._selector.select(max(0.0, deadline - time.monotonic())):
            raise Mismatch(f"nothing came for too long after {self._text[-200:]!r}")
        data = os.read(self._stdout.fileno(), 65536)
        self._text += data.decode("utf-8", "replace")
        return bool(data)


class Clients:
    """The clients of several people, each with a key of their own below `home`."""

    def __init__(self, home: Path, server: ServerProcess) -> None:
        self._home = home
        self._host, _, self._port = server.ssh_address.removeprefix("ssh://").rpartition(":")
        self._web = server.web_address
        self._token = ""

    def ssh(self, name: str, *command: str, show: Show = _nothing) -> ClientEnd:
        """Run a command to its end."""
        with self.running(name, *command) as reading:
            return reading.rest(show)

    def running(self, name: str, *command: str) -> Reading:
        """Begin a command; its stdin is empty."""
        return Reading(subprocess.Popen(self._line(name, *command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE))

    def line_mode(self, name: str) -> Reading:
        """Enter the chat without a terminal."""
        return Reading(subprocess.Popen(self._line(name), stdin=subprocess.PIPE, stdout=subprocess.PIPE))

    def curl(self, path: str, value: object, show: Show) -> str:
        """POST a JSON value with alice's token; the whole reply. The token is in no command line."""
        self._token = self._token or self.ssh("alice", "token", "--label", "demo").output.strip()
        command = ["curl", "-sS", "-N", "--noproxy", "*", "-H", "@-", "-H", "content-type: application/json"]
        command += ["--data-binary", json.dumps(value), f"{self._web}{path}"]
        show(f"curl … {path} {json.dumps(value)}")
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with Reading(process) as reading:
            assert process.stdin is not None
            process.stdin.write(f"authorization: Bearer {self._token}\n".encode())
            process.stdin.close()
            done = reading.rest(show)
        if done.status != 0:
            raise Mismatch(f"curl ended with {done.status}")
        return done.output

    def _line(self, name: str, *command: str) -> list[str]:
        key = self._home / f"key-{name}"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, timeout=PATIENCE_S)
        return [*SSH, "-T", "-i", str(key), "-p", self._port, f"{name}@{self._host}", *command]

"""A real server in a process of its own, and real ssh clients that talk to it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

from chatd.testing import Screen

PATIENCE = 15.0
"""Seconds that anything here may take on a busy machine."""

SSH_OPTIONS = [
    "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
    "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
]  # fmt: skip


def poll(condition: Callable[[], bool], patience: float = PATIENCE, why: Callable[[], str] = lambda: "") -> None:
    """Look again and again until something in another process holds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, why()
        select.select([], [], [], 0.005)


class Server:
    """`chatd serve` on a free port. `home` holds its data and the users' keys."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.log = home / "server.log"
        command = [sys.executable, "-m", "chatd", "serve", "--data", str(home / "data"), "--listen", "127.0.0.1:0"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        match = re.fullmatch(r"chatd ready ssh://127\.0\.0\.1:(\d+)\n", line)
        assert match, f"no ready line but {line!r}: {self.log.read_text()}"
        self.port = int(match[1])

    def key(self, name: str) -> Path:
        """The user's private key, made when it is first asked for."""
        path = self.home / f"key-{name}"
        if not path.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
        return path

    def ssh(self, name: str, *arguments: str) -> list[str]:
        """The command line of an OpenSSH client of this user."""
        key = ["-i", str(self.key(name))] if name else ["-o", "PubkeyAuthentication=no"]
        return ["ssh", *SSH_OPTIONS, "-p", str(self.port), *key, f"{name or 'nobody'}@127.0.0.1", *arguments]

    def run(self, name: str, *command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command over ssh to its end."""
        line = self.ssh(name, *command)
        return subprocess.run(line, capture_output=True, timeout=PATIENCE, check=False, input=stdin)

    def until(self, condition: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until something outside holds."""
        poll(condition, patience, lambda: f"it did not happen; the log: {self.log.read_text()[-2000:]}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        """End it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Terminal:
    """A real client in a pseudo-terminal, with a screen that understands what it is sent."""

    def __init__(self, command: list[str], columns: int = 80, rows: int = 24) -> None:
        self.screen = Screen(columns, rows)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)

    def fileno(self) -> int:
        """To wait on."""
        return self._master

    def types(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def read(self, patience: float = 0.0) -> bool:
        """Take what has come; returns whether anything had, False also at the end."""
        if not select.select([self._master], [], [], patience)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux: EIO when the other side is closed
            return False
        self.screen.feed(data)
        return bool(data)

    def until(self, condition: Callable[[], bool], patience: float = PATIENCE) -> float:
        """Read until the condition holds; returns the seconds it took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < patience, f"it did not happen on this screen:\n{self.screen.text}"
            self.read(0.02)
        return time.monotonic() - began

    def sees(self, text: str, patience: float = PATIENCE) -> float:
        """Wait until the text is on the screen."""
        return self.until(lambda: text in self.screen, patience)

    def ends(self) -> int:
        """Wait for the client's end; returns its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it did not end:\n{self.screen.text}"
            self.read(0.02)
        while self.read():
            pass
        return self.process.returncode

    def close(self) -> None:
        """End it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

"""One command being run: its arguments, its output, its stdin."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

import trio

from chatd.core.row import Row
from chatd.core.sanitize import sanitize
from chatd.core.text import check_length, check_size, decoded
from chatd.core.visit import EndOfInput, Input, Interrupt, Kind, Resized, Visitor
from chatd.errors import UsageError
from chatd.ports import Terminal
from chatd.tasks.chat.hub import Hub
from chatd.tasks.slices import sanitized, slices
from chatd.wire.export import line_of
from chatd.wire.jsonl import dump, encode, escape

SLICE = 64 * 1024
"""Bytes that are written at once: what a client takes in one go, and far below what a session may leave unsent."""

CTRL_C = 0x03
CTRL_D = 0x04


class CancelledByUser(Exception):
    """The person pressed Ctrl-C while their input was read."""


class Parser(argparse.ArgumentParser):
    """argparse that raises UsageError instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        """As argparse says it, with the usage."""
        usage = " ".join(self.format_usage().split())  # argparse breaks it to the width of the server's own terminal
        raise UsageError(f"{self.prog}: {message} ({usage})")


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the command table. `parser` declares the arguments; `run` returns the exit status."""

    name: str
    summary: str
    parser: Parser
    run: Callable[[Call], Awaitable[int]]


class Call:
    """What a command needs: who calls, with which arguments, and where the output goes."""

    def __init__(self, hub: Hub, terminal: Terminal, arguments: argparse.Namespace) -> None:
        self.hub = hub
        self.terminal = terminal
        self.arguments = arguments
        self.visitor: Visitor = terminal.visit.visitor
        self.stdin = Stdin(terminal)
        self._at_once = 0
        """Bytes that were sent since others had their turns."""
        self._newline = b"\r\n" if terminal.visit.pty else b"\n"

    def text(self, text: str) -> None:
        """Text for stdout as it is: sanitised, nothing added. LF becomes CRLF on a pty."""
        self.raw(sanitize(text))

    def raw(self, text: str) -> None:
        """As `text`, for what has been sanitised already."""
        self.terminal.write(self._encoded(text))

    def line(self, text: str = "") -> None:
        """One line for stdout."""
        self.text(text + "\n")

    def json(self, value: object) -> None:
        """One JSON line for stdout."""
        self.terminal.write(self._encoded(dump(value) + "\n"))

    def tell_guest(self) -> None:
        """A guest who speaks is told as whom, and why: a script without its key is one, and would not notice."""
        if self.visitor.kind is Kind.GUEST:
            why = f": {self.visitor.notice}" if self.visitor.notice else ""
            self.error(f"chatd: you are a guest here, {self.visitor.name}{why}")

    def error(self, text: str) -> None:
        """One line for stderr."""
        self.terminal.write_error(self._encoded(sanitize(text) + "\n"))

    def _encoded(self, text: str) -> bytes:
        return text.encode("utf-8", "replace").replace(b"\n", self._newline)

    async def send(self, text: str) -> None:
        """As `raw`, for much of it, in steps: no more than SLICE waits for the client at any time."""
        data = self._encoded(text)
        for start in range(0, len(data), SLICE):
            if self.terminal.unsent() + SLICE > 2 * SLICE:
                await self.terminal.wait_sent()
            part = data[start : start + SLICE]
            self.terminal.write(part)
            self._at_once += len(part)
            if self._at_once >= SLICE:
                self._at_once = 0
                await trio.lowlevel.checkpoint()

    async def send_row(self, row: Row) -> None:
        """A row as a line of text, see wire.export; in steps."""
        await self.send(line_of(row, await sanitized(row.content)) + "\n")

    async def send_json(self, value: object) -> None:
        """As `json`, by way of `send`; in steps."""
        for piece in slices(encode(value) + "\n"):
            await self.send(safe := escape(piece))
            if safe != piece:
                await trio.lowlevel.checkpoint()

    async def sent(self) -> None:
        """Wait until the client has taken the output: a command that prints much does not pile it up."""
        await self.terminal.wait_sent()


class Stdin:
    """The person's stdin: a pipe, or keys when there is a pty."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._pty = terminal.visit.pty
        self.ended = False

    async def read_all(self, limit: int, what: str, first: bytes = b"") -> str:
        """Everything up to the end of input (Ctrl-D on a pty).

        Raises UsageError over `limit` bytes (the rest is read and dropped, so that the size can be said) and for what
        is no text, and CancelledByUser for Ctrl-C.
        """
        data = bytearray(first)
        size = len(data)
        while not self.ended:
            piece = await self._next()
            size += len(piece)
            if size <= limit:
                data += piece
        check_length(what, size, limit)
        text = decoded(bytes(data), what)
        check_size(what, text, limit)  # UTF-16 may be shorter than UTF-8
        return text

    async def piped(self, limit: int, wait: float) -> str:
        """What a pipe delivers, if it begins to, or ends, within `wait` seconds; "" otherwise, and on a pty."""
        if self._pty:
            return ""
        first = b""
        with trio.move_on_after(wait):
            first = await self._next()
        if not first:
            return ""
        return await self.read_all(limit, "attachment", first)

    async def _next(self) -> bytes:
        while True:
            match await self._terminal.receive():
                case Input(data=data):
                    if self._pty:
                        return self._keys(data)
                    return data
                case Interrupt():
                    raise CancelledByUser
                case EndOfInput():
                    self.ended = True
                    return b""
                case Resized():
                    pass

    def _keys(self, data: bytes) -> bytes:
        if CTRL_C in data:
            raise CancelledByUser
        before, end, _ = data.partition(bytes([CTRL_D]))
        self.ended = self.ended or bool(end)
        return before.replace(b"\r", b"\n")

    async def watch(self, interrupted: Callable[[], None], late: Callable[[], None]) -> None:
        """While a command runs: call `interrupted` for Ctrl-C, and `late` once for input that nobody reads."""
        told = self._pty
        while self._pty or not self.ended:  # on a pty keys go on after Ctrl-D
            try:
                data = await self._next()
            except CancelledByUser:
                interrupted()
                continue
            if data and not told:
                told = True
                late()
        await trio.sleep_forever()

    async def watch_keys(self) -> None:
        """For a command that only waits: returns for Ctrl-D on a pty, never without one.

        Raises CancelledByUser for Ctrl-C.
        """
        while not (self._pty and self.ended):
            if self.ended:
                await trio.sleep_forever()
            await self._next()

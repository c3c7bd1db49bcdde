"""Somebody who types on a full screen, over a real ssh client, and sees when each character is there."""

from __future__ import annotations

import codecs
import os
import select
import threading
import time
from collections.abc import Sequence
from types import TracebackType

from tests.end_to_end.server import Terminal

LETTERS = "абвгдежзиклмнопрстуфхцчшщьюяАБВГДЕЖЗИКЛМНОПРСТ"
"""Letters that nothing else on the screen has; after the last one the line is cleared and they begin anew."""

EVERY_S = 0.05
CLEAR = "\x15"
LATE_S = 3.0
"""After that an echo is no longer waited for."""


class Typist:
    """One client. Inside the block it is in its room; `run` types until told to stop, in a thread."""

    def __init__(self, command: Sequence[str], name: str, room: str) -> None:
        self._command = [command[0], "-tt", *command[1:]]
        self._name = name
        self._room = room
        self._waits: list[float] = []
        self.missed = 0
        """Characters that were never seen."""

    def __enter__(self) -> Typist:
        self._terminal = Terminal(self._command, 100, 30)
        self._terminal.sees(self._name)
        self._terminal.types(f"/join {self._room}\r")
        self._terminal.until(self._there)
        return self

    def _there(self) -> bool:
        return self._room in self._terminal.screen and f"/join {self._room}" not in self._terminal.screen

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._terminal.close()

    def take(self) -> list[float]:
        """Seconds from each key to its echo since the last time."""
        waits, self._waits = self._waits, []
        return waits

    def run(self, stop: threading.Event) -> None:
        """Type a character at the pace it was given, whatever comes back; see what does."""
        descriptor = self._terminal.fileno()
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        waiting: dict[str, float] = {}
        letters = LETTERS
        typed, due = 0, time.monotonic()
        while not stop.is_set() or (waiting and time.monotonic() < due + LATE_S):
            now = time.monotonic()
            if now >= due and not stop.is_set():
                due += EVERY_S
                if typed < len(letters):
                    waiting[letters[typed]] = time.monotonic()
                    os.write(descriptor, letters[typed].encode())
                    typed += 1
                elif not waiting or now - max(waiting.values()) > LATE_S:
                    self.missed += len(waiting)
                    waiting.clear()
                    os.write(descriptor, CLEAR.encode())
                    # Another letter in each place: what stands there already is not sent again.
                    letters, typed = letters[1:] + letters[0], 0
            if not select.select([descriptor], [], [], max(0.0, min(due - time.monotonic(), EVERY_S)))[0]:
                continue
            seen = decode(os.read(descriptor, 65536))
            at = time.monotonic()
            for letter in [one for one in waiting if one in seen]:
                self._waits.append(at - waiting.pop(letter))
        self.missed += len(waiting)
        os.write(descriptor, CLEAR.encode())

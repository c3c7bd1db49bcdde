"""The keys of a screen: what the terminal sends, decoded into the session's channel."""

from __future__ import annotations

from collections.abc import Callable

import trio

from chatd.core.visit import EndOfInput, Input, Interrupt, Resized, TerminalEvent
from chatd.ports import Terminal
from chatd.tasks.chat.facts import SessionLimits
from chatd.tasks.session.inbox import Inbox, Interrupted, KeyPressed
from chatd.wire.keys import Key, KeyDecoder, with_wheel

CTRL_C = "C-c"

SLICE = 4096
"""Bytes decoded in one go, before others have their turn: 2 us a byte where each is a key."""

PASTED = 4
"""Messages that a paste may be as long as: the editor says the limit and keeps the text to be mended."""


class KeyReader:
    """Reads one terminal; `run` is a task of its session."""

    def __init__(self, terminal: Terminal, inbox: Inbox, limits: SessionLimits) -> None:
        self._terminal = terminal
        self._inbox = inbox
        self._limits = limits
        self._keys = KeyDecoder(max_paste=limits.max_message * PASTED)

    async def run(self, resized: Callable[[int, int], None], ended: Callable[[], None]) -> None:
        """Carry keys until cancelled; an ESC alone is told from a sequence by time. `resized` is told of another size
        of the terminal, `ended` that no more will come. Raises TerminalGone.
        """
        while True:
            match await self._receive():
                case None:
                    await self._press(self._keys.expire())
                case Input(data=data):
                    for at in range(0, len(data), SLICE):
                        if at:
                            await trio.lowlevel.checkpoint()
                        await self._press(with_wheel(self._keys.feed(data[at : at + SLICE])))
                case Interrupt():
                    await self._press([Key(CTRL_C)])
                case Resized(columns=columns, rows=rows):
                    resized(columns, rows)
                case EndOfInput():
                    ended()

    async def _receive(self) -> TerminalEvent | None:
        """What the terminal sends next; None when what has come waited too long for its rest."""
        if not (self._keys.escape_pending or self._keys.paste_pending):
            return await self._terminal.receive()
        with trio.move_on_after(self._limits.escape if self._keys.escape_pending else self._limits.paste):
            return await self._terminal.receive()
        return None

    async def _press(self, keys: list[Key]) -> None:
        for key in keys:
            if key.name == CTRL_C:
                self._inbox.put_now(Interrupted())
            else:
                await self._inbox.put(KeyPressed(key))

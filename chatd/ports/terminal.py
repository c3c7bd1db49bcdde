"""People: their terminals, the door they come through, and the gateways that lead there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from chatd.core.visit import TerminalEvent, Visit, Visitor


class Terminal(Protocol):
    """One channel to a person, already authenticated. The tasks are cancelled when the channel goes."""

    @property
    def visit(self) -> Visit:
        """Who came, and how the channel was opened."""
        ...

    async def receive(self) -> TerminalEvent:
        """The next thing that happened. Not reading exerts back-pressure on the client.

        Raises TerminalGone when the channel is gone, for whoever still asks then.
        """
        ...

    def write(self, data: bytes) -> None:
        """Queue bytes for the person's stdout. Never blocks.

        Raises TerminalGone when the channel is closed.
        """
        ...

    def write_error(self, data: bytes) -> None:
        """Queue bytes for the person's stderr (their stdout when there is a pty). As `write` otherwise."""
        ...

    def unsent(self) -> int:
        """Bytes that were written and have not yet left this process."""
        ...

    def takes_more(self) -> bool:
        """Whether nothing is unsent and the peer's machine takes more: `wait_sent` would not wait."""
        ...

    async def wait_sent(self) -> None:
        """Wait until nothing is unsent and the peer's machine takes more.

        Raises TerminalGone when the channel closes meanwhile.
        """
        ...


SessionHandler = Callable[[Terminal], Awaitable[int]]
"""Serves one channel to its end and returns the exit status for the client."""


class Door(Protocol):
    """Decides who comes in under which name. All calls are synchronous: admission has no gap to slip through."""

    def accepts_key(self, login: str, fingerprint: str) -> bool:
        """Whether a signature with this key would let the person in under this login name.

        Also asked for unsigned probes: answering registers nothing.
        """
        ...

    def admit_key(self, login: str, fingerprint: str, source: str) -> Visitor | None:
        """Let in the owner of a verified signature; a free name is registered for the key. None when declined.

        `source` is where the person comes from, see Visitor.
        """
        ...

    def admit_guest(self, login: str, source: str) -> Visitor | None:
        """Let in somebody without a verified key, under a guest name of their own. None when guests are not let in."""
        ...

    def leave(self, visitor: Visitor) -> None:
        """The connection of this admission and all its sessions have ended; a guest's name is free again."""
        ...


class Gateway(Protocol):
    """One protocol that people come in by: it accepts connections, and has each of their channels served."""

    @property
    def addresses(self) -> Sequence[str]:
        """Where it accepts while it is open, as URLs: `ssh://127.0.0.1:2222`."""
        ...

    def open(self) -> AbstractAsyncContextManager[object]:
        """Within the block it accepts connections; leaving it ends those that are left, with their sessions.

        Raises CannotBind.
        """
        ...

    async def goodbye(self, text: str) -> None:
        """Accept nothing more, end each connection with this text when its last session has ended, and return when none
        is left. Sessions are not told; that is their own business. Cancelled, it waits no longer.
        """
        ...

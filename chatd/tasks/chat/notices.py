"""Notices: words for one person, shown in their sessions and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Level(StrEnum):
    """How a notice is meant; fronts show them differently."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    MESSAGE = "message"
    """From another person."""


Show = Callable[[str, Level], None]
"""Shows a notice in one session. Synchronous; it never fails."""


class Notices:
    """How to reach people: by name, one way for each session that reads."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[Show, None]] = {}

    @property
    def subscribed(self) -> list[str]:
        """The names of those who can be told something."""
        return list(self._sessions)

    def sessions(self, name: str) -> list[Show]:
        """The ways to reach a person, in the order of subscribing."""
        return list(self._sessions.get(name, ()))

    def subscribe(self, name: str, show: Show) -> None:
        """A session of this person can be told something, until `unsubscribe`."""
        self._sessions.setdefault(name, {})[show] = None

    def unsubscribe(self, name: str, show: Show) -> None:
        """No longer; what was not subscribed is ignored."""
        sessions = self._sessions.get(name, {})
        sessions.pop(show, None)
        if not sessions:
            self._sessions.pop(name, None)

    def tell(self, name: str, text: str, level: Level = Level.INFO) -> int:
        """Show a notice in every session of a person; returns in how many."""
        sessions = self.sessions(name)
        for show in sessions:
            show(text, level)
        return len(sessions)

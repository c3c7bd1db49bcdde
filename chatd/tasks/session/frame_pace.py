"""How often a session shows what others write, and how often its script hears that time passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatd.tasks.session.session import Session


class FramePace:
    """One session's intervals: the server's, unless the person has chosen slower ones. Typing is shown at once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._chosen = 0.0

    def choose(self, seconds: float | None) -> None:
        """At least so long between two frames; None for as short as is sensible."""
        self._chosen = seconds or 0.0

    def frame(self) -> float:
        """Seconds between two looks at a room where much happens."""
        return max(self._chosen, self._session.hub.frame_interval())

    def tick(self) -> float:
        """Seconds between two ticks: shorter while an answer streams in the room."""
        limits = self._session.hub.limits
        busy = self._session.hub.answers.in_room(self._session.room)
        return max(self._chosen, limits.tick_busy if busy else limits.tick_idle)

"""How often a session shows what others write, and how often its script hears that time passes."""

from __future__ import annotations

from chatd.tasks.session.state import State


class FramePace:
    """One session's intervals: the server's, unless the person has chosen slower ones. Typing is shown at once."""

    def __init__(self, state: State, *, is_screen: bool) -> None:
        self._state = state
        self._is_screen = is_screen
        self._chosen = 0.0

    def choose(self, seconds: float | None) -> None:
        """At least so long between two frames; None for as short as is sensible."""
        self._chosen = seconds or 0.0

    def frame(self) -> float:
        """Seconds between two looks at a room where much happens; those at a screen are as far apart as frames are."""
        return max(self._chosen, 0.0 if self._is_screen else self._state.hub.frame_interval())

    def tick(self) -> float:
        """Seconds between two ticks: shorter while an answer streams in the room."""
        limits = self._state.hub.limits
        busy = self._state.hub.answers.in_room(self._state.room)
        return max(self._chosen, limits.tick_busy if busy else limits.tick_idle)

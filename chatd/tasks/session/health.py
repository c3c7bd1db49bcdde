"""Telling a person that the disk fails, and that it works again."""

from __future__ import annotations

from collections.abc import Callable

from chatd.tasks.chat.notices import Level
from chatd.tasks.session.state import State


class Health:
    """What one person has been told about the disk. `unwritten`: whether something of theirs is not on it."""

    def __init__(self, state: State, unwritten: Callable[[], bool]) -> None:
        self._state = state
        self._unwritten = unwritten
        self._told = False

    def tell(self) -> None:
        """The log began to fail, or works again."""
        trouble = self._state.hub.recorder.trouble
        if trouble is not None:
            lost = "what you wrote is not kept yet and will appear when it is"
            self._state.notice(f"{trouble}: {lost if self._unwritten() else 'nothing new is kept'}", Level.ERROR)
            self._told = True
        elif self._told:
            self._state.notice("the disk works again", Level.INFO)
            self._told = False

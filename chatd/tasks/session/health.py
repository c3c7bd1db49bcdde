"""Telling a person that the disk fails, and that it works again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatd.tasks.session.session import Session


class Health:
    """What one person has been told about the disk."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told = False

    def tell(self) -> None:
        """The log began to fail, or works again."""
        session = self._session
        trouble = session.hub.recorder.trouble
        if trouble is not None:
            what = "what you wrote is not kept yet and will appear when it is"
            session.notice(f"{trouble}: {what if session.effects.unwritten else 'nothing new is kept'}", "error")
            self._told = True
        elif self._told:
            session.notice("the disk works again", "info")
            self._told = False

"""How things look to one person whose own script draws rows: in their runtime, on their session's task."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.tasks.screens.canvas import BlockCanvas
from chatd.tasks.screens.looks import Looks
from chatd.tasks.session.front import Interface


class OwnLooks:
    """Implements looks.Drawer with whatever runtime the session has at the moment."""

    def __init__(self) -> None:
        self.looks = Looks(self)
        self._interface: Interface | None = None

    def drawn_by(self, interface: Interface) -> None:
        """From now on, this one draws. Another one knows nothing of what the one before has drawn."""
        if interface is not self._interface:
            self._interface = interface
            self.looks.forget()

    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        """See looks.Drawer. Only the session's own task may call it."""
        assert self._interface is not None, "the session draws nothing before it has an interface"
        await self._interface.draw(canvases)

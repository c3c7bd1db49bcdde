"""What a writer of drafts gets: the promise that they will be on disk."""

from __future__ import annotations

from chatd.tasks.log.bell import Bell, BellTower, Ringable


class Receipt:
    """The promise to commit one draft; `wait` tells when it is on disk, and so does a bell that hangs here."""

    __slots__ = ("_bells", "_committed")

    def __init__(self) -> None:
        self._committed = False
        self._bells: BellTower | None = None

    @property
    def committed(self) -> bool:
        """Whether it is on disk and applied to its room."""
        return self._committed

    async def wait(self) -> None:
        """Wait until it is committed. There is no failure: a failing log is tried again until the server stops."""
        bell = Bell()
        self.hang(bell)
        try:
            while not self._committed:
                await bell.wait()
        finally:
            self.unhang(bell)

    def hang(self, bell: Ringable) -> None:
        """Ring this bell when it is committed."""
        self._bells = self._bells or BellTower()
        self._bells.hang(bell)

    def unhang(self, bell: Ringable) -> None:
        """No longer."""
        if self._bells is not None:
            self._bells.unhang(bell)

    def fulfil(self) -> None:
        """For the recorder alone."""
        self._committed = True
        if self._bells is not None:
            self._bells.ring()

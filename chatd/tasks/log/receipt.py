"""What a writer of drafts gets: the promise that they will be on disk."""

from __future__ import annotations

import trio


class Receipt:
    """The promise to commit one draft; `wait` tells when it is on disk."""

    __slots__ = ("_committed", "_event")

    def __init__(self) -> None:
        self._committed = False
        self._event: trio.Event | None = None

    @property
    def committed(self) -> bool:
        """Whether it is on disk and applied to its room."""
        return self._committed

    async def wait(self) -> None:
        """Wait until it is committed. There is no failure: a failing log is tried again until the server stops."""
        if not self._committed:
            if self._event is None:
                self._event = trio.Event()
            await self._event.wait()

    def settle(self) -> None:
        """For the recorder alone."""
        self._committed = True
        if self._event is not None:
            self._event.set()

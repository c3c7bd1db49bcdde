"""Files of scripts that nobody edits while a world lives."""

from __future__ import annotations

import trio


class UntouchedFiles:
    """The port FileEvents, of a system that tells of changed files where none has changed."""

    def begin(self) -> bool:
        """It tells."""
        return True

    def mind(self) -> None:
        """There is nothing to listen for."""

    async def wait(self) -> None:
        """For ever."""
        await trio.sleep_forever()

    def end(self) -> None:
        """Nobody listens any more."""

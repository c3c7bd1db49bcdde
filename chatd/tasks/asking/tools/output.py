"""What a tool says, on its way to the room: cleaned, cut at its limit, handed on piece by piece."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from chatd.core.sanitize import Sanitizer
from chatd.core.text import size_of, storable

SLICE = 4096
"""Characters cleaned at once: of a piece that is far too long no more than that is looked at in vain."""

OnOutput = Callable[[str], Awaitable[None]]
"""Takes a piece of output; as long as it waits, the tool is not asked for the next."""


class Output:
    """The output of one run, at most `limit` bytes of UTF-8. The same however the tool cut it into pieces."""

    def __init__(self, limit: int, on_output: OnOutput) -> None:
        self._left = limit
        self._on_output = on_output
        self._sanitizer = Sanitizer()
        self._half = ""  # the first half of a character outside the first plane, whose second may follow
        self._pieces: list[str] = []
        self.cut = False
        """Whether there was more than the limit."""
        self.refusal: Exception | None = None
        """What `on_output` raised: it goes through the tool on its way, and is none of its errors."""

    @property
    def text(self) -> str:
        """Everything that was handed on."""
        return "".join(self._pieces)

    async def put(self, piece: str) -> None:
        """The tool said this."""
        piece = self._half + piece
        self._half = piece[-1:] if "\ud800" <= piece[-1:] <= "\udbff" else ""
        piece = storable(piece[: len(piece) - len(self._half)])
        for start in range(0, len(piece), SLICE):
            await self._hand_on(self._sanitizer.feed(piece[start : start + SLICE]))
            if self.cut:
                return

    async def end(self) -> None:
        """The tool said everything."""
        rest = self._sanitizer.feed(storable(self._half)) + self._sanitizer.flush()
        await self._hand_on(rest)

    async def _hand_on(self, text: str) -> None:
        size = size_of(text)
        if size > self._left:
            text = text.encode()[: self._left].decode("utf-8", "ignore")
            self.cut = True
        self._left -= size
        if text:
            self._pieces.append(text)
            try:
                await self._on_output(text)
            except Exception as error:
                self.refusal = error
                raise

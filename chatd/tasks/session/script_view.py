"""The part of `tools` that says what the host shows by itself: how things look, the place in the room, notes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from chatd.core.sanitize import sanitize
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain
from chatd.tasks.scripts.arguments import as_string, whole

MAX_SCROLL = 100_000
"""Lines of one call: more than any room's rows in memory take."""

MAX_NOTE = 65_536
"""Characters of one note; a longer one is cut."""

MAX_LOOK = 65_536
"""Characters of a look, as JSON: it crosses to wherever things are drawn, and words that are searched for are in it."""

LEVELS = ("info", "warn", "error")


class Alert(StrEnum):
    """Which rows of others a script hears of by `on_alert`."""

    OFF = "off"
    MENTION = "mention"
    ALL = "all"


class ShownView(Protocol):
    """The view of the room on a person's screen, as their script moves it."""

    def relook(self, settings: Mapping[str, Plain], *, own: bool) -> None:
        """Things look so from now on; `own`: as the person's own script draws them."""
        ...

    def note(self, text: str, level: str) -> None:
        """Words for the person alone, behind the newest row."""
        ...

    def scroll(self, lines: int) -> None:
        """By so many lines, up when negative."""
        ...

    def follow(self) -> None:
        """Back to the newest row."""
        ...

    def clear(self) -> None:
        """Nothing that is there is shown any more."""
        ...

    @property
    def follows(self) -> bool:
        """Whether the newest row is shown."""
        ...

    async def show_row(self, seq: int, place: int) -> Plain:
        """Bring a place of a row on the screen."""
        ...

    def alert(self, which: Alert) -> None:
        """The script hears of these rows from now on."""
        ...


class NoView:
    """Implements ShownView where nothing is shown but lines."""

    follows = True

    def relook(self, settings: Mapping[str, Plain], *, own: bool) -> None:
        """Nothing."""

    def note(self, text: str, level: str) -> None:
        """Nothing."""

    def scroll(self, lines: int) -> None:
        """Nothing."""

    def follow(self) -> None:
        """Nothing."""

    def clear(self) -> None:
        """Nothing."""

    async def show_row(self, seq: int, place: int) -> Plain:
        """Nothing can be brought there."""
        return None

    def alert(self, which: Alert) -> None:
        """Nothing."""


class ViewFunctions:
    """This part of the table."""

    def __init__(self, view: ShownView) -> None:
        self._view = view

    def functions(self) -> Mapping[str, HostFunction]:
        """This part of the table."""
        view = self._view
        return {
            "look": self._look, "note": self._note, "scroll": self._scroll, "follow": view.follow, "clear": view.clear,
            "following": lambda: view.follows, "show_row": self._show_row, "alert": self._alert,
        }  # fmt: skip

    def _look(self, settings: Mapping[str, Plain], own: bool = False) -> None:
        if not isinstance(settings, Mapping):
            raise ScriptError("look takes a table")
        if len(json.dumps(settings, ensure_ascii=False)) > MAX_LOOK:
            raise ScriptError(f"a look takes up to {MAX_LOOK} characters")
        self._view.relook(settings, own=bool(own))

    def _note(self, text: str, level: str = "info") -> None:
        words = sanitize(as_string("a note", text)[:MAX_NOTE])
        self._view.note(words, level if level in LEVELS else "info")

    def _scroll(self, lines: int) -> None:
        self._view.scroll(max(-MAX_SCROLL, min(whole(lines), MAX_SCROLL)))

    def _show_row(self, seq: int, place: int) -> Later:
        wanted, number = whole(seq), whole(place)

        async def show() -> Plain:
            return await self._view.show_row(wanted, number)

        return Later(show)

    def _alert(self, which: str) -> None:
        try:
            self._view.alert(Alert(which))
        except ValueError:
            raise ScriptError(f"alert takes {', '.join(Alert)}") from None

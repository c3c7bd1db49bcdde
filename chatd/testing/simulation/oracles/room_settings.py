"""What is set of rooms: the command `room` shows what is on disk, and whoever sets something is named in the room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.command_line import plain_words
from chatd.testing.simulation.oracles.record import RecordedRow

DEFAULTS = {"topic": "", "description": "", "default": "", "system": "", "retrieval": "off"}
"""Every setting, with what holds where it is not set."""

NAME = "what is set of a room is told as it is"


def named(words: Sequence[str]) -> tuple[str, list[str]]:
    """The room that the words behind `room` mean, and those of the setting and its value."""
    plain = plain_words(words)
    return ("lobby", plain) if not plain or plain[0] in DEFAULTS else (plain[0], plain[1:])


def statuses(words: Sequence[str], *, guest: bool) -> set[int]:
    """How the command may end in a room that is there; `words` are those of the setting and its value."""
    match words:
        case [] | [_] if not words or words[0] in DEFAULTS:
            return {0}
        case [name, *_] if name not in DEFAULTS:
            return {64, 77} if guest else {64}
        case _ if guest:
            return {77}
        case ["default", "nobody"]:
            return {69}
        case _:
            return {0, 64}  # somebody may have set just that


def check_shown(told: Mapping[str, Any], room: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """What the command has shown as JSON, by what was set when it began and when it had ended. Raises Broken."""
    if told.get("name") != room or not set(told) <= {"name", *DEFAULTS} or len(told) < 2:
        raise Broken(NAME, f"of {room} is told {told}")
    for name, value in told.items():
        held = {one.get(name) or DEFAULTS[name] for one in (before, after)} if name != "name" else {room}
        if value not in held:
            raise Broken(NAME, f"{name} of {room} is one of {held}, told is {value!r}")


def check_set(who: str, rows: Sequence[RecordedRow], newest: int) -> None:
    """Somebody has set something of the room that has these rows, of which the `newest`-th of the server was there
    before. Raises Broken.
    """
    if not any(row.n > newest and row.author == "system" and row.content.startswith(f"{who} ") for row in rows):
        raise Broken(NAME, f"{who} has set something, and no row says so")

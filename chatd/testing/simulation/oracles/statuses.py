"""The one status with which a command may end, by what it is and what was so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles import room_settings
from chatd.testing.simulation.oracles.command_line import option, plain_words, room_of

NAME = "commands end as they should"

ALWAYS_WELL = ("whoami", "rooms", "who", "models", "version", "help", "stats", "history", "tail", "export")
"""Commands that cannot fail where the room exists and the disk works."""

SILENT = (["search"], ["health"])
"""Commands whose status says all."""

MOST = 1000
"""Rows of one call."""

FORMATS = (None, "md", "jsonl", "text")

BUSY = "limit"
"""What a refusal for a limit says."""


def check(
    line: str, words: Sequence[str], status: int | None, errors: str, *, calm: bool, stopping: bool, guest: bool,
    asked: bool, certain: bool, exists: Callable[[str], set[bool]],
) -> None:  # fmt: skip
    """A command has ended with this status. `asked`: an answer of the person's own may have run meanwhile; `certain`:
    one did. Raises Broken.
    """
    if words[:1] == ["room"]:
        allowed = _of_room(words[1:], guest=guest, exists=exists)
    else:
        allowed = _allowed(words, asked=asked, certain=certain, exists=exists)
    if not calm:
        allowed |= {1}
    if guest and words[:1] == ["ask"]:
        allowed |= {77}
    if stopping:
        allowed |= {143}
    if BUSY in errors:
        allowed |= {75}
    if status not in allowed:
        raise Broken(NAME, f"{line!r}: {status}, not one of {sorted(allowed)}; {errors[-300:]!r}")
    if status not in (0, 130, 143) and not errors and words[:1] not in SILENT and words[:2] != ["ask", "--json"]:
        raise Broken(NAME, f"{line!r}: {status}, and no word why")


def _allowed(words: Sequence[str], *, asked: bool, certain: bool, exists: Callable[[str], set[bool]]) -> set[int]:
    room = option(words, "--room")
    if words[:1] in (["history"], ["tail"], ["export"], ["who"]) and plain_words(words[1:]):
        room = room_of(words[1:])
    there = {True} if room is None else exists(room)
    missing = {69} if False in there else set()
    return missing | (_of_command(words, asked=asked, certain=certain) if True in there else set())


def _of_room(words: Sequence[str], *, guest: bool, exists: Callable[[str], set[bool]]) -> set[int]:
    room, setting = room_settings.named(words)
    there = exists(room)
    missing = {69} if False in there else set()
    return missing | (room_settings.statuses(setting, guest=guest) if True in there else set())


def _of_command(words: Sequence[str], *, asked: bool, certain: bool) -> set[int]:
    match words:
        case ["help", _]:
            return {0, 64}
        case ["tail" | "history" | "export", *rest] if _is_bad(rest):
            return {64}
        case [command, *_] if command in ALWAYS_WELL:
            return {0}
        case ["say", *_]:
            return {0}
        case ["health"]:
            return {0}
        case ["search", *_]:
            return {0, 1}
        case ["cancel", mention] if not mention.startswith("--"):
            return {0, 69, 77}
        case ["cancel", *_]:
            return {0} if certain else {0, 69} if asked else {69}
        case ["ask", *rest]:
            return {69} if "@nobody" in rest else {0, 1, 75, 130}
        case _:
            return {64}


def _is_bad(words: Sequence[str]) -> bool:
    """Whether an option has no value that it may have."""
    numbers = [option(words, name) for name in ("--limit", "-n", "--since", "--count")]
    if any(number is not None and not number.isdigit() for number in numbers):
        return True
    limit, form = option(words, "--limit"), option(words, "--format")
    return option(words, "--count") == "0" or (limit is not None and int(limit) > MOST) or form not in FORMATS

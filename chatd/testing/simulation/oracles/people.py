"""What commands print of rooms and people: who is here, and which rooms one may know of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatd.core.names import GUEST_PREFIX
from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.record import is_visible


@dataclass(frozen=True, slots=True)
class Present:
    """Who was here while something was asked: those who were all the time, and those who may have been."""

    certain: frozenset[str]
    possible: frozenset[str]


def check_who(name: str, told: Sequence[dict[str, Any]], present: Present, asker: str) -> None:
    """The people and models that `who --json` lists. Raises Broken."""
    people = [one for one in told if one["kind"] != "model"]
    names = [one["name"] for one in people]
    if len(set(names)) < len(names):
        raise Broken(name, f"somebody is here twice: {names}")
    if missing := present.certain - set(names):
        raise Broken(name, f"{sorted(missing)} are here, and not told of: {names}")
    if ghosts := set(names) - present.possible:
        raise Broken(name, f"{sorted(ghosts)} are told of, and not here")
    for one in people:
        if (one["kind"] == "guest") != one["name"].startswith(GUEST_PREFIX):
            raise Broken(name, f"{one['name']} is a {one['kind']}")
        if one["name"] != asker and one["fingerprint"] is not None:
            raise Broken(name, f"{asker} is told of the key of {one['name']}")
        if private := [room for room in one["rooms"] if room.startswith("~")]:
            raise Broken(name, f"{one['name']} is in {private}")


def check_rooms(
    name: str, told: Sequence[dict[str, Any]], *, asker: str, before: Mapping[str, int], after: Mapping[str, int],
    present: Present,
) -> None:  # fmt: skip
    """The rooms that `rooms --json` lists: each that somebody may know of, with the rows that it has. `before` and
    `after` are the numbers of rows on both ends of the question. Raises Broken.
    """
    names = [one["name"] for one in told]
    if len(set(names)) < len(names):
        raise Broken(name, f"a room is told twice: {names}")
    for one in told:
        room = one["name"]
        if not is_visible(room, asker):
            raise Broken(name, f"{asker} is told of {room}")
        if room in before and room in after and not before[room] <= one["rows"] <= after[room]:
            raise Broken(name, f"{room} has {before[room]} to {after[room]} rows, told are {one['rows']}")
        if not 0 <= one["members"] <= len(present.possible):
            raise Broken(name, f"{one['members']} are in {room}, of {len(present.possible)}")
        if not 0 <= one["unread"] <= one["rows"]:
            raise Broken(name, f"{one['unread']} of {one['rows']} rows are unread in {room}")
        if one["private"] != room.startswith("~"):
            raise Broken(name, f"{room} is private: {one['private']}")
    public = {room for room in before if room in after and not room.startswith("~")}
    if missing := public - set(names):
        raise Broken(name, f"{sorted(missing)} are not told of: {names}")

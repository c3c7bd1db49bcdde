"""What somebody is told over the web: a room's events over any number of cuts, rows that are said once, and never a
secret or another's private room.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.reading import check_told
from chatd.testing.simulation.oracles.record import RecordedRow
from chatd.testing.web_events import ToldEvent

FOLLOWS = "events over the web are the room"
ONCE = "what a client has a name for is said once"
PRIVATE = "nobody's private room is told of over the web"
SECRET = "a secret is told to its owner alone"  # noqa: S105 -- an invariant's name

_ROOM = re.compile(rb'"(?:room|name)":"(~[^"]*)"')
"""A private room that an answer names. Within a text the quotes would be escaped."""


class FollowedRoom:
    """What a browser knows of a room whose events it reads, however often its connection breaks: see `take`."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.number = 0
        """Of the newest event."""
        self._older: set[str] = set()
        """Rows from before the first that was told, of which it was told that they are otherwise now."""

    def take(self, told: ToldEvent) -> None:
        """One event more. Raises Broken for one that cannot be."""
        event = told.value
        if event["n"] < self.number:
            raise Broken(FOLLOWS, f"{event['n']} comes after {self.number}: {str(event)[:200]}")
        if told.id and int(told.id) != event["n"]:
            raise Broken(FOLLOWS, f"the id {told.id} is none of what comes with it: {str(event)[:200]}")
        self.number = event["n"]
        match event["event"]:
            case "added":
                if event["row"]["id"] in self.rows:
                    raise Broken(FOLLOWS, f"a row is added twice: {str(event)[:200]}")
                self.rows[event["row"]["id"]] = dict(event["row"])
            case "finished" | "lagged":
                self.rows[event["row"]["id"]] = dict(event["row"])
            case "changed":
                if event["row"]["id"] not in self.rows:
                    self._older.add(event["row"]["id"])
                self.rows[event["row"]["id"]] = dict(event["row"])
            case "grew":
                self._grow(event)
            case "joined" | "left":
                pass  # a browser that comes again asks who is here
            case other:
                raise Broken(FOLLOWS, f"there is no event {other}")

    def _grow(self, event: dict[str, Any]) -> None:
        grown = self.rows.get(event["row_id"])
        if grown is None:
            raise Broken(FOLLOWS, f"a row grows that was never told: {str(event)[:200]}")
        if len(grown["content"]) != event["offset"]:
            raise Broken(FOLLOWS, f"row {grown['id']} has {len(grown['content'])} characters: {str(event)[:200]}")
        grown["content"] += event["delta"]

    def check(self, rows: Sequence[RecordedRow]) -> None:
        """At rest, by all rows of the room: each is known as it is, from the first one on that was told.

        Raises Broken.
        """
        known = {row.id: row for row in rows}
        for one in self.rows.values():
            check_told(FOLLOWS, one, known.get(one["id"]))
        first = min((one["seq"] for one in self.rows.values() if one["id"] not in self._older), default=None)
        for row in rows:
            if first is None or row.seq < first:
                continue
            told = self.rows.get(row.id)
            if told is None or (told["content"], told["status"]) != (row.content, row.status):
                raise Broken(FOLLOWS, f"row {row.seq} is {row.content[:40]!r}, {row.status}; told is {str(told)[:200]}")
            if told.get("meta", {}).get("x") != row.meta.get("x"):
                raise Broken(FOLLOWS, f"of row {row.seq} was found out {row.meta.get('x')}; told is {str(told)[:200]}")


def check_names(who: str, told: bytes) -> None:
    """What somebody was sent names no private room but their own. Raises Broken."""
    for room in _ROOM.findall(told):
        if room.decode() != f"~{who}":
            raise Broken(PRIVATE, f"{who or 'somebody'} is told of {room.decode()}: {told[:200]!r}")


def check_named(rows: Sequence[RecordedRow], client_ids: Collection[str], answered: Collection[str]) -> None:
    """Of a row that a client has a name for there is one at the most, and one where it was answered. Raises Broken."""
    names = [name for row in rows if isinstance(name := row.meta.get("client_id"), str)]
    for name in client_ids:
        count = names.count(name)
        if count > 1 or (count == 0 and name in answered):
            raise Broken(ONCE, f"{name} is in {count} rows")


class GivenSecrets(logging.Handler):
    """The secrets that people of one world have been given. Whatever the gateway logs is read."""

    def __init__(self) -> None:
        super().__init__()
        self._known: set[str] = set()
        self.broken: Broken | None = None
        """The first that stood in a log line."""

    def keep(self, secret: str) -> str:
        """One more; returns it."""
        self._known.add(secret)
        return secret

    def check(self, where: str, data: bytes) -> None:
        """None of them is in this. Raises Broken."""
        for secret in self._known:
            if secret.encode() in data:
                raise Broken(SECRET, f"{secret[:10]}… is in {where}")

    def emit(self, record: logging.LogRecord) -> None:
        """As logging.Handler."""
        try:
            self.check(f"the log: {record.msg}", record.getMessage().encode())
        except Broken as broken:
            self.broken = self.broken or broken


@contextmanager
def overheard(secrets: GivenSecrets) -> Iterator[None]:
    """All that is logged within the block where secrets are is looked at, to the last detail."""
    loggers = [logging.getLogger(name) for name in ("chatd.web", "chatd.credentials")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(secrets)
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
            logger.removeHandler(secrets)

"""Databases that older servers left, killed in mid-answer: a world may begin with one, and must have what was in it.

The files are what those servers' migrations made: `tests/older_databases.py` says what stands in them.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from chatd.testing.checks import Broken, check_whole, count
from chatd.testing.simulation.oracles.record import Record
from chatd.testing.world import World

FILES = Path(__file__).parent / "older"
"""One for each version of the schema before today's."""

NAME = "an older database is let in whole"

STOPPED = "the server stopped before the answer ended"

ROWS = (
    (1, "ada", "message.user", "complete", "hello from long ago"),
    (2, "ada", "message.user", "complete", "@bot tell me a story"),
    (3, "bot", "message.model", "interrupted", "once upon a time"),
    (4, "lovelace", "message.user", "complete", "@sage what time is it?"),
    (5, "sage", "tool.call", "complete", "{}"),
    (6, "clock", "tool.result", "interrupted", "no result: the server stopped before the tool ended"),
    (7, "system", "message.system", "complete", f"bot: {STOPPED}"),
    (8, "system", "message.system", "complete", f"sage: {STOPPED}"),
)
"""What the lobby has at the next start: what was there, the answers as far as they came, and a word about each."""

KEPT_SINCE, SPENT_SINCE = 3, 2
"""The versions since which there are kept values, and days' tokens."""


@cache
def versions() -> tuple[int, ...]:
    """The versions of which there is a database."""
    return tuple(sorted(int(path.name.partition(".")[0]) for path in FILES.glob("*.sqlite3.gz")))


@cache
def image(version: int) -> bytes:
    """The database of such a version, as its server left it."""
    return gzip.decompress((FILES / f"{version}.sqlite3.gz").read_bytes())


def check(world: World, version: int) -> None:
    """A server has started on it. Raises Broken."""
    writer = world.database.writer
    record = Record(writer)
    check_whole(writer, "after an upgrade")
    rows = tuple((row.seq, row.author, row.method, row.status, row.content) for row in record.rows("lobby"))
    ada = {"ada"} if version >= KEPT_SINCE else set[str]()
    for what, now, due in (
        ("rows", rows, ROWS),
        ("keys", record.members(), {name: {f"SHA256:of-{name}"} for name in ("ada", "lovelace")}),
        ("marks", record.marks(), {("ada", "lobby"): 2}),
        ("topics", record.topics()["lobby"], "old times"),
        ("kept values", {name for name, _ in record.kept()}, ada),
        ("tokens used", record.spent(), {("ada", "2022-02-22"): 42} if version >= SPENT_SINCE else {}),
        ("credentials", count(writer, "SELECT count(*) FROM credentials"), 0),
        ("mentions that run", record.running(), {}),
        ("rows that are found", count(writer, "SELECT count(*) FROM search WHERE search MATCH 'ago OR story'"), 2),
    ):
        if now != due:
            raise Broken(NAME, f"of version {version}: {what} are {now}, not {due}")

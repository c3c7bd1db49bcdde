"""A server starts on a database of which one bit is flipped: it refuses, and says what to do, or it is a server, as far
as what is left allows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import trio

from chatd.adapters.sqlite import schema
from chatd.adapters.sqlite.database import Database
from chatd.config import Config
from chatd.core.times import iso
from chatd.core.visit import Visit
from chatd.errors import DamagedDatabase
from chatd.ports import Scripts
from chatd.testing.checks import Broken
from chatd.testing.images import DiskFiles, opened
from chatd.testing.sources import EPOCH_MS, CountingIds
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

NAME = "a flipped bit is refused, or disturbs nobody"

COMMANDS = ("rooms --json", "history lobby", "export lobby", "search same", "history lobby --limit 1000 --json")
"""What reads much of a database."""

TOLD = ("the database file is damaged", "the disk fails")
"""How a reader hears of a page that cannot be read."""

PATIENCE_S = 60.0
"""Virtual seconds for each command: whatever takes longer hangs."""


async def start(
    path: Path, files: DiskFiles, whole: DiskFiles, *, settings: Config, scripts: Scripts, tell: Callable[[str], None]
) -> bool:
    """Start on these files, which have been put at the path, and look at what the server does. Returns whether all that
    was in the whole ones is there, so that a world can go on. Raises Broken.
    """
    try:
        Database(path, iso(EPOCH_MS)).close()
    except DamagedDatabase as refusal:
        _check_refusal(str(refusal), path, files)
        is_refused(tell)
        return False
    if (verdict := _verdict(files)) != "ok":
        raise Broken(NAME, f"a server starts on a database of which SQLite says: {verdict}")
    lives_on(tell)
    await _look(path, settings, scripts)
    return _said(files) == _said(whole)


def is_refused(tell: Callable[[str], None]) -> None:
    """The operator reads why, and has a backup."""
    tell("the next server refuses the damaged database; a backup is put in its place")


def lives_on(tell: Callable[[str], None]) -> None:
    """The server does not notice."""
    tell("the next server lives with the flipped bit")


def _check_refusal(told: str, path: Path, files: DiskFiles) -> None:
    if "\n" in told or str(path) not in told or "backup" not in told:
        raise Broken(NAME, f"a refusal says in one line which file it is and what to do, not {told!r}")
    if DiskFiles.of(path) != files:
        raise Broken(NAME, "a refused database was changed")


def _verdict(files: DiskFiles) -> str:
    """What SQLite itself says of them."""
    try:
        with opened(files.image()) as connection:
            return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)


def _said(files: DiskFiles) -> list[object]:
    """All that is in the tables, and whether what is said there is in the index of the search, word for word: a world
    that goes on is judged by both.
    """
    with opened(files.image()) as connection:
        schema.define_functions(connection)
        said: list[object] = [
            connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            for table in schema.tables(schema.VERSION)
            if table != "search"
        ]
        try:
            connection.execute("INSERT INTO search(search, rank) VALUES('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            said.append(str(error))
        return said


async def _look(path: Path, settings: Config, scripts: Scripts) -> None:
    """People read all there is, while others talk. Raises Broken."""
    settings = replace(settings, models=())  # of models far away it would ask a network that is no simulated one
    async with World.open(settings, database=path, scripts=scripts, ids=CountingIds("damaged")) as world:
        viewer = await world.join("yolanda")
        said = await _run(world, "zacharias", "say --room lobby all the same")
        await world.settle(1)
        if said.exit_status != 0 or "all the same" not in viewer.screen:
            raise Broken(NAME, f"nobody can talk: {said.errors!r}, {viewer.screen.framed()}")
        for command in COMMANDS:
            read = await _run(world, "zacharias", command)
            if read.exit_status != 0 and not any(told in read.errors for told in TOLD):
                raise Broken(NAME, f"{command} ended with {read.exit_status}, {read.errors!r}")


async def _run(world: World, who: str, line: str) -> MemoryTerminal:
    person = world.connect(Visit(world.visitor(who), line))
    person.ends_input()
    with trio.move_on_after(PATIENCE_S):
        await person.ended.wait()
        return person
    raise Broken(NAME, f"{line} does not end within {PATIENCE_S:g} s")

"""What a kill, a power cut, a torn write or a flipped bit leaves is a whole database, or one that is refused."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import trio

from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.recovery import NO_RESULT
from chatd.errors import DamagedDatabase, Exit
from chatd.testing import World, run
from chatd.testing.checks import check_whole
from chatd.testing.disk import Disk
from chatd.testing.images import DiskFiles, opened

NOW = "2026-11-20T10:15:30.123Z"
FORMAT_BYTES = 100
"""Bytes of SQLite's header."""

Rows = list[tuple[str, int, str, str]]


def rows_of(database: Database) -> Rows:
    sql = "SELECT buffer_id, seq, author, content FROM rows ORDER BY n"
    return [tuple(row) for row in database.writer.execute(sql)]


async def lives(world: World, keep: list[DiskFiles], path: Path) -> None:
    """A conversation with an answer that streams, a tool and a topic; the files as they are in its midst are kept."""
    bot = world.model("bot")
    alice = await world.join("alice")
    for number in range(4):
        alice.types(f"naïve {number} 日本\r")
        await world.settle()
    bot.says("some ").pauses(0.3).calls("clock", "{}").ends()
    bot.thinks("hm").says("answer ").pauses(0.3).says("of pieces").counts(3, 4).ends()
    alice.types("@bot when?\r")
    for _ in range(4):
        await trio.sleep(0.2)
        keep.append(DiskFiles.of(path))
    alice.types("/topic weather\r")
    await world.settle(2)
    await world.command("bob", "say --room lobby the end")
    keep.append(DiskFiles.of(path))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[DiskFiles], DiskFiles, Rows]:
    """The files in the midst of a world's life and after it, and its rows."""
    path, keep = tmp_path_factory.mktemp("lived") / "chatd.sqlite3", list[DiskFiles]()

    async def main() -> None:
        async with World.open(database=path) as world:
            await lives(world, keep, path)

    run(main)
    database = Database(path, NOW)
    rows = rows_of(database)
    database.close()
    return keep, DiskFiles.of(path), rows


@pytest.mark.parametrize("seed", range(40))
def test_a_torn_write_leaves_a_beginning_of_what_was_committed(
    lived: tuple[list[DiskFiles], DiskFiles, Rows], tmp_path: Path, seed: int
) -> None:
    keep, _, rows = lived
    source = Random(seed)
    files = source.choice(keep)
    path = files.torn(source.randrange(len(files.wal) + 1)).put(tmp_path)
    database = Database(path, NOW)
    check_whole(database.writer, "after a torn write")
    found = rows_of(database)
    database.close()
    known = {(buffer, seq): (author, content) for buffer, seq, author, content in rows}
    for buffer, seq, author, content in found:
        whose, whole = known.get((buffer, seq), ("", ""))
        is_told = author == "system" or content == NO_RESULT
        assert is_told or (whose == author and whole.startswith(content)), (author, content, whole)


def test_what_is_not_torn_has_everything(lived: tuple[list[DiskFiles], DiskFiles, Rows], tmp_path: Path) -> None:
    keep, _, rows = lived
    database = Database(keep[-1].put(tmp_path), NOW)
    assert rows_of(database) == rows
    database.close()


@pytest.mark.parametrize("seed", range(60))
def test_after_a_flipped_bit_the_server_is_whole_or_refuses(
    lived: tuple[list[DiskFiles], DiskFiles, Rows], tmp_path: Path, seed: int
) -> None:
    """Text has no checksums in SQLite: another letter is another letter. Everything else is found."""
    _, stopped, _ = lived
    source = Random(f"flip {seed}")
    where = source.randrange(FORMAT_BYTES) if seed % 10 == 0 else source.randrange(len(stopped.main))
    path = stopped.flipped(where * 8 + source.randrange(8)).put(tmp_path)
    before = path.read_bytes()

    async def next_life() -> None:
        async with World.open(database=path) as world:
            check_whole(world.database.writer, "after a flipped bit")
            alice = await world.join("alice")
            assert "Traceback" not in alice.screen.text
            for command in ("history", "export lobby", "rooms --json", "say again"):
                assert (await world.command("bob", command)).exit_status == 0

    refusal: DamagedDatabase | None = None
    try:
        Database(path, NOW).close()
    except DamagedDatabase as error:
        refusal = error
    if refusal is not None:
        assert refusal.exit_code == Exit.DAMAGED and "\n" not in str(refusal) and path.read_bytes() == before
        return
    run(next_life)


def test_a_disk_that_lies_loses_what_came_after_the_lie_began_and_nothing_else() -> None:
    async def main() -> None:
        async with World.open() as world:
            await world.command("alice", "say on disk")
            world.disk.lies()
            assert (await world.command("alice", "say in its cache")).exit_status == 0
            assert [text for _, text, _ in world.rows()] == ["on disk", "in its cache"]
            image = world.image()
            world.disk.works_again()
            assert len(world.image()) >= len(image)
        with opened(image) as connection:
            assert connection.execute("SELECT content FROM rows").fetchall() == [("on disk",)]
        async with World.open(image=image) as again:
            assert [text for _, text, _ in again.rows()] == ["on disk"]
            await again.command("alice", "say goes on")
            assert [seq for (seq,) in again.database.writer.execute("SELECT seq FROM rows ORDER BY n")] == [1, 2]

    run(main)


def test_a_disk_tells_whether_it_lies() -> None:
    async def main() -> None:
        async with World.open(disk=Disk()) as world:
            assert not world.disk.is_lying
            world.disk.lies()
            assert world.disk.is_lying

    run(main)

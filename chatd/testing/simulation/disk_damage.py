"""Damage to what is on disk, found by the next server: what it is drawn from, what it makes of the files, and what must
be there in spite of it. Worlds with such damage have their databases on a real disk, in a directory of their own.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from chatd.adapters.sqlite.database import MEMORY
from chatd.testing.images import DiskFiles, empty
from chatd.testing.program import DiskDamage, Program
from chatd.testing.wal import CHECKPOINTED, HEADER_BYTES, frames

TORN, FLIPPED_WAL, FLIPPED = "torn", "flipped in the WAL", "flipped"

OFTEN = 0.1
"""Of the restarts, how many find damage of each kind."""

PAGE_BYTES = 4096
"""SQLite's usual page. It begins with numbers that say where on it everything is; what it has lies at its end."""

_FEW, _SOME, _ANY = 300, 20_000, 1 << 26
"""Bytes or bits: of the last frame, of the last transactions, of everything there is."""


def draw_damage(source: random.Random) -> DiskDamage | None:
    """What a restart finds: mostly what was written."""
    chance = source.random()
    if chance >= 3 * OFTEN:
        return None
    if chance >= OFTEN:
        how = TORN if chance >= 2 * OFTEN else FLIPPED_WAL
        return DiskDamage(how, source.randrange(source.choice((_FEW, _SOME, _ANY))))
    page = source.randrange(64) * PAGE_BYTES
    byte = page + source.choice(
        (source.randrange(16), source.randrange(PAGE_BYTES), PAGE_BYTES - source.randrange(400))
    )
    return DiskDamage(FLIPPED, byte * 8 + source.randrange(8))


def damaged(files: DiskFiles, damage: DiskDamage) -> tuple[DiskFiles, DiskFiles] | None:
    """The files with another WAL, and the same without whatever cannot be had of them any more. None: there is no WAL
    that could be damaged, or it may be in the database already, and without it the database is not whole.
    """
    ends = [HEADER_BYTES, *(frame.end for frame in frames(files.wal))]
    if not 1 < len(ends) <= CHECKPOINTED:
        return None
    if damage.how == TORN:
        torn = files.torn(ends[-1] - 1 - damage.where % ends[-1])
        return torn, torn
    bit = damage.where % (ends[-1] * 8)
    # A frame that is not what was written ends the WAL, and what it begins with is needed for all.
    kept = max((end for end in ends if end <= bit // 8), default=0)
    return files.flipped(bit, in_wal=True), files.torn(kept)


class Storage:
    """Where the databases of a world are: in memory, which is fast, or on a disk in a world that damages them."""

    def __init__(self, program: Program) -> None:
        self._stack = ExitStack()
        self._is_on_disk = any(isinstance(act, DiskDamage) for act in program.acts)
        self._servers = 0

    def __enter__(self) -> Storage:
        if self._is_on_disk:
            self._directory = Path(self._stack.enter_context(TemporaryDirectory(prefix="chatd-sim-")))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def put(self, files: DiskFiles | None) -> tuple[Path | str, bytes | None]:
        """Have a server begin with these: its database, and the image of one in memory."""
        if not self._is_on_disk:
            return MEMORY, None if files is None else files.main
        self._servers += 1
        directory = self._directory / str(self._servers)
        directory.mkdir()
        return (files or DiskFiles(empty())).put(directory), None

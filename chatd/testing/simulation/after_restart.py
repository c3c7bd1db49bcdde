"""What the next server must have of the one before: everything that was on disk, and nothing open."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.adapters.sqlite.schema import MIGRATIONS
from chatd.testing.checks import Broken, check_whole
from chatd.testing.images import DiskFiles, opened
from chatd.testing.program import DiskDamage
from chatd.testing.simulation.disk_damage import FLIPPED, TORN, damaged
from chatd.testing.simulation.oracles.record import Record, RecordedRow
from chatd.testing.world import World

NAME = "a restart loses nothing"


@dataclass(frozen=True, slots=True)
class Left:
    """What a server left: the database as it is on disk, and what an oracle read of it."""

    files: DiskFiles
    damage: DiskDamage | None
    """What became of them after the end; a bit of the database itself is yet to be flipped, see `is_flipped`."""
    killed: bool
    rows: tuple[RecordedRow, ...]
    members: dict[str, set[str]]
    kept: dict[tuple[str, str], str]
    marks: dict[tuple[str, str], int]
    settings: dict[str, dict[str, str]]
    spent: dict[tuple[str, str], int]

    @property
    def is_flipped(self) -> bool:
        """Whether the next server finds a database with another bit, of which nobody knows what must be there."""
        return self.damage is not None and self.damage.how == FLIPPED


def leave(world: World, damage: DiskDamage | None, *, killed: bool) -> Left:
    """The server ends here, and what it leaves is damaged so: what must be there is what can be had of it still."""
    files = world.disk.files()
    whole = files = files if killed else DiskFiles(files.image())
    if damage is not None and damage.how != FLIPPED:
        found = damaged(files, damage)
        if found is None or _is_older(found[1]):  # an upgrade that was lost is done again: `older` is about that
            damage = None
        else:
            files, whole = found
    with opened(whole.image()) as connection:
        record = Record(connection)
        return Left(
            files, damage, killed, tuple(record.everywhere()), record.members(), record.kept(), record.marks(),
            record.settings(), record.spent(),
        )  # fmt: skip


def _is_older(files: DiskFiles) -> bool:
    """Whether the database is of an older format: what an upgrade wrote is not in it."""
    with opened(files.image()) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return bool(version != len(MIGRATIONS))


def check(left: Left, world: World) -> None:
    """The next server has started. Raises Broken."""
    record = Record(world.database.writer)
    check_whole(world.database.writer, "after a restart")
    rows = {row.id: row for row in record.everywhere()}
    rooms = record.rooms()
    for row in left.rows:
        now = rows.get(row.id)
        if now is None:
            # A guest's private room goes with the guest, a room in which nobody spoke with its last person.
            if row.room in rooms or not row.room.startswith("~guest-"):
                raise Broken(NAME, f"row {row.seq} of {row.room}, {row.content[:80]!r}")
        elif (now.content, now.author, now.seq) != (row.content, row.author, row.seq):
            raise Broken(NAME, f"row {row.seq} of {row.room} was {row.content[:80]!r}, is {now.content[:80]!r}")
        elif now.status != ("interrupted" if row.is_open else row.status):
            raise Broken(NAME, f"row {row.seq} of {row.room} was {row.status}, is {now.status}")
        elif row.is_open and not left.killed:
            raise Broken(NAME, f"row {row.seq} of {row.room} was left open by a server that was stopped")
    for what, before, after in (
        ("members", left.members, record.members()), ("kept values", left.kept, record.kept()),
        ("tokens used", left.spent, record.spent()),
    ):  # fmt: skip
        if before != after:
            raise Broken(NAME, f"{what} were {before}, are {after}")
    known = {row.id for row in left.rows}
    for row in rows.values():
        # What a start adds is what answers have said or thought, results of calls, and a word about each.
        if row.id not in known and row.status != "interrupted" and row.method != "message.system":
            raise Broken(NAME, f"row {row.seq} of {row.room}, {row.content[:80]!r}, was not on disk")
    _check_known(left, record, world)
    if left.damage is not None and not left.is_flipped:
        (is_torn if left.damage.how == TORN else is_dropped)()


def is_torn() -> None:
    """A WAL without its tail left the transactions that are whole in it: all of them, and nothing else."""


def is_dropped() -> None:
    """A WAL with another bit left the transactions before it."""


def _check_known(left: Left, record: Record, world: World) -> None:
    """What the new server has in memory is what is on disk."""
    rooms, settings = record.rooms(), record.settings()
    known = {room.name: (room.seq, dict(room.settings)) for room in world.hub.lobby.rooms}
    for name, seq in rooms.items():
        if known.get(name) != (seq, settings[name]):
            raise Broken(NAME, f"the room {name} is {(seq, settings[name])} on disk, the server has {known.get(name)}")
    for name, held in settings.items():
        if left.settings.get(name, held) != held:
            raise Broken(NAME, f"the settings of {name} were {left.settings[name]}, are {held}")
    marks = record.marks()
    for (name, room), seq in left.marks.items():
        if room in rooms and marks.get((name, room)) != seq:
            raise Broken(NAME, f"{name} had read {room} to {seq}, has {marks.get((name, room))}")
    for name, keys in left.members.items():
        if set(world.hub.names.keys(name)) != keys:
            raise Broken(NAME, f"{name} had the keys {keys}, has {set(world.hub.names.keys(name))}")

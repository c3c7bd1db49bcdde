"""Two recorders on one database: whatever each is slower than, nothing is lost, doubled or out of order, on both sides.

Each has a room of its own, which is a fold over the same log, and a reader who follows that room by its bell.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.adapters.sqlite.database import Database
from chatd.adapters.sqlite.log import SqliteLog
from chatd.core.replication import fold
from chatd.core.room import Behind, Room, RoomLimits
from chatd.core.row import (
    Add,
    Added,
    Annotate,
    Annotated,
    Begin,
    Draft,
    End,
    Finish,
    Finished,
    Grew,
    Grow,
    Method,
    NewRow,
    RoomSet,
    SetRoom,
    Status,
    Think,
)
from chatd.ports import Append, AppendOutcome, Conflict, Head, RoomRecord
from chatd.tasks.log import rebase
from chatd.tasks.log.bell import Bell
from chatd.tasks.log.receipt import Receipt
from chatd.tasks.log.recorder import Recorder, serve_recorder
from chatd.testing import Disk, Mode, run
from chatd.testing.sources import CountingIds, VirtualTime
from chatd.wiring.limits import recorder_limits

NOW = "2026-11-20T10:15:30.123Z"
LIMITS = RoomLimits(rows=999, row_chars=99_999, entries=999, entry_chars=99_999)


class Counting(SqliteLog):
    """Counts the conflicts that it reports."""

    conflicts = 0

    async def append(self, batch: Sequence[Append]) -> list[AppendOutcome]:
        outcomes = await super().append(batch)
        self.conflicts += sum(isinstance(outcome, Conflict) for outcome in outcomes)
        return outcomes


class Node:
    """One of the two, with its own connections, recorder, fold and reader."""

    def __init__(self, path: Path, name: str, delay: Callable[[], float] = lambda: 0.0) -> None:
        self.name = name
        self.database = Database(path, NOW, name)
        self.disk = Disk(delay)
        self.disk.attach(self.database.writer)
        self.log = Counting(self.database, write=self.disk, read=self.disk.read)
        self.recorder = Recorder(self.log, VirtualTime(), CountingIds(f"{name}-token"), recorder_limits())
        self.room: Room
        self.receipts: list[Receipt] = []
        self.ids = (f"{name}{i}" for i in itertools.count(1))
        self.texts: dict[str, str] = {}
        """What was submitted, by row, in order."""
        self.open: list[str] = []
        self.seen: dict[str, str] = {}
        """What the reader has seen of each row, whoever wrote it."""
        self.found: dict[str, dict[str, object]] = {}
        """What was annotated, by row."""
        self.seen_found: dict[str, dict[str, object]] = {}
        self.seen_topic = ""
        self.resyncs = 0
        self._cursor = 0

    async def open_room(self, limits: RoomLimits = LIMITS) -> None:
        record = await self.log.create_room(RoomRecord("r", "lobby", "b", {}, 0, Head()))
        self.room = Room("r", "lobby", "b", number=record.head.number, seq=record.head.seq, limits=limits)

    async def follow(self) -> None:
        bell = Bell()
        self.recorder.watch(self.room, bell)
        while True:
            self.look()
            await bell.wait()

    def look(self) -> None:
        """Read the room on from the cursor, as every viewer does."""
        entries = self.room.since(self._cursor)
        self._cursor = self.room.number
        if isinstance(entries, Behind):
            self.resyncs += 1
            self.seen |= {live.head.id: live.text for live in [*self.room.tail(999), *self.room.open_rows]}
            self.seen_topic = self.room.topic
            return
        numbers = [entry.number for entry in entries]
        assert numbers == sorted(numbers)
        for entry in entries:
            match entry:
                case Added(row=row):
                    assert row.id not in self.seen, "a row comes twice"
                    self.seen[row.id] = row.content
                case Grew(row_id=row_id, offset=offset, text=text):
                    assert len(self.seen[row_id]) == offset
                    self.seen[row_id] += text
                case Finished(row_id=row_id):
                    assert row_id in self.seen
                case Annotated(row_id=row_id, values=values):
                    self.seen_found.setdefault(row_id, {}).update(values)
                case RoomSet(value=topic):
                    self.seen_topic = topic

    def submit(self, *drafts: Draft) -> None:
        self.receipts += self.recorder.submit_together(self.room, drafts, urgent=True)

    def say(self, text: str) -> None:
        row_id = next(self.ids)
        self.texts[row_id] = text
        self.submit(Add(NewRow(row_id, Method.USER, self.name, text)))

    def begin(self, text: str) -> str:
        row_id = next(self.ids)
        row = NewRow(row_id, Method.CHUNK, self.name, "", Status.OPEN, mention_id=f"m{row_id}", meta={"by": self.name})
        self.texts[row_id] = text
        self.open.append(row_id)
        self.submit(Begin(f"m{row_id}", "q", self.name, "alice"))
        self.submit(Think(row, "hm"))
        self.submit(Add(row), Grow(row_id, text))
        return row_id

    def grow(self, row_id: str, text: str) -> None:
        self.texts[row_id] += text
        self.submit(Grow(row_id, text))

    def finish(self, row_id: str) -> None:
        self.open.remove(row_id)
        self.submit(Finish(row_id, Status.COMPLETE, {"end": 1}), End(f"m{row_id}"))

    def annotate(self, row_id: str, value: int) -> None:
        key = f"by-{self.name}"
        self.found.setdefault(row_id, {})[key] = value
        self.submit(Annotate(row_id, {key: value}))

    async def catch_up(self) -> None:
        """Fold what the other has appended last: a node that has nothing to append does not hear of it."""
        news = await self.log.follow("r", self.room.number, 999)
        assert news is not None
        if news.number > self.room.number:
            fold(self.room, news)
        self.look()


async def with_both(nodes: Sequence[Node], talk: Callable[[], Awaitable[None]], limits: RoomLimits = LIMITS) -> None:
    """Run both recorders and readers around what is done, until all of it is committed; then check everything."""
    async with trio.open_nursery() as nursery:
        for node in nodes:
            await node.open_room(limits)
            nursery.start_soon(serve_recorder, node.recorder)
            nursery.start_soon(node.follow)
        await talk()
        for node in nodes:
            for row_id in list(node.open):
                node.finish(row_id)
        for node in nodes:
            await node.recorder.flushed()
        nursery.cancel_scope.cancel()
    await check(nodes)


async def check(nodes: Sequence[Node]) -> None:
    """Both folds are the database, and that is what was submitted."""
    for node in nodes:
        await node.catch_up()
    rows = await nodes[0].log.page("r", 999)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1)), "seq is dense"
    for node in nodes:
        assert all(receipt.committed for receipt in node.receipts)
        assert [(row.id, row.content) for row in rows if row.author == node.name] == list(node.texts.items())
    (record,) = await nodes[0].log.rooms()
    numbers = nodes[0].database.writer.execute("SELECT added_entry, last_entry FROM rows").fetchall()
    changes = [number for of_row in numbers for number in set(of_row)]
    assert len(set(changes)) == len(changes) and max(changes, default=0) <= record.head.number
    for node in nodes:
        held = node.room.tail(999)
        assert [live.row for live in held] == rows[len(rows) - len(held) :]
        assert (node.room.number, node.room.seq, node.room.topic) == (
            record.head.number,
            record.head.seq,
            record.settings.get("topic", ""),
        )
        assert node.seen_topic == node.room.topic and not node.room.open_rows
        whole = {row.id: row.content for row in rows}
        if not node.resyncs:
            assert node.seen == whole
        for row_id, text in node.seen.items():
            # What had left the room's memory when the reader fell behind is read from the log by those who need it.
            assert text == whole[row_id] or (node.resyncs and node.room.get(row_id) is None)
            assert whole[row_id].startswith(text)
        for row in rows:
            of_row = {key: value for one in nodes for key, value in one.found.get(row.id, {}).items()}
            assert row.meta.get("x", {}) == of_row, "each writer's last value, whoever wrote in between"
            assert node.resyncs or node.seen_found.get(row.id, {}).items() <= of_row.items()
        for table in ("thoughts", "mentions", "chunks"):
            assert node.database.writer.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def both(tmp_path: Path, delay: Callable[[], float] = lambda: 0.0) -> tuple[Node, Node]:
    path = tmp_path / "chatd.sqlite3"
    return Node(path, "a", delay), Node(path, "b", delay)


def close(nodes: Sequence[Node]) -> None:
    for node in nodes:
        node.database.close()


def test_one_grows_a_row_while_the_other_adds_rows(tmp_path: Path) -> None:
    async def main() -> None:
        a, b = nodes = both(tmp_path, lambda: 0.003)

        async def talk() -> None:
            answer = a.begin("once ")
            for i in range(40):
                a.grow(answer, f"{i} ")
                b.say(f"line {i}")
                b.annotate(answer, i)
                a.annotate("b1", i)
                await trio.sleep(0.01)
            assert len(a.seen) > 20 and len(b.seen) > 20, "each hears of the other meanwhile, by its bell"
            a.finish(answer)
            b.annotate(answer, 99)
            b.submit(SetRoom("topic", "tales"))
            await trio.sleep(1)

        await with_both(nodes, talk)
        assert a.log.conflicts > 3 and b.log.conflicts > 3
        assert a.resyncs == b.resyncs == 0 and a.room.topic == "tales"
        close(nodes)

    run(main)


def test_an_append_that_landed_is_not_written_again_behind_somebody_elses(tmp_path: Path) -> None:
    """Its answer was lost, and when it is tried again the other has appended already."""

    async def main() -> None:
        a, b = nodes = both(tmp_path)

        async def talk() -> None:
            a.disk.fails_at(1, lands=True)
            a.say("mine")
            await trio.sleep(0.05)
            assert a.recorder.trouble is not None
            b.say("theirs")
            await trio.sleep(1)
            assert a.recorder.trouble is None

        await with_both(nodes, talk)
        assert list(a.seen) == ["a1", "b1"]
        close(nodes)

    run(main)


def test_a_log_that_cannot_be_read_on_is_trouble_like_any_other(tmp_path: Path) -> None:
    async def main() -> None:
        a, b = nodes = both(tmp_path)

        async def talk() -> None:
            b.say("theirs")
            await trio.sleep(0.1)
            a.database.writer.execute("ALTER TABLE rooms RENAME TO elsewhere")
            a.say("mine")
            await trio.sleep(0.05)
            assert a.recorder.trouble is not None and not a.receipts[0].committed
            b.database.writer.execute("ALTER TABLE elsewhere RENAME TO rooms")
            await trio.sleep(1)
            assert a.receipts[0].committed

        await with_both(nodes, talk)
        close(nodes)

    run(main)


def test_when_others_have_changed_too_much_the_room_starts_again_from_its_rows(tmp_path: Path) -> None:
    """Readers are told that they are behind; an answer that was open goes on where it was."""

    async def main() -> None:
        a, b = nodes = both(tmp_path)

        async def talk() -> None:
            answer = a.begin("so ")
            await trio.sleep(0.1)
            for i in range(rebase.FOLLOWED + 20):
                b.say(f"line {i}")
            b.submit(SetRoom("topic", "lines"))
            await b.recorder.flushed()
            a.grow(answer, "far")
            await trio.sleep(0.1)
            assert a.resyncs == 1 and a.seen[answer] == "so far" and a.seen_topic == "lines"
            assert len(a.room.tail(999)) == rebase.FOLLOWED, "the newest rows; its own, older one is open beside them"

        await with_both(nodes, talk)
        close(nodes)

    run(main)


KINDS = (
    "say", "say", "begin", "grow", "grow", "grow", "finish", "annotate", "annotate", "topic", "wait", "lost answer",
    "failing disk",
)  # fmt: skip
ACTS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from(KINDS), st.integers(0, 9)), max_size=30)


@settings(max_examples=60, deadline=None)
@given(ACTS, st.integers(0, 1 << 30), st.sampled_from([Mode.FIFO, Mode.SERIAL, Mode.SHUFFLE]), st.booleans())
def test_any_interleaving(acts: list[tuple[int, str, int]], seed: int, mode: Mode, small: bool) -> None:
    """With disks as slow as chance has it, that fail or lose their answers; with rooms that keep much or little."""

    async def main(directory: str) -> None:
        random = Random(seed)
        nodes = both(Path(directory), lambda: random.choice((0, 0.001, 0.01, 0.05)))

        async def talk() -> None:
            for who, kind, n in acts:
                await do(nodes[who], kind, n)
            for node in nodes:
                node.disk.works_again()

        few = RoomLimits(rows=3, row_chars=40, entries=4, entry_chars=30)
        await with_both(nodes, talk, few if small else LIMITS)
        close(nodes)

    with TemporaryDirectory() as directory:
        run(main, directory, seed=seed, mode=mode)


async def do(node: Node, kind: str, n: int) -> None:
    match kind:
        case "say":
            node.say("x" * n)
        case "begin":
            node.begin("y" * (n + 1))
        case "grow" if node.open:
            node.grow(node.open[n % len(node.open)], "z" * (n + 1))
        case "finish" if node.open:
            node.finish(node.open[n % len(node.open)])
        case "annotate" if node.texts:
            node.annotate(list(node.texts)[n % len(node.texts)], n)
        case "topic":
            node.submit(SetRoom("topic", f"topic {n}"))
        case "lost answer":
            node.disk.fails_at(1 + n % 3, lands=True)
        case "failing disk":
            node.disk.fails_at(1 + n % 3)
        case _:
            await trio.sleep(n / 50)

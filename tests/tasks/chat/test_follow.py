"""Following a room: what was committed is told, once and in order, from any number on, however far one is behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.config import Config, LimitsConfig
from chatd.core.room import Room
from chatd.core.row import Add, Annotate, Draft, Finish, Grow, Method, NewRow, Row, Status
from chatd.tasks.chat import follow
from chatd.tasks.chat.follow import PAGE, following
from chatd.tasks.chat.room_events import Event, GrowthEvent, RowEvent
from chatd.testing import Disk, World
from tests.support import converse, in_world

FORGETFUL = replace(Config(), limits=LimitsConfig(history_rows=3))
"""A room keeps 3 rows in memory; together with few entries, whoever is slow falls behind at once."""

ENTRIES = 6


@dataclass
class Reader:
    """Somebody who follows, at a pace of their own, and notes down what they were told."""

    since: int | None = None
    last: int = 0
    pause: float = 0.0
    """Virtual seconds that each event takes them."""
    sittings: tuple[int, ...] = ()
    """Events after which they go, to come again from the number of the last one on."""
    newest: int = 0
    """The number of the room's last entry, and its last row, when they began."""
    newest_seq: int = 0
    events: list[Event] = field(default_factory=list)

    async def read(self, world: World, room: Room) -> None:
        """Follow the room until cancelled."""
        self.newest, self.newest_seq = room.number, room.seq
        since = self.since
        for most in (*(self.sittings if since is not None else ()), 1 << 30):
            left = most
            async with following(world.hub, room, last=self.last, since=since) as events:
                async for event in events:
                    self.events.append(event)
                    since, left = event.number, left - 1
                    await trio.sleep(self.pause)
                    if not left:
                        break

    @property
    def start(self) -> int:
        """The number after which everything is to be told."""
        return self.newest if self.since is None else min(self.since, self.newest)


def check_told(reader: Reader, rows: list[Row], changed: dict[str, int]) -> None:
    """`rows` are the room's, as the log has them in the end; `changed` has the number of each one's last change.

    Who leaves in the midst of what is told together and resumes by number may be told growth of a row without the piece
    before, as that is ordered by last changes; the row's end tells it whole.
    """
    by_id = {row.id: row for row in rows}
    numbers = [event.number for event in reader.events]
    assert numbers == sorted(numbers), "numbers never go back"
    lengths: dict[str, int] = {}
    found: dict[str, object] = {}
    over: set[str] = set()
    for event in reader.events:
        match event:
            case RowEvent(kind=kind, row=told):
                assert by_id[told.id].content.startswith(told.content)
                assert told.id not in over or kind != "finished", "an end is told once"
                found[told.id] = told.meta.get("x")
                assert kind != "added" or told.id not in lengths, "a row comes once"
                assert len(told.content) >= lengths.get(told.id, 0)
                lengths[told.id] = len(told.content)
                over |= set() if told.is_open else {told.id}
            case GrowthEvent(row_id=row_id, offset=offset, text=text):
                known_before = by_id[row_id].added <= reader.start and row_id not in lengths
                resumed = bool(reader.sittings)
                assert known_before or resumed or lengths.get(row_id) == offset, "growth begins where one is"
                assert resumed or lengths.get(row_id, 0) <= offset
                assert by_id[row_id].content.startswith(text, offset) and row_id not in over
                lengths[row_id] = offset + len(text)
    wanted = {row_id for row_id, number in changed.items() if number > reader.start}
    older = set[str]()
    if reader.since is None and reader.last:
        first = reader.newest_seq - reader.last + 1
        wanted |= {row.id for row in rows if row.seq >= first}
        # What changes of rows before the backlog is told from the moment on at which the backlog has been read.
        older = {row.id for row in rows if row.seq < first}
    assert wanted - older <= set(lengths) <= wanted, "what was to be told was, and nothing else"
    for row_id, length in lengths.items():
        row = by_id[row_id]
        assert length == len(row.content) and (row.is_open or row_id in over), "nothing of a row is left out"
        assert row_id not in found or found[row_id] == row.meta.get("x"), "nor what is found out about it"


@dataclass
class Writer:
    """Writes into a room: rows that are whole, and rows that grow."""

    world: World
    room: Room
    rows: int = 0
    growing: list[str] = field(default_factory=list)

    def act(self, act: str, much: int) -> None:
        """One act of the property below: `much` rows are said, or one of those that grow does something."""
        row_id = self.growing[much % len(self.growing)] if self.growing else None
        match act:
            case "say":
                for _ in range(much):
                    self._submit(Add(NewRow(self._new(), Method.USER, "alice", "hello")))
            case "open":
                self.growing.append(self._new())
                self._submit(Add(NewRow(self.growing[-1], Method.CHUNK, "bot", "so ", Status.OPEN)))
            case "grow" if row_id is not None:
                self._submit(Grow(row_id, f"{much} "))
            case "annotate" if self.rows:
                self._submit(Annotate(f"row{1 + much * 7 % self.rows}", {"n": much}))
            case "finish" if row_id is not None:
                self.growing.remove(row_id)
                self._submit(Finish(row_id, Status.COMPLETE))

    def end(self) -> None:
        """Nothing grows any longer."""
        while self.growing:
            self.act("finish", 0)

    def _new(self) -> str:
        self.rows += 1
        return f"row{self.rows}"

    def _submit(self, draft: Draft) -> None:
        self.world.hub.recorder.submit(self.room, draft)


async def told_by_the_log(world: World, room: Room) -> tuple[list[Row], dict[str, int]]:
    changed = {entry.row.id: entry.number for entry in await world.hub.log.read(room.id, 0, 1000)}
    return await world.hub.archive.page(room.id, 1000), changed


ACTS = st.tuples(
    st.sampled_from(["say", "open", "grow", "grow", "annotate", "annotate", "finish"]),
    st.integers(1, 9),
    st.sampled_from([0.0, 0.02, 0.1]),
)
READERS = st.builds(
    Reader,
    since=st.none() | st.integers(0, 30),
    last=st.integers(0, 12),
    pause=st.sampled_from([0.0, 0.01, 0.5]),
    sittings=st.lists(st.integers(1, 5), max_size=4).map(tuple),
)


@settings(deadline=None)
@given(
    st.lists(st.one_of(ACTS, ACTS, READERS), min_size=5, max_size=25),
    st.sampled_from([1, 2, 4, PAGE]),
    st.sampled_from([0.0, 0.02]),
    st.integers(0, 9),
)
def test_whatever_is_committed_is_told_once_and_in_order(
    steps: list[tuple[str, int, float] | Reader], page: int, delay: float, seed: int
) -> None:
    async def conversation(world: World) -> None:
        room = world.hub.lobby.get("lobby", "")
        writer, readers = Writer(world, room), list[Reader]()
        async with trio.open_nursery() as nursery:
            for step in steps:
                if isinstance(step, Reader):
                    readers.append(replace(step, events=[]))
                    nursery.start_soon(readers[-1].read, world, room)
                else:
                    act, much, pause = step
                    writer.act(act, much)
                    await world.settle(pause)
            writer.end()
            told = -1
            while told < (told := sum(len(reader.events) for reader in readers)):
                await world.settle(5)
            nursery.cancel_scope.cancel()
        rows, changed = await told_by_the_log(world, room)
        for reader in readers:
            check_told(reader, rows, changed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "PAGE", page)
        converse(conversation, FORGETFUL, seed=seed, disk=Disk(lambda: delay), room_entries=ENTRIES)


@in_world(FORGETFUL, disk=Disk(lambda: 0.02), room_entries=ENTRIES)
async def test_a_row_that_ends_while_those_behind_it_are_read_is_told_whole(world: World) -> None:
    """It grew when its page was read; when the last page has been, it is in nobody's memory any longer."""
    room = world.hub.lobby.get("lobby", "")
    writer, reader = Writer(world, room), Reader(last=12)
    writer.act("open", 1)
    writer.act("say", 9)
    await world.settle(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "PAGE", 1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reader.read, world, room)
            await world.settle(0.05)
            assert [event.row.is_open for event in reader.events if isinstance(event, RowEvent)] == [True]
            writer.act("grow", 1)
            writer.end()
            writer.act("say", 9)
            await world.settle(5)
            nursery.cancel_scope.cancel()
    check_told(reader, *await told_by_the_log(world, room))
    assert ("lagged", "so 1 ") in [
        (event.kind, event.row.content) for event in reader.events if isinstance(event, RowEvent)
    ]

"""What scripts are told of a room's entries: which callbacks, with which arguments."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import assert_never

import trio

from chatd.core.live_row import LiveRow
from chatd.core.room import Behind, Room
from chatd.core.row import Added, Annotated, Entry, Finished, Grew, Method, RoomSet, Status, changed_row
from chatd.core.sanitize import sanitize
from chatd.ports import MAX_CALLS, Call
from chatd.tasks.chat import views
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.row_texts import PREFIX, prepare_prefixes
from chatd.tasks.slices import SLICE, slices

ROW_CALLBACKS = ("on_row_added", "on_row_changed", "on_row_done")

SILENT = frozenset({Method.SYSTEM, Method.TOOL_CALL, Method.TOOL_RESULT})
"""What nobody is alerted of."""


async def prepare(hub: Hub, room: Room, cursor: int) -> None:
    """Make the beginnings of the rows that changed after entry `cursor` fit for scripts, where that takes long."""
    entries = room.since(cursor)
    if not isinstance(entries, Behind):
        ids = dict.fromkeys(filter(None, map(changed_row, entries)))
        await prepare_prefixes(hub.texts, [live for live in map(room.get, ids) if live is not None])


async def tell(calls: Sequence[Call], call_each: Callable[[Sequence[Call]], Awaitable[int]]) -> None:
    """Have the callbacks run, in their order, a batch at a time; others have their turns in between.

    `call_each` runs the first of a batch at least, and says how many it has. The pieces that rows have grown by are as
    they were received, and made safe here.
    """
    waiting, batch = deque(calls), list[Call]()
    while waiting or batch:
        _fill(batch, waiting)
        del batch[: await call_each(batch)]
        if waiting or batch:
            await trio.lowlevel.checkpoint()


def _fill(batch: list[Call], waiting: deque[Call]) -> None:
    """Move callbacks into a batch, as many as have no more to be made safe than one step may look at."""
    left = SLICE
    while waiting and len(batch) < MAX_CALLS:
        callback, *arguments = waiting[0]
        if isinstance(piece := arguments[-1], str):  # that a row has grown by
            if batch and len(piece) > left:
                break
            left -= len(piece)
            arguments[-1] = sanitize(piece)
        waiting.popleft()
        batch.append((callback, *arguments))


def are_forgotten(room: Room, entries: list[Entry]) -> bool:
    """Whether the room has let go of a row that these entries leave unfinished or change: so many came after it that
    what it is now cannot be told from memory.
    """
    return any(
        room.get(row_id) is None
        and not isinstance(entry, Annotated)
        and not (isinstance(entry, Added) and not entry.row.is_open)
        for entry in entries
        if (row_id := changed_row(entry)) is not None
    )


def row_calls(hub: Hub, room: Room, entries: list[Entry], seen: Callable[[LiveRow], None]) -> list[Call]:
    """The callbacks for what was read together; `seen` is given each row that they show."""
    return [call for entry in _joined(entries) for call in _calls_for(hub, room, entry, seen)]


def personal_calls(hub: Hub, room: Room, entries: list[Entry], name: str, alerts: str) -> list[Call]:
    """What one person is told of these: rows of others that are whole, of those that `alerts` names (off, mention,
    all), answers to what they asked, and why those have failed.
    """
    calls: list[Call] = []
    needle = name.lower()
    for entry in entries:
        row_id = entry.row.id if isinstance(entry, Added) else entry.row_id if isinstance(entry, Finished) else None
        live = None if row_id is None else room.get(row_id)
        if live is None or live.head.is_open or live.head.method.startswith("tool."):
            continue
        view = views.row_view(hub, live)
        if live.head.method == Method.SYSTEM:
            if live.head.mention_id is not None and live.head.meta.get("asker") == name:
                calls.append(("on_failed", view))
            continue
        if live.head.method == Method.MODEL and live.head.meta.get("asker") == name:
            calls.append(("on_answered", view))
        if live.head.author != name and (
            alerts == "all" or (alerts == "mention" and needle in str(view["content"]).lower())
        ):
            calls.append(("on_alert", view))
    return calls


def _calls_for(hub: Hub, room: Room, entry: Entry, seen: Callable[[LiveRow], None]) -> list[Call]:
    if isinstance(entry, RoomSet | Annotated):
        return []  # a row tells of the one, and scripts themselves have done the other
    live = room.get(entry.row.id if isinstance(entry, Added) else entry.row_id)
    if live is None:
        # The room has forgotten the row already. One that was whole is told as it was; `are_forgotten` tells of others.
        if not isinstance(entry, Added):
            return []
        live = LiveRow(entry.row)
    seen(live)
    view = views.row_view(hub, live)
    match entry:
        case Added(row=row) if row.status is Status.OPEN:
            return [("on_row_added", room.buffer_id, view)]
        case Added():
            return [("on_row_added", room.buffer_id, view), ("on_row_done", room.buffer_id, view)]
        case Grew(text=text):
            return [("on_row_changed", room.buffer_id, view, piece) for piece in slices(text, PREFIX)]
        case Finished():
            return [("on_row_done", room.buffer_id, view)]
        case _:
            assert_never(entry)


def _joined(entries: list[Entry]) -> list[Entry]:
    """What is read together is told as the rows are now: growth of one row as one piece, that of a new row with it."""
    told: list[Entry] = []
    added: set[str] = set()
    growing: dict[str, int] = {}
    for entry in entries:
        match entry:
            case Added(row=row):
                added.add(row.id)
            case Grew(row_id=row_id) if row_id in added:
                continue
            case Grew(row_id=row_id, text=text) if row_id in growing:
                first = told[growing[row_id]]
                assert isinstance(first, Grew)
                told[growing[row_id]] = replace(first, text=first.text + text)
                continue
            case Grew(row_id=row_id):
                growing[row_id] = len(told)
            case Finished() | Annotated() | RoomSet():
                pass
            case _:
                assert_never(entry)
        told.append(entry)
    return told

"""What whoever follows a room is told, as values and as the JSON object that clients get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from chatd.core.row import Row
from chatd.wire.jsonl import row_json

RowEventKind = Literal["added", "finished", "changed", "lagged"]


@dataclass(frozen=True, slots=True)
class RowEvent:
    """A row was added, has finished, or is `changed` otherwise than by growth; or it stands so now while the follower
    was too late for its growth (`lagged`).
    """

    kind: RowEventKind
    number: int
    row: Row


@dataclass(frozen=True, slots=True)
class GrowthEvent:
    """An open row has grown by `text` from `offset` (in code points) on."""

    number: int
    row_id: str
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class PresenceEvent:
    """Somebody came into the room or left it; `number` repeats that of the event before."""

    number: int
    name: str
    joined: bool


Event = RowEvent | GrowthEvent | PresenceEvent


def event_json(event: Event) -> dict[str, object]:
    """An event as the JSON object that clients get."""
    match event:
        case RowEvent(kind=kind, row=row):
            told: dict[str, object] = {"event": kind, "row": row_json(row)}
        case GrowthEvent(row_id=row_id, offset=offset, text=text):
            told = {"event": "grew", "row_id": row_id, "offset": offset, "delta": text}
        case PresenceEvent(name=name, joined=joined):
            told = {"event": "joined" if joined else "left", "name": name}
        case _:
            assert_never(event)
    return {**told, "n": event.number}

"""What somebody is shown who follows a room: every row, to its end, once, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles.reading import check_told, json_lines, line_of
from chatd.testing.simulation.oracles.record import RecordedRow

EVENTS = "viewers see the rows"
LINES = "line mode shows the rows"
FELL_BEHIND = "* you fell behind"


def check_events(output: str, rows: Sequence[RecordedRow]) -> None:
    """The events of `tail --follow --json` of a room, when everything has come to rest. Raises Broken."""
    seen: dict[str, dict[str, Any]] = {}
    number = 0
    here: set[str] = set()
    for event in json_lines(EVENTS, output):
        if event["n"] < number:
            raise Broken("numbers of events never go back", f"{event['n']} comes after {number}")
        number = event["n"]
        match event["event"]:
            case "added" | "finished" | "changed" | "lagged":
                seen[event["row"]["id"]] = event["row"]
            case "grew":
                grown = seen.get(event["row_id"])
                if grown is None:
                    raise Broken(EVENTS, f"row {event['row_id']} grows before it was added")
                if len(grown["content"]) != event["offset"]:
                    raise Broken(
                        "events are dense", f"row {grown['id']} has {len(grown['content'])}, grows at {event['offset']}"
                    )
                grown["content"] += event["delta"]
            case "joined":
                if event["name"] in here:
                    raise Broken("who comes is told once", f"{event['name']} comes, and is here")
                here.add(event["name"])
            case "left":
                here.discard(event["name"])
            case other:
                raise Broken(EVENTS, f"there is no event {other}")
    for row in rows:
        told = seen.get(row.id)
        if told is None or (told["content"], told["status"]) != (row.content, row.status):
            raise Broken(EVENTS, f"row {row.id} is {row.content[:40]!r}, {row.status}; seen is {told}")
        if told.get("meta", {}).get("x") != row.meta.get("x"):
            raise Broken(EVENTS, f"of row {row.id} was found out {row.meta.get('x')}, told is {told['meta'].get('x')}")
        check_told(EVENTS, told, row)


def check_lines(output: str, rows: Sequence[RecordedRow], since: int) -> None:
    """What line mode printed to somebody who was in one room all the time, at rest; `since` is the room's number of
    rows when they came. Raises Broken.
    """
    if FELL_BEHIND in output:
        return
    blocks: Counter[str] = Counter()
    block = ""
    for line in output.split("\n"):
        if line.startswith("  ") or not line:
            block += f"\n{line}"
        else:
            blocks[block.rstrip("\n")] += 1
            block = line
    blocks[block.rstrip("\n")] += 1
    due = Counter(line_of(row).rstrip("\n") for row in rows if row.seq > since)
    allowed = Counter(line_of(row).rstrip("\n") for row in rows)
    for text, count in due.items():
        if blocks[text] < count:
            raise Broken(LINES, f"{text[:200]!r} was said {count} times, shown {blocks[text]} times")
    for text, count in blocks.items():
        if text in allowed and count > allowed[text]:
            raise Broken(LINES, f"{text[:200]!r} was said {allowed[text]} times, shown {count} times")

"""The shipped tools: what they tell, and what they say when they are asked for something else."""

from __future__ import annotations

import json
from random import Random

import pytest

from chatd.adapters.json_schema import compile_schema
from chatd.core.row import Row, Status
from chatd.core.search import SearchQuery
from chatd.core.stream import ToolCall, ToolResult
from chatd.ports import ToolContext
from chatd.tasks.asking.tools.clock import describe
from chatd.tasks.asking.tools.registry import ToolLimits, Tools
from chatd.tasks.asking.tools.search_room import MAX_HITS
from chatd.tasks.asking.tools.shipped import shipped_tools
from chatd.testing import run

NOON = 1_795_176_930_123
"""2026-11-20T12:15:30.123Z, a Friday."""

CONTEXT = ToolContext("den", "r7", "alice", "m1")


class Noon:
    def now_ms(self) -> int:
        return NOON


class FakeLog:
    """A log that finds the same rows for everybody, and remembers who asked for what."""

    def __init__(self, *rows: Row) -> None:
        self.rows = list(rows)
        self.asked: list[tuple[list[str], SearchQuery]] = []

    async def search(self, room_ids: list[str], query: SearchQuery, limit: int, before: str | None = None) -> list[Row]:
        assert before is None
        self.asked.append((room_ids, query))
        return self.rows[:limit]


def hit(number: int, mention_id: str | None = None) -> Row:
    text = f"budget {number}\nmore"
    return Row(
        f"id{number}", "den", "b", number, "message.user", "bob", text, Status.COMPLETE, NOON, NOON, NOON,
        mention_id=mention_id,
    )  # fmt: skip


def asked(name: str, log: FakeLog | None = None, **arguments: object) -> ToolResult:
    """A model calls a shipped tool."""
    results = []

    async def main() -> None:
        tools = Tools(compile_schema, ToolLimits(5, 16384))
        for tool in shipped_tools(Noon(), log or FakeLog(), Random(7)):  # type: ignore[arg-type]
            tools.add(tool)
        pieces: list[str] = []

        async def on_output(piece: str) -> None:
            pieces.append(piece)

        results.append(await tools.run(ToolCall("c", name, json.dumps(arguments)), CONTEXT, on_output=on_output))
        assert results[0].content.startswith("".join(pieces))

    run(main)
    return results[0]


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("UTC", "Friday, 2026-11-20, 12:15:30 (UTC, UTC+00:00)"),
        ("Europe/Vienna", "Friday, 2026-11-20, 13:15:30 (Europe/Vienna, UTC+01:00)"),
        ("Asia/Kolkata", "Friday, 2026-11-20, 17:45:30 (Asia/Kolkata, UTC+05:30)"),
        ("Pacific/Auckland", "Saturday, 2026-11-21, 01:15:30 (Pacific/Auckland, UTC+13:00)"),
        ("America/St_Johns", "Friday, 2026-11-20, 08:45:30 (America/St_Johns, UTC-03:30)"),
    ],
)
def test_clock(zone: str, told: str) -> None:
    assert asked("clock", zone=zone).content == describe(NOON, zone) == told


def test_clock_without_a_zone_tells_utc() -> None:
    assert asked("clock").content == describe(NOON, "UTC")


@pytest.mark.parametrize(
    "zone", ["Vienna", "", "../etc/passwd", "/etc/passwd", "America", "a\x00b", "\ud800", "zone.tab"]
)
def test_clock_knows_time_zones_and_no_other_files(zone: str) -> None:
    result = asked("clock", zone=zone)
    assert result.status is Status.FAILED
    assert "there is no time zone" in result.content and "Europe/Vienna" in result.content


def test_calculate() -> None:
    assert asked("calculate", expression="2**10 + 15%").content == "1024.15"
    result = asked("calculate", expression="9**9**9")
    assert result.status is Status.FAILED and result.content.startswith("calculate failed: the result is too large")
    assert asked("calculate", expression="1" * 1001).content.startswith("invalid arguments: expression: ")
    assert asked("calculate").content == "invalid arguments: 'expression' is a required property"


def test_roll_dice_rolls_as_chance_has_it() -> None:
    same = Random(7)
    rolls = [same.randint(1, 6) for _ in range(3)]
    assert asked("roll_dice", dice="3d6+2").content == f"{rolls} + 2 = {sum(rolls) + 2}"
    assert asked("roll_dice", dice="3x6").content.startswith("roll_dice failed: 'x6' is no dice")


def test_search_room_looks_in_the_room_where_it_was_asked_and_nowhere_else() -> None:
    log = FakeLog(hit(2), hit(1))
    found = asked("search_room", log, query='budget "next week" from:bob')
    assert (
        found.content == "[2026-11-20T12:15:30.123Z] bob: budget 2 more\n[2026-11-20T12:15:30.123Z] bob: budget 1 more"
    )
    assert log.asked == [(["r7"], SearchQuery(("budget", "next week"), ("bob",)))]
    assert "Additional properties" in asked("search_room", log, query="x", room="~bob").content


def test_search_room_does_not_find_the_question_itself() -> None:
    log = FakeLog(hit(30, "m1"), hit(29, "m1"), *(hit(20 - i) for i in range(20)))
    lines = asked("search_room", log, query="budget").content.splitlines()
    assert len(lines) == MAX_HITS and lines[0].endswith("budget 20 more")
    assert asked("search_room", FakeLog(hit(1, "m1")), query="budget").content == "nothing was found"
    assert asked("search_room", query="?").content.startswith("search_room failed: there is nothing to search for")

"""What is kept may be anything: a database that was mended by hand, or that a later version has written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatd.testing import World, run

KEYS = ("settings", "history", "draft.lobby", "drafts", "recall")

CORRUPT = {
    "no JSON": "{theme:",
    "empty": "",
    "half": '{"theme": "li',
    "not finite": '{"theme": NaN, "zone": Infinity}',
    "a number of 5000 digits": '{"theme": ' + "9" * 5000 + "}",
    "deep": "[" * 3000 + "]" * 3000,
    "very deep": "[" * 200_000,
    "long": json.dumps(["x"] * 90_000),
    "lone surrogate": '{"theme": "\\ud800"}',
    "a number": 17,
}

FUTURE = {
    "another type": {"theme": {"name": "solar", "version": 9}, "zone": ["utc"], "bell": 3, "keys": True},
    "unknown values": {"theme": "solarized-9000", "time": "stardate", "zone": "mars", "keys": "kakoune"},
    "unknown settings": {"sound": "loud", "": "x", "\x1b[2J": "y", "a" * 5000: "z"},
    "a list": ["theme", "light"],
    "a text": "light",
    "a switch": True,
}


def _kept(tmp_path: Path, value: object) -> None:
    """Alice logs in, somebody writes into the database, and she logs in again."""
    database = tmp_path / "db"

    async def first() -> None:
        async with World.open(database=database) as world:
            alice = await world.join("alice")
            alice.types("/set theme light\r")
            await world.settle(3)
            keys = {*KEYS, *(row[0] for row in world.database.writer.execute("SELECT key FROM kept"))}
            for key in keys:
                world.database.writer.execute(
                    "INSERT OR REPLACE INTO kept(user_id, key, value) SELECT id, ?, ? FROM users WHERE name = 'alice'",
                    (key, value),
                )

    async def second() -> None:
        async with World.open(database=database) as world:
            alice = await world.join("alice", size=(100, 24))
            assert alice.exit_status is None
            assert "script error" not in alice.screen.text, alice.screen.text
            alice.types("/set theme\r")
            await world.settle()
            assert "theme is ansi" in alice.screen.text, alice.screen.text
            alice.types("/set theme dark\r")
            await world.settle(3)
            alice.hangs_up()
            await world.settle(2)
            again = await world.join("alice", size=(100, 24))
            again.types("/set theme\r")
            await world.settle()
            assert "theme is dark" in again.screen.text, again.screen.text

    run(first)
    run(second)


@pytest.mark.parametrize("value", CORRUPT.values(), ids=CORRUPT)
def test_what_was_kept_and_cannot_be_read_is_as_if_it_were_not_there(tmp_path: Path, value: object) -> None:
    _kept(tmp_path, value)


@pytest.mark.parametrize("value", FUTURE.values(), ids=FUTURE)
def test_settings_of_a_later_version_do_no_harm(tmp_path: Path, value: object) -> None:
    _kept(tmp_path, json.dumps(value))

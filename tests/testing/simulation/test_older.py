"""Databases of older servers are let in whole, whatever the version; there is one of each."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from chatd.adapters.sqlite import mentions, schema
from chatd.errors import first_error
from chatd.testing import World
from chatd.testing.checks import Broken
from chatd.testing.run import run
from chatd.testing.simulation import older
from tests import older_databases


def start(version: int) -> None:
    async def main() -> None:
        async with World.open(image=older.image(version)) as world:
            older.check(world, version)

    try:
        run(main)
    except* Broken as group:
        raise first_error(group) from None


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_all_that_was_in_it_is_there(version: int) -> None:
    start(version)


def test_there_is_one_of_each_version() -> None:
    """With a migration more, `python -m tests.older_databases` makes that of the version before, to be committed."""
    assert older.versions() == tuple(range(1, schema.VERSION))


def test_what_is_forgotten_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "recover", lambda *_: None)
    with pytest.raises(Broken):
        start(7)


def test_a_file_that_is_missing_is_made_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(older_databases, "FILES", tmp_path)
    assert older_databases.main() == 0
    made = gzip.decompress((tmp_path / "3.sqlite3.gz").read_bytes())
    monkeypatch.setattr(older, "image", lambda version: made)
    start(3)

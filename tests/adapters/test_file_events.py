"""Word of changed files, on a real file system: whatever way an editor saves, and in directories that are new."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from chatd.adapters.file_events import DirectoryEvents

pytestmark = [pytest.mark.real, pytest.mark.timeout(20)]

SILENCE_S = 0.2
"""Seconds without a word after which none is expected."""


async def is_told(events: DirectoryEvents) -> bool:
    """Whether something is told soon, and then nothing more."""
    with trio.move_on_after(SILENCE_S) as patience:
        await events.wait()
    return not patience.cancelled_caught


def listening(tmp_path: Path, story: Callable[[DirectoryEvents, Path], Awaitable[None]]) -> None:
    async def main() -> None:
        root = tmp_path / "lua"
        root.mkdir()
        (root / "init.lua").write_text("return 1")
        events = DirectoryEvents([root, tmp_path / "not there"])
        if not events.begin():
            pytest.skip("this system does not tell")
        try:
            events.mind()
            await story(events, root)
        finally:
            events.end()

    trio.run(main)


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("-- more")


def replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_text("return 2")
    other.rename(path)


@pytest.mark.parametrize("save", [append, replace, Path.unlink, Path.touch, lambda path: os.utime(path, (1, 1))])
def test_every_way_of_saving_is_told_once(save: Callable[[Path], None], tmp_path: Path) -> None:
    async def story(events: DirectoryEvents, root: Path) -> None:
        assert not await is_told(events), "before anything happens"
        save(root / "init.lua")
        assert await is_told(events)
        assert not await is_told(events)

    listening(tmp_path, story)


def test_a_new_directory_is_told_and_minded_from_then_on(tmp_path: Path) -> None:
    async def story(events: DirectoryEvents, root: Path) -> None:
        (root / "commands").mkdir()
        assert await is_told(events)
        events.mind()
        (root / "commands" / "new.lua").write_text("return 3")
        assert await is_told(events)

    listening(tmp_path, story)


def test_what_a_link_leads_to_is_minded(tmp_path: Path) -> None:
    async def story(events: DirectoryEvents, root: Path) -> None:
        elsewhere = tmp_path / "project" / "mine.lua"
        elsewhere.parent.mkdir()
        elsewhere.write_text("return 4")
        (root / "mine.lua").symlink_to(elsewhere)
        events.mind()
        await is_told(events)
        replace(elsewhere)
        assert await is_told(events)

    listening(tmp_path, story)


def test_whoever_minds_on_after_the_end_does_no_harm(tmp_path: Path) -> None:
    """A thread that was abandoned goes on."""

    async def story(events: DirectoryEvents, root: Path) -> None:
        events.end()
        events.mind()

    listening(tmp_path, story)


class Without:
    """A C library without inotify, or one whose call fails."""


class Failing:
    def inotify_init1(self, flags: int) -> int:
        return -1


@pytest.mark.parametrize("library", [Without(), Failing()])
def test_where_the_system_does_not_tell_nothing_begins(library: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    assert not DirectoryEvents([Path()]).begin()

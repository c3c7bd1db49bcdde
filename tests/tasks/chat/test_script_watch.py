"""Looking at the files: when the system says so, seldom without a word, and at most so often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio

from chatd.ports import FileEvents
from chatd.tasks.chat.script_watch import SETTLE_S, ScriptWatch
from chatd.tasks.log.bell import Bell
from chatd.testing import run
from chatd.testing.world import inline
from tests.support import plain_scripts

INTERVAL_S, SELDOM_S = 1.0, 10.0


class Files:
    """Scripts on a disk that counts who looks, and the system's word of them."""

    def __init__(self, *, tells: bool = True) -> None:
        self.looks: list[float] = []
        self.minded = 0
        self.ended = False
        self._edition = 0
        self._tells = tells
        self._word = Bell()

    def save(self, *, told: bool = True) -> None:
        self._edition += 1
        if told:
            self._word.ring()

    def stamp(self) -> object:
        assert self.minded or not self._tells, "what changes after the look has to be told"
        self.looks.append(trio.current_time())
        return self._edition

    def begin(self) -> bool:
        return self._tells

    def mind(self) -> None:
        self.minded += 1

    async def wait(self) -> None:
        await self._word.wait()

    def end(self) -> None:
        self.ended = True


def watching(files: Files, events: FileEvents | None, story: Callable[[list[float]], Awaitable[None]]) -> None:
    """The story gets the times at which the change was told."""

    async def main() -> None:
        scripts = plain_scripts()
        scripts.stamp = files.stamp  # type: ignore[method-assign]
        watch, told = ScriptWatch(scripts, events, INTERVAL_S, SELDOM_S), list[float]()

        class Told:
            def ring(self) -> None:
                told.append(trio.current_time())

        watch.bells.hang(Told())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch.run, inline)
            await trio.sleep(5)
            await story(told)
            nursery.cancel_scope.cancel()
        assert files.ended == (events is not None and files.begin())

    run(main)


def test_a_saved_file_is_told_at_once_and_a_second_one_an_interval_later() -> None:
    async def story(told: list[float]) -> None:
        files.save()
        await trio.sleep(SETTLE_S + 0.05)
        files.save()
        await trio.sleep(INTERVAL_S * 2)
        assert told == pytest.approx([5 + SETTLE_S, 5 + SETTLE_S * 2 + INTERVAL_S])

    files = Files()
    watching(files, files, story)


def test_what_nobody_tells_of_is_found_all_the_same() -> None:
    async def story(told: list[float]) -> None:
        files.save(told=False)
        await trio.sleep(SELDOM_S)
        assert told == [SELDOM_S + SETTLE_S]
        looks = len(files.looks)
        await trio.sleep(SELDOM_S * 6)
        assert len(files.looks) == looks + 6

    files = Files()
    watching(files, files, story)


def test_words_about_nothing_have_it_look_once_an_interval() -> None:
    async def story(told: list[float]) -> None:
        looks = len(files.looks)
        for _ in range(500):
            await files.word()
        assert not told and len(files.looks) - looks <= 5 / INTERVAL_S + 1

    class Noisy(Files):
        async def word(self) -> None:
            self._word.ring()
            await trio.sleep(0.01)

    files = Noisy()
    watching(files, files, story)


def test_where_the_system_does_not_tell_it_looks_every_interval() -> None:
    async def story(told: list[float]) -> None:
        assert len(files.looks) == 5 / INTERVAL_S
        files.save()
        await trio.sleep(INTERVAL_S + SETTLE_S)
        assert len(told) == 1

    for tells_of in (None, Files(tells=False)):
        files = Files(tells=False)
        watching(files, tells_of, story)

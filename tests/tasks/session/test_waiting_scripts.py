"""Scripts whose calls take a while, as they do on threads: nothing is told twice, lost, or done for somebody else while
the others go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import trio

from chatd.adapters.lua.scripts import LuaScripts
from chatd.config import shipped_lua
from chatd.core.visit import Visit
from chatd.errors import StorageError
from chatd.ports import Call, Ended, HostFunction, Plain, Script, ScriptOutcome
from chatd.testing import World, run
from tests.support import PLAIN

OPENING = "opening"


class WaitingScripts(LuaScripts):
    """Each call of these callbacks takes so many virtual seconds longer; `opening` is a runtime's second start."""

    def __init__(self, shipped: Path, overlay: Path | None, takes: dict[str, float]) -> None:
        super().__init__(shipped, overlay, instructions=3_000_000, memory=8 << 20)
        self._takes = takes
        self._opened = 0

    async def open(
        self, functions: Mapping[str, HostFunction], *, seed: int, off_loop: frozenset[str] = frozenset(),
        shipped_only: bool = False,
    ) -> Script:  # fmt: skip
        self._opened += 1
        if self._opened > 3:  # the server's own, nobody's and the session's come first
            await trio.sleep(self._takes.get(OPENING, 0))
        return Waiting(
            await super().open(functions, seed=seed, off_loop=off_loop, shipped_only=shipped_only), self._takes
        )


class Waiting:
    def __init__(self, script: Script, takes: dict[str, float]) -> None:
        self._script = script
        self._takes = takes
        self.stop, self.close, self.resume, self.hears = script.stop, script.close, script.resume, script.hears

    @property
    def hears_often(self) -> bool:
        return self._script.hears_often

    async def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        outcome = await self._script.call(callback, *args)
        await trio.sleep(self._takes.get(callback, 0))
        return outcome

    async def call_each(self, calls: Sequence[Call], ended: Ended) -> int:
        for callback, *arguments in calls:
            ended(callback, await self.call(callback, *arguments))
        return len(calls)


def test_what_a_row_grows_by_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "mine.lua").write_text("""
        local told = {}
        tools.on_row_added(function(_, row) told[row.id] = row.content end)
        tools.on_row_changed(function(_, row, text) told[row.id] = told[row.id] .. text end)
        tools.on_row_done(function(_, row)
          tools.notify(told[row.id] == row.content and "it agrees" or "it differs")
        end)
    """)

    async def main() -> None:
        async with World.open(scripts=WaitingScripts(PLAIN, tmp_path, {"on_row_added": 0.3})) as world:
            bot = world.model("bot")
            for n in range(40):
                bot.says(f"{n} ").pauses(0.02)
            bot.ends()
            alice = await world.lines("alice")
            alice.sends(b"one\ntwo\n@bot go\nthree\n")
            await world.settle(20)
            assert "it agrees" in alice.output and "it differs" not in alice.output

    run(main)


def test_a_line_that_is_too_long_may_come_before_the_script_is_ready() -> None:
    async def main() -> None:
        async with World.open(scripts=WaitingScripts(PLAIN, None, {"on_start": 0.5})) as world:
            alice = world.connect(Visit(world.visitor("alice")))
            alice.sends(b"x" * (world.hub.limits.max_message * 4 + 10) + b"\nand hello\n")
            await world.settle(3)
            assert alice.exit_status is None
            assert "the limit is" in alice.output and "alice: and hello" in alice.output

    run(main)


def test_what_a_script_was_told_is_said_stays_said_when_the_disk_fails_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise StorageError("the disk is full")

    async def main() -> None:
        async with World.open(scripts=WaitingScripts(PLAIN, None, {"on_line": 0.5})) as world:
            world.model("bot").says("yes").ends()
            alice = await world.lines("alice")
            alice.sends(b"@bot are you there?\n")
            await trio.sleep(0.2)
            with monkeypatch.context() as patch:
                patch.setattr(world.hub.recorder, "check", refuse)
                await trio.sleep(0.5)
            await world.settle(2)
            assert [text for _, text, _ in world.rows()] == ["@bot are you there?", "yes"]

    run(main)


def test_on_stop_runs_once_and_for_whom_the_script_was_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "mine.lua").write_text("""
        local name = tools.session().name
        function on_stop() tools.log("warn", "the script of " .. name .. " ends as " .. tools.session().name) end
    """)

    async def main() -> None:
        async with World.open(scripts=WaitingScripts(shipped_lua(), tmp_path, {OPENING: 5})) as world:
            alice = await world.join("alice")
            alice.types("/nick wonder\r")
            await trio.sleep(1)
            alice.hangs_up()
            await alice.ended.wait()
            told = [r.message for r in caplog.records if r.name == "chatd.script" and "alice" in r.message]
            assert told == ["the script of alice ends as alice"]

    run(main)


def test_a_frame_that_was_begun_for_another_size_is_not_shown() -> None:
    async def main() -> None:
        async with World.open(scripts=WaitingScripts(shipped_lua(), None, {"on_frame": 0.2})) as world:
            alice = await world.join("alice")
            await world.settle(2)
            alice.types("hello")
            await trio.sleep(0.1)
            alice.resizes(30, 8)
            before = len(alice.writes)
            await trio.sleep(0.15)
            assert len(alice.writes) == before, "the one of the old size is left out"
            await world.settle(2)
            assert "> hello" in alice.screen.text and alice.screen.columns == 30

    run(main)

"""What a test of an author's has not asked, it is told: script errors, what models have left, who waits for what."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing.test_plugin import ROOT, failure, verdicts

SCRIPTS = {
    "err.lua": """
local registry = require "commands.registry"
registry.add { name = "err", args = "", help = "errs", run = function() local t; return t.x end }
tools.define {
  name = "best", description = "errs", parameters = { type = "object" }, run = function() return nil .. "x" end,
}
tools.on_row(function(row) if row.content == "hook me" then error("no hook") end return true end)
""",
}

TESTS = """
import pytest, trio

pytestmark = pytest.mark.chatd(lua="scripts")

async def test_err_unseen(world, asker):
    asker.types("/err\\r")
    await world.settle()

async def test_err_looked_at(world, asker):
    asker.types("/err\\r")
    await world.settle()
    (error,) = world.script_errors
    assert error.startswith("alice: ") and "err.lua:3: attempt to index a nil value" in error

async def test_tool_unseen(world, asker):
    world.model("bot").calls("best").ends().says("sorry").ends()
    asker.types("@bot go\\r")
    await world.settle()

async def test_hook_unseen(world, asker):
    asker.types("hook me\\r")
    await world.settle()

@pytest.mark.chatd(lua="broken")
async def test_broken_unseen(world, asker):
    asker.types("\\r" * 3)
    await world.settle()

async def test_left(world, asker):
    world.model("bot").says("x").ends()

async def test_never_ends(world, asker):
    world.model("bot").says("x")
    asker.types("@bot hi\\r")
    await world.settle()

async def test_left_on_purpose(world, asker):
    world.model("bot").says("x").may_be_unfinished()
    asker.types("@bot hi\\r")
    await world.settle()

async def test_cancelled_is_over(world, asker):
    world.model("bot").says("x")
    asker.types("@bot hi\\r")
    await world.settle()
    asker.types("\\x03")
    await world.settle()

async def test_long(world, asker, viewer):
    bot = world.model("bot")
    asker.types("@bot hi\\r")
    for _ in range(60):
        bot.says("word ").pauses(0.1)
    bot.ends()
    await world.settle(9)
    assert "nothing" in viewer.screen

@pytest.mark.chatd(limit=5)
async def test_hangs(world, asker):
    await trio.Event().wait()  # nobody sets it

async def test_until(world, asker):
    await world.until(lambda: len(world.rows()) == 7, 2)

@pytest.fixture
async def bot(world):
    model = world.model("bot")
    model.says("from the fixture").ends()
    yield model
    asker_rows = world.rows()
    assert asker_rows, "the fixture looks at the world when the test is over"

@pytest.fixture
async def question(bot, asker):
    asker.types("@bot hi\\r")
    return bot

async def test_async_fixtures(world, question, viewer):
    await world.settle()
    assert question is world.model("bot") and "from the fixture" in viewer.screen

async def test_async_fixture_ends_badly(bot):
    bot.may_be_unfinished()

async def test_snapshot(world, asker, snapshot):
    earlier = asker.screen.text
    asker.types("hello")
    await world.settle()
    assert asker.screen.diff(earlier) == "@@ -24 +24 @@\\n->\\n+> hello"
    snapshot(asker.screen)
"""


def run_tests(directory: Path, *options: str) -> str:
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "",
               "COLUMNS": "200"}  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-p", "chatd.testing.plugin", "-p", "no:cacheprovider", "-v",
               "--strict-markers", f"--rootdir={directory}", *options, str(directory)]  # fmt: skip
    return subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, timeout=60).stdout


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("author")
    for folder, files in {"scripts": SCRIPTS, "broken": {"bad.lua": "local = 1\n"}}.items():
        (made / folder).mkdir()
        for name, text in files.items():
            (made / folder / name).write_text(text)
    (made / "test_author.py").write_text(TESTS)
    return made


@pytest.fixture(scope="module")
def output(directory: Path) -> str:
    return run_tests(directory)


@pytest.mark.parametrize(
    ("test", "error"),
    [
        ("test_err_unseen", "err.lua:3: attempt to index a nil value"),
        ("test_tool_unseen", "the server's script: a tool or actor: err.lua:5: attempt to concatenate a nil value"),
        ("test_hook_unseen", "on_row: err.lua:7: no hook"),
        ("test_broken_unseen", "loading: bad.lua:1: "),
    ],
)
def test_a_script_that_errs_fails_a_test_that_did_not_look(output: str, test: str, error: str) -> None:
    told = failure(output, test)
    assert "did not look at world.script_errors" in told and error in told.split("chatd: world")[0]
    assert error in told.split("chatd: script errors")[1]


def test_who_has_looked_at_the_errors_goes_on(output: str) -> None:
    assert verdicts(output)["err_looked_at"] == "PASSED"


def test_what_a_model_has_left_fails_the_test(output: str) -> None:
    assert "bot has 2 events left: Token('x'), Done" in failure(output, "test_left")
    assert "bot was asked and never ends: 'hi'" in failure(output, "test_never_ends")
    assert verdicts(output)["left_on_purpose"] == verdicts(output)["cancelled_is_over"] == "PASSED"


def test_frames_push_nothing_out_of_the_trace(output: str) -> None:
    """Sixty pieces and their frames are a line each for the row and for each person."""
    trace = failure(output, "test_long").split("chatd: trace")[1].splitlines()
    assert any("alice types '@bot hi\\r'" in line for line in trace)
    assert any("bot: is asked by alice: 'hi'" in line for line in trace)
    assert sum("alice is sent" in line and " times, " in line for line in trace) >= 1
    assert len(trace) < 30


def test_a_screen_in_an_assertion_has_its_chat_in_the_first_lines(output: str) -> None:
    told = failure(output, "test_long").split("chatd: world")[0]
    assert "blank rows)" in told and "@bot hi" in told


def test_changes_since_the_last_act_are_told(output: str) -> None:
    changes = failure(output, "test_long").split("chatd: changes since the last act")[1].split("chatd: ")[0]
    assert "alice\n" in changes and "word word" in changes


def test_a_hang_shows_what_everybody_waits_for(output: str) -> None:
    told = failure(output, "test_hangs")
    assert "await trio.Event().wait()  # nobody sets it" in told.split("chatd: what waits")[1]
    assert "session alice: " in told


def test_until_shows_its_condition_and_the_tasks(output: str) -> None:
    told = failure(output, "test_until")
    assert "it did not happen in 2 virtual seconds: len(world.rows()) == 7 (" in told and "session alice: " in told


def test_async_fixtures_live_in_the_world(output: str) -> None:
    """They are given the world and each other, and end before it does, with a verdict."""
    assert verdicts(output)["async_fixtures"] == "PASSED"
    assert "the fixture looks at the world when the test is over" in failure(output, "test_async_fixture_ends_badly")


def test_golden_screens_are_written_held_and_compared(directory: Path, output: str) -> None:
    assert "--chatd-update writes it" in failure(output, "test_snapshot")
    assert "1 passed" in run_tests(directory, "-k", "snapshot", "--chatd-update")
    (file,) = (directory / "screens").rglob("*.txt")
    assert file.name == "test_snapshot.txt" and "1 passed" in run_tests(directory, "-k", "snapshot")
    file.write_text(file.read_text().replace("hello", "howdy"))
    told = failure(run_tests(directory, "-k", "snapshot"), "test_snapshot")
    assert "-|" in told and "howdy" in told and "+|" in told and "hello" in told

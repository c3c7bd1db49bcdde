"""The pytest plugin, from outside: pytest is run on files that use it, and on some that must not notice it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chatd.testing import Mode, strategies

ROOT = Path(__file__).parent.parent.parent
GUIDE = ROOT / "chatd" / "testing" / "GUIDE.md"
EXAMPLES = Path(__file__).parent / "guide"

CONFTEST = """
import inspect, pytest, trio

def pytest_configure(config):
    config.addinivalue_line("markers", "theirs: run by another plugin")

def pytest_pyfunc_call(pyfuncitem):
    if pyfuncitem.get_closest_marker("theirs") and inspect.iscoroutinefunction(pyfuncitem.obj):
        trio.run(lambda: pyfuncitem.obj(**{a: pyfuncitem.funcargs[a] for a in pyfuncitem._fixtureinfo.argnames}))
        return True
"""

OTHERS = """
import pytest

@pytest.fixture
def world():
    return "their own"

@pytest.mark.theirs
async def test_theirs_with_a_fixture_of_that_name(world):
    assert world == "their own"

@pytest.mark.theirs
async def test_theirs():
    pass

def test_plain(world):
    assert world == "their own"

async def test_nobodys():
    pass
"""

WORLDS = """
import pytest, trio

@pytest.fixture
def number():
    return 3

async def test_holds(world, number, tmp_path):
    assert (world.hub.seed, number, tmp_path.is_dir()) == (5, 3, True)

@pytest.mark.chatd(seed=8)
class TestNearest:
    @pytest.mark.chatd(schedule="pct")
    async def test_words_of_the_markers_are_put_together(self, world):
        assert world.hub.seed == 8

    @pytest.mark.chatd(seed=9)
    async def test_the_nearest_wins(self, world):
        assert world.hub.seed == 9

    def test_nothing_asynchronous(self, number):
        assert number == 3

async def test_skips(world):
    pytest.skip("not today")

@pytest.mark.xfail(strict=True, raises=ZeroDivisionError)
async def test_raises_what_it_raises(world):
    1 / 0

@pytest.mark.chatd(schedule="serial")
async def test_red(world, asker, viewer):
    asker.types("@bot hi\\r")
    world.model("bot").says("hel", "lo").ends()
    await world.settle()
    assert "goodbye" in viewer.screen

@pytest.mark.chatd(limit=5)
async def test_hangs(world, asker):
    await asker.ended.wait()

async def test_leaks(world):
    world._check_nothing_left = lambda: exec('raise AssertionError("people left")')

@pytest.fixture
async def ends_badly(world):
    yield world
    raise ValueError("an end of its own")

async def test_fails_twice(ends_badly):
    assert ends_badly.rows() == ["the test's own failure"]

async def test_server_breaks(world, asker):
    async def task():
        raise OSError("a task broke")
    world.gateway.sessions.start_soon(task)
    await trio.sleep(1)

def test_sync(world):
    pass

@pytest.fixture
def bot(world):
    return world.model("bot")

async def test_fixture(bot):
    pass

@pytest.mark.chatd(sed=3)
async def test_misspelt(world):
    pass

@pytest.mark.chatd(lua="nowhere")
async def test_no_lua(world):
    pass
"""


def run_pytest(directory: Path, *options: str, hash_seed: int = 1) -> str:
    (directory / "conftest.py").write_text(CONFTEST)
    (directory / "test_worlds.py").write_text(WORLDS)
    (directory / "test_others.py").write_text(OTHERS)
    # Without autoload the plugin comes by -p alone, whether or not it is installed with an entry point.
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONHASHSEED": str(hash_seed),
               "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "", "COLUMNS": "200"}  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-p", "chatd.testing.plugin", "-p", "no:cacheprovider", "-vv",
               "--strict-markers", f"--rootdir={directory}", *options, str(directory)]  # fmt: skip
    return subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, timeout=60).stdout


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run_pytest(tmp_path_factory.mktemp("inner"), "--chatd-seed", "5", "--chatd-schedule", "shuffle")


def verdicts(output: str) -> dict[str, str]:
    found = re.findall(r"^test_\w+\.py::(?:\w+::)?(\w+) ([A-Z]+)", output, re.MULTILINE)
    return {name.removeprefix("test_"): verdict for name, verdict in found}


def failure(output: str, test: str) -> str:
    """What is told of one failure."""
    parts = re.split(r"^_{3,} (?:ERROR at setup of )?([\w.]+) _{3,}$", output, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[test]


def test_only_tests_that_want_a_world_are_touched(output: str) -> None:
    """Another plugin's coroutines, another `world` and coroutines of nobody's are as without this plugin."""
    found = verdicts(output)
    assert found["theirs_with_a_fixture_of_that_name"] == found["theirs"] == found["plain"] == "PASSED"
    assert found["nobodys"] == "FAILED" and "not natively supported" in failure(output, "test_nobodys")
    assert found["nothing_asynchronous"] == "PASSED"


def test_seeds_and_schedules_are_the_nearest_ones(output: str) -> None:
    """A test's own words win over its class's, those over the command line's."""
    found = verdicts(output)
    assert [found[name] for name in ("holds", "words_of_the_markers_are_put_together", "the_nearest_wins")] == [
        "PASSED"
    ] * 3
    assert "--chatd-seed 5 --chatd-schedule serial" in failure(output, "test_red")
    assert "--chatd-seed 5 --chatd-schedule shuffle" in failure(output, "test_hangs")


def test_outcomes_come_out_as_they_were_raised(output: str) -> None:
    """No nursery's group stands between the test and pytest: skips skip, expected failures are recognised."""
    found = verdicts(output)
    assert (found["skips"], found["raises_what_it_raises"]) == ("SKIPPED", "XFAIL")
    assert "ExceptionGroup" not in output
    assert "OSError: a task broke" in failure(output, "test_server_breaks")
    assert "people left" in failure(output, "test_leaks")


def test_a_fixture_that_ends_badly_hides_no_failure(output: str) -> None:
    """The test's own comes first, the fixture's is noted."""
    told = failure(output, "test_fails_twice")
    assert 'assert [] == ["the test\'s own failure"]' in told
    assert "and a fixture did not end well: ValueError('an end of its own')" in told


def test_a_failure_shows_time_screens_and_trace_as_they_were(output: str) -> None:
    """At the moment of the failure: the end of the world is not in it."""
    told = failure(output, "test_red")
    assert "2.000 virtual seconds" in told
    screens = told.split("chatd: screens")[1]
    assert "alice, cursor at" in screens and "bob, cursor at" in screens
    assert screens.count("|@bot           hello\n") == 2
    assert re.search(r"serve_recorder: lobby #1 alice '@bot hi' complete", told)
    assert re.search(r" 1\.5\d\d  (run|session bob): bob is sent (\d+ times, )?\d+ bytes", told)
    assert "stopping" not in told and "exit status" not in told
    assert not re.search(r"^ +2\.\d+  session \w+: \w+ is sent", told, re.MULTILINE), "the goodbye is in the trace"
    assert told.index("lobby #1 alice") < told.index("grows by 'hel") < told.index(" is complete")


def test_the_trace_is_the_conversation(output: str) -> None:
    """Who came and who typed what, at which virtual time, before what the server made of it."""
    trace = failure(output, "test_red").split("chatd: trace")[1]
    assert re.search(r"^ +0\.000  alice comes: 80x24$", trace, re.MULTILINE)
    assert re.search(r"^ +1\.500  alice types '@bot hi\\r'$", trace, re.MULTILINE)
    assert trace.index("bob comes") < trace.index("alice types") < trace.index("lobby #1 alice")


def test_an_assertion_about_a_screen_shows_it(output: str) -> None:
    """In a frame, where the assertion is told."""
    told = failure(output, "test_red").split("chatd: world")[0]
    assert "AssertionError: assert 'goodbye' in <Screen 80x24, cursor " in told
    assert "E         |@bot           hello\n" in told and told.count(f"+{'-' * 80}+") == 2


def test_an_unknown_schedule_is_refused_at_the_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "chatd.testing.plugin", "--chatd-schedule", "lifo"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 4 and "the schedules are fifo, shuffle, serial, pct, not 'lifo'" in done.stderr


def test_what_hangs_is_ended(output: str) -> None:
    """Virtual time has no end of its own."""
    told = failure(output, "test_hangs")
    assert "the test was not over after 5 virtual seconds" in told and "\n5.000 virtual seconds;" in told


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        ("test_sync", "a test that asks for world must be an async function"),
        ("test_fixture", "world is there only while the async test runs"),
        ("test_misspelt", "the marker chatd does not take {'sed': 3}"),
        ("test_no_lua", "there is no directory "),
    ],
)
def test_misuse_is_told_in_a_sentence(output: str, test: str, sentence: str) -> None:
    assert sentence in failure(output, test)


def test_the_same_seed_gives_the_same_report(output: str, tmp_path: Path) -> None:
    """In another process, with other hashes, and alone instead of as one of many."""
    again = run_pytest(tmp_path, "--chatd-seed=5", "--chatd-schedule=shuffle", "-k", "red", hash_seed=2)
    first, second = (failure(text, "test_red").split("chatd: world")[1].split("\n=")[0] for text in (output, again))
    assert second.splitlines()[1:30] == first.splitlines()[1:30]
    assert "lobby #1 alice" in second


def test_the_guides_code_is_the_examples() -> None:
    """Every block that names a file is that file, and every example is in the guide."""
    blocks = re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    files = {str(path.relative_to(EXAMPLES)): path.read_text() for path in EXAMPLES.rglob("*")
             if path.suffix in (".py", ".lua") and path.name not in ("__init__.py", "conftest.py")}  # fmt: skip
    assert dict(blocks) == files and len(blocks) == len(files)


def test_the_guide_names_every_public_part() -> None:
    """Words of the marker, fixtures, options, strategies and schedules."""
    text = GUIDE.read_text()
    for word in ("world", "asker", "viewer", "lua=", "seed=", "schedule=", "settings=", "limit=", "--chatd-seed",
                 "--chatd-schedule"):  # fmt: skip
        assert f"`{word}" in text, word
    for word in (*strategies.__all__, *Mode):
        assert f"`{word}" in text, word

"""The asyncio loop: where errors go."""

from __future__ import annotations

import logging

import pytest
import trio
import trio_asyncio  # type: ignore[import-untyped]

from chatd.adapters.log_text import printable
from chatd.adapters.ssh.engine import open_engine
from tests.adapters.ssh.world import Records, on_virtual_clock


def a_log() -> tuple[logging.Logger, Records]:
    log, records = logging.Logger("test"), Records()
    log.addHandler(records)
    return log, records


@on_virtual_clock
async def test_exceptions_come_out_as_they_were() -> None:
    with pytest.raises(KeyError) as caught:
        async with open_engine(a_log()[0]):
            raise KeyError("x")
    assert type(caught.value) is KeyError


@on_virtual_clock
async def test_groups_of_the_block_stay_groups() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with open_engine(a_log()[0]), trio.open_nursery():
            raise KeyError("x")
    assert [type(error) for error in caught.value.exceptions] == [KeyError]


@on_virtual_clock
async def test_cancellation_passes() -> None:
    with trio.move_on_after(3) as scope:
        async with open_engine(a_log()[0]):
            await trio.sleep_forever()
    assert scope.cancelled_caught
    assert trio.current_time() == 3


@on_virtual_clock
async def test_stray_errors_are_logged_with_their_traceback() -> None:
    log, records = a_log()
    async with open_engine(log) as loop:
        assert loop is trio_asyncio.current_loop.get()
        loop.call_soon(lambda: 1 // 0)
        await trio.testing.wait_all_tasks_blocked()
    assert len(records.tracebacks) == 1


@on_virtual_clock
async def test_asyncssh_speaks_through_our_log_and_only_of_what_matters() -> None:
    log, records = a_log()
    theirs = logging.getLogger("asyncssh")
    before = (theirs.level, theirs.propagate, list(theirs.handlers))
    async with open_engine(log):
        theirs.info("hello")
        logging.getLogger("asyncssh.sub").warning("evil \x1b[31m")
    assert records.lines == ["asyncssh: evil \\x1b[31m"]
    assert (theirs.level, theirs.propagate, list(theirs.handlers)) == before


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain é 日本", "plain é 日本"), ("a\nb\x1b\u202e", "a\\nb\\x1b\\u202e"), ("x" * 300, "x" * 200 + "…")],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown

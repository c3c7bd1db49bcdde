"""The server's log of answers: one line for each, what a part does at debug, and never a word or a secret."""

from __future__ import annotations

import logging

import pytest

from chatd.testing import World
from chatd.testing.upstream import OPENAI, FakeUpstream, MemoryNetwork, Strict, WaitForClose, refusal, streamed
from tests.adapters.upstream.faults import ok
from tests.models.upstreams import KEY, asked, script, settings, start, tell

SECRET = "swordfish"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "chatd.models.answers"]


def test_each_answer_is_one_line_however_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, ok(OPENAI), refusal(OPENAI, 402, "pay"), refusal(OPENAI, 503, "busy"), ok(OPENAI))
        script(fake, streamed(OPENAI, OPENAI.token(SECRET), WaitForClose()))
        for _number in range(3):
            await world.command("alice", f"ask @m {SECRET}")
        running = start(world, f"ask @m {SECRET}")
        await asked(fake, 5)
        await world.settle()
        await world.command("alice", "cancel")
        await running.ended.wait()

    with caplog.at_level(logging.INFO):
        tell(story, settings(OPENAI))
    told = lines(caplog)
    assert [line.split(": ", 1)[1].split(",")[0] for line in told] == ["complete", "failed", "complete", "cancelled"]
    assert all(" of m to alice" in line for line in told)
    assert "tokens 7 in 3 out" in told[0] and told[0].endswith("requests 1") and told[2].endswith("requests 2")
    assert "first piece none" in told[1]
    assert SECRET not in caplog.text and KEY not in caplog.text


def test_at_debug_each_step_is_told_and_nothing_that_was_said(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        fake.answers(Strict(OPENAI, refuses=["tools"], answer=SECRET))
        await world.command("alice", f"ask @m {SECRET}")

    with caplog.at_level(logging.DEBUG, logger="chatd.models"):
        tell(story, settings(OPENAI))
    told = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("chatd.models"))
    steps = [
        "m is asked, streamed",
        "HTTP 400",
        "asked again",
        "without tools",
        "HTTP 200",
        "the answer begins",
        "complete",
    ]
    places = [told.index(step) for step in steps]
    assert places == sorted(places)
    assert SECRET not in told and KEY not in told

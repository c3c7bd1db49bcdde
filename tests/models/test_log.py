"""The server's log of answers: one line for each, what a part does at debug, and never a word or a secret."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
import trio
import trio.testing

from chatd.config import ModelConfig, WebConfig
from chatd.logs import JsonLine, OneLine
from chatd.testing import World, run
from chatd.testing.upstream import OPENAI, FakeUpstream, MemoryNetwork, Strict, WaitForClose, refusal, streamed
from tests.adapters.upstream.faults import ok
from tests.models.upstreams import ENVIRON, KEY, answered, asked, offers, script, settings, start, tell
from tests.tasks.web.people import logged_in

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
    assert "first piece none" in told[1] and told[1].endswith("(HTTP 402 Payment Required): pay")
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


def test_with_everything_on_debug_no_line_has_a_word_a_key_or_a_control_byte(caplog: pytest.LogCaptureFixture) -> None:
    """A question on a screen, a tool, a question over the web with a token, and a failure; each component speaks."""
    words = {
        "question": "swordfish",
        "answer": "pike\x1b[31m",
        "thought": "haddock",
        "argument": "6*7",
        "system": "perch",
    }
    tokens: list[str] = []

    async def story(world: World, fake: FakeUpstream) -> None:
        call = OPENAI.call("call", "calculate", {"expression": words["argument"]})
        script(fake, streamed(OPENAI, OPENAI.thinking(words["thought"]), call, OPENAI.done("tool_calls")))
        script(fake, streamed(OPENAI, OPENAI.token(words["answer"]), OPENAI.done()))
        script(fake, streamed(OPENAI, OPENAI.token(words["answer"]), OPENAI.done()), refusal(OPENAI, 402, "pay"))
        alice = await world.join("alice")
        alice.types(f"@m {words['question']}\r")
        await answered(world)
        alice.types(f"@m {words['question']}\r@m {words['question']}\r")
        await answered(world)
        client = await logged_in(world, "bob")
        tokens.append(client.headers["authorization"].removeprefix("Bearer "))
        asked = {"message": words["question"], "model": "echo"}
        assert (await client.post("/api/v1/chat/unified/stream", asked)).status == 200

    async def main() -> None:
        fake = FakeUpstream()
        offers(fake)
        config = settings(OPENAI, model={"system": words["system"], "max_parallel": 1})
        config = replace(config, web=WebConfig(), models=(*config.models, ModelConfig("echo", "echo")))
        async with fake.network() as network, World.open(config, network=network, environ=ENVIRON, web=True) as world:
            await trio.testing.wait_all_tasks_blocked()
            await story(world, fake)

    with caplog.at_level(logging.DEBUG, "chatd"):
        run(main)
    told = [formatter.format(record) for record in caplog.records for formatter in (OneLine(), JsonLine())]
    spoke = {record.name.removeprefix("chatd.") for record in caplog.records if record.levelno == logging.DEBUG}
    assert spoke >= {
        "models.upstream",
        "models.router",
        "models.answers",
        "recorder",
        "screens",
        "session",
        "script",
        "web",
    }
    assert any("place 1" in line for line in told), "one question has waited for the other"
    assert any("pay" in line and "failed" in line for line in told), "a failure is told with its reason"
    for secret in (*words.values(), "\x1b", "pike", KEY, *tokens):
        assert not [line for line in told if secret in line]
    assert tokens and all(char >= " " and not "\x7f" <= char <= "\x9f" for line in told for char in line)


def test_debug_that_is_off_writes_nothing_down_for_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a line would say is not even put together: neither records are made nor rows gone through."""
    made: list[object] = []

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        pieces = [OPENAI.token("a") for _ in range(50)]
        script(fake, streamed(OPENAI, *pieces, OPENAI.done()))
        await world.command("alice", "ask @m hi")

    def make(*values: object) -> logging.LogRecord:
        made.append(values[1])
        return logging.LogRecord(*values)  # type: ignore[arg-type]

    logging.setLogRecordFactory(make)
    monkeypatch.setattr("chatd.tasks.asking.answer.RunningAnswer._tell_rows", lambda *_: made.append("rows"))
    try:
        tell(story, settings(OPENAI))
    finally:
        logging.setLogRecordFactory(logging.LogRecord)
    assert logging.DEBUG not in made and "rows" not in made

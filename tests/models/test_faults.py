"""Every fault of models' servers through a whole server: what stands in the room, on the screen and in the log, and
what a shell is told. The next question works.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import partial

import pytest

from chatd.config import Config
from chatd.errors import Exit
from chatd.testing import MemoryTerminal, World
from chatd.testing.upstream import OLLAMA, WIRES, FakeUpstream, Fault, MemoryNetwork, Wire
from tests.adapters.upstream.faults import SCENARIOS, SILENCES, Scenario, ok
from tests.models.upstreams import KEY, QUIET, answered, events, kinds, model_of, questions, script, settings, tell


@dataclass(frozen=True)
class Outcome:
    """What a question must come to. No `sentence`: nobody is told anything."""

    status: str
    exit: int
    sentence: str = ""


SERVERS_OWN = {
    # Where the server has something to say that the client alone has not.
    "F39 an empty answer": Outcome("failed", Exit.FAILED, "empty answer"),
    "F18 an answer without end": Outcome("length", Exit.OK, "max_answer of 1048576 bytes"),
}


def outcome_of(scenario: Scenario) -> Outcome:
    """What the client's view of a fault means for a room."""
    if scenario.name in SERVERS_OWN:
        return SERVERS_OWN[scenario.name]
    if scenario.failure is None:
        return Outcome("complete", Exit.OK)
    status = "truncated" if scenario.cut and scenario.text else "failed"
    return Outcome(status, Exit.FAILED if scenario.text else scenario.exit, scenario.sentence)


def named(case: object) -> str:
    return case.name if isinstance(case, Scenario) else str(getattr(case, "provider", case))


def check_rows(world: World, room: str, asker: str, model: str, scenario: Scenario) -> None:
    """One row for the answer if there is any of it, one for what happened if nobody asked for that, nothing else."""
    outcome = outcome_of(scenario)
    question, *found = world.rows(room)
    assert question == (asker, f"@{model} hi", "complete")
    answers = [row for row in found if row[0] == model]
    told = [row for row in found if row[0] == "system"]
    assert len(found) == len(answers) + len(told)
    if scenario.text:
        ((_, text, status),) = answers
        assert text.startswith(scenario.text)
        assert status == outcome.status
    else:
        assert answers == [], "a failure before the first piece leaves no row"
    if outcome.sentence:
        ((_, words, _),) = told
        assert words.startswith(f"{model}: ") and re.search(outcome.sentence, words), words
        assert words.isprintable() and "Error(" not in words and KEY not in words
    else:
        assert told == []


def check_log(caplog: pytest.LogCaptureFixture, scenario: Scenario, times: int = 1) -> None:
    """A line for each answer, at most one for each try that failed: no traceback, no secret, no control character."""
    records = [record for record in caplog.records if record.funcName != "_say"]  # which servers there are
    tries = [record.getMessage() for record in records if record.name != "chatd.models.answers"]
    assert len(tries) <= times * (1 + retries_of(scenario)), tries
    assert len(records) - len(tries) <= 4 * times, "one for each answer, those that look whether all is well included"
    for record in records:
        assert record.exc_info is None
        assert record.levelno < logging.ERROR
        assert record.getMessage().isprintable() and KEY not in record.getMessage()


def check_events(terminal: MemoryTerminal, scenario: Scenario) -> None:
    outcome = outcome_of(scenario)
    good = outcome.status in ("complete", "length")
    first, *_, last = events(terminal)
    assert (first["type"], last["type"], last["status"]) == ("started", "done" if good else "error", outcome.status)
    assert set(kinds(terminal)[1:-1]) <= {"token", "retry"}
    assert "".join(event["content"] for event in events(terminal) if event["type"] == "token").startswith(scenario.text)
    assert good or re.search(outcome.sentence, last["error"])
    assert kinds(terminal).count("retry") == retries_of(scenario)


def retries_of(scenario: Scenario) -> int:
    """Each request but the first is announced; where none could be made, those whose cause may pass are."""
    if scenario.requests:
        return scenario.requests - 1
    return 2 if scenario.network in (Fault.DNS_DOWN, Fault.DNS_HANGS) else 0


def begin(scenario: Scenario, wire: Wire, fake: FakeUpstream, network: MemoryNetwork) -> None:
    network.fault = scenario.network
    if scenario.requests:
        script(fake, *scenario.replies(wire))


async def asks(scenario: Scenario, world: World, fake: FakeUpstream, network: MemoryNetwork) -> None:
    for wire in scenario.wires:
        model, asker = wire.provider, f"{wire.provider}-fan"
        before = len(questions(fake))
        begin(scenario, wire, fake, network)
        seen = await world.command(asker, f"ask --json @{model} hi")
        assert seen.exit_status == outcome_of(scenario).exit, seen.output
        assert seen.errors == ""
        check_events(seen, scenario)
        assert len(questions(fake)) - before == scenario.requests
        check_rows(world, f"~{asker}", asker, model, scenario)
        network.fault = None
        script(fake, ok(wire))
        again = await world.command("bob", f"ask @{model} again")
        assert (again.output, again.errors, again.exit_status) == ("hello\n", "", 0)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=named)
def test_a_shell_that_asks_gets_what_came_the_reason_and_an_exit_code(
    scenario: Scenario, caplog: pytest.LogCaptureFixture
) -> None:
    """In every protocol."""
    config = Config(server=QUIET, models=tuple(model_of(wire, wire.provider) for wire in scenario.wires))
    with caplog.at_level(logging.INFO, "chatd"):
        tell(partial(asks, scenario), config)
    check_log(caplog, scenario, len(scenario.wires))


async def looks(scenario: Scenario, wire: Wire, world: World, fake: FakeUpstream, network: MemoryNetwork) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    begin(scenario, wire, fake, network)
    alice.types("@m hi\r")
    await answered(world)
    check_rows(world, "lobby", "alice", "m", scenario)
    for terminal in (alice, bob):
        assert "Traceback" not in terminal.screen and "Error(" not in terminal.screen
        for _, words, _ in [row for row in world.rows() if row[0] == "system"]:
            assert words[:30] in terminal.screen
        if scenario.text == "hello":
            assert "hello" in terminal.screen
    network.fault = None
    script(fake, ok(wire))
    bob.types("@m once more\r")
    await answered(world)
    assert world.rows()[-1] == ("m", "hello", "complete")


SCREENS = [(scenario, WIRES[number % len(scenario.wires)]) for number, scenario in enumerate(SCENARIOS)]
"""Each fault in one of the protocols: from the stream's events on they are one."""


@pytest.mark.parametrize(("scenario", "wire"), SCREENS, ids=named)
def test_two_people_on_screens_see_what_came_and_one_line_that_says_why(
    scenario: Scenario, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    # The shipped interface turns its wheel four times a second: over silences of minutes the plain one is quicker.
    with caplog.at_level(logging.INFO, "chatd"):
        tell(partial(looks, scenario, wire), settings(wire), shipped=scenario not in SILENCES)
    check_log(caplog, scenario)


def test_as_text_an_answer_that_broke_off_is_printed_with_the_reason_on_stderr() -> None:
    (scenario,) = (one for one in SCENARIOS if one.name == "F13 a reset in the middle")

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, *scenario.replies(OLLAMA))
        seen = await world.command("alice", "ask @m hi")
        assert (seen.output, seen.exit_status) == ("hello\n", 1)
        assert seen.errors == "chatd: m: models.test:11434 broke the connection in the middle of the answer\n"

    tell(story, settings(OLLAMA))

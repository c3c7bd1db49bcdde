"""Everything that waits: it is seen, it ends when its limit says so, and people do not hear of it more than once."""

from __future__ import annotations

from datetime import datetime

import pytest
import trio
import trio.testing

from chatd.testing import Disk, MemoryTerminal, World
from chatd.testing.upstream import (
    OLLAMA,
    WIRES,
    FakeUpstream,
    Gate,
    Hold,
    MemoryNetwork,
    Wait,
    WaitForClose,
    Wire,
    refusal,
    streamed,
)
from tests.adapters.upstream.faults import begun, ok
from tests.models.upstreams import answered, asked, events, kinds, questions, rows, script, settings, start, tell

SILENCE = (WaitForClose(),)


def status_line(terminal: MemoryTerminal) -> str:
    """The line above the input line."""
    return terminal.screen.lines[-2]


def moments(terminal: MemoryTerminal) -> list[float]:
    """When each event was printed, in seconds from the first."""
    times = [datetime.fromisoformat(event["timestamp"]).timestamp() for event in events(terminal)]
    return [round(time - times[0], 3) for time in times]


# --- before the first piece


def test_a_silent_server_is_asked_again_and_the_status_line_says_so() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, SILENCE)
        alice, bob = await world.join("alice", size=(110, 24)), await world.join("bob", size=(110, 24))
        alice.types("@m hi\r")
        first = await asked(fake, 1)
        assert "retrying" not in status_line(alice)
        for number, wait in ((2, 2), (3, 4)):
            failed = trio.current_time() + 20
            await world.settle(21)
            words = f"retrying in {wait} s, {number} of 3: models.test:11434: no answer began within 20 s"
            assert words in status_line(alice) and words in status_line(bob)
            assert (await asked(fake, number)).at == failed + wait
        await answered(world)
        assert first.closed_at == first.at + 20
        assert world.rows()[1:] == [("system", "m: models.test:11434: no answer began within 20 s", "complete")]
        assert "retrying" not in alice.screen
        assert len(questions(fake)) == 3

    tell(story, settings(OLLAMA, first_token_timeout=20.0, retry_delay=2.0), shipped=True)


@pytest.mark.parametrize("wire", WIRES)
def test_each_new_request_is_one_event_and_one_line_on_stderr(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, SILENCE)
        seen = await world.command("alice", "ask --json @m hi")
        assert kinds(seen) == ["started", "retry", "retry", "error"]
        assert moments(seen) == [0, 20, 42, 66]
        assert [event["content"][:23] for event in events(seen)[1:3]] == [
            "retrying in 2 s, 2 of 3",
            "retrying in 4 s, 3 of 3",
        ]
        assert seen.exit_status == 75
        plain = await world.command("alice", "ask @m hi")
        reason = "models.test:11434: no answer began within 20 s"
        assert plain.errors.splitlines() == [
            f"chatd: m: retrying in 2 s, 2 of 3: {reason}",
            f"chatd: m: retrying in 4 s, 3 of 3: {reason}",
            f"chatd: m: {reason}",
        ]
        assert (plain.output, plain.exit_status) == ("", 75)

    tell(story, settings(wire, first_token_timeout=20.0, retry_delay=2.0))


def test_an_answer_after_a_retry_counts_its_attempts_and_says_nothing_in_the_room() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, refusal(OLLAMA, 503, "busy"), ok(OLLAMA))
        seen = await world.command("alice", "ask @m hi")
        assert (seen.output, seen.exit_status) == ("hello\n", 0)
        assert seen.errors.count("\n") == 1 and "retrying in 1 s, 2 of 3" in seen.errors and "503" in seen.errors
        question, answer = await rows(world)
        assert answer["meta"]["attempts"] == 2 and answer["parent_id"] == question["id"]
        assert answer["meta"]["first_token_ms"] == 1000

    tell(story, settings(OLLAMA))


WISHES = {
    "seconds": ({"Retry-After": "7"}, 7.0),
    "milliseconds": ({"retry-after-ms": "1500"}, 1.5),
    "nonsense": ({"Retry-After": "soon"}, 1.0),
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(wish: str) -> None:
    headers, wait = WISHES[wish]

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, refusal(OLLAMA, 429, "slow down", headers), ok(OLLAMA))
        seen = await world.command("alice", "ask @m hi")
        assert seen.output == "hello\n"
        first, second = questions(fake)
        assert second.at - first.at == wait
        assert f"retrying in {wait:g} s, 2 of 3" in seen.errors

    tell(story, settings(OLLAMA))


def test_a_server_that_wants_an_hour_is_not_waited_for() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, refusal(OLLAMA, 429, "slow down", {"Retry-After": "3600"}))
        seen = await world.command("alice", "ask @m hi")
        assert seen.exit_status == 75
        assert "3600 s" in seen.errors and "the limit is 60 s" in seen.errors
        assert len(questions(fake)) == 1

    tell(story, settings(OLLAMA))


# --- between pieces, and in all


@pytest.mark.parametrize("wire", WIRES)
def test_pings_do_not_keep_a_stalled_answer_alive(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        pings = [part for _ in range(9) for part in (wire.ping(), Wait(3.0))]
        script(fake, streamed(wire, *begun(wire), *pings))
        alice = await world.join("alice")
        alice.types("@m hi\r")
        request = await asked(fake)
        await world.settle(9.5)
        assert world.rows()[-1] == ("m", "hello", "open")
        await world.settle(1)
        assert world.rows()[1:] == [
            ("m", "hello", "failed"),
            ("system", "m: models.test:11434: nothing more came for 10 s", "complete"),
        ]
        assert request.closed_at == request.at + 10

    tell(story, settings(wire, timeout=10.0))


def test_an_answer_without_end_is_stopped_at_the_limit_of_the_whole() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        words = [part for n in range(100) for part in (OLLAMA.token(f"{n} "), Wait(4.0))]
        script(fake, streamed(OLLAMA, *words))
        seen = await world.command("alice", "ask @m hi")
        assert (seen.output, seen.exit_status) == ("0 1 2 3 4 5 6 7 \n", 1)
        assert seen.errors == "chatd: m: did not end within 30 s\n"
        (request,) = questions(fake)
        assert request.closed_at == request.at + 30
        assert [row[2] for row in world.rows("~alice")] == ["complete", "failed", "complete"]

    tell(story, settings(OLLAMA, total_timeout=30.0))


# --- the queue


def test_three_ask_a_model_that_takes_one_at_a_time() -> None:
    """Who waits sees their place; nobody waits for two answers of somebody else; nothing is asked before its turn."""

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        gates = [Gate() for _ in range(4)]
        script(fake, *(streamed(OLLAMA, OLLAMA.token("w"), Hold(gate), OLLAMA.done()) for gate in gates))
        alice, bob, eve = [await world.join(name, size=(110, 24)) for name in ("alice", "bob", "eve")]
        alice.types("@m one\r")
        await world.settle()
        alice.types("@m two\r")
        await world.settle()
        bob.types("@m three\r")
        await world.settle()
        eve.types("@m four\r")
        await world.settle(2)
        assert len(questions(fake)) == 1
        assert positions(world) == {"two": 3, "three": 1, "four": 2}
        queue = await world.command("zoe", "models --json")
        assert [event["queue"] for event in events(queue) if event["name"] == "m"] == [3]
        for number, (gate, question) in enumerate(zip(gates, ("one", "three", "four", "two"), strict=True), 1):
            await world.settle()
            assert len(questions(fake)) == number
            assert questions(fake)[-1].json["messages"][-1]["content"].endswith(question)
            gate.open()

    tell(story, settings(OLLAMA, model={"max_parallel": 1}), shipped=True)


def positions(world: World) -> dict[str, int]:
    """Where the questions stand that wait."""
    waiting = [answer for answer in world.hub.answers.running if answer.progress.stage == "queued"]
    return {answer.question.text: answer.progress.position for answer in waiting}


def test_who_waits_sees_it_on_the_screen_and_in_the_shell() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        gate = Gate()
        script(fake, streamed(OLLAMA, OLLAMA.token("w"), Hold(gate), OLLAMA.done()), ok(OLLAMA))
        ahead = start(world, "ask @m first", "zoe")
        await asked(fake)
        alice = await world.join("alice", size=(110, 24))
        alice.types("@m second\r")
        await world.settle(1)
        assert "waits for its turn, number 1 in the queue" in status_line(alice)
        behind = start(world, "ask @m third", "bob")
        await world.settle(1)
        assert behind.errors == "chatd: m: waits for its turn, number 2 in the queue\n"
        gate.open()
        await ahead.ended.wait()
        await behind.ended.wait()
        assert (behind.output, behind.exit_status) == ("hello\n", 0)
        await world.settle()
        assert "waits for its turn" not in alice.screen and "hello" in alice.screen

    tell(story, settings(OLLAMA, model={"max_parallel": 1}), shipped=True)


def test_the_wait_in_the_queue_uses_up_none_of_an_answers_time() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        slow = streamed(OLLAMA, OLLAMA.token("w"), Wait(50.0), OLLAMA.done())
        script(fake, slow, slow)
        first, second = start(world, "ask @m one", "bob"), start(world, "ask @m two", "eve")
        await first.ended.wait()
        await second.ended.wait()
        assert (first.exit_status, second.exit_status) == (0, 0)
        assert trio.current_time() >= 100

    tell(story, settings(OLLAMA, model={"max_parallel": 1}, total_timeout=55.0))


# --- a slow disk


@pytest.mark.parametrize("wire", WIRES)
def test_a_slow_disk_slows_the_server_down_and_is_not_taken_for_its_silence(wire: Wire) -> None:
    pieces = [f"{n:04d}" + "x" * 4000 for n in range(120)]
    disk = Disk()

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        gate = Gate()
        script(
            fake, streamed(wire, wire.opening(), wire.token("go"), Hold(gate), *map(wire.token, pieces), wire.done())
        )
        seen = start(world, "ask @m hi")
        await asked(fake)
        await world.settle()
        disk.delay = lambda: 2.0  # twice for each commit, and in all less than an answer waits for its last one
        gate.open()
        await world.settle(3)
        (answer,) = world.hub.answers.running
        read = answer.progress.pieces
        assert 1 < read <= 1 + 10 + 1, "what is not on disk is counted, and then the server is not read"
        await world.settle(0.4)
        assert answer.progress.pieces == read
        await seen.ended.wait()
        assert seen.output == "go" + "".join(pieces) + "\n"
        assert seen.exit_status == 0
        disk.delay = lambda: 0.0

    tell(story, settings(wire, timeout=3.0, chunk_buffer_size=10), disk=disk)


def test_a_failing_disk_stops_the_reading_and_the_answer_is_whole_when_it_works_again() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        gate = Gate()
        words = [OLLAMA.token(f"{n} ") for n in range(200)]
        script(fake, streamed(OLLAMA, OLLAMA.token("go "), Hold(gate), *words, OLLAMA.done()))
        alice = await world.join("alice")
        alice.types("@m hi\r")
        await asked(fake)
        await world.settle()
        world.disk.becomes_read_only()
        gate.open()
        await world.settle(30)
        (answer,) = world.hub.answers.running
        assert answer.progress.pieces <= 1 + 10 + 1
        world.disk.works_again()
        await answered(world)
        assert world.rows()[-1] == ("m", "go " + "".join(f"{n} " for n in range(200)), "complete")

    tell(story, settings(OLLAMA, timeout=5.0, chunk_buffer_size=10))

"""`[streaming]`: each of its keys, read from a file, does what it says."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from chatd.config import Config
from chatd.config_file import load
from chatd.testing import World
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
    whole,
)
from tests.adapters.upstream.faults import begun, ok
from tests.models.upstreams import HOST, answered, asked, questions, rows, script, start, tell


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "chatd.toml"


def config(toml: Path, key: str, wire: Wire = OLLAMA) -> Config:
    """A server with the model `m` and one line of `[streaming]`."""
    endpoint = f"{HOST}/v1" if wire.provider == "openai" else HOST
    model = f'[[models]]\nname = "m"\nprovider = "{wire.provider}"\nendpoint = "{endpoint}"\n'
    toml.write_text(f"[server]\ndiscover = false\n[streaming]\n{key}\n{model}")
    return load(toml)


@pytest.mark.parametrize("wire", WIRES)
def test_enabled_false_asks_for_whole_replies(toml: Path, wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, whole(wire, "hello"))
        seen = await world.command("alice", "ask @m hi")
        assert (seen.output, seen.errors, seen.exit_status) == ("hello\n", "", 0)
        (request,) = questions(fake)
        assert request.json["stream"] is False
        answer = (await rows(world))[1]
        assert (answer["meta"]["prompt_tokens"], answer["meta"]["completion_tokens"]) == (7, 3)

    tell(story, config(toml, "enabled = false", wire))


def test_timeout_is_the_time_between_two_pieces(toml: Path) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        slowly = [part for piece in "abc" for part in (OLLAMA.token(piece), Wait(2.9))]
        script(fake, streamed(OLLAMA, Wait(50.0), *slowly, OLLAMA.done()), streamed(OLLAMA, *begun(OLLAMA), Wait(9.0)))
        assert (await world.command("alice", "ask @m hi")).output == "abc\n"
        seen = await world.command("alice", "ask @m hi")
        assert (seen.output, seen.exit_status) == ("hello\n", 1) and "nothing more came for 3 s" in seen.errors

    tell(story, config(toml, 'timeout = "3s"'))


@pytest.mark.parametrize("size", [3, 20])
def test_chunk_buffer_size_is_what_is_read_ahead_of_the_disk(toml: Path, size: int) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        gate = Gate()
        words = map(OLLAMA.token, "abcdefghijklmnopqrstuvwxyz" * 4)
        script(fake, streamed(OLLAMA, OLLAMA.token("go"), Hold(gate), *words, OLLAMA.done()))
        alice = await world.join("alice")
        alice.types("@m hi\r")
        await asked(fake)
        await world.settle()
        world.disk.becomes_read_only()
        gate.open()
        await world.settle(20)
        assert world.hub.answers.running[0].progress.pieces == 1 + size
        world.disk.works_again()
        await answered(world)

    tell(story, config(toml, f"chunk_buffer_size = {size}"))


@pytest.mark.parametrize(
    ("key", "busy", "least"), [("20ms", False, 0.02), ("200ms", False, 0.033), ("200ms", True, 0.2)]
)
def test_ui_update_interval_is_the_pace_of_a_busy_servers_screens(
    toml: Path, key: str, busy: bool, least: float
) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        world.hub.lag.recent_ms = 1000.0 if busy else 0.0  # fades slowly, while somebody asks
        words = [part for n in range(400) for part in (OLLAMA.token(f"{n} "), Wait(0.005))]
        script(fake, streamed(OLLAMA, *words, OLLAMA.done()))
        alice = await world.join("alice")
        alice.types("@m hi\r")
        request = await asked(fake)
        await answered(world)
        frames = [at for at, _ in alice.writes if request.at + 0.5 < at < request.at + 1.5]
        gaps = [later - earlier for earlier, later in pairwise(frames)]
        assert min(gaps) == pytest.approx(least) and max(gaps) < least + 0.03

    tell(story, config(toml, f'ui_update_interval = "{key}"'))


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fallback", [True, False])
def test_fallback_on_error_asks_once_more_without_streaming(toml: Path, wire: Wire, fallback: bool) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, refusal(wire, 400, "no streams here"), whole(wire, "hello"))
        seen = await world.command("alice", "ask @m hi")
        assert [request.json["stream"] for request in questions(fake)] == [True, False][: 1 + fallback]
        if fallback:
            assert (seen.output, seen.exit_status) == ("hello\n", 0) and "retrying at once" in seen.errors
        else:
            assert (seen.output, seen.exit_status) == ("", 1) and "no streams here" in seen.errors

    tell(story, config(toml, f"fallback_on_error = {str(fallback).lower()}", wire))


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_retry_attempts_are_the_requests_in_all(toml: Path, attempts: int) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, refusal(OLLAMA, 503, "busy"))
        seen = await world.command("alice", "ask @m hi")
        assert len(questions(fake)) == attempts and seen.exit_status == 75
        assert seen.errors.count("retrying") == attempts - 1

    tell(story, config(toml, f"retry_attempts = {attempts}"))


def test_retry_delay_is_the_first_wait_and_doubles(toml: Path) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, refusal(OLLAMA, 503, "busy"), refusal(OLLAMA, 503, "busy"), ok(OLLAMA))
        seen = await world.command("alice", "ask @m hi")
        assert [later.at - earlier.at for earlier, later in pairwise(questions(fake))] == [0.25, 0.5]
        assert seen.output == "hello\n"

    tell(story, config(toml, 'retry_delay = "250ms"'))


def test_first_token_timeout_and_total_timeout_come_from_the_file_too(toml: Path) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, (WaitForClose(),))
        seen = start(world, "ask @m hi")
        request = await asked(fake)
        await seen.ended.wait()
        assert request.closed_at == request.at + 4 and "no answer began within 4 s" in seen.errors
        assert "did not end within 6 s" in seen.errors

    tell(story, config(toml, 'first_token_timeout = "4s"\ntotal_timeout = "6s"'))

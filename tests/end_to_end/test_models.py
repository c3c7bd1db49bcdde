"""Models' servers with real parts: `chatd serve` as a process, an Ollama on a real port, OpenSSH."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from chatd.testing.upstream import OLLAMA, FakeUpstream, Received, Step, WaitForClose, json_reply, streamed
from tests.end_to_end.server import Server

pytestmark = pytest.mark.real

SHOWN = {"capabilities": ["completion", "tools"], "model_info": {"qwen3.context_length": 40_960}}


def answer(request: Received) -> tuple[Step, ...]:
    """An answer of two pieces, or one that does not end when it is asked to wait."""
    if request.path == "/api/show":
        return json_reply(SHOWN)
    if "wait" in request.json["messages"][-1]["content"]:
        return streamed(OLLAMA, OLLAMA.token("so far"), WaitForClose())
    return streamed(OLLAMA, *OLLAMA.answer("hello ", "from qwen"))


@contextmanager
def ollama_at() -> Iterator[tuple[str, FakeUpstream]]:
    """A fake Ollama in a thread; where it listens."""
    fake = FakeUpstream().answers(answer)
    tag = {"name": "qwen3:8b", "model": "qwen3:8b", "digest": "sha256:1"}
    fake.route("GET", "/api/tags", *json_reply({"models": [tag]}))
    ready, found = threading.Event(), list[str]()
    token: list[trio.lowlevel.TrioToken] = []
    stop = trio.Event()

    async def serve() -> None:
        token.append(trio.lowlevel.current_trio_token())
        async with fake.listening() as url:
            found.append(url)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=trio.run, args=(serve,))
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0], fake
    finally:
        token[0].run_sync_soon(stop.set)
        thread.join(10)


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeUpstream]:
    """An Ollama that every server finds that a test starts."""
    with ollama_at() as (url, fake):
        monkeypatch.setenv("OLLAMA_HOST", url)
        yield fake


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatd", "check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


def listed(server: Server) -> dict[str, dict[str, object]]:
    done = server.run("alice", "models", "--json")
    assert done.returncode == 0, done.stderr
    return {model["name"]: model for model in map(json.loads, done.stdout.splitlines())}


def test_an_ollama_is_found_and_asked_by_its_short_name(ollama: FakeUpstream, server: Server) -> None:
    server.until(lambda: "qwen3:8b" in listed(server))
    model = listed(server)["qwen3:8b"]
    assert (model["provider"], model["available"], model["capabilities"]) == ("ollama", True, ["completion", "tools"])
    done = server.run("alice", "ask", "@qwen3", "who are you?")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"hello from qwen\n", b"")
    (request,) = [one for one in ollama.requests if one.path == "/api/chat"]
    assert request.json["model"] == "qwen3:8b" and "who are you?" in request.json["messages"][-1]["content"]


@pytest.mark.parametrize("how", ["the client is killed", "the server is told to stop"])
def test_whoever_goes_the_ollama_is_told(ollama: FakeUpstream, server: Server, how: str) -> None:
    server.until(lambda: "qwen3:8b" in listed(server))
    asking = subprocess.Popen(
        server.ssh("alice", "ask", "@qwen3", "wait"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    assert asking.stdout is not None
    assert asking.stdout.read(6) == b"so far"
    if how == "the client is killed":
        asking.kill()
    else:
        server.process.send_signal(signal.SIGTERM)
    server.until(lambda: [one.closed_at is not None for one in ollama.requests if one.path == "/api/chat"] == [True])
    asking.communicate(timeout=15)
    assert asking.returncode == (-signal.SIGKILL if how == "the client is killed" else 143)


def test_a_server_starts_at_once_and_says_so_when_there_is_no_ollama(start: Callable[..., Server]) -> None:
    server = start()
    assert list(listed(server)) == ["eliza", "echo"]
    done = server.run("alice", "ask", "@qwen3", "hi")
    assert (done.returncode, done.stdout) == (69, b"")
    assert done.stderr == b"chatd: there is no model 'qwen3'; you can ask @eliza, @echo\n"


def test_check_lists_what_it_finds_and_what_does_not_answer(tmp_path: Path) -> None:
    config = tmp_path / "chatd.toml"
    with ollama_at() as (url, _):
        quiet = "[server]\ndiscover = false\n"  # the fixtures' OLLAMA_HOST is away, and that is told
        models = f'{quiet}[[models]]\nname = "q"\nprovider = "ollama"\nendpoint = "{url}"\nmodel = "qwen3:8b"\n'
        config.write_text(models)
        good = check("--config", config, "--strict")
        assert good.returncode == 0 and good.stderr == ""
        (line,) = [line for line in good.stdout.splitlines() if line.startswith("@q ")]
        assert line.endswith(" ready") and "the configuration is good" in good.stdout
        config.write_text(models.replace("qwen3:8b", "qwen9"))
        missing = check("--config", config, "--strict")
        assert missing.returncode == 75
        assert "the server has no model 'qwen9', but qwen3:8b; `ollama pull qwen9` fetches it" in missing.stdout
        config.write_text(models)
    # The Ollama has ended.
    away, strict = check("--config", config), check("--config", config, "--strict")
    assert (away.returncode, strict.returncode) == (0, 75)
    for done in (away, strict):
        assert "refuses the connection: is the model server running?" in done.stdout
        assert "the configuration is good" in done.stdout and done.stderr == ""


def test_check_finds_an_ollama_by_itself_and_misses_none_that_is_not_there(ollama: FakeUpstream) -> None:
    done = check("--strict")
    assert done.returncode == 0 and "@qwen3:8b" in done.stdout and "found by itself" in done.stdout
    ollama.route("GET", "/api/tags", *json_reply({"models": []}))
    done = check("--strict")
    assert done.returncode == 0 and "qwen3" not in done.stdout

"""`make demo`: a walk through a server from outside, with real ssh and curl, each step checked. Nothing of it stays.

It prints what each step does and what came, and exits with 1 at the first step that did not do what it says; with 69
where a client it needs is not installed, and with 130 after Ctrl-C.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from chatd.core.sanitize import sanitize
from chatd.demo.outside import Clients, Mismatch, ServerProcess
from chatd.errors import Exit

NEEDED = ("ssh", "ssh-keygen", "curl")
LONG = "please tell me what you think about all of this, and about my mother"
"""Long enough an answer of the slow model to be stopped in its midst."""


def show(text: str) -> None:
    """What came, indented; it is made safe for the terminal."""
    for line in sanitize(text).rstrip("\n").splitlines():
        print(f"    {line}", flush=True)


def expect(true: object, what: str) -> None:
    """Raise Mismatch when something is not so."""
    if not true:
        raise Mismatch(what)


def ask_by_command(clients: Clients) -> None:
    """ssh HOST ask @eliza …: the answer on stdout, as it comes"""
    done = clients.ssh("alice", "ask", "@eliza", "I feel tired", show=show)
    expect(done.status == 0 and done.output.strip(), f"no answer, exit status {done.status}")


def two_people_see_one_answer(clients: Clients) -> None:
    """ssh -T for alice and bob: a line in, a line out; alice asks, both read the answer"""
    with clients.line_mode("alice") as alice, clients.line_mode("bob") as bob:
        bob.types("hello, I read along")
        for person in (bob, alice):
            show(person.line_with("bob: "))
        alice.types("@eliza my brother is loud")
        seen = [person.line_with("eliza: ") for person in (alice, bob)]
        for name, line in zip(("alice", "bob"), seen, strict=True):
            show(f"{name} reads: {line}")
        expect(seen[0] == seen[1], "they read different answers")


def cancel_in_the_midst(clients: Clients) -> None:
    """ssh HOST ask @slow …, and ssh HOST cancel while it answers: what came is kept, exit status 130"""
    with clients.running("alice", "ask", "@slow", LONG) as asking:
        show(f"it begins: {asking.beginning()}")
        clients.ssh("alice", "cancel")
        status = asking.ends()
    show(f"it ended with {status}")
    expect(status == Exit.CANCELLED, f"exit status {status} instead of {int(Exit.CANCELLED)}")


def unified_stream_by_curl(clients: Clients) -> None:
    """curl POST /api/v1/chat/unified/stream: server-sent events, with a token from ssh HOST token"""
    text = clients.curl("/api/v1/chat/unified/stream", {"message": "@eliza I dream of ships", "user_id": "alice"}, show)
    pieces = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith('data: {"text"')]
    expect("event: done" in text, "the stream did not end with done")
    expect(len(pieces) > 1, f"{len(pieces)} pieces came")


def completions_by_curl(clients: Clients) -> None:
    """curl POST /v1/chat/completions: as other people's clients ask"""
    question = {"model": "echo", "messages": [{"role": "user", "content": "the same back, please"}]}
    answer = json.loads(clients.curl("/v1/chat/completions", question, show))
    said = answer["choices"][0]["message"]["content"]
    expect(said == "the same back, please", f"it said {said!r}")


def figures(clients: Clients) -> None:
    """ssh HOST stats --json: the server in numbers"""
    done = clients.ssh("alice", "stats", "--json", show=show)
    numbers = json.loads(done.output)
    expect(numbers["cancelled"] == 1, f"{numbers['cancelled']} answers were cancelled, one is expected")


STEPS: tuple[Callable[[Clients], None], ...] = (
    ask_by_command,
    two_people_see_one_answer,
    cancel_in_the_midst,
    unified_stream_by_curl,
    completions_by_curl,
    figures,
)


def walk() -> int:
    """All steps; returns the exit status. Whatever happens, the server has ended and its directory is gone."""
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        sys.stderr.write(f"chatd: the demonstration needs {', '.join(missing)}\n")
        return Exit.UNAVAILABLE
    with tempfile.TemporaryDirectory(prefix="chatd-demo-") as home, ServerProcess(Path(home)) as server:
        print(f"A server on {server.ssh_address} and {server.web_address}, its data in {home}", flush=True)
        clients = Clients(Path(home), server)
        for number, step in enumerate(STEPS, 1):
            print(f"\n{number}. {step.__doc__}", flush=True)
            step(clients)
    print("\nAll of it did what it says; the server has ended, and its directory is gone.")
    return Exit.OK


def main() -> int:
    """`make demo`"""
    try:
        return walk()
    except Mismatch as mismatch:
        sys.stderr.write(f"chatd: that is not what was to come: {mismatch}\n")
        return Exit.FAILED
    except KeyboardInterrupt:
        return Exit.CANCELLED


if __name__ == "__main__":
    sys.exit(main())

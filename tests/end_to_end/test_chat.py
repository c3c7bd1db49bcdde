"""The main job with real parts: OpenSSH clients in terminals, a server process, a database file."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.server import Server, Terminal

pytestmark = pytest.mark.real

ASK = "@eliza I feel sad because my mother never listens to me\r"


def test_two_users_see_each_other_and_an_answer_grows_on_both_screens(enter: Callable[..., Terminal]) -> None:
    alice, bob = enter("alice"), enter("bob")
    alice.sees("bob")
    bob.sees("alice")
    alice.types("hello there\r")
    bob.sees("hello there")
    alice.types("@eliza I feel sad\r")
    # Nobody presses a key from here on: the second screen changes by itself, piece by piece.
    seen: set[str] = set()

    def grows() -> bool:
        seen.update(line for line in bob.screen.lines if line.lstrip(" @").startswith("eliza"))
        return len(seen) >= 3

    bob.until(grows)
    bob.sees("sad?")
    alice.sees("sad?")


def test_ctrl_c_ends_ones_own_answer_and_leaves_the_others(server: Server, enter: Callable[..., Terminal]) -> None:
    alice, bob = enter("alice"), enter("bob")
    bob.types(ASK)
    alice.sees("listens to me")
    alice.types("@eliza I remember my dreams and I always wonder about them\r")
    bob.sees("I remember my dreams")
    server.until(lambda: stats(server)["streams"] == 2)
    alice.types("\x03")
    alice.sees("cancelled")
    bob.sees("cancelled")
    assert stats(server)["streams"] == 1
    server.until(lambda: stats(server)["streams"] == 0)
    statuses = [row["status"] for row in rows(server) if row["content_method"] == "message.model"]
    assert sorted(statuses) == ["cancelled", "complete"]
    alice.types("@echo once more\r")
    bob.until(lambda: bob.screen.text.count("once more") >= 2)


def test_a_killed_client_cancels_its_answer(server: Server, enter: Callable[..., Terminal]) -> None:
    alice, bob = enter("alice"), enter("bob")
    alice.types(ASK)
    bob.sees("listens to me")
    server.until(lambda: stats(server)["streams"] == 1)
    alice.process.kill()
    bob.sees("cancelled")
    server.until(lambda: stats(server)["sessions"] == 2)  # bob's, and the one that asks


def test_a_killed_server_loses_nothing_that_was_seen(start: Callable[..., Server]) -> None:
    first = start()
    viewer = Terminal([*first.ssh("bob")[:1], "-tt", *first.ssh("bob")[1:]])
    viewer.sees("bob")
    viewer.types(ASK)
    first.until(lambda: stats(first)["streams"] == 1)
    first.until(lambda: bool(growing(first)))
    viewer.read(0.3)
    seen = growing(first)[0]["content"]
    first.stop(signal.SIGKILL)
    viewer.close()
    second = start()
    (answer,) = [row for row in rows(second) if row["author"] == "eliza"]
    assert answer["status"] == "interrupted" and answer["content"].startswith(seen)
    assert answer["content_method"] == "message.model"
    assert not [row for row in rows(second) if row["status"] == "open"]


def test_sigterm_tells_everybody_and_ends_well(server: Server, enter: Callable[..., Terminal]) -> None:
    alice = enter("alice")
    alice.types(ASK)
    server.until(lambda: stats(server)["streams"] == 1)
    assert server.stop() == 0
    assert alice.ends() == 143
    assert "the server is stopping" in alice.screen
    assert not alice.screen.modes & {1049, 2004}  # the person's own screen is back


def test_the_database_of_a_stopped_server_holds_whole_texts(start: Callable[..., Server]) -> None:
    import sqlite3  # noqa: PLC0415 - looks at the file from outside

    server = start()
    asking = subprocess.Popen(server.ssh("alice", "ask", "--room", "lobby", *ASK.split()), stdout=subprocess.PIPE)
    server.until(lambda: stats(server)["streams"] == 1)
    server.until(lambda: any(row["content"] for row in rows(server) if row["author"] == "eliza"))
    assert server.stop() == 0
    out, _ = asking.communicate(timeout=10)
    assert asking.returncode == 143
    with sqlite3.connect(server.home / "data" / "chatd.sqlite3") as file:
        found = file.execute("SELECT content, status FROM rows WHERE author = 'eliza'").fetchall()
    file.close()
    assert found == [(out.decode().rstrip("\n"), "interrupted")]


def test_ask_reads_a_file_and_streams_the_answer(server: Server, tmp_path: Path) -> None:
    (tmp_path / "diff").write_text("+ one\n- two\n")
    with (tmp_path / "diff").open("rb") as file:
        done = subprocess.run(
            server.ssh("alice", "ask", "@echo", "review", "this"),
            stdin=file,
            capture_output=True,
            check=False,
            timeout=10,
        )
    assert (done.returncode, done.stdout) == (0, b"review this\n\n+ one\n- two\n")
    (question, answer) = rows(server, "~alice")
    assert question["content"] == "@echo review this\n\n```\n+ one\n- two\n```"
    assert answer["parent_id"] == question["id"] and answer["mention_id"] == question["mention_id"]


def test_ask_ends_with_its_channel(server: Server) -> None:
    asking = subprocess.Popen(server.ssh("alice", "ask", *ASK.split()), stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    server.until(lambda: stats(server)["streams"] == 1)
    asking.terminate()
    server.until(lambda: stats(server)["streams"] == 0)
    asking.communicate(timeout=10)
    server.until(lambda: rows(server, "~alice")[-1]["status"] == "cancelled")


def test_many_channels_on_one_connection(server: Server, tmp_path: Path) -> None:
    control = tmp_path / "mux"
    options = ["-o", f"ControlPath={control}"]
    command = server.ssh("alice")
    master = subprocess.Popen(
        [command[0], "-M", "-N", *options, *command[1:]], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        server.until(control.exists)
        asking = subprocess.Popen([command[0], *options, *command[1:], "ask", *ASK.split()], stdout=subprocess.PIPE)
        server.until(lambda: stats(server)["streams"] == 1)
        name = subprocess.run(
            [command[0], *options, *command[1:], "whoami"], capture_output=True, timeout=10, check=True
        )
        assert name.stdout.startswith(b"alice\n")
        asking.kill()
        asking.communicate(timeout=10)
        # The channel is gone, the connection stays.
        server.until(lambda: stats(server)["streams"] == 0)
        assert master.poll() is None
    finally:
        master.terminate()
        master.wait(10)


def test_guests_and_names(server: Server) -> None:
    assert server.run("alice", "whoami").stdout.startswith(b"alice\nmember, SHA256:")
    stranger = server.ssh("mallory", "whoami")
    stranger[stranger.index("mallory@127.0.0.1")] = "alice@127.0.0.1"
    refused = subprocess.run([*stranger[:1], "-o", "BatchMode=yes", *stranger[1:]], capture_output=True, check=False)
    assert refused.returncode == 255
    # Without BatchMode the same person comes in, as a guest, and is told why.
    guest = subprocess.run(stranger, capture_output=True, check=True, stdin=subprocess.DEVNULL, timeout=10)
    assert guest.stdout.startswith(b"guest-alice\nguest, no key\n")
    assert server.run("Eliza", "whoami").stdout.startswith(b"guest-eliza\n")
    assert server.run("", "whoami").stdout.startswith(b"guest-nobody\n")


def test_quit_leaves_the_terminal_as_it_was(enter: Callable[..., Terminal]) -> None:
    alice = enter("alice")
    alice.types("/quit\r")
    assert alice.ends() == 0
    assert not alice.screen.modes & {1049, 2004}


def test_line_mode_is_a_filter(server: Server) -> None:
    done = server.run("alice", stdin=b"hello\n@echo one two\nlast without an end")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert {"alice: hello", "alice: @echo one two", "echo: one two", "alice: last without an end"} <= set(lines)


def growing(server: Server) -> list[dict[str, str]]:
    """The rows that grow, and have grown."""
    return [r for r in rows(server) if r["content_method"] == "message.model.chunk" and r["content"]]


def stats(server: Server) -> dict[str, int]:
    """`stats --json` of an observer."""
    return json.loads(server.run("observer", "stats", "--json").stdout)  # type: ignore[no-any-return]


def rows(server: Server, room: str = "lobby") -> list[dict[str, str]]:
    """The room's rows; a private room is asked for by its owner."""
    name = room[1:] if room.startswith("~") else "observer"
    return [json.loads(line) for line in server.run(name, "history", room, "--json").stdout.splitlines()]

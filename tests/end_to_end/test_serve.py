"""Starting and refusing to start: the exit codes of `chatd`, and clients that are none."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import chatd
from tests.end_to_end.server import Server, Terminal, poll

pytestmark = pytest.mark.real


def chatd_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatd", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def test_version_and_usage() -> None:
    assert chatd_command("--version").stdout == f"chatd {chatd.__version__}\n"
    assert chatd_command().returncode == 64
    assert chatd_command("frobnicate").returncode == 64
    assert chatd_command("serve", "--listen", "nowhere").returncode == 64


def test_check_needs_no_configuration_and_lists_models() -> None:
    done = chatd_command("check")
    assert done.returncode == 0 and "@eliza" in done.stdout and "@echo" in done.stdout


def test_check_reads_the_scripts(tmp_path: Path) -> None:
    scripts, config = tmp_path / "lua", tmp_path / "chatd.toml"
    scripts.mkdir()
    config.write_text(f'[lua]\npath = "{scripts}"\n')
    (scripts / "good.lua").write_text("local x = 1")
    assert chatd_command("check", "--config", config).returncode == 0
    (scripts / "bad.lua").write_text("local x = 1\nx = = 2")
    done = chatd_command("check", "--config", config)
    assert done.returncode == 78
    assert done.stderr.startswith(f"chatd: {scripts}: bad.lua:2: unexpected symbol near '='")


def test_configuration_errors(tmp_path: Path) -> None:
    config = tmp_path / "chatd.toml"
    config.write_text("[server]\nlisten = 5\n")
    done = chatd_command("serve", "--config", config, "--data", tmp_path / "data")
    assert done.returncode == 78
    assert done.stderr.startswith(f"chatd: {config}: server.listen is 5; allowed is ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()
    assert chatd_command("check", "--config", tmp_path / "missing.toml").returncode == 66


def test_a_damaged_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    file = data / "chatd.sqlite3"
    file.write_bytes(b"this is no database at all " * 100)
    before = file.read_bytes()
    done = chatd_command("serve", "--data", data, "--listen", "127.0.0.1:0")
    assert done.returncode == 65 and "damaged" in done.stderr
    assert file.read_bytes() == before


def test_a_database_that_lacks_a_table_is_refused_and_left_as_it_is(start: Callable[..., Server]) -> None:
    server = start()
    assert server.stop() == 0
    file = server.home / "data" / "chatd.sqlite3"
    connection = sqlite3.connect(file)
    connection.execute("DROP TABLE marks")
    connection.close()
    before = file.read_bytes()
    done = chatd_command("serve", "--data", server.home / "data", "--listen", "127.0.0.1:0")
    assert done.returncode == 65 and "damaged (it has no table marks)" in done.stderr
    assert file.read_bytes() == before


def test_a_directory_where_the_database_should_be(tmp_path: Path) -> None:
    (tmp_path / "chatd.sqlite3").mkdir()
    done = chatd_command("serve", "--data", tmp_path, "--listen", "127.0.0.1:0")
    assert done.returncode == 73 and done.stderr == f"chatd: {tmp_path}/chatd.sqlite3 is a directory, not a file\n"


def test_a_newer_database_is_refused_and_left_as_it_is(start: Callable[..., Server]) -> None:
    server = start()
    assert server.stop() == 0
    file = server.home / "data" / "chatd.sqlite3"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = file.read_bytes()
    done = chatd_command("serve", "--data", server.home / "data", "--listen", "127.0.0.1:0")
    assert done.returncode == 65 and "newer version" in done.stderr
    assert file.read_bytes() == before


def test_a_port_in_use(server: Server, tmp_path: Path) -> None:
    done = chatd_command("serve", "--data", tmp_path / "other", "--listen", f"127.0.0.1:{server.port}")
    assert done.returncode == 69 and "in use" in done.stderr


def test_a_data_directory_in_use_leaves_the_first_server_unharmed(server: Server) -> None:
    done = chatd_command("serve", "--data", server.home / "data", "--listen", "127.0.0.1:0")
    assert done.returncode == 73 and "in use" in done.stderr
    assert server.run("alice", "health").stdout == b"ok\n"


def test_a_data_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert chatd_command("serve", "--data", tmp_path / "file" / "data", "--listen", "127.0.0.1:0").returncode == 73


def test_nobody_else_can_read_what_the_server_writes(server: Server) -> None:
    assert server.run("alice", "say", "hello").returncode == 0
    data = server.home / "data"
    modes = {file.name: file.stat().st_mode & 0o777 for file in data.iterdir()}
    assert {"chatd.sqlite3", "chatd.sqlite3-wal", "lock", "ssh_host_ed25519_key"} <= modes.keys()
    assert set(modes.values()) == {0o600} and data.stat().st_mode & 0o777 == 0o700


def test_a_host_key_others_can_read(start: Callable[..., Server]) -> None:
    server = start()
    assert server.stop() == 0
    key = server.home / "data" / "ssh_host_ed25519_key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    assert chatd_command("serve", "--data", server.home / "data", "--listen", "127.0.0.1:0").returncode == 73


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_an_idle_server_at_once(server: Server, number: int) -> None:
    began = time.monotonic()
    assert server.stop(number) == 0
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("library", ["trio", "chatd.wiring", "chatd.app"])
def test_an_interrupt_while_it_starts_ends_it_quietly(tmp_path: Path, library: str) -> None:
    # As if Ctrl-C were pressed while the library is being imported.
    script = f"""
import builtins, runpy, signal, sys
real = builtins.__import__
def load(name, globals=None, locals=None, fromlist=(), level=0):
    if name == {library!r} or name == "chatd" and "app" in (fromlist or ()) and {library!r} == "chatd.app":
        signal.raise_signal(signal.SIGINT)
    return real(name, globals, locals, fromlist, level)
builtins.__import__ = load
sys.argv = ["chatd", {"check" if library == "chatd.wiring" else "serve"!r}]
runpy.run_module("chatd", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_interrupt_before_the_ready_line_leaves_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chatd", "serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        poll((tmp_path / "lock").exists)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=15)
    assert process.returncode in (0, 130) and "Traceback" not in errors


def test_nobody_need_read_the_ready_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chatd", "serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0"]
    ours, theirs = os.pipe()
    os.close(ours)
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, text=True) as process:
        os.close(theirs)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=15)
    assert process.returncode == 0 and "fault" not in errors and "BrokenPipe" not in errors


def test_a_crowd_from_ones_own_address_keeps_nobody_out(server: Server) -> None:
    crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    done = server.run("alice", "whoami")
    assert done.stdout.startswith(b"alice\n"), done.stderr
    for connection in crowd:
        connection.close()


RUBBISH = [
    b"",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    b"SSH-1.5-old\r\n",
    b"SSH-2.0-x\r\n" + b"\xff" * 4096,
    bytes(range(256)) * 400,
]


def test_scans_and_rubbish_disturb_nobody(server: Server, enter: Callable[..., Terminal]) -> None:
    alice = enter("alice")
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    for noise in RUBBISH:
        thrown_out = contextlib.suppress(BrokenPipeError, ConnectionResetError)
        with socket.create_connection(("127.0.0.1", server.port)) as connection, thrown_out:
            connection.sendall(noise)
    alice.types("still here\r")
    alice.sees("still here")
    for connection in silent:
        connection.close()
    assert server.run("bob", "health").stdout == b"ok\n"
    assert "Traceback" not in server.log.read_text()


def test_forwarding_and_files_are_refused_while_the_session_lives(server: Server) -> None:
    command = server.ssh("alice", "whoami")
    done = subprocess.run([command[0], "-A", "-X", *command[1:]], capture_output=True, timeout=10, check=False)
    assert done.stdout.startswith(b"alice\n")
    subsystem = server.ssh("alice")
    done = subprocess.run([subsystem[0], "-s", *subsystem[1:], "sftp"], capture_output=True, timeout=10, check=False)
    assert done.returncode != 0


@pytest.mark.skipif(shutil.which("dbclient") is None, reason="Dropbear's client is not installed")
def test_dropbear_gets_in(server: Server, tmp_path: Path) -> None:
    key = tmp_path / "dropbear"
    subprocess.run(["dropbearkey", "-t", "ed25519", "-f", key], check=True, capture_output=True)
    command = ["dbclient", "-y", "-y", "-i", str(key), "-p", str(server.port), "dora@127.0.0.1"]
    done = subprocess.run([*command, "whoami"], capture_output=True, timeout=15, check=False, stdin=subprocess.DEVNULL)
    assert done.stdout.startswith(b"dora\nmember"), done.stderr
    done = subprocess.run([*command, "ask @echo hi"], capture_output=True, timeout=15, check=False, input=b"")
    assert done.stdout == b"hi\n", done.stderr


@pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGPIPE"])
def test_what_terminals_and_tools_send_by_habit_ends_nothing(
    server: Server, enter: Callable[..., Terminal], name: str
) -> None:
    alice = enter("alice")
    alice.types("before\r")
    alice.sees("before")
    server.process.send_signal(getattr(signal, name))
    alice.types("after\r")
    alice.sees("after")
    assert server.run("bob", "history", "--limit", "2").stdout == b"alice: before\nalice: after\n"
    assert server.stop() == 0


def test_a_hang_up_while_it_starts_ends_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "chatd", "serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        poll((tmp_path / "lock").exists)
        process.send_signal(signal.SIGHUP)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("chatd ready ssh://")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=15)
    assert process.returncode == 0


def test_what_scripts_define_is_there_with_the_ready_line(start: Callable[..., Server], tmp_path: Path) -> None:
    scripts = tmp_path / "lua"
    scripts.mkdir()
    (scripts / "parrot.lua").write_text("""
        tools.actor { name = "parrot", run = function(text, call) call.say(text .. "!") end }
    """)
    config = tmp_path / "chatd.toml"
    config.write_text(f'[lua]\npath = "{scripts}"\n')
    server = start("--config", str(config))
    assert server.run("alice", "ask", "@parrot", "hi").stdout == b"hi!\n"


def test_when_descriptors_run_out_connections_wait_and_one_line_says_so(tmp_path: Path) -> None:
    command = f"ulimit -n 40; exec {sys.executable} -m chatd serve --data {tmp_path}/data --listen 127.0.0.1:0"
    log = tmp_path / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        assert "take 1450 descriptors, the process may have 40" in log.read_text()
        crowd = [
            socket.create_connection(("127.0.0.1", port), source_address=(f"127.0.0.{number}", 0))
            for number in range(1, 41)
        ]
        poll(lambda: "connections have to wait" in log.read_text())
        for connection in crowd:
            connection.close()
        with socket.create_connection(("127.0.0.1", port)) as connection:
            assert connection.recv(7) == b"SSH-2.0"
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    text = log.read_text()
    assert text.count("connections have to wait") == 1 and "Traceback" not in text


def test_a_hang_up_has_the_configuration_read_again(start: Callable[..., Server], tmp_path: Path) -> None:
    config = tmp_path / "other.toml"
    config.write_text('[server]\nmotd = "the first"\n')
    server = start("--config", str(config))

    def seen(name: str, words: str) -> None:
        command = server.ssh(name)
        with contextlib.closing(Terminal([command[0], "-tt", *command[1:]])) as terminal:
            terminal.sees(words)

    seen("alice", "the first")
    config.write_text("[server]\nmotd = 5\n")
    server.process.send_signal(signal.SIGHUP)
    server.until(lambda: "the configuration stays as it was" in server.log.read_text())
    assert "server.motd is 5" in server.log.read_text()
    config.write_text('[server]\nmotd = "the second"\n[limits]\nmax_streams = 7\n')
    server.process.send_signal(signal.SIGHUP)
    server.until(lambda: "these are another at the next start: limits.max_streams" in server.log.read_text())
    assert "read again: server.motd" in server.log.read_text()
    seen("bob", "the second")


def test_with_everything_on_debug_the_log_is_json_and_has_no_word_of_what_was_said(tmp_path: Path) -> None:
    config = tmp_path / "chatd.toml"
    config.write_text('[log]\nlevel = "debug"\nformat = "json"\n')
    server = Server(tmp_path, "--config", str(config))
    try:
        assert server.run("alice", "ask", "@echo", "swordfish").stdout == b"swordfish\n"
        assert server.stop() == 0
    finally:
        server.close()
    text = server.log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {(line["component"], line["level"]) for line in lines} >= {
        ("ssh", "debug"), ("ssh", "info"), ("models.answers", "info"), ("recorder", "debug"), ("app", "info"),
    }  # fmt: skip
    assert "swordfish" not in text

"""A server with a web gateway, on real sockets: other people's clients, and its end."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.server import PATIENCE, Server

pytestmark = pytest.mark.real


def web_address(server: Server) -> str:
    """Where the gateway accepts, as its ready line says."""
    assert server.process.stdout is not None
    line = server.process.stdout.readline()
    match = re.fullmatch(r"chatd ready (http://127\.0\.0\.1:\d+)\n", line)
    assert match, f"no ready line but {line!r}: {server.log.read_text()}"
    return match[1]


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def test_other_peoples_clients_are_served_and_the_log_has_a_line_for_each(start: Callable[..., Server]) -> None:
    server = start("--web", "127.0.0.1:0")
    address = web_address(server)
    with httpx.Client(base_url=address, trust_env=False) as client:
        assert [client.get(path).json()["status"] for path in ("/healthz", "/readyz")] == ["ok", "ready"]
        assert client.head("/healthz").content == b"" and client.options("/healthz").status_code == 204
        refused = client.post("/nowhere?secret=1", content=b"x" * 100_000)
        assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")
    if shutil.which("curl"):
        command = ["curl", "-sS", "--noproxy", "*", "--http1.0", f"{address}/healthz"]
        assert json.loads(subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True).stdout)
    server.until(lambda: "POST /nowhere 404, " in server.log.read_text())
    assert "secret" not in server.log.read_text() and "Traceback" not in server.log.read_text()
    assert server.stop() == 0


def test_rude_clients_end_nothing_and_a_stop_waits_for_none_of_them(start: Callable[..., Server]) -> None:
    server = start("--web", "127.0.0.1:0")
    port = port_of(web_address(server))
    waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    waiting[0].sendall(b"GET /healthz HTTP/1.1\r\nHo")
    for rude in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as stranger:
            stranger.sendall(rude)
            assert stranger.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(PATIENCE) == 0
    for one in waiting:
        one.close()


def test_an_address_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        command = [sys.executable, "-m", "chatd", "serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0"]
        done = subprocess.run([*command, "--web", address], capture_output=True, timeout=PATIENCE, text=True)
    assert done.returncode == 69 and done.stdout == ""
    assert done.stderr.endswith(f"chatd: cannot listen on {address}: address already in use\n")


def test_what_is_no_address_is_refused() -> None:
    command = [sys.executable, "-m", "chatd", "serve", "--web", "nowhere"]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, text=True)
    assert done.returncode == 64 and done.stderr.startswith("chatd: --web 'nowhere': wanted are addresses")


@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_gateway_without_its_libraries_is_refused_with_what_to_do(tmp_path: Path, command: str) -> None:
    config = tmp_path / "chatd.toml"
    config.write_text('[web]\nlisten = ["127.0.0.1:0"]\n')
    without = "import sys; sys.modules['starlette'] = None; from chatd.cli import main; sys.exit(main(sys.argv[1:]))"
    line = [sys.executable, "-c", without, command, "--config", str(config)]
    done = subprocess.run(line, capture_output=True, timeout=PATIENCE, text=True, cwd=tmp_path)
    assert done.returncode == 78
    assert done.stderr == "chatd: web.listen needs starlette: pip install 'chatd[web]'\n"
    assert not (tmp_path / "data").exists()

"""Servers and terminals that are gone when their test is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.server import Server, Terminal

PACE = '[[models]]\nname = "eliza"\nprovider = "eliza"\npace = "150ms"\n'
"""A doctor slow enough to be interrupted."""


KEYS = (
    "OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
)  # fmt: skip
"""What in a tester's environment would make a server ask hosted models, on the tester's account."""

NOBODY = "127.0.0.1:1"
"""A port where no model's server is, whatever else runs on the machine."""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process that a test starts finds the same models everywhere: none but the embedded ones."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OLLAMA_HOST", NOBODY)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers, all on one data directory."""
    servers: list[Server] = []
    config = tmp_path / "chatd.toml"
    config.write_text(PACE)

    def begin(*arguments: str) -> Server:
        servers.append(Server(tmp_path, "--config", str(config), *arguments))
        return servers[-1]

    yield begin
    for server in servers:
        server.close()


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    """One running server."""
    return start()


@pytest.fixture
def enter(server: Server) -> Iterator[Callable[..., Terminal]]:
    """Opens full-screen sessions of named users."""
    terminals: list[Terminal] = []

    def open_terminal(name: str, *arguments: str, columns: int = 80, rows: int = 24) -> Terminal:
        command = server.ssh(name)
        terminals.append(Terminal([command[0], "-tt", *arguments, *command[1:]], columns, rows))
        terminals[-1].sees(name)
        return terminals[-1]

    yield open_terminal
    for terminal in terminals:
        terminal.close()

"""Servers and terminals that are gone when their test is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.server import Server, Terminal

PACE = '[[models]]\nname = "eliza"\nprovider = "eliza"\npace = "150ms"\n'
"""A doctor slow enough to be interrupted."""


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

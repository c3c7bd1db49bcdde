"""The plugin's fixtures. They are names: the world and its people exist only while the async test runs."""

from __future__ import annotations

from typing import Any

import pytest

PEOPLE = {"asker": "alice", "viewer": "bob"}
"""Fixtures that are a person with a full screen, in the order in which they enter."""


class Placeholder:
    """Stands for what exists only while the test runs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> Any:
        raise AttributeError(
            f"{self.name} is there only while the async test runs; a fixture that uses it must be an async one"
        )


@pytest.fixture
def world() -> Any:
    """The running server, a `chatd.testing.World`."""
    return Placeholder("world")


@pytest.fixture
def asker() -> Any:
    """Alice at a full screen, a `chatd.testing.MemoryTerminal`."""
    return Placeholder("asker")


@pytest.fixture
def viewer() -> Any:
    """Bob at a full screen, a `chatd.testing.MemoryTerminal`; he enters after alice."""
    return Placeholder("viewer")

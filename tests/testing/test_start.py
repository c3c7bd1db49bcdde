"""What a start of pytest costs where chatd is installed: the plugin always, the server with the first world."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import chatd
import chatd.testing

ROOT = Path(__file__).parent.parent.parent
HEAVY = ("trio", "trio_asyncio", "asyncssh", "lupa", "httpx", "sqlite3", "jsonschema", "wcwidth", "hypothesis",
         "chatd.config", "chatd.testing.world", "chatd.adapters", "chatd.tasks")  # fmt: skip


def python(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout


def loaded_by(program: str) -> set[str]:
    told = python(f"import sys, pytest; before = {{*sys.modules}}\n{program}\nprint(*({{*sys.modules}} - before))")
    return set(told.split())


def test_the_plugin_loads_nothing_of_the_server() -> None:
    """Other people's tests, in whatever environment chatd is installed, start as fast as without it."""
    loaded = loaded_by("import chatd.testing.plugin")
    assert not loaded.intersection(HEAVY)
    assert sum(name.startswith("chatd") for name in loaded) < 10


def test_the_package_loads_what_is_asked_for() -> None:
    assert not loaded_by("import chatd.testing; dir(chatd.testing)").intersection(HEAVY)
    loaded = loaded_by("from chatd.testing import Screen")
    assert "wcwidth" in loaded and not loaded.intersection({"trio", "sqlite3", "lupa"})


@pytest.mark.parametrize("package", [chatd, chatd.testing])
def test_every_public_name_is_there(package: object) -> None:
    """In `__all__`, in `dir`, and as an attribute, by whatever way it was loaded before."""
    names = set(package.__all__)  # type: ignore[attr-defined]
    assert names <= set(dir(package))
    assert all(getattr(package, name) is not None for name in names)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        package.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_without_hypothesis_the_harness_is_there_and_a_sentence_says_what_is_not() -> None:
    """And `run` is the function, though its module, which has its name, was loaded before."""
    told = python("""
import sys
sys.modules["hypothesis"] = None
import chatd.testing.play, chatd.testing.run
from chatd.testing import World, run
print(callable(run))
for name in ("strategies", "machine"):
    try:
        __import__(f"chatd.testing.{name}")
    except ImportError as error:
        print(error)
""")
    assert told.splitlines() == ["True"] + [
        f"chatd.testing.{name} needs Hypothesis: pip install hypothesis" for name in ("strategies", "machine")
    ]

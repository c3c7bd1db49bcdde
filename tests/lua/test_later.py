"""Files that wait until they are needed: who looks on runs none of those that keys and commands take."""

from __future__ import annotations

import pytest

from chatd.adapters.lua.files import Files, ScriptFile
from tests.lua.conftest import MakeHost, Write

WAIT = {"keys", "edit", "vi", "search", "refused", "complete", "emoji", "commands.people", "commands.asking"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are required, in that order."""
    names: list[str] = []
    module = Files.module

    def listed(files: Files, name: str) -> ScriptFile:
        names.append(name)
        return module(files, name)

    monkeypatch.setattr(Files, "module", listed)
    return names


def test_who_looks_on_runs_no_file_that_only_keys_and_commands_take(make: MakeHost, asked: list[str]) -> None:
    alice = make()
    alice.frame()
    assert "chat" in asked and WAIT.isdisjoint(asked)
    alice.type("/help\n")
    assert WAIT - {"emoji"} <= set(asked) | {"complete"}


def test_a_command_of_ones_own_stands_in_the_place_of_a_shipped_one(with_script: Write) -> None:
    alice = with_script(
        'require("commands.registry").add { name = "who", help = "mine", run = function() return "it is mine" end }'
    )
    assert "it is mine" in alice.type("/who\n").frame()


def test_a_setting_that_is_watched_late_is_told_at_once(with_script: Write) -> None:
    alice = with_script("""require("commands.registry").add { name = "late", help = "watches", run = function()
      require("settings").watch("keys", function(value) require("notice").show("keys are " .. value) end)
    end }""")
    assert "keys are emacs" in alice.type("/late\n").frame()

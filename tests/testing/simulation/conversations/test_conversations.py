"""Each conversation holds in a calm world, and notices when what it is about goes wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from chatd.core.lobby import Lobby
from chatd.tasks.chat import views
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.read_markers import ReadMarkers
from chatd.testing import Mode
from chatd.testing.program import Converse, DiskFault, Join, Program, SaveScripts
from chatd.testing.simulation import conversations, simulate, words
from chatd.testing.simulation.conversations import CONVERSATIONS
from chatd.testing.simulation.editions import EDITIONS


def program(*which: str) -> Program:
    return Program(3, (Join("alice", "lines"), *(Converse(name, at) for at, name in enumerate(which, 1))))


@pytest.mark.parametrize("which", sorted(CONVERSATIONS))
def test_a_conversation_holds_where_nothing_is_wrong(which: str) -> None:
    outcome = simulate(3, Mode.SHUFFLE, program(which))
    assert outcome.broken is None
    assert outcome.steps > 100
    assert not any("disturbed" in line for line in outcome.trace)


def test_nobody_walks_into_a_conversation() -> None:
    """What a conversation calls its people, rooms and models is nothing that drawn people type."""
    told = " ".join(text for name in vars(words) if name.isupper() for text in texts_in(getattr(words, name)))
    sources = "".join(path.read_text() for path in Path(conversations.__file__).parent.glob("*.py"))
    names = set(re.findall(r'talk\.(?:name|model)\("(\w+)"\)', sources))
    assert len(names) > 50
    assert [name for name in sorted(names) if re.search(rf"\b{name}\d", told)] == []


def texts_in(thing: Any) -> list[str]:
    """Every text of a text, or of what holds texts."""
    if isinstance(thing, str):
        return [thing]
    return [text for part in thing for text in texts_in(part)] if isinstance(thing, tuple) else []


def test_it_is_left_out_where_the_disk_fails() -> None:
    acts = (DiskFault("read-only"), Converse("unread are rows of others", 1))
    assert simulate(3, Mode.FIFO, Program(3, acts)).broken is None


@pytest.mark.parametrize("edition", EDITIONS)
def test_scripts_may_be_others_meanwhile(edition: str) -> None:
    acts = (SaveScripts(edition), Converse("a timer rings once", 1), Converse("what is kept is there again", 2))
    assert simulate(3, Mode.FIFO, Program(3, acts)).broken is None


def test_rows_that_stay_unread_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReadMarkers, "enter", lambda *_: None)
    broken = simulate(3, Mode.FIFO, program("unread are rows of others")).broken
    assert broken is not None and broken.name == "unread are rows of others"


def test_values_of_somebody_else_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    shared: dict[str, Any] = {}
    monkeypatch.setattr(Login, "get", lambda self, key: shared.get(key))
    monkeypatch.setattr(Login, "set", lambda self, key, value: shared.update({key: value}))
    broken = simulate(3, Mode.FIFO, program("what is kept is there again")).broken
    assert broken is not None and broken.name == "what is kept is there again"


def test_somebody_who_has_gone_and_is_told_of_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lobby, "leave", lambda *_: False)
    broken = simulate(3, Mode.FIFO, program("rooms are counted")).broken
    assert broken is not None


def test_a_list_that_lacks_models_breaks_no_conversation_about_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "model_people", lambda _: [])
    assert simulate(3, Mode.FIFO, program("two terminals are one person")).broken is None

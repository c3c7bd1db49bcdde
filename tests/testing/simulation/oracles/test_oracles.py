"""The oracles take what is right, and name what is wrong: each is shown both."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from chatd.adapters.sqlite.database import MEMORY, Database
from chatd.core import retrieval
from chatd.core.question import Answered, Question, Said
from chatd.core.retrieval import Related
from chatd.core.row import Row, Status
from chatd.testing.checks import Broken
from chatd.testing.simulation.oracles import (
    asking,
    command_line,
    following,
    people,
    prompts,
    reading,
    room_settings,
    statuses,
)
from chatd.testing.simulation.oracles.record import Record, RecordedRow, is_visible
from chatd.testing.simulation.oracles.related import check_named, check_related

AT = "2026-01-01T00:00:00.000Z"
LATER = "2026-01-01T00:01:00.000Z"
ASKED = 3
"""The seq of the question in a prompt's room."""


def row(seq: int, author: str = "alice", content: str = "hello", **more: Any) -> RecordedRow:
    known = RecordedRow(
        seq, f"x{seq}", "lobby", seq, None, None, "message.user", author, None, content, "complete", AT, AT, AT, {},
        seq, seq,
    )  # fmt: skip
    return replace(known, **more)


def told(one: RecordedRow, **more: Any) -> dict[str, Any]:
    seen = {"content": one.content, "status": one.status, "finished_at": one.finished_at}
    return {**one.as_json(), **seen, **more}


ROWS = [row(1), row(2, "bob", "how are you"), row(3, "bob", "fine\nthanks", status="cancelled")]


# --- rows


@pytest.mark.parametrize(
    "shown",
    [
        [told(ROWS[0]), told(ROWS[2])],  # a row in between is missing
        [told(ROWS[1]), told(ROWS[1])],  # one is there twice
        [told(ROWS[0]), told(ROWS[1])],  # the last one is missing
        [told(ROWS[2])],  # fewer than were asked for
        [told(ROWS[1]), told(ROWS[2], content="fine")],  # cut
        [told(ROWS[1], author="alice"), told(ROWS[2])],  # somebody else's
        [told(ROWS[1]), told(ROWS[2], id="x9")],  # no row at all
    ],
)
def test_a_window_of_rows_that_is_none_is_broken(shown: list[dict[str, Any]]) -> None:
    with pytest.raises(Broken):
        reading.check_window("it", shown, ROWS, most=2, least=3, newest=3, known={})


def test_a_window_may_be_of_any_moment_meanwhile() -> None:
    reading.check_window("it", [told(ROWS[1]), told(ROWS[2])], ROWS, most=2, least=2, newest=3, known={})
    reading.check_window("it", [told(ROWS[0]), told(ROWS[1])], ROWS, most=2, least=2, newest=3, known={})
    reading.check_window("it", [], ROWS, most=0, least=2, newest=3, known={})


def test_a_row_that_grows_is_told_at_least_as_long_as_it_was_known() -> None:
    grown = row(1, content="long text", status="open", finished_at=None)
    reading.check_told("it", told(grown, content="long"), grown, known=4)
    with pytest.raises(Broken):
        reading.check_told("it", told(grown, content="lon"), grown, known=4)


def test_text_is_compared_letter_by_letter() -> None:
    text = "bob: how are you\nbob: fine\n  thanks [cancelled]\n"
    reading.check_text("it", text, ROWS, most=2, least=3, newest=3)
    for wrong in (text[:-1], text.replace("  thanks", "thanks"), "alice: hello\n" + text):
        with pytest.raises(Broken):
            reading.check_text("it", wrong, ROWS, most=2, least=3, newest=3)


def test_markdown_has_each_row_in_its_order() -> None:
    text = "# lobby\n\n**alice**\n\n> hello\n\n**bob**\n\n> how are you\n\n**bob**\n\n> fine\n> thanks\n"
    reading.check_markdown("it", text, ROWS, 3)
    with pytest.raises(Broken):
        reading.check_markdown("it", text.replace("> thanks\n", ""), ROWS, 3)


# --- searching


def found(*rows: RecordedRow, who: str = "carol", words: tuple[str, ...] = ("hello",), known: str = "x1") -> None:
    private = row(4, "alice", "hello again", room="~alice", id="x4")
    reading.check_found(
        "it", [told(one) for one in rows], [*ROWS, private], who=who, words=words, author=None, known={known}
    )


def test_what_is_found_has_the_words_and_may_be_read() -> None:
    private = row(4, "alice", "hello again", room="~alice", id="x4")
    found(ROWS[0])
    found(private, ROWS[0], who="alice")
    with pytest.raises(Broken, match="finds what was said in ~alice"):
        found(private, ROWS[0])
    with pytest.raises(Broken, match="does not find"):
        found()
    with pytest.raises(Broken, match="newest"):
        found(ROWS[0], private, who="alice")
    with pytest.raises(Broken, match="are not in"):
        found(ROWS[1], ROWS[0])


def test_private_rooms_are_their_owners() -> None:
    assert is_visible("lobby", "bob") and is_visible("~bob", "bob") and not is_visible("~bob", "bo")


# --- people and rooms


def person(name: str, kind: str = "member", **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "rooms": ["lobby"], "fingerprint": None, **more}


@pytest.mark.parametrize(
    "shown",
    [
        [],
        [person("alice"), person("alice")],
        [person("alice"), person("mallory")],
        [person("alice", rooms=["~alice"])],
        [person("alice", fingerprint="SHA256:alice")],
        [person("alice"), person("guest-eve")],
    ],
)
def test_a_list_of_people_that_is_wrong_is_broken(shown: list[dict[str, Any]]) -> None:
    present = people.Present(frozenset({"alice"}), frozenset({"alice", "bob", "guest-eve"}))
    people.check_who("it", [person("alice"), person("bot", "model")], present, "bob")
    with pytest.raises(Broken):
        people.check_who("it", shown, present, "bob")


def room(name: str, rows: int = 3, **more: Any) -> dict[str, Any]:
    return {"name": name, "rows": rows, "members": 0, "unread": 0, "private": name.startswith("~"), **more}


@pytest.mark.parametrize(
    "shown",
    [
        [room("den")],
        [room("lobby"), room("lobby")],
        [room("lobby"), room("~alice")],
        [room("lobby", rows=2)],
        [room("lobby", unread=4)],
        [room("lobby", members=9)],
        [room("lobby"), room("~bob", private=False)],
    ],
)
def test_a_list_of_rooms_that_is_wrong_is_broken(shown: list[dict[str, Any]]) -> None:
    known = {"lobby": 3}
    present = people.Present(frozenset(), frozenset({"alice"}))
    people.check_rooms("it", [room("lobby"), room("~bob")], asker="bob", before=known, after=known, present=present)
    with pytest.raises(Broken):
        people.check_rooms("it", shown, asker="bob", before=known, after=known, present=present)


# --- answers


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "mention_id": "m", "row_id": "x5", "content": "", "status": "open", **more}


ANSWER = row(5, "bot", "well", method="message.model", mention_id="m", parent_id="x1")


def test_events_of_an_answer_are_its_rows_text() -> None:
    good = [event("started", row_id=None), event("token", content="we"), event("token", content="ll")]
    asking.check_events([*good, event("done", status="complete")], [ANSWER], 0)
    for wrong, status in (
        ([*good[:2], event("done", status="complete")], 0),
        ([*good, event("done", status="complete")], 1),
        ([*good, event("error", status="complete")], 0),
        ([*good], 0),
        ([*good, event("done", status="complete"), event("token", content="!")], 0),
        ([*good[1:], event("done", status="complete")], 0),
    ):
        with pytest.raises(Broken):
            asking.check_events(wrong, [ANSWER], status)


def test_text_of_an_answer_is_that_of_ones_own_question() -> None:
    question = row(4, "alice", "@bot hi", mention_id="m", id="x1")
    asking.check_answer_text("well\n", "alice", [question, ANSWER], ["bot"], before=set())
    with pytest.raises(Broken):
        asking.check_answer_text("ill\n", "alice", [question, ANSWER], ["bot"], before=set())
    with pytest.raises(Broken):
        asking.check_answer_text("well\n", "alice", [question, ANSWER], ["bot"], before={"x1"})


# --- what follows


def test_lines_are_shown_once_each() -> None:
    text = "alice: hello\nbob: how are you\nbob: fine\n  thanks [cancelled]\n"
    following.check_lines(text, ROWS, since=0)
    following.check_lines("* you fell behind; `history` has what was skipped\n", ROWS, since=0)
    for wrong in (text.replace("alice: hello\n", ""), text + "bob: how are you\n"):
        with pytest.raises(Broken):
            following.check_lines(wrong, ROWS, since=0)


# --- prompts


def _fill(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO rooms(id, name, created_at) VALUES ('r', 'lobby', ?)", (AT,))
    connection.execute("INSERT INTO rooms(id, name, created_at) VALUES ('d', 'den', ?)", (AT,))
    connection.execute("INSERT INTO buffers(id, room_id) VALUES ('b', 'r')")
    for seq, (author, text, method) in enumerate(
        [("alice", "hello", "message.user"), ("bot", "hi", "message.model"), ("bob", "@bot and?", "message.user")], 1
    ):
        connection.execute(
            "INSERT INTO rows(id, buffer_id, seq, content_method, author, content, status, created_at, updated_at,"
            " finished_at, added_entry, last_entry) VALUES (?, 'b', ?, ?, ?, ?, 'complete', ?, ?, ?, ?, ?)",
            (f"x{seq}", seq, method, author, text, *[LATER if seq == ASKED else AT] * 3, seq, seq),
        )


def prompt(*messages: Any, asker: str = "bob", **more: Any) -> None:
    database = Database(MEMORY, AT)
    try:
        connection = database.writer
        _fill(connection)
        asked = Said(asker, "and?", asked=True)
        question = Question(
            "and?", asker, messages=(*messages, asked), older=len(messages), **{"room": "lobby", "room_id": "r", **more}
        )
        prompts.check_prompt(Record(connection), question, "bot", prompts.Known(3, 3, rows=4, question_id="x3"))
    finally:
        database.close()


def test_a_prompt_is_of_its_room() -> None:
    prompt(Said("alice", "hello"), Answered("hi"))
    for wrong in (
        (Said("alice", "hello"), Said("bot", "hi")),  # the wrong role
        (Said("alice", "hello"), Said("alice", "hello"), Answered("hi")),  # twice
        (Answered("hi"), Said("alice", "hello")),  # in another order
        (Said("alice", "hello"),),  # the newest is missing
        (Said("alice", "hello"), Answered("hi"), Said("carol", "secret")),  # of another room
        (Said("mallory", "hello"), Answered("hi")),  # by somebody else
        (),
    ):
        with pytest.raises(Broken):
            prompt(*wrong)
    with pytest.raises(Broken):
        prompt(Said("alice", "hello"), Answered("hi"), room="den")


def related(*rows: Related, text: str = "") -> None:
    """Somebody asks in the lobby of `prompt`, and these rows are given beside nothing that was said lately."""
    database = Database(MEMORY, AT)
    try:
        _fill(database.writer)
        asked = Question("and?", "bob", "lobby", "r", (Said("bob", "and?", asked=True),), related_before=3)
        messages = (Said("", text or retrieval.told(rows)), *asked.messages)
        given = replace(asked, messages=messages, older=1, related=rows)
        check_related(Record(database.writer), asked, given)
    finally:
        database.close()


def test_related_rows_are_of_the_room_and_rightly_named() -> None:
    right = Related(1, "x1", "alice", "hello")
    related(right, Related(2, "x2", "bot", "hi"))
    for wrong in (
        Related(1, "of another room", "alice", "hello"), Related(2, "x1", "alice", "hello"),
        Related(1, "x1", "bob", "hello"), Related(1, "x1", "alice", "goodbye"), Related(3, "x3", "bob", "@bot and?"),
    ):  # fmt: skip
        with pytest.raises(Broken):
            related(wrong)
    with pytest.raises(Broken):
        related(right, text="nothing")
    with pytest.raises(Broken):
        related(right, right)


def test_an_answer_names_what_was_given() -> None:
    right = Related(1, "x1", "alice", "hello")
    row = Row("x9", "lobby", "b", 9, "message.model", "bot", "hi", Status.COMPLETE, 0, 0, 0)
    check_named((right,), replace(row, meta={"sources": [{"seq": 1, "id": "x1"}]}), may_be_left_out=False)
    check_named((right,), row, may_be_left_out=True)
    for sources in ([], [{"seq": 1, "id": "x2"}]):
        with pytest.raises(Broken):
            check_named((right,), replace(row, meta={"sources": sources}), may_be_left_out=False)


def test_what_is_set_of_a_room_is_shown() -> None:
    shown = {"name": "den", **room_settings.DEFAULTS, "topic": "tea"}
    room_settings.check_shown(shown, "den", {}, {"topic": "tea"})
    room_settings.check_shown({"name": "den", "topic": "tea"}, "den", {"topic": "tea"}, {})
    for told, before in (({**shown, "name": "lobby"}, {}), (shown, {"topic": "gin"}), ({**shown, "x": ""}, {})):
        with pytest.raises(Broken):
            room_settings.check_shown(told, "den", before, before)
    database = Database(MEMORY, AT)
    try:
        _fill(database.writer)
        with pytest.raises(Broken):
            room_settings.check_set("alice", Record(database.writer).rows("lobby"), 0)
    finally:
        database.close()


# --- statuses


def status(line: str, got: int, errors: str = "chatd: why", **more: Any) -> None:
    known = {
        "calm": True,
        "stopping": False,
        "guest": False,
        "asked": False,
        "certain": False,
        "exists": lambda _: {True},
        **more,
    }
    statuses.check(line, command_line.words_of(line), got, errors, **known)


def test_each_command_has_one_status() -> None:
    status("history", 0)
    status("history nowhere", 69, exists=lambda _: {False})
    status("history --limit 1001", 64)
    status("cancel", 0, asked=True, certain=True)
    status("say hello", 1, calm=False)
    status("ask @bot hi", 143, stopping=True)
    for line, got, more in (
        ("history", 1, {}), ("history nowhere", 0, {"exists": lambda _: {False}}), ("cancel", 0, {}),
        ("cancel", 69, {"asked": True, "certain": True}), ("say hello", 1, {}), ("ask @nobody hi", 0, {}),
        ("nonsense", 0, {}), ("history", 75, {}), ("say hello", 143, {}),
    ):  # fmt: skip
        with pytest.raises(Broken):
            status(line, got, **more)
    for line, got, more in (
        ("room", 0, {}), ("room den", 69, {"exists": lambda _: {False}}), ("room topic tea", 0, {}),
        ("room den topic tea", 77, {"guest": True}), ("room default nobody", 69, {}), ("room den colour red", 64, {}),
    ):  # fmt: skip
        status(line, got, **more)
        with pytest.raises(Broken):
            status(line, {0: 69, 69: 0, 77: 0, 64: 0}[got], **more)
    with pytest.raises(Broken, match="no word why"):
        status("cancel", 69, errors="")


def test_a_command_line_names_its_room() -> None:
    assert command_line.room_of(["--limit", "3"]) == "lobby"
    assert command_line.room_of(["den", "-n", "3"]) == "den"
    assert command_line.option(["-n", "3"], "-n") == "3"
    assert command_line.words_of("say what's up") == ["say", "what's", "up"]

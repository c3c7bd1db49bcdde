"""Rows: what a draft brings, what a row weighs, and which row an entry is of."""

from __future__ import annotations

import pytest

from chatd.core.row import (
    Add,
    Added,
    Annotate,
    Annotated,
    Begin,
    Draft,
    End,
    Entry,
    Finish,
    Finished,
    Grew,
    Grow,
    Method,
    NewRow,
    RoomSet,
    Row,
    SetRoom,
    Status,
    Think,
    changed_row,
    method_when_finished,
    size_of,
    weight,
)

NEW = NewRow("x", Method.USER, "alice", "hé")


def row(content: str, **meta: object) -> Row:
    return Row("x", "lobby", "b", 1, Method.USER, "alice", content, Status.COMPLETE, 0, 0, 0, meta=meta)


@pytest.mark.parametrize(
    ("draft", "size"),
    [
        (Add(NEW), 2), (Grow("x", "été"), 3), (Think(NEW, "hm."), 3), (SetRoom("topic", "tea"), 3),
        (Annotate("x", {"a": "é"}), len('{"a": "é"}')),
        (Finish("x", Status.COMPLETE, {"thinking": "much"}), 0), (Begin("m", "x", "bot", "alice"), 0), (End("m"), 0),
    ],
)  # fmt: skip
def test_a_draft_brings_the_code_points_of_its_own_text(draft: Draft, size: int) -> None:
    assert size_of(draft) == size


@pytest.mark.parametrize(("meta", "more"), [({}, 0), ({"thinking": "hm."}, 3), ({"thinking": 7}, 0), ({"k": "v"}, 0)])
def test_a_row_weighs_its_text_and_what_was_thought_before_it(meta: dict[str, object], more: int) -> None:
    assert weight(row("hello", **meta)) == 5 + more


@pytest.mark.parametrize(
    ("entry", "changed"),
    [
        (Added(1, row("")), "x"), (Grew(1, "g", 0, "a", 0), "g"),
        (Finished(1, "f", Status.COMPLETE, Method.MODEL, {}, 0), "f"), (RoomSet(1, "topic", "x"), None),
        (Annotated(1, "n", {"a": 1}, 0), "n"),
    ],
)  # fmt: skip
def test_an_entry_is_of_one_row_or_of_none(entry: Entry, changed: str | None) -> None:
    assert changed_row(entry) == changed


def test_what_grew_is_a_message_in_the_end_and_nothing_else_changes_its_method() -> None:
    assert method_when_finished(Method.CHUNK) == Method.MODEL
    for method in (*(set(Method) - {Method.CHUNK}), "poll.vote"):
        assert method_when_finished(method) == method

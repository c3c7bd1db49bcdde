"""Planted bugs: which rows a model is given beside those said lately, and what its answer tells of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatd.adapters.sqlite import related
from chatd.core.mention import Mention
from tests.testing.simulation.planted import Planted


def related_rows_of_every_room(patch: pytest.MonkeyPatch) -> None:
    """The search for related rows forgets which room it is for."""
    room = "rows.buffer_id = (SELECT id FROM buffers WHERE room_id = ?)"
    patch.setattr(related, "_SQL", related._SQL.replace(room, "? IS NOT NULL"))


def related_rows_that_are_read_anyway(patch: pytest.MonkeyPatch) -> None:
    """Rows are searched that stand in the prompt, and the question itself."""
    patch.setattr(related, "_SQL", related._SQL.replace("rows.seq < ?", "rows.seq < ? + 50"))


def sources_with_the_numbers_of_their_neighbours(patch: pytest.MonkeyPatch) -> None:
    original = related.related

    def one_further(*args: Any) -> Any:
        return [replace(row, seq=row.seq + 1) for row in original(*args)]

    patch.setattr(related, "related", one_further)


def sources_that_no_answer_names(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Mention, "tell", lambda self, meta: None)


RELATED: tuple[Planted, ...] = (
    Planted(related_rows_of_every_room, soon=35), Planted(related_rows_that_are_read_anyway, soon=35),
    Planted(sources_with_the_numbers_of_their_neighbours, soon=35), Planted(sources_that_no_answer_names, soon=35),
)  # fmt: skip

"""Planted bugs: what scripts find out about rows, and what they say of prompts."""

from __future__ import annotations

from typing import Any

import pytest

from chatd.adapters.sqlite import entries
from chatd.core.row import Annotate
from chatd.errors import QuestionRefused
from chatd.tasks.asking import prompt_hook
from chatd.tasks.chat.follow import Follower
from chatd.tasks.scripts.server import annotations as script_annotations
from tests.testing.simulation.planted import Planted


def annotations_that_followers_are_not_told(patch: pytest.MonkeyPatch) -> None:
    async def add_annotated(self: Follower, entry: Any) -> None:
        self._told = max(self._told, entry.number)

    patch.setattr(Follower, "_add_annotated", add_annotated)


def annotations_that_are_not_on_disk(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(entries, "_annotate", lambda connection, entry: None)


def an_annotation_of_the_row_before(patch: pytest.MonkeyPatch) -> None:
    """What waits is written under the id of whatever row was set first."""
    original = Annotate

    def annotate(row_id: str, values: Any, first: list[str] = []) -> Annotate:  # noqa: B006
        first.append(row_id)
        return original(first[-2] if len(first) > 1 else row_id, values)

    patch.setattr(script_annotations, "Annotate", annotate)


def a_refusal_that_is_but_a_word(patch: pytest.MonkeyPatch) -> None:
    """The hook's reason is counted, and the question is asked all the same."""
    original = prompt_hook.PromptHook.reviewed

    async def reviewed(self: Any, info: Any, question: Any, context: Any) -> Any:
        try:
            return await original(self, info, question, context)
        except QuestionRefused:
            return question

    patch.setattr(prompt_hook.PromptHook, "reviewed", reviewed)


def messages_that_are_replaced_for_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prompt_hook, "with_messages", lambda question, wanted: question)


SCRIPTS: tuple[Planted, ...] = (
    Planted(annotations_that_followers_are_not_told, soon=2),
    Planted(annotations_that_are_not_on_disk, soon=1),
    Planted(an_annotation_of_the_row_before, soon=1),
    Planted(a_refusal_that_is_but_a_word, soon=97),
    Planted(messages_that_are_replaced_for_nobody, soon=97),
)

"""A question as whoever writes a program puts it: everything in it is used, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from chatd.core.question import Question
from chatd.errors import UsageError
from chatd.ports import ModelInfo
from chatd.tasks.asking.payload import actor_name, question_of

INFO = ModelInfo("bot", "test", "bot", system="be brief")


@pytest.mark.parametrize(
    ("payload", "text", "system"),
    [
        ("hi", "hi", "be brief"),
        ({"message": "hi"}, "hi", "be brief"),
        ({"content": "hi", "system": "be kind"}, "hi", "be kind"),
        ({"message": "hi", "situation": "a room at night"}, "hi", "be brief\n\nThe situation: a room at night"),
        (
            {"message": "hi", "system": "", "situation": {"exits": ["north"]}},
            "hi",
            'The situation: {"exits": ["north"]}',
        ),
    ],
)
def test_what_is_in_it_is_used(payload: Any, text: str, system: str) -> None:
    question = question_of(payload, INFO, ())
    assert (question.text, question.system) == (text, system)


@pytest.mark.parametrize(
    "payload", [{}, "", {"message": 5}, {"message": "x", "system": 5}, {"message": "x", "temperature": 1}]
)
def test_what_is_not_known_is_refused(payload: Any) -> None:
    with pytest.raises(UsageError):
        question_of(payload, INFO, ())


def test_what_is_a_question_already_is_left_as_it_is() -> None:
    question = Question("hi")
    assert question_of(question, INFO, ()) is question
    assert actor_name("@(qwen)") == actor_name("@qwen") == actor_name("qwen") == "qwen"

"""Planted bugs: what models are asked, who may ask, the tools they call, and how their answers end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import trio

from chatd.core import prompt
from chatd.core.live_row import LiveRow
from chatd.core.prompt import Unit
from chatd.core.question import Answered
from chatd.core.row import Method, Status
from chatd.core.stream import ToolCall
from chatd.errors import Exit, LimitReached, NotFound
from chatd.tasks.asking.answer import RunningAnswer, _stored
from chatd.tasks.asking.budget import Budget
from chatd.tasks.asking.fair_limiter import FairLimiter
from chatd.tasks.asking.model_registry import ModelRegistry
from chatd.tasks.asking.running_answers import Answers
from chatd.tasks.asking.tool_loop import ToolLoop
from chatd.tasks.asking.tools.registry import Tools
from chatd.tasks.chat import answering, ask, ask_again
from chatd.tasks.commands import ask as ask_command

# --- prompts


def a_prompt_cache_that_forgets_the_room(patch: pytest.MonkeyPatch) -> None:
    """Rows are cached by how many there are: a room of the same length gets those of another."""
    original, cache = prompt.conversation, dict[int, Any]()

    def conversation(rows: Any, *args: Any, **named: Any) -> Any:
        return original(cache.setdefault(len(rows), rows), *args, **named)

    patch.setattr(ask, "conversation", conversation)


def a_retry_with_its_question_twice(patch: pytest.MonkeyPatch) -> None:
    """`<=` for `<`: the row of the question is among those before it."""
    original = ask.put

    def put(hub: Any, room: Any, *args: Any, rows: Any, **named: Any) -> Any:
        upto = rows[-1].head.seq + 1 if rows else 1
        rows = [live for live in room.tail(room.seq) if live.head.seq <= upto]
        return original(hub, room, *args, rows=rows, **named)

    patch.setattr(ask_again, "put", put)


def a_retry_that_reads_on_behind_its_question(patch: pytest.MonkeyPatch) -> None:
    original = ask.put

    def put(hub: Any, room: Any, *args: Any, rows: Any, **named: Any) -> Any:
        behind = [live for live in room.tail(room.seq) if live.head.seq > (rows[-1].head.seq if rows else 0) + 1]
        return original(hub, room, *args, rows=[*rows, *behind], **named)

    patch.setattr(ask_again, "put", put)


def another_models_words_as_the_models_own(patch: pytest.MonkeyPatch) -> None:
    original = prompt._said

    def said(live: LiveRow, called: Any) -> Any:
        for unit in original(live, called):
            yield (Answered(live.text),) if live.head.method == Method.MODEL else unit

    patch.setattr(prompt, "_said", said)


def a_question_that_was_asked_before_is_left_out(patch: pytest.MonkeyPatch) -> None:
    """What stands in the prompt already is not put there again, not even as the question."""
    original = prompt.conversation

    def conversation(rows: Any, model: str, question: Any, **named: Any) -> Any:
        messages, older = original(rows, model, question, **named)
        return (messages[:older], older) if older and question in messages[:older] else (messages, older)

    patch.setattr(ask, "conversation", conversation)


def thoughts_in_the_prompt(patch: pytest.MonkeyPatch) -> None:
    """What a model thought is taken for a part of what it said."""
    original = prompt.conversation

    def told(live: LiveRow) -> LiveRow:
        thought = live.head.meta.get("thinking")
        return live if not thought or live.head.is_open else LiveRow(replace(live.row, content=f"{thought}{live.text}"))

    patch.setattr(ask, "conversation", lambda rows, *args, **named: original([*map(told, rows)], *args, **named))


def a_prompt_without_what_was_cancelled(patch: pytest.MonkeyPatch) -> None:
    """Only complete answers are remembered: the model does not know what everybody read of it."""
    original = prompt.conversation

    def conversation(rows: Any, *args: Any, **named: Any) -> Any:
        return original([live for live in rows if live.head.status is not Status.CANCELLED], *args, **named)

    patch.setattr(ask, "conversation", conversation)


def a_continue_without_its_beginning(patch: pytest.MonkeyPatch) -> None:
    """The newest try alone is carried on, as if it were all that had been said: none, at the first time."""
    original = ask_again._begun
    patch.setattr(ask_again, "_begun", lambda room, last: original(room, last)[:-1])


def a_retry_of_an_earlier_guests_question(patch: pytest.MonkeyPatch) -> None:
    """A guest's name is taken for the guest."""
    patch.setattr(ask_again, "_here_since", lambda *_: 0)


# --- limits


def a_day_that_allows_one_question_more(patch: pytest.MonkeyPatch) -> None:
    def check(self: Any, account: Any) -> None:
        if self._per_day and self._spent_on(self._today())[account.id] > self._per_day:
            raise LimitReached("you have used your tokens of today")

    patch.setattr(Budget, "check", check)


def a_day_that_is_forgotten_by_a_restart(patch: pytest.MonkeyPatch) -> None:
    """What was spent is put on disk with the next answer only: the last one's is lost."""
    original, late = Budget.save, dict[int, Any]()

    async def save(self: Any) -> None:
        before, late[id(self)] = late.get(id(self)), dict(self._unsaved)
        self._unsaved.clear()
        self._unsaved.update(before or {})
        await original(self)

    patch.setattr(Budget, "save", save)


def a_limit_of_answers_counted_in_one_room(patch: pytest.MonkeyPatch) -> None:
    """How many answers a person has running is counted in the room of the question alone."""
    original = Answers._check

    def check(self: Any, account: Any, room: Any, *args: Any) -> None:
        everywhere = self._running
        self._running = {key: answer for key, answer in everywhere.items() if answer.room is room}
        try:
            original(self, account, room, *args)
        finally:
            self._running = everywhere

    patch.setattr(Answers, "_check", check)


def questions_answered_in_the_order_of_asking(patch: pytest.MonkeyPatch) -> None:
    """The queue is one of tickets, and not of people: who has ten there is before everybody who comes later."""
    patch.setattr(FairLimiter, "_order", lambda self: self._waiting)


def a_refused_question_that_keeps_its_place(patch: pytest.MonkeyPatch) -> None:
    """Of several models one cannot be asked: the places that the others had are not given back."""
    patch.setattr(Answers, "abandon", lambda self, answer: None)


# --- models and tools


def a_model_that_went_is_still_there(patch: pytest.MonkeyPatch) -> None:
    def found(self: Any, source: object, models: Any) -> None:
        self._found.setdefault(source, {}).update({model.info.name: model for model in models})
        self._merge()

    patch.setattr(ModelRegistry, "found", found)


def a_found_model_that_takes_a_name(patch: pytest.MonkeyPatch) -> None:
    """The newest of a name has it, not the one of the configuration, and nobody looks whether a name is taken."""

    def merge(self: Any) -> None:
        self._all = dict(self._fixed)
        for models in self._found.values():
            self._all.update(models)

    patch.setattr(ModelRegistry, "_merge", merge)
    patch.setattr(ModelRegistry, "is_taken", lambda *_: False)


def a_tool_that_is_not_stopped_with_its_answer(patch: pytest.MonkeyPatch) -> None:
    """A tool is shielded, so that its result is on record: the answer that was cancelled waits for it."""
    original = Tools._execute

    async def execute(*args: Any) -> Any:
        with trio.CancelScope(shield=True):
            return await original(*args)

    patch.setattr(Tools, "_execute", execute)


def a_tool_that_begins_before_its_call_is_on_disk(patch: pytest.MonkeyPatch) -> None:
    async def take(self: Any, event: Any) -> None:
        now = self._clock.now_ms()
        if self.progress.note(event, now):
            self._recorder.ring(self.room)
        self._submit(self.mention.feed(_stored(event), now))
        if self.mention.over:
            self._reading.cancel()
        elif isinstance(event, ToolCall):
            self._recorder.hurry()
        await self._breathe()

    patch.setattr(RunningAnswer, "_take", take)


def what_a_tool_says_while_another_speaks_is_lost(patch: pytest.MonkeyPatch) -> None:
    original = ToolLoop._say

    async def say(self: Any, call_id: str, text: str) -> None:
        if not self._turn.locked():
            await original(self, call_id, text)

    patch.setattr(ToolLoop, "_say", say)


def a_result_whose_call_a_conversation_has_lost(patch: pytest.MonkeyPatch) -> None:
    """Of a round with two calls the model is given the first one's result alone."""
    original = prompt._round

    def one(text: str, calls: Any, results: Any) -> Unit:
        return original(text, calls[:1], results)

    patch.setattr(prompt, "_round", one)


# --- exit statuses


def the_best_status_of_several_answers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ask_command, "WORST", tuple(reversed(answering.WORST)))


def a_cancelled_answer_that_counts_as_failed(patch: pytest.MonkeyPatch) -> None:
    original = answering.exit_status

    def exit_status(answer: Any) -> Exit:
        status = original(answer)
        return Exit.FAILED if status is Exit.CANCELLED else status

    patch.setattr(ask_command, "exit_status", exit_status)


def an_unknown_model_that_counts_as_a_wrong_word(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(NotFound, "exit_code", Exit.USAGE)

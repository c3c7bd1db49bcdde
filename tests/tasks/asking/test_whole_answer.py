"""Whole answers: what came is there, in the order of the questions; one that fails ends no other, a cancel ends all."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.question import Question
from chatd.core.row import Status
from chatd.core.stream import Done, Failed, Usage
from chatd.errors import Exit, NetworkFailure, NotFound, TimedOut, UsageError
from chatd.tasks.asking.actor import Actor, Say
from tests.tasks.asking.house import House, in_house


class Crowd:
    """An actor that does what its question says, and counts how many do so at once."""

    def __init__(self, house: House) -> None:
        self.now = self.most = 0
        house.router.register("crowd", Actor("crowd", self._speak))

    async def _speak(self, question: Question, say: Say) -> None:
        what, seconds = question.text.split()
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await say("a")
            await trio.sleep(float(seconds))
            if what == "fail":
                raise NetworkFailure("it broke", cut=True)
            await say("b")
        finally:
            self.now -= 1


@in_house()
async def test_one_answer_is_whole_with_what_was_thought_and_counted(house: House) -> None:
    house.bot.thinks("h", "m").says("on", "e").counts(1, 2).calls("slow").ends().says("; two").counts(3, 4).ends()
    answer = await house.router.ask("bot", "inference", "why?")
    assert (answer.text, answer.thinking, answer.usage) == ("one; two", "hm", Usage(4, 6))
    assert answer.ok and answer.end == Done() and answer.end.stream_id


@in_house()
async def test_a_failure_keeps_what_came(house: House) -> None:
    house.bot.says("half").raises(NetworkFailure("it broke", cut=True))
    answer = await house.router.ask("bot", "inference", "why?")
    assert not answer.ok and (answer.text, answer.end) == ("half", Failed("it broke", Status.TRUNCATED, Exit.FAILED))


@in_house()
async def test_who_waits_too_long_or_for_nobody_is_told(house: House) -> None:
    house.bot.says("half")
    with pytest.raises(TimedOut):
        await house.router.ask("bot", "inference", "why?", timeout=5)
    with pytest.raises(NotFound):
        await house.router.ask("nobody", "inference", "why?")


TASKS = st.lists(st.tuples(st.sampled_from(["say", "fail"]), st.integers(0, 9)), max_size=12)


@given(TASKS, st.integers(1, 5))
def test_many_answers_come_in_the_order_of_their_questions(tasks: list[tuple[str, int]], at_once: int) -> None:
    @in_house()
    async def conversation(house: House) -> None:
        crowd = Crowd(house)
        questions = [f"{what} {seconds}" for what, seconds in tasks]
        answers = await house.router.ask_many("crowd", "inference", questions, at_once=at_once)
        assert [answer.text for answer in answers] == [{"say": "ab", "fail": "a"}[what] for what, _ in tasks]
        assert [answer.ok for answer in answers] == [what == "say" for what, _ in tasks]
        assert (crowd.most, crowd.now) == (min(at_once, len(tasks)), 0)

    conversation()


@in_house()
async def test_several_are_asked_and_who_is_not_there_or_is_slow_ends_nobody(house: House) -> None:
    Crowd(house)
    house.bot.says("yes").ends()
    questions = ["hi", "say 1", "say 1", "say 99"]
    found = await house.router.ask_many(["bot", "crowd", "nobody", "crowd"], "inference", questions, timeout=10)
    assert [answer.text for answer in found] == ["yes", "ab", "", "a"]
    assert [getattr(answer.end, "exit", Exit.OK) for answer in found] == [
        Exit.OK, Exit.OK, Exit.UNAVAILABLE, Exit.FAILED,
    ]  # fmt: skip


@in_house()
async def test_a_cancel_ends_all(house: House) -> None:
    crowd = Crowd(house)
    with trio.move_on_after(5) as scope:
        await house.router.ask_many("crowd", "inference", ["say 60"] * 5, at_once=3)
    assert scope.cancelled_caught and (crowd.most, crowd.now) == (3, 0)


@in_house()
async def test_a_bug_comes_out_as_it_is_and_ends_the_others(house: House) -> None:
    crowd = Crowd(house)
    with pytest.raises(ValueError, match="not enough values"):
        await house.router.ask_many("crowd", "inference", ["say 60", "what?", "say 60"])
    assert crowd.now == 0


@pytest.mark.parametrize(
    ("names", "questions", "at_once"),
    [(["bot"], ["a", "b"], 8), (["bot", "bot"], ["a"], 8), ("bot", "ab", 8), ("bot", ["a"], 0)],
)
def test_what_does_not_fit_is_refused_before_anybody_is_asked(names: Any, questions: Any, at_once: int) -> None:
    @in_house()
    async def conversation(house: House) -> None:
        with pytest.raises(UsageError):
            await house.router.ask_many(names, "inference", questions, at_once=at_once)
        assert not house.bot.questions

    conversation()

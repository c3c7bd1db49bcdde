"""What scripts are given of a prompt and give back: whatever that is, it makes a prompt that models' servers take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.prompt import fitted
from chatd.core.prompt_messages import messages_of, with_messages
from chatd.core.question import Answered, Message, Question, Said, ToolReturned
from chatd.core.retrieval import Related
from chatd.core.retrieval import told as told_rows
from chatd.core.stream import ToolCall
from chatd.errors import UsageError

CALL = ToolCall("c1", "clock", '{"zone": "utc"}', {"signature": "s"})
OTHER = ToolCall("c2", "dice", "{}")
QUESTION = Question(
    "what time is it?", "ann", "lobby", "r",
    messages=(
        Said("bob", "hello"), Answered("Hm.", (CALL, OTHER)), ToolReturned("c1", "clock", "12:00"),
        ToolReturned("c2", "dice", "6"), Answered("Noon."), Said("ann", "what time is it?", asked=True),
    ),
    system="Be kind.", older=5,
)  # fmt: skip


def told(**changes: Any) -> list[dict[str, Any]]:
    """The messages as a script has them; `m3` and so on are changes of one of them, None takes it away."""
    messages: list[dict[str, Any]] = [dict(message) for message in messages_of(QUESTION)]
    for place, change in changes.items():
        messages[int(place[1:])] = {} if change is None else messages[int(place[1:])] | change
    return [message for message in messages if message]


def test_a_script_is_told_all_that_a_model_is() -> None:
    assert told() == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "hello", "name": "bob"},
        {"role": "assistant", "content": "Hm.", "tool_calls": [
            {"id": "c1", "name": "clock", "arguments": '{"zone": "utc"}'},
            {"id": "c2", "name": "dice", "arguments": "{}"},
        ]},
        {"role": "tool", "content": "12:00", "name": "clock", "tool_call_id": "c1"},
        {"role": "tool", "content": "6", "name": "dice", "tool_call_id": "c2"},
        {"role": "assistant", "content": "Noon."},
        {"role": "user", "content": "what time is it?", "name": "ann"},
    ]  # fmt: skip


def test_what_comes_back_as_it_was_is_the_question() -> None:
    assert with_messages(QUESTION, told()) == QUESTION


def test_the_question_in_other_words_is_asked_in_those_also_of_who_reads_the_text_alone() -> None:
    changed = with_messages(QUESTION, told(m6={"content": "[masked]"}, m0={"content": "Be brief."}))
    assert (changed.text, changed.messages[-1], changed.system) == (
        "[masked]", Said("ann", "[masked]", asked=True), "Be brief.",
    )  # fmt: skip
    attached = with_messages(QUESTION, told(m1={"content": "hi"}))
    assert attached.text == QUESTION.text and attached.messages[0] == Said("bob", "hi")


def test_a_call_goes_with_its_result_and_a_result_with_its_call() -> None:
    for gone in (told(m3=None), told(m2={"tool_calls": [{"id": "c2"}]})):
        changed = with_messages(QUESTION, gone)
        assert changed.messages[1] == Answered("Hm.", (OTHER,)) and changed.messages[2] == ToolReturned(
            "c2", "dice", "6"
        )
    assert with_messages(QUESTION, told(m2=None)).messages[:2] == (Said("bob", "hello"), Answered("Noon."))
    assert with_messages(QUESTION, told(m2={"content": ""}, m3=None, m4=None)).messages[1] == Answered("Noon.")


def test_arguments_may_be_others_and_what_a_provider_wants_back_stays() -> None:
    calls = [{"id": "c1", "arguments": "{}"}, {"id": "c2"}]
    answered = with_messages(QUESTION, told(m2={"tool_calls": calls})).messages[1]
    assert isinstance(answered, Answered)
    assert [(call.arguments, dict(call.extra)) for call in answered.calls] == [("{}", {"signature": "s"}), ("{}", {})]


@given(st.permutations(range(4)), st.integers(1, 4), st.integers(0, 600))
def test_whatever_a_script_makes_of_what_was_looked_up_the_answer_names_what_the_model_reads(
    order: list[int], kept: int, context: int
) -> None:
    found = (Related(1, "x1", "bob", "tea"), Related(2, "x2", "ann", "cake"))
    looked_up = replace(
        QUESTION, system="", older=3, related=found,
        messages=(Said("bob", "hello" * 20), Answered("Hm."), Said("", told_rows(found)), QUESTION.messages[-1]),
    )  # fmt: skip
    messages = messages_of(looked_up)
    wanted = [messages[place] for place in order[:kept]]
    if not any(message["role"] == "user" for message in wanted):
        return
    changed = fitted(with_messages(looked_up, wanted), context, 100)
    read = "\n".join(message.text for message in changed.messages)
    assert [row for row in found if row.line in read] == list(changed.related)


def test_what_may_be_left_out_is_what_stands_before_the_question() -> None:
    assert with_messages(QUESTION, told(m1=None)).older == 4
    alone = [{"role": "user", "content": "only this"}]
    assert with_messages(QUESTION, alone) == Question(
        "only this", "ann", "lobby", "r", messages=(Said("", "only this", asked=True),)
    )


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({}, "no list"), ("text", "no list"), (7, "no list"), ([], "no list"), ({"role": "user"}, "no list"),
        ([7], "message 1 .* no role"), ([{"role": "boss", "content": "x"}], "no role"),
        ([{"role": "user", "content": 7}], "no text"), ([{"role": "user", "content": "x", "name": 7}], "no text"),
        ([{"role": "system", "content": "x"}], "nobody asks"), ([{"role": "assistant", "content": "x"}], "nobody asks"),
        ([{"role": "tool", "content": "x", "tool_call_id": "c9"}], "no tool call"),
        ([{"role": "assistant", "content": "", "tool_calls": [{"id": "c9"}]}], "has not made"),
        ([{"role": "assistant", "content": "", "tool_calls": "c1"}], "no list"),
        ([{"role": "assistant", "content": "", "tool_calls": [7]}], "has not made"),
    ],
)  # fmt: skip
def test_what_is_no_prompt_is_told_to_the_scripts_author(wanted: object, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        with_messages(QUESTION, wanted)


SOME = st.sampled_from(told())
VALUES = (
    st.none() | st.integers(0, 3) | st.text(max_size=4) | st.sampled_from(["c1", "c2", "user", "tool", "assistant"])
)
ODD = st.dictionaries(st.sampled_from(["role", "content", "name", "tool_calls", "tool_call_id"]), VALUES)


@given(st.lists(SOME | ODD | st.tuples(SOME, ODD).map(lambda both: both[0] | both[1]), max_size=12))
def test_whatever_comes_back_is_refused_or_a_whole_prompt(wanted: list[dict[str, Any]]) -> None:
    try:
        changed = with_messages(QUESTION, wanted)
    except UsageError:
        return
    check_whole(changed.messages)
    question = changed.messages[changed.older]
    assert isinstance(question, Said) and question.asked
    assert messages_of(with_messages(changed, messages_of(changed))) == messages_of(changed)


def check_whole(messages: tuple[Message, ...]) -> None:
    """Each call once, with its result once behind it."""
    called: list[str] = []
    returned: list[str] = []
    for message in messages:
        if isinstance(message, Answered):
            called += [call.id for call in message.calls]
        elif isinstance(message, ToolReturned):
            assert message.id in called
            returned.append(message.id)
    assert sorted(called) == sorted(returned) and len(set(called)) == len(called)

"""A room's rows as a conversation: whole tool rounds, the newest that fit, and the question once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.live_row import LiveRow
from chatd.core.prompt import (
    GO_ON,
    MESSAGE_TOKENS,
    NO_RESULT,
    Unit,
    conversation,
    first_read,
    fitted,
    tokens_of,
    tokens_of_messages,
    tokens_of_question,
    tokens_of_tools,
    with_related,
)
from chatd.core.question import Answered, Message, Question, Said, ToolReturned
from chatd.core.retrieval import Related
from chatd.core.row import Method, Row, Status
from chatd.core.stream import ToolCall
from chatd.core.tool import NO_PARAMETERS, ToolSpec

QUESTION = Said("alice", "the question itself", asked=True)


class Rows:
    """A room being written; each method adds a row and returns its id."""

    def __init__(self) -> None:
        self.all: list[LiveRow] = []

    def add(
        self, method: Method, author: str, text: str, *, status: Status = Status.COMPLETE, parent: str | None = None,
        mention: str | None = None, tool: str | None = None,
    ) -> str:  # fmt: skip
        row_id, seq = f"r{len(self.all)}", len(self.all) + 1
        self.all.append(
            LiveRow(Row(row_id, "lobby", "b", seq, method, author, text, status, 0, 0, 0, parent, mention, tool))
        )
        return row_id

    def says(self, author: str, text: str) -> str:
        return self.add(Method.USER, author, text)

    def answers(self, text: str, *, by: str = "bot", mention: str = "m", status: Status = Status.COMPLETE) -> str:
        return self.add(
            Method.CHUNK if status is Status.OPEN else Method.MODEL, by, text, status=status, mention=mention
        )

    def calls(self, tool: str, *, by: str = "bot", mention: str = "m") -> str:
        return self.add(Method.TOOL_CALL, by, "{}", mention=mention, tool=tool)

    def returns(self, call: str, text: str, *, mention: str = "m", status: Status = Status.COMPLETE) -> str:
        return self.add(Method.TOOL_RESULT, "tool", text, status=status, parent=call, mention=mention)


def called(name: str) -> bool:
    return name in ("bot", "bo")


def of(
    rows: Rows, tokens: int | None = None, begun: Sequence[Sequence[LiveRow]] = (), question: Said = QUESTION
) -> tuple[tuple[Message, ...], int]:
    messages, older = conversation(rows.all, "bot", question, called=called, begun=begun)
    fits = fitted(Question(question.text, messages=messages, older=older), tokens, 0)
    return fits.messages, fits.left_out


def before(rows: Rows) -> list[Message]:
    messages, left_out = of(rows)
    assert messages[-1] == QUESTION and left_out == 0
    return list(messages[:-1])


def test_people_other_models_and_itself_are_told_apart() -> None:
    rows = Rows()
    rows.says("alice", "hello all")
    rows.says("bob", "@bot what is up?")
    rows.answers("not much")
    rows.answers("I disagree", by="other")
    rows.says("bob", "@other,BO and you two?")
    rows.says("bob", "@carol did you see?")
    rows.add(Method.SYSTEM, "system", "bot: it broke")
    assert before(rows) == [
        Said("alice", "hello all"), Said("bob", "what is up?", asked=True), Answered("not much"),
        Said("other", "I disagree"), Said("bob", "and you two?", asked=True), Said("bob", "@carol did you see?"),
    ]  # fmt: skip


def test_what_says_nothing_is_no_message() -> None:
    """Providers refuse messages without text."""
    rows = Rows()
    rows.says("alice", "@bot")
    rows.says("alice", "  \n")
    rows.answers(" ")
    rows.answers("", by="other")
    assert before(rows) == []


def test_what_was_cut_is_kept_and_what_still_grows_is_not_there() -> None:
    rows = Rows()
    rows.answers("half of", status=Status.CANCELLED)
    rows.answers("growing", status=Status.OPEN)
    rows.answers("growing", by="other", status=Status.OPEN)
    assert before(rows) == [Answered("half of")]


def test_a_round_is_its_text_its_calls_side_by_side_and_their_results_in_the_order_of_the_calls() -> None:
    rows = Rows()
    rows.answers("let me see")
    first, second = rows.calls("dice"), rows.calls("clock")
    rows.returns(second, "noon")
    rows.returns(first, "6")
    third = rows.calls("dice")
    rows.returns(third, "2")
    rows.answers("8 at noon")
    assert before(rows) == [
        Answered("let me see", (ToolCall(first, "dice", "{}"), ToolCall(second, "clock", "{}"))),
        ToolReturned(first, "dice", "6"), ToolReturned(second, "clock", "noon"),
        Answered("", (ToolCall(third, "dice", "{}"),)), ToolReturned(third, "dice", "2"),
        Answered("8 at noon"),
    ]  # fmt: skip


def test_chatter_in_the_middle_of_a_round_never_comes_between_a_call_and_its_result() -> None:
    rows = Rows()
    first = rows.calls("dice")
    rows.says("bob", "exciting")
    second = rows.calls("clock")
    rows.says("bob", "very")
    rows.returns(first, "6")
    rows.returns(second, "noon")
    assert before(rows) == [
        Answered("", (ToolCall(first, "dice", "{}"),)), ToolReturned(first, "dice", "6"), Said("bob", "exciting"),
        Answered("", (ToolCall(second, "clock", "{}"),)), ToolReturned(second, "clock", "noon"), Said("bob", "very"),
    ]  # fmt: skip


def test_two_answers_of_one_model_at_a_time_are_not_mixed() -> None:
    rows = Rows()
    rows.answers("one", mention="m1")
    rows.answers("two", mention="m2")
    call = rows.calls("dice", mention="m1")
    rows.returns(call, "6", mention="m1")
    assert before(rows)[:2] == [Answered("one"), Answered("two")]
    assert before(rows)[2:] == [Answered("", (ToolCall(call, "dice", "{}"),)), ToolReturned(call, "dice", "6")]


def test_a_call_without_a_result_gets_one_and_a_result_without_a_call_is_dropped() -> None:
    rows = Rows()
    rows.returns("forgotten", "6")
    lost, killed, partial = rows.calls("dice"), rows.calls("clock"), rows.calls("search")
    rows.returns(killed, "", status=Status.OPEN)
    rows.returns(partial, "6", status=Status.OPEN)
    assert before(rows)[1:] == [
        ToolReturned(lost, "dice", NO_RESULT), ToolReturned(killed, "clock", NO_RESULT),
        ToolReturned(partial, "search", "6"),
    ]  # fmt: skip


def test_tools_of_others_are_nobody_elses_business() -> None:
    rows = Rows()
    rows.returns(rows.calls("dice", by="other"), "6")
    assert before(rows) == []


def test_continuing_shows_the_beginning_behind_the_question_and_asks_to_go_on() -> None:
    rows, begun = Rows(), Rows()
    rows.says("bob", "hi")
    call = begun.calls("dice")
    begun.returns(call, "6")
    begun.answers("it was a s", status=Status.TRUNCATED)
    messages, left_out = of(rows, begun=[begun.all])
    assert messages == (
        Said("bob", "hi"), QUESTION, Answered("", (ToolCall(call, "dice", "{}"),)), ToolReturned(call, "dice", "6"),
        Answered("it was a s"), Said("", GO_ON),
    )  # fmt: skip
    assert left_out == 0


def test_continuing_a_continuation_shows_every_try() -> None:
    one, two = Rows(), Rows()
    one.answers("it w", status=Status.CANCELLED)
    two.answers("as a", status=Status.CANCELLED)
    messages, _ = of(Rows(), tokens=0, begun=[one.all, two.all])
    assert messages == (QUESTION, Answered("it w"), Said("", GO_ON), Answered("as a"), Said("", GO_ON))


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("abc", 1), ("abcd", 2), ("\u4f60\u597d", 2)])
def test_tokens_are_rather_too_many(text: str, tokens: int) -> None:
    assert tokens_of(text) == tokens


def test_tools_take_room() -> None:
    tool = ToolSpec("dice", "rolls " * 10, NO_PARAMETERS)
    assert tokens_of_tools([tool, tool]) == 2 * tokens_of_tools([tool]) > 40


def test_a_question_of_any_size_is_there_and_takes_the_room_of_the_others() -> None:
    rows = Rows()
    for number in range(3):
        rows.says("bob", f"number {number}")
    long = Said("alice", "x" * (256 << 10), asked=True)
    assert of(rows, tokens=1000, question=long) == ((long,), 3)


def test_the_newest_are_kept_and_nothing_older_slips_in_behind_what_did_not_fit() -> None:
    rows = Rows()
    rows.says("bob", "short")
    rows.says("bob", "x" * 300)
    rows.says("bob", "newest")
    messages, left_out = of(rows, tokens=60)
    assert messages == (Said("bob", "newest"), QUESTION) and left_out == 2


# --- for any room

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "ask", "answer", "other", "call", "foreign call", "return", "open", "system"]),
        st.integers(0, 5),
    ),
    max_size=30,
)


def room(steps: list[tuple[str, int]]) -> Rows:
    rows, calls = Rows(), ["forgotten"]
    for step, number in steps:
        mention, text = f"m{number % 2}", "word " * number
        match step:
            case "say":
                rows.says("alice", text)
            case "ask":
                rows.says("bob", f"@bot {text}")
            case "answer":
                rows.answers(text, mention=mention)
            case "other":
                rows.answers(text, by="other", mention=mention)
            case "call":
                calls.append(rows.calls("dice", mention=mention))
            case "foreign call":
                rows.returns(rows.calls("secret", by="other"), "secret")
            case "return" if number < len(calls):
                rows.returns(calls.pop(number), text, mention=mention)
            case "open" if number < len(calls):
                rows.returns(calls.pop(number), text, mention=mention, status=Status.OPEN)
            case "system":
                rows.add(Method.SYSTEM, "system", text)
    return rows


def units_of(messages: tuple[Message, ...]) -> list[Unit]:
    units: list[Unit] = []
    for message in messages:
        if isinstance(message, ToolReturned):
            units[-1] += (message,)
        else:
            units.append((message,))
    return units


@settings(max_examples=150)
@given(STEPS, st.one_of(st.none(), st.integers(0, 300)))
def test_whatever_the_rows_every_call_has_its_result_and_what_is_kept_is_the_end_of_the_whole(
    steps: list[tuple[str, int]], tokens: int | None
) -> None:
    rows = room(steps)
    whole, nothing = of(rows)
    kept, left_out = of(rows, tokens)
    assert nothing == 0 and len(kept) + left_out == len(whole)
    assert kept == whole[len(whole) - len(kept) :]
    assert kept.count(QUESTION) == 1 and kept[-1] == QUESTION
    for unit in units_of(kept):
        calls = unit[0].calls if isinstance(unit[0], Answered) else ()
        assert [(call.id, call.name) for call in calls] == [
            (message.id, message.name) for message in unit[1:] if isinstance(message, ToolReturned)
        ]
    made = [live.head.id for live in rows.all if live.head.method == Method.TOOL_CALL and live.head.author == "bot"]
    answered = [call.id for message in whole if isinstance(message, Answered) for call in message.calls]
    assert answered == made
    assert "secret" not in str(whole)
    for message in kept:
        calls = message.calls if isinstance(message, Answered) else ()
        assert message.text.strip() or calls or isinstance(message, ToolReturned)


def test_tools_that_take_the_room_of_all_that_was_said_are_left_out() -> None:
    """They are the first to go, but only where that helps."""
    tool = ToolSpec("clock", "Tells the time. " * 20, NO_PARAMETERS)
    said = (Said("bob", "before"), QUESTION)
    question = Question(QUESTION.text, messages=said, older=1, tools=(tool,))
    needed = tokens_of_question(question)
    assert fitted(question, needed, 0) == question
    tight = fitted(question, needed - 1, 0)
    assert (tight.tools, tight.tools_left_out, tight.messages, tight.left_out) == ((), True, said, 0)
    hopeless = fitted(question, 10, 0)
    assert (hopeless.messages, hopeless.left_out) == ((QUESTION,), 1) and hopeless.over > 0
    assert fitted(replace(question, older=0), needed - 1, 0).tools == ()


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(0, 400))
def test_a_question_can_be_fitted_again_and_again(sizes: list[int], tokens: int) -> None:
    """To the same size it stays as it is; to a smaller one it is as if it had been fitted to that at once."""
    messages = (*(Said("bob", "x" * size) for size in sizes), QUESTION)
    question = Question(QUESTION.text, messages=messages, older=len(sizes))
    once = fitted(question, tokens, 0)
    assert fitted(once, tokens, 0) == once
    assert fitted(once, tokens // 2, 0) == fitted(question, tokens // 2, 0)
    assert once.older + once.left_out == len(sizes)


def test_each_message_costs_its_text_and_something_for_itself() -> None:
    call = ToolCall("c", "dice", "{}")
    for message, text in (
        (Said("bob", "hello"), "bobhello"), (Answered("hello"), "hello"), (ToolReturned("c", "dice", "hello"), "hello"),
    ):  # fmt: skip
        assert tokens_of_messages([message]) == tokens_of(text) + MESSAGE_TOKENS
    both = tokens_of_messages([Answered("hello", (call,))])
    assert both == tokens_of("hello") + tokens_of("dice{}") + 2 * MESSAGE_TOKENS


def test_a_question_stands_alone_unless_rows_come_before_it() -> None:
    alone = Question("hi")
    assert (alone.older, alone.left_out, alone.over) == (0, 0, 0) and alone.may_call


def related(*seqs: int) -> list[Related]:
    return [Related(seq, f"r{seq}", "bob", "x" * 60) for seq in seqs]


@given(st.integers(0, 30), st.integers(0, 40))
def test_the_first_row_that_is_read_is_the_one_the_oldest_message_came_from(count: int, older: int) -> None:
    rows = Rows()
    for n in range(count):
        rows.add(*((Method.SYSTEM, "system", "x") if n % 3 == 0 else (Method.USER, "bob", f"row {n}")))
    messages, found = conversation(rows.all, "bot", QUESTION, called=called)
    kept = min(older, found)
    first = first_read(rows.all, "bot", called, kept)
    if kept == 0:
        assert first is None
    else:
        oldest = messages[found - kept]
        assert first is not None and isinstance(oldest, Said) and rows.all[first - 1].text == oldest.text


def test_related_rows_stand_before_the_question_in_the_order_in_which_they_were_said() -> None:
    question = Question("why", messages=(Said("bob", "lately"), Said("alice", "why", asked=True)), older=1)
    given_two = with_related(question, related(7, 2), 400, None, 100)
    _, found, asked = given_two.messages
    assert isinstance(found, Said) and asked == question.messages[-1] and given_two.older == 2
    assert found.author == "" and found.text.split("\n")[1:] == [f"#2 bob: {'x' * 60}", f"#7 bob: {'x' * 60}"]
    assert [row.seq for row in given_two.related] == [2, 7]
    assert with_related(question, related(7, 2), 160, None, 100).related == tuple(related(7)), "the likeliest is kept"
    assert with_related(question, [], 400, None, 100) == question == with_related(question, related(1), 40, None, 100)


@given(st.lists(st.integers(1, 300), max_size=12), st.integers(128, 2000), st.integers(0, 900))
def test_whatever_is_found_fits_the_context_and_never_takes_the_questions_place(
    sizes: list[int], tokens: int, spare: int
) -> None:
    older = tuple(Said("bob", "y" * size) for size in sizes)
    whole = Question("why", messages=(*older, QUESTION), older=len(older))
    fit = fitted(whole, tokens, 64, spare)
    found = with_related(fit, related(*range(1, 30)), spare * 3, tokens, 64)
    assert found.messages[-1] == QUESTION and not found.over
    assert found.messages[: fit.older] == older[len(older) - fit.older :], "what was said lately is as it was"
    assert not found.related or tokens_of_question(found) <= tokens - 64
    free = tokens - 64 - tokens_of_question(fit)
    assert fit.left_out == 0 or free >= min(spare, (tokens - 64) // 4), "the oldest make room for it"
    assert fitted(found, tokens, 64) == found or not found.related, "and it is not left out again"

"""A mention with tools: each call has a row and one result, whenever it ends; and what each round took is kept."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.mention import Mention, MentionFacts
from chatd.core.mention_meta import Measures, speed
from chatd.core.row import Add, Draft, End, Finish, Grow, Method, NewRow, Status
from chatd.core.stream import Done, Failed, StreamEvent, Thinking, Token, ToolCall, ToolOutput, ToolResult, Usage

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "think", "call", "output", "result", "usage", "done", "fail"]), st.integers(0, 3)
    ),
    max_size=25,
)
ENDS = st.sampled_from([Status.CANCELLED, Status.INTERRUPTED, None])


def make(max_answer: int = 1000) -> Mention:
    ids = itertools.count()
    facts = MentionFacts("m", "lobby", "bot", "test", "alice", "question", max_answer)
    return Mention(facts, lambda: f"row{next(ids)}", 0)


class Story:
    """What a model does with its tools, as the rounds tell it: outputs and results of calls that were made."""

    def __init__(self, max_answer: int = 1000) -> None:
        self.mention = make(max_answer)
        self.drafts: list[Draft] = []
        self.said: dict[str, str] = {}
        """What each call's tool has said, by the call's id."""
        self.results: dict[str, str] = {}
        self._made = 0

    def step(self, what: str, number: int) -> None:
        event = self._event(what, number) if not self.mention.over else None
        if event is not None:
            self.drafts += self.mention.feed(event, 100)

    def _event(self, what: str, number: int) -> StreamEvent | None:
        pending = [call for call in self.said if call not in self.results]
        call = pending[number % len(pending)] if pending else ""
        match what:
            case "say":
                return Token("word " * number)
            case "think":
                return Thinking("hm")
            case "call":
                self._made += 1
                self.said[f"c{self._made}"] = ""
                return ToolCall(f"c{self._made}", "dice", "{}")
            case "output" if call:
                self.said[call] += f"said {number}"
                return ToolOutput(call, f"said {number}")
            case "result" if call:
                self.results[call] = self.said[call] + ("!" * number)
                return ToolResult(call, "dice", self.results[call], Status.FAILED if number == 3 else Status.COMPLETE)
            case "usage":
                return Usage(number, number)
            case "done" if not pending:
                return Done()
            case "fail":
                return Failed("it broke")
        return None

    def rows(self) -> dict[str, tuple[NewRow, str, Status]]:
        """Each row as it ends: as added, its text, its status. Fails when one is grown or finished out of order."""
        rows: dict[str, tuple[NewRow, str, Status]] = {}
        for draft in self.drafts:
            match draft:
                case Add(row=row):
                    assert row.id not in rows
                    rows[row.id] = (row, row.content, row.status)
                case Grow(row_id=row_id, text=text):
                    new, before, status = rows[row_id]
                    assert status is Status.OPEN and text
                    rows[row_id] = (new, before + text, status)
                case Finish(row_id=row_id, status=status):
                    new, text, before_status = rows[row_id]
                    assert before_status is Status.OPEN
                    rows[row_id] = (new, text, status)
        return rows


@settings(max_examples=200)
@given(STEPS, ENDS, st.sampled_from([12, 1000]))
def test_every_call_has_one_result_and_every_row_ends_once_whenever_it_ends(
    steps: list[tuple[str, int]], interrupt: Status | None, max_answer: int
) -> None:
    story = Story(max_answer)
    for what, number in steps:
        story.step(what, number)
    end = story.mention.interrupt(interrupt, 200) if interrupt else story.mention.finish(200)
    story.drafts += end
    rows = story.rows()
    assert story.mention.over and all(status is not Status.OPEN for _, _, status in rows.values())
    calls = [row for row, _, _ in rows.values() if row.method == Method.TOOL_CALL]
    results = [(row, text) for row, text, _ in rows.values() if row.method == Method.TOOL_RESULT]
    assert sorted(call.id for call in calls) == sorted(str(row.parent_id) for row, _ in results)
    for call in calls:
        assert (call.author, call.parent_id, call.tool_name) == ("bot", "question", "dice")
        (text,) = [text for row, text in results if row.parent_id == call.id]
        call_id = str(call.meta["call_id"])
        known = story.results.get(call_id)
        assert text == known or (known is None and text.startswith(story.said[call_id]) and "no result: " in text)
    assert all((row.author, row.tool_name) == ("dice", "dice") for row, _ in results)
    assert all(row.mention_id == "m" for row, _, _ in rows.values())
    systems = [row.id for row, _, _ in rows.values() if row.method == Method.SYSTEM]
    assert story.mention.rows == [row_id for row_id in rows if row_id not in systems]


def feed(mention: Mention, *events: StreamEvent) -> list[Draft]:
    return [draft for event in events for draft in mention.feed(event, 100)]


def test_a_rounds_text_is_whole_before_its_call_and_the_next_round_has_a_row_of_its_own() -> None:
    mention = make()
    drafts = feed(
        mention, Token("let me see"), Usage(10, 5), ToolCall("c", "dice", "{}"), ToolResult("c", "dice", "6"),
        Token("six"), Usage(20, 7), Done(),
    )  # fmt: skip
    kinds = [type(draft).__name__ for draft in drafts]
    assert kinds == ["Add", "Grow", "Finish", "Add", "Add", "Add", "Grow", "Finish", "End"]
    first, last = [draft for draft in drafts if isinstance(draft, Finish)]
    assert (first.status, last.status) == (Status.COMPLETE, Status.COMPLETE)
    assert [(f.meta["prompt_tokens"], f.meta["completion_tokens"]) for f in (first, last)] == [(10, 5), (20, 7)]
    assert (mention.measures.prompt_tokens, mention.measures.completion_tokens) == (30, 12)
    assert "finish_reason" not in first.meta and last.meta["finish_reason"] == "stop"


def test_what_a_round_without_text_thought_and_took_is_kept_with_its_first_call() -> None:
    mention = make()
    drafts = feed(mention, Thinking("dice!"), Usage(10, 5), ToolCall("a", "dice", "{}"), ToolCall("b", "dice", "{}"))
    first, second = [draft.row for draft in drafts if isinstance(draft, Add)]
    assert (first.meta["thinking"], first.meta["completion_tokens"], first.meta["call_id"]) == ("dice!", 5, "a")
    assert "thinking" not in second.meta and "completion_tokens" not in second.meta


@pytest.mark.parametrize("last", [Done(), Failed("it broke")])
def test_what_a_round_took_that_left_no_row_counts_all_the_same(last: StreamEvent) -> None:
    mention = make()
    feed(mention, Usage(10, 5), last)
    assert (mention.measures.prompt_tokens, mention.measures.completion_tokens) == (10, 5)


def test_what_was_thought_after_the_last_tool_is_kept_in_a_row_of_the_answer() -> None:
    mention = make()
    drafts = feed(
        mention, Token("hm "), ToolCall("c", "dice", "{}"), ToolResult("c", "dice", "6"), Thinking("six"), Done()
    )
    finish, end = drafts[-2:]
    assert end == End("m")
    assert isinstance(finish, Finish) and finish.meta["thinking"] == "six" and finish.status is Status.COMPLETE


def test_only_thought_with_a_tool_between_is_no_answer() -> None:
    mention = make()
    drafts = feed(mention, ToolCall("c", "dice", "{}"), ToolResult("c", "dice", "6"), Thinking("six"), Done())
    assert mention.ending is not None
    assert (mention.ending.status, mention.ending.reason) == (Status.FAILED, "only thought and gave no answer")
    assert isinstance(drafts[-2], Add) and drafts[-2].row.method == Method.SYSTEM


def test_output_that_came_is_kept_and_the_result_adds_only_what_is_new() -> None:
    mention = make()
    feed(mention, ToolCall("c", "dice", "{}"), ToolOutput("c", "rolling"))
    drafts = feed(mention, ToolResult("c", "dice", "rolling: 6"))
    assert [draft.text for draft in drafts if isinstance(draft, Grow)] == [": 6"]


@pytest.mark.parametrize("event", [ToolOutput("c", "late"), ToolResult("c", "dice", "6"), ToolCall("c", "dice", "{}")])
def test_events_that_fit_no_call_are_bugs_and_leave_the_mention_whole(event: StreamEvent) -> None:
    mention = make()
    if isinstance(event, ToolCall):
        feed(mention, event)
    with pytest.raises((AssertionError, KeyError)):
        mention.feed(event, 1)
    drafts = mention.interrupt(Status.FAILED, 2)
    assert len(drafts) == (2 if isinstance(event, ToolCall) else 1)


# --- what a round took


def measured(*pieces_ms: int, tokens: int = 10, end_ms: int) -> dict[str, object]:
    """The meta of a round whose pieces came at these times."""
    measures = Measures(0)
    for at in pieces_ms:
        measures.began(at)
    measures.count(Usage(5, tokens))
    return measures.end_round(end_ms)


def test_a_speed_takes_two_pieces() -> None:
    """What comes in one piece says nothing of how fast it was made."""
    assert measured(100, 600, end_ms=1100)["tokens_per_s"] == 10.0
    assert "tokens_per_s" not in measured(100, end_ms=1100)


def test_each_attempt_counts() -> None:
    measures = Measures(0)
    assert measures.end_round(1)["attempts"] == 1
    measures.asked_again(None)
    measures.asked_again(2048)
    meta = measures.end_round(2)
    assert (meta["attempts"], meta["context_tokens"]) == (3, 2048)


@pytest.mark.parametrize(
    ("tokens", "ms", "expected"),
    [(2, 100.0, 20.0), (1, 100.0, None), (2, 99.9, None), (2000, 100.0, 20_000.0), (2001, 100.0, None)],
)
def test_a_speed_that_no_server_has_is_none(tokens: int, ms: float, expected: float | None) -> None:
    assert speed(tokens, ms) == expected

"""A mention finishes every row it opens exactly once, whatever comes and whenever it is interrupted."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.mention import Ending, Mention, MentionFacts
from chatd.core.mention_meta import SERVER_TIMES
from chatd.core.row import Add, Draft, End, Finish, Grow, Method, Status
from chatd.core.stream import Done, Failed, Queued, Started, StreamEvent, Thinking, Token, Usage

EVENTS = st.one_of(
    st.builds(Started),
    st.builds(Token, st.text(max_size=6)),
    st.builds(Thinking, st.text(max_size=6)),
    st.builds(Usage, st.integers(), st.sampled_from([0, 7, 1 << 63, 10**400])),
    st.builds(Done, st.sampled_from([Status.COMPLETE, Status.LENGTH])),
    st.builds(Failed, st.just("it broke"), st.sampled_from([Status.FAILED, Status.TRUNCATED])),
)
INTERRUPTS = st.sampled_from([None, Status.CANCELLED, Status.INTERRUPTED])


def make(max_answer: int = 1000) -> Mention:
    ids = itertools.count()
    facts = MentionFacts("m", "lobby", "bot", "test", "alice", "question", max_answer)
    return Mention(facts, lambda: f"row{next(ids)}", 0)


def live(mention: Mention, events: list[StreamEvent], interrupt: Status | None) -> list[Draft]:
    drafts: list[Draft] = []
    for event in events:
        if mention.over:
            break
        drafts += mention.feed(event, 100)
    drafts += mention.interrupt(interrupt, 200) if interrupt else mention.finish(200)
    return drafts


@given(st.lists(EVENTS, max_size=12), INTERRUPTS, st.integers(1, 20))
def test_every_row_is_finished_once_and_the_text_is_what_came(
    events: list[StreamEvent], interrupt: Status | None, max_answer: int
) -> None:
    mention = make(max_answer)
    drafts = live(mention, events, interrupt)
    assert mention.over and mention.ending is not None
    opened = [d.row for d in drafts if isinstance(d, Add) and d.row.status is Status.OPEN]
    finished = [d for d in drafts if isinstance(d, Finish)]
    assert [row.id for row in opened] == [d.row_id for d in finished]
    assert len(opened) <= 1
    assert [d for d in drafts if isinstance(d, End)] == [End("m")] == drafts[-1:], "it is off the record last, once"
    text = "".join(d.text for d in drafts if isinstance(d, Grow))
    said = "".join(e.text for e in events if isinstance(e, Token))
    assert said.startswith(text)
    assert len(text.encode()) <= max_answer
    systems = [d.row for d in drafts if isinstance(d, Add) and d.row.method == Method.SYSTEM]
    assert len(systems) == (1 if mention.ending.reason else 0)
    assert all(row.mention_id == "m" for row in opened + systems)
    for row in opened:
        assert (row.parent_id, row.author) == ("question", "bot")


@given(st.lists(EVENTS, max_size=12), INTERRUPTS)
def test_what_was_asked_for_needs_no_explanation(events: list[StreamEvent], interrupt: Status | None) -> None:
    mention = make()
    live(mention, events, interrupt)
    assert mention.ending is not None
    asked_for = mention.ending.status in (Status.COMPLETE, Status.CANCELLED, Status.INTERRUPTED)
    assert (mention.ending.reason == "") or not asked_for


def test_interrupting_twice_is_as_good_as_once() -> None:
    mention = make()
    mention.feed(Token("a"), 0)
    assert mention.interrupt(Status.CANCELLED, 1) != []
    assert mention.interrupt(Status.INTERRUPTED, 2) == []
    assert mention.finish(3) == []


def test_a_stream_that_just_stops_is_truncated() -> None:
    mention = make()
    mention.feed(Token("half"), 0)
    mention.finish(1)
    assert mention.ending is not None and mention.ending.status is Status.TRUNCATED


def test_an_answer_that_was_only_thought_is_kept_in_meta_and_has_failed() -> None:
    mention = make()
    mention.feed(Thinking("hm"), 5)
    drafts = mention.feed(Done(), 10)
    (finish,) = [d for d in drafts if isinstance(d, Finish)]
    assert finish.status is Status.FAILED and finish.meta["thinking"] == "hm"


def test_meta_tells_how_it_went() -> None:
    mention = make()
    mention.feed(Token("a"), 250)
    mention.feed(Token("b"), 290)
    mention.feed(Usage(7, 10), 300)
    (finish,) = [d for d in mention.feed(Done(), 2000) if isinstance(d, Finish)]
    assert finish.meta == {
        "prompt_tokens": 7, "completion_tokens": 10, "tokens_per_s": 5.7, "first_token_ms": 250,
        "duration_ms": 2000, "attempts": 1, "finish_reason": "stop", "pieces": 2, "characters": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pieces", "usage", "ended", "speed"),
    [
        ([250, 290], Usage(7, 10), 2000, 5.7),
        ([250], Usage(7, 600), 2000, None),  # a whole reply that came in one piece
        ([250, 251], Usage(7, 600), 260, None),  # out of a cache
        ([250], Usage(7, 600, eval_ms=12_000), 251, 50.0),  # by the server's own clock
        ([250, 290], Usage(7, 600, eval_ms=0.01), 9000, None),
        ([250, 290], Usage(7, None, eval_ms=500), 9000, None),
        ([250, 290], Usage(7, 1 << 30), 400, None),
    ],
)
def test_a_speed_is_told_where_it_means_something(
    pieces: list[int], usage: Usage, ended: int, speed: float | None
) -> None:
    mention = make()
    for at in pieces:
        mention.feed(Token("a"), at)
    mention.feed(usage, ended)
    (finish,) = [d for d in mention.feed(Done(), ended) if isinstance(d, Finish)]
    assert finish.meta.get("tokens_per_s") == speed
    assert finish.meta.get("eval_ms") == (None if usage.eval_ms is None else round(usage.eval_ms))


def test_the_time_to_the_first_token_does_not_count_the_queue() -> None:
    mention = make()
    for event, at in ((Queued(2), 0), (Queued(1), 5000), (Started(), 9000), (Started(), 9100), (Token("a"), 9400)):
        mention.feed(event, at)
    (finish,) = [d for d in mention.feed(Done(), 10_000) if isinstance(d, Finish)]
    assert (finish.meta["first_token_ms"], finish.meta["duration_ms"]) == (400, 10_000)
    assert finish.meta["queue_ms"] == 9000


def test_a_wait_is_told_once_for_all_rounds_and_survives_a_clock_that_is_set_back() -> None:
    mention = make()
    for event, at in ((Queued(1), 1000), (Started(), 400), (Queued(1), 2000), (Started(), 2300), (Token("a"), 2400)):
        mention.feed(event, at)
    (finish,) = [d for d in mention.feed(Done(), 2500) if isinstance(d, Finish)]
    assert finish.meta["queue_ms"] == 300


def test_what_the_server_tells_of_its_own_clock_is_kept_as_far_as_it_can_be_true() -> None:
    mention = make()
    mention.feed(Token("a"), 0)
    mention.feed(Usage(1, 2, eval_ms=1.6, prompt_eval_ms=-4.0, load_ms=2e30, total_ms=12.4), 10)
    (finish,) = [d for d in mention.feed(Done(), 20) if isinstance(d, Finish)]
    told = {key: value for key, value in finish.meta.items() if key in SERVER_TIMES}
    assert told == {"eval_ms": 2, "total_ms": 12}


@given(st.lists(st.text("a \n…😀", min_size=1, max_size=5), max_size=12), st.integers(0, 40))
def test_a_row_counts_the_pieces_and_characters_that_it_has(pieces: list[str], limit: int) -> None:
    mention, drafts = make(max_answer=limit), list[Draft]()
    for piece in pieces:
        if not mention.over:
            drafts += mention.feed(Token(piece), 1)
    drafts += mention.interrupt(Status.CANCELLED, 2)
    content = "".join(draft.text for draft in drafts if isinstance(draft, Grow))
    finished = [draft.meta for draft in drafts if isinstance(draft, Finish)]
    counted = sum(meta.get("characters", 0) for meta in finished), sum(meta.get("pieces", 0) for meta in finished)  # type: ignore[misc]
    assert counted[0] == len(content)
    assert bool(counted[1]) == bool(content) and counted[1] <= len(pieces)
    if finished and mention.ending == Ending(Status.CANCELLED):
        assert (content, counted[1]) == ("".join(pieces), len(pieces))

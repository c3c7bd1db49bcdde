"""How an answer is getting on: what it is at is never out of date, and its times are those of the model alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.mention_meta import MIN_SPEAKING_MS
from chatd.core.stream import Done, Queued, Retrying, Started, StreamEvent, Thinking, Token, ToolCall, ToolResult
from chatd.tasks.asking.progress import Progress, Stage
from chatd.testing.upstream import OLLAMA, FakeUpstream, refusal
from tests.adapters.upstream.faults import ok
from tests.adapters.upstream.world import ask, endpoint_of, model_of, simulated

EVENTS = st.one_of(
    st.builds(Started), st.builds(Queued, st.integers(1, 9)), st.builds(Token, st.just("x")),
    st.builds(Thinking, st.just("x")), st.builds(Retrying, st.just("busy"), st.just(1.0), st.just(2), st.just(3)),
    st.builds(ToolCall, st.sampled_from("ab"), st.just("look"), st.just("{}")),
    st.builds(ToolResult, st.sampled_from("ab"), st.just("look"), st.just("found")),
)  # fmt: skip


def after(*events: tuple[StreamEvent, int]) -> Progress:
    """An answer that was asked for at 1000, after these events at these times."""
    progress = Progress(1000)
    for event, now in events:
        progress.note(event, now)
    return progress


@simulated
async def test_a_retry_is_over_when_the_next_request_goes_out_not_when_the_server_answers() -> None:
    fake = FakeUpstream()
    for reply in (refusal(OLLAMA, 503, "busy"), refusal(OLLAMA, 503, "busy"), ok(OLLAMA)):
        fake.reply(*reply)
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        heard = await ask(model_of(endpoint))
    progress, stages = Progress(0), list[Stage]()
    for event in heard.events:
        progress.note(event, 0)
        stages.append(progress.stage)
    assert stages[:6] == [Stage.ASKING, Stage.RETRYING, Stage.ASKING, Stage.RETRYING, Stage.ASKING, Stage.ANSWERING]
    started = [time for event, time in zip(heard.events, heard.times, strict=True) if event == Started()]
    assert started == [request.at - fake.requests[0].at for request in fake.requests] == [0, 1, 3]


def test_waiting_in_the_queue_is_no_time_of_the_models() -> None:
    progress = after((Queued(2), 1000), (Queued(1), 5000), (Started(), 9000), (Started(), 9001), (Token("x"), 9300))
    assert progress.first_token_ms == 300
    assert after((Started(), 1000), (Token("x"), 1300)).first_token_ms == 300


@pytest.mark.parametrize(
    ("speaking", "speed"), [(0, 0), (MIN_SPEAKING_MS - 1, 0), (MIN_SPEAKING_MS, 10), (1000, 1), (-500, 0)]
)
def test_what_came_at_once_has_no_speed(speaking: int, speed: float) -> None:
    """Else a cached answer comes with 17000 tokens a second; and the clock may be set back."""
    assert after((Token("a"), 1200), (Token("b"), 1200)).tokens_per_s(1200 + speaking) == speed


@settings(max_examples=100)
@given(st.lists(st.tuples(EVENTS, st.integers(-1000, 10_000)), max_size=20))
def test_it_waits_only_when_the_last_word_was_that_it_waits(events: list[tuple[StreamEvent, int]]) -> None:
    progress = after(*events)
    if events:
        last = events[-1][0]
        # The result of one tool changes nothing while another runs.
        assert isinstance(last, Queued) <= (progress.stage is Stage.QUEUED) <= isinstance(last, Queued | ToolResult)
        assert (progress.stage is Stage.RETRYING) <= isinstance(last, Retrying | ToolResult)
    assert progress.tokens_per_s(5000) >= 0
    assert progress.first_token_ms is None or progress.first_token_ms >= 0
    progress.note(Started(), 0)
    assert progress.stage is Stage.ASKING and not progress.note(Done(), 0)

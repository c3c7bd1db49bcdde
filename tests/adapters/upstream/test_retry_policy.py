"""Asking again: when, how often, after how long, in what way; and every key of the configuration that decides it."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest
import trio.testing

from chatd.core.stream import Started, Token
from chatd.errors import Exit, LimitFailure, NetworkFailure, UpstreamFailure
from chatd.testing.upstream import (
    ANTHROPIC,
    OLLAMA,
    OPENAI,
    WIRES,
    Close,
    FakeUpstream,
    Fault,
    Reset,
    Send,
    Step,
    WaitForClose,
    Wire,
    json_reply,
    page,
    refusal,
    streamed,
    whole,
)
from chatd.testing.upstream.replies import head
from tests.adapters.upstream.faults import begun, ok
from tests.adapters.upstream.world import NOW, Heard, ask, endpoint_of, model_of, simulated

Script = tuple[Step, ...]


async def asked(wire: Wire, *scripts: Any, network_fault: Fault | None = None, **changes: Any) -> tuple[Heard, Any]:
    """One question under changed limits, and the server that was asked."""
    fake = FakeUpstream()
    for script in scripts:
        fake.reply(*script)
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        network.fault = network_fault
        heard = await ask(model_of(endpoint, **changes))
        await trio.testing.wait_all_tasks_blocked()
    return heard, fake


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
@simulated
async def test_what_may_pass_is_tried_again_with_growing_delays(status: int) -> None:
    heard, fake = await asked(OLLAMA, refusal(OLLAMA, status, "no"), refusal(OLLAMA, status, "no"), ok(OLLAMA))
    assert heard.text == "hello"
    assert [(retry.wait, retry.attempt, retry.attempts) for retry in heard.retries] == [(1.0, 2, 3), (2.0, 3, 3)]
    assert f"HTTP {status}" in heard.retries[0].reason
    assert [request.at - fake.requests[0].at for request in fake.requests] == [0, 1, 3]
    assert heard.events.count(Started()) == 3, "each request is told when it goes out"


@pytest.mark.parametrize("status", [402, 403, 409, 413, 418, 451])
@simulated
async def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    heard, fake = await asked(OLLAMA, refusal(OLLAMA, status, "no"), ok(OLLAMA))
    assert (heard.failure and heard.failure.status, heard.retries, len(fake.requests)) == (status, [], 1)


@pytest.mark.parametrize(
    ("fault", "connects"),
    [
        (Fault.REFUSED, 1),
        (Fault.UNKNOWN_HOST, 1),
        (Fault.UNREACHABLE, 1),
        (Fault.DNS_DOWN, 3),
        (Fault.DNS_HANGS, 3),
        (Fault.CONNECT_HANGS, 3),
        (Fault.RESET, 3),
    ],
)
@simulated
async def test_which_networks_are_tried_again(fault: Fault, connects: int) -> None:
    async with FakeUpstream().network() as network, endpoint_of(OLLAMA, network) as endpoint:
        network.fault = fault
        heard = await ask(model_of(endpoint))
        assert network.connects == connects
    assert heard.failure is not None
    assert heard.failure.exit_code is Exit.TEMPORARY


@simulated
async def test_a_certificate_nobody_should_trust_is_named_and_not_tried_again() -> None:
    fake = FakeUpstream()
    async with fake.network() as network, endpoint_of(OLLAMA, network, "https://models.test") as endpoint:
        network.fault = Fault.BAD_CERTIFICATE
        heard = await ask(model_of(endpoint))
        assert isinstance(heard.failure, NetworkFailure)
        assert "models.test: its certificate is not to be trusted" in heard.reason
        assert (network.connects, network.open_streams) == (1, 0)


@pytest.mark.parametrize("attempts", [1, 2, 5])
@simulated
async def test_retry_attempts_counts_requests_in_all(attempts: int) -> None:
    heard, fake = await asked(OLLAMA, refusal(OLLAMA, 503, "busy"), retry_attempts=attempts)
    assert (len(fake.requests), len(heard.retries)) == (attempts, attempts - 1)
    assert isinstance(heard.failure, UpstreamFailure)


@simulated
async def test_retry_delay_is_the_first_wait_and_delays_stop_growing() -> None:
    heard, _ = await asked(OLLAMA, refusal(OLLAMA, 503, "busy"), retry_delay=8.0, retry_attempts=6)
    assert [retry.wait for retry in heard.retries] == [8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": formatdate(NOW + 9, usegmt=True)}, 9),
        ({"retry-after-ms": "2500"}, 2.5),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": formatdate(NOW - 9, usegmt=True)}, 0),
        ({"Retry-After": "soon"}, 1),
    ],
)
@simulated
async def test_a_server_says_when_to_come_again(headers: dict[str, str], wait: float) -> None:
    heard, fake = await asked(OLLAMA, refusal(OLLAMA, 429, "slow down", headers), ok(OLLAMA))
    assert heard.retries[0].wait == wait
    assert fake.requests[1].at - fake.requests[0].at == wait
    assert heard.text == "hello"


@simulated
async def test_a_server_that_wants_to_be_left_alone_for_an_hour_is_not_waited_for() -> None:
    heard, fake = await asked(OLLAMA, refusal(OLLAMA, 429, "quota used up", {"Retry-After": "3600"}), ok(OLLAMA))
    assert len(fake.requests) == 1
    assert "quota used up; it asks to be left alone for 3600 s, and the limit is 60 s" in heard.reason
    assert heard.failure is not None
    assert heard.failure.exit_code is Exit.TEMPORARY


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("end", [(Reset(),), (Close(),), (WaitForClose(),)])
@simulated
async def test_nothing_is_tried_again_once_a_piece_was_shown(wire: Wire, end: Script) -> None:
    heard, fake = await asked(wire, streamed(wire, *begun(wire), *end), ok(wire))
    assert (heard.text, heard.retries, len(fake.requests)) == ("hello", [], 1)
    assert heard.failure is not None
    assert heard.failure.exit_code is Exit.FAILED


@pytest.mark.parametrize("wire", WIRES)
@simulated
async def test_a_thought_counts_as_shown(wire: Wire) -> None:
    heard, fake = await asked(wire, streamed(wire, wire.opening(), wire.thinking("hm"), Reset()), ok(wire))
    assert (heard.thoughts, heard.retries, len(fake.requests)) == ("hm", [], 1)


OVERLOADED = (
    b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n'
)


@simulated
async def test_an_overload_after_a_thought_is_not_tried_again() -> None:
    script = streamed(ANTHROPIC, ANTHROPIC.opening(), ANTHROPIC.thinking("hm"), OVERLOADED)
    heard, fake = await asked(ANTHROPIC, script, ok(ANTHROPIC))
    assert (heard.thoughts, heard.retries, len(fake.requests)) == ("hm", [], 1)
    assert "Overloaded" in heard.reason


@simulated
async def test_calls_of_a_cut_answer_are_given_and_nothing_is_tried_again() -> None:
    call = OPENAI.call("c9", "look", {"at": "it"})
    heard, fake = await asked(OPENAI, streamed(OPENAI, OPENAI.opening(), call, Reset()), ok(OPENAI))
    assert [(call.id, call.name) for call in heard.calls] == [("c9", "look")]
    assert heard.failure is not None
    assert heard.failure.cut
    assert len(fake.requests) == 1


@simulated
async def test_an_overload_said_inside_the_stream_before_the_first_piece_is_tried_again() -> None:
    heard, _ = await asked(ANTHROPIC, streamed(ANTHROPIC, OVERLOADED), ok(ANTHROPIC))
    assert heard.text == "hello"
    assert len(heard.retries) == 1
    assert heard.events.count(Started()) == 2


# --- without streaming


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("status", [400, 404, 405, 415, 422, 501])
@simulated
async def test_a_refused_stream_is_asked_for_once_without_streaming(wire: Wire, status: int) -> None:
    heard, fake = await asked(wire, refusal(wire, status, "no streams here"), whole(wire, "hello"))
    assert heard.text == "hello"
    assert [request.json.get("stream") for request in fake.requests] == [True, False]
    assert [(retry.wait, retry.attempt) for retry in heard.retries] == [(0.0, 2)]
    assert heard.done is not None


@simulated
async def test_fallback_on_error_off_leaves_it_at_the_refusal() -> None:
    for script in (refusal(OLLAMA, 400, "no streams here"), page("<html>no")):
        heard, fake = await asked(OLLAMA, script, whole(OLLAMA, "hello"), fallback_on_error=False)
        assert heard.failure is not None
        assert (len(fake.requests), heard.retries) == (1, [])


@simulated
async def test_the_fallback_is_a_request_of_its_own_and_is_made_once() -> None:
    heard, fake = await asked(OLLAMA, refusal(OLLAMA, 400, "no streams"), whole(OLLAMA, "hi"), retry_attempts=1)
    assert (heard.text, len(fake.requests)) == ("hi", 2)
    heard, fake = await asked(
        OLLAMA, refusal(OLLAMA, 400, "no streams"), refusal(OLLAMA, 503, "busy"), retry_attempts=2
    )
    assert [request.json["stream"] for request in fake.requests] == [True, False, False]
    assert [(retry.attempt, retry.attempts) for retry in heard.retries] == [(2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (refusal(OLLAMA, 400, "too long"), refusal(OLLAMA, 400, "too long"), "too long"),
        (refusal(OLLAMA, 400, "no streams"), refusal(OLLAMA, 401, "who are you"), "who are you"),
        (refusal(OLLAMA, 400, "too long"), page("<html>oops</html>"), "too long"),
        (page("<html>oops</html>"), refusal(OLLAMA, 400, "too long"), "too long"),
        (refusal(OLLAMA, 400, "too long"), (WaitForClose(),), "too long"),
    ],
)
@simulated
async def test_of_two_failures_the_more_telling_one_is_told(first: Script, second: Script, told: str) -> None:
    heard, _ = await asked(OLLAMA, first, second, retry_attempts=1)
    assert told in heard.reason


@pytest.mark.parametrize("wire", WIRES)
@simulated
async def test_enabled_off_asks_without_streaming(wire: Wire) -> None:
    heard, fake = await asked(wire, whole(wire, "hello"), enabled=False)
    assert (heard.text, heard.failure) == ("hello", None)
    assert not fake.requests[0].json.get("stream")
    heard, fake = await asked(wire, refusal(wire, 400, "no"), whole(wire, "hello"), enabled=False)
    assert len(fake.requests) == 1, "there is nothing to fall back to"


@pytest.mark.parametrize("wire", WIRES)
@simulated
async def test_a_server_that_streams_all_the_same_is_understood(wire: Wire) -> None:
    heard, _ = await asked(wire, ok(wire), enabled=False)
    assert (heard.text, heard.failure) == ("hello", None)


@simulated
async def test_a_stream_declared_as_one_reply_is_understood() -> None:
    script = streamed(OLLAMA, *OLLAMA.answer("hel", "lo"), content_type="application/json")
    heard, fake = await asked(OLLAMA, script)
    assert (heard.text, heard.failure, len(fake.requests)) == ("hello", None, 1)


@simulated
async def test_an_error_given_as_one_reply_is_the_servers_own_word() -> None:
    heard, fake = await asked(OPENAI, json_reply({"error": {"message": "no GPU", "type": "x"}}))
    assert "no GPU" in heard.reason
    assert len(fake.requests) == 1


# --- times


@simulated
async def test_an_errors_body_is_not_waited_for_long() -> None:
    half = Send(head(403, {"Content-Length": "99"}) + b"not you")
    heard, _ = await asked(OLLAMA, (half, WaitForClose()))
    assert (heard.ended, heard.failure and heard.failure.status) == (5, 403)
    assert "not you" in heard.reason
    heard, _ = await asked(OLLAMA, (half, Reset()))
    assert "not you" in heard.reason


@simulated
async def test_first_token_timeout_is_kept_and_may_pass() -> None:
    heard, fake = await asked(OLLAMA, (WaitForClose(),), ok(OLLAMA), first_token_timeout=20.0)
    assert heard.text == "hello"
    assert heard.retries[0].reason.endswith("no answer began within 20 s")
    assert fake.requests[0].closed_at - fake.requests[0].at == 20
    heard, _ = await asked(OLLAMA, (WaitForClose(),), first_token_timeout=20.0, retry_attempts=1)
    assert (heard.ended, heard.failure and heard.failure.exit_code) == (20, Exit.TEMPORARY)


@simulated
async def test_timeout_is_kept_between_pieces() -> None:
    heard, fake = await asked(OLLAMA, streamed(OLLAMA, *begun(OLLAMA), WaitForClose()), timeout=5.0)
    assert isinstance(heard.failure, LimitFailure)
    assert heard.reason.endswith("nothing more came for 5 s")
    assert (heard.ended, heard.times[heard.events.index(Token("lo"))]) == (5, 0)
    assert fake.requests[0].closed_at - fake.requests[0].at == 5, "the server sees the close at once"


@simulated
async def test_connect_timeout_covers_the_name() -> None:
    for fault in (Fault.DNS_HANGS, Fault.CONNECT_HANGS):
        heard, _ = await asked(OLLAMA, ok(OLLAMA), network_fault=fault, connect_timeout=4.0, retry_attempts=1)
        assert heard.ended == 4
        assert "accepted no connection within 4 s" in heard.reason

"""Whatever a server repeats of what it was sent, no sentence of ours says it again: by no path."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence

import pytest

from chatd.adapters.upstream import Endpoint, list_models
from chatd.adapters.upstream.address import parse
from chatd.errors import BadConfig, ModelFailure
from chatd.testing.upstream import ANTHROPIC, OLLAMA, OPENAI, FakeUpstream, Step, Wire, json_reply, page, streamed
from chatd.testing.upstream.replies import response
from chatd.wire.models.protocols import PROTOCOLS
from tests.adapters.upstream.world import KEY, POOL, ask, endpoint_of, model_of, simulated

WIRES = (OLLAMA, OPENAI, ANTHROPIC)
LONG = "so the key was given as "


def framed(wire: Wire, text: str) -> bytes:
    return text.encode() + b"\n" if wire is OLLAMA else b"data: " + text.encode() + b"\n\n"


def paths(wire: Wire) -> dict[str, Sequence[Step]]:
    """Ways in which a server repeats a key, by what is said of it."""
    return {
        "an error in the stream": streamed(wire, wire.error(f"key {KEY} is wrong")),
        "no JSON in the stream": streamed(wire, framed(wire, f"key {KEY} is wrong")),
        "a strange object": streamed(wire, framed(wire, json.dumps({"what": f"key {KEY} is wrong"}))),
        "an error in a whole reply": json_reply({"error": {"message": f"key {KEY} is wrong"}}),
        "a page": page(f"<html>key {KEY} is wrong</html>"),
        "a type of content": response(200, b"hello", f"text/{KEY}"),
        "a refusal": json_reply({"error": {"message": f"key {KEY} is wrong"}}, 400),
        "a redirect": response(302, b"", headers={"Location": f"http://else/{KEY}/?key={KEY}"}),
        "a quotation cut inside it": streamed(wire, wire.error("x" * (300 - len(LONG) - 6) + LONG + KEY)),
    }


@pytest.mark.parametrize("path", list(paths(OLLAMA)))
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.provider)
@simulated
async def test_a_key_is_repeated_by_no_failure(wire: Wire, path: str) -> None:
    fake = FakeUpstream()
    for _ in range(3):
        fake.reply(*paths(wire)[path])
    async with fake.network() as network, endpoint_of(wire, network) as endpoint:
        heard = await ask(model_of(endpoint, fallback_on_error=False))
    assert heard.failure is not None
    assert KEY[:6] not in f"{heard.reason} {heard.events}"


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"error": f"no {KEY}"}, 500),
        page(f"<html>{KEY}"),
        response(200, b"x", headers={"Content-Encoding": KEY}),
    ],
)
@simulated
async def test_nor_by_a_list_that_cannot_be_had(reply: Sequence[Step]) -> None:
    fake = FakeUpstream()
    for _ in range(2):
        fake.reply(*reply)
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        with pytest.raises(ModelFailure) as failed:
            await list_models(endpoint)
    assert KEY not in str(failed.value)


@pytest.mark.parametrize("repeated", ["qu/ry-S3cret", "qu%2Fry-S3cret", b64encode(b"me:hunter2hunter2").decode()])
@simulated
async def test_what_an_address_keeps_is_hidden_in_each_of_its_forms(repeated: str) -> None:
    url = "http://me:hunter2hunter2@box:1/path?key=qu%2Fry-S3cret"
    fake = FakeUpstream().reply(*streamed(OLLAMA, OLLAMA.error(f"not with {repeated}!")))
    async with fake.network() as network, Endpoint(PROTOCOLS["ollama"], url, pool=POOL, network=network) as endpoint:
        heard = await ask(model_of(endpoint))
        assert fake.requests[0].path.endswith("/api/chat?key=qu%2Fry-S3cret"), "it is sent all the same"
        assert "(hidden)" in heard.reason and repeated not in heard.reason
        assert endpoint.address.shown == "http://box:1/path"
        assert not any(word in repr(endpoint.address) for word in ("hunter2", "S3cret"))


@pytest.mark.parametrize(
    "written", ["ftp://box/?key=hunter2", "me:hunter2@box:x", "http://me:hun/ter2@box", "http://a,b?k=hunter2"]
)
def test_an_address_that_is_none_is_refused_without_what_it_keeps(written: str) -> None:
    with pytest.raises(BadConfig, match="endpoint") as refused:
        parse(PROTOCOLS["ollama"], written)
    assert "hun" not in str(refused.value) and "ter2" not in str(refused.value)


@pytest.mark.parametrize("provider", ["ollama", "openai", "anthropic"])
def test_a_password_in_the_address_and_a_key_are_one_too_many(provider: str) -> None:
    with pytest.raises(BadConfig, match="box:1 has a name and password, and there is an API key as well") as refused:
        Endpoint(PROTOCOLS[provider], "http://me:hunter2@box:1", "the-key", pool=POOL)
    assert "hunter2" not in str(refused.value) and "the-key" not in str(refused.value)

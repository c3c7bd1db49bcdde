"""What a server says it offers, in each server's own way."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from chatd.adapters.upstream import list_models
from chatd.errors import LimitFailure, ModelFailure, NetworkFailure, ProtocolFailure, UpstreamFailure
from chatd.testing.upstream import (
    ANTHROPIC,
    OLLAMA,
    OPENAI,
    Close,
    FakeUpstream,
    Fault,
    Reset,
    Send,
    Wait,
    WaitForClose,
    json_reply,
    page,
    response,
)
from chatd.testing.upstream.fake import Received
from chatd.testing.upstream.replies import head
from chatd.wire.models.listing import Listed
from tests.adapters.upstream.world import endpoint_of, simulated


def tag(name: str, digest: str = "") -> dict[str, Any]:
    return {"name": name, "model": name, "digest": digest or f"sha-{name}", "details": {"family": "x"}}


def shown(*capabilities: str, length: int = 4096) -> dict[str, Any]:
    info = {"general.architecture": "qwen3", "qwen3.context_length": length, "tokenizer.ggml.tokens": ["x"] * 99}
    return {"capabilities": list(capabilities), "model_info": info}


@simulated
async def test_an_ollama_tells_what_its_models_can() -> None:
    fake = FakeUpstream().route("GET", "/api/tags", *json_reply({"models": [tag("qwen3:8b"), tag("nomic")]}))
    abilities = {"qwen3:8b": shown("completion", "tools", length=40960), "nomic": shown("embedding")}
    fake.answers(lambda request: json_reply(abilities[request.json["model"]]))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        for _ in range(2):
            assert await list_models(endpoint) == [Listed("qwen3:8b", ("completion", "tools"), 40960)]
        assert [request.path for request in fake.requests].count("/api/show") == 2, "once for each file"
        fake.route("GET", "/api/tags", *json_reply({"models": [tag("qwen3:8b", "another")]}))
        await list_models(endpoint)
        assert [request.path for request in fake.requests].count("/api/show") == 3, "again for a new file"


@simulated
async def test_a_model_an_ollama_cannot_describe_is_listed_all_the_same() -> None:
    fake = FakeUpstream().route("GET", "/api/tags", *json_reply({"models": [tag("old"), tag("new")]}))
    fake.answers(
        lambda request: (Reset(),) if request.json["model"] == "old" else json_reply({"modelfile": "from before 2025"})
    )
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        assert await list_models(endpoint) == [Listed("old"), Listed("new")]


@simulated
async def test_at_most_four_models_are_asked_about_at_once() -> None:
    fake = FakeUpstream().route("GET", "/api/tags", *json_reply({"models": [tag(f"m{n}") for n in range(10)]}))

    def slow(_: Received) -> Any:
        return (Wait(1), *json_reply(shown("completion")))

    fake.answers(slow)
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        begun = anyio.current_time()
        assert len(await list_models(endpoint)) == 10
        assert anyio.current_time() - begun == 3


@pytest.mark.parametrize("models", [[], None])
@simulated
async def test_an_ollama_without_models(models: Any) -> None:
    fake = FakeUpstream().reply(*json_reply({"models": models}))
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        assert await list_models(endpoint) == []


@simulated
async def test_openai_servers_say_the_context_each_in_its_own_way_and_what_cannot_chat_is_left_out() -> None:
    data = [
        {"id": "vllm", "max_model_len": 8192},
        {"id": "other", "context_length": 100},
        {"id": "llama", "meta": {"n_ctx_train": 32768}},
        {"id": "gpt-5"},
        {"id": "text-embedding-3-large"}, {"id": "whisper-1"}, {"id": "dall-e-3"}, {"id": "gpt-4o-realtime"},
        {"id": "tts-1"}, {"id": "omni-moderation"}, {"id": "gpt-image-1"}, {"id": "davinci-002"}, {"id": ""}, 7,
    ]  # fmt: skip
    fake = FakeUpstream().route("GET", "/v1/models", *json_reply({"object": "list", "data": data}))
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        expected = [Listed("vllm", (), 8192), Listed("other", (), 100), Listed("llama", (), 32768), Listed("gpt-5")]
        assert await list_models(endpoint) == expected


@simulated
async def test_anthropics_list() -> None:
    reply = json_reply({"data": [{"type": "model", "id": "claude-x"}], "has_more": False})
    fake = FakeUpstream().route("GET", "/v1/models?limit=500", *reply)
    async with fake.network() as network, endpoint_of(ANTHROPIC, network) as endpoint:
        assert await list_models(endpoint) == [Listed("claude-x")]
        assert fake.requests[0].headers["x-api-key"] == "tr0ub4dor"


ENDLESS = (Send(head(200, {"Content-Type": "application/json"}) + b"[" + b"1," * (3 << 20)), Close())


@pytest.mark.parametrize(
    ("script", "failure", "said"),
    [
        (page("<html>router</html>"), ProtocolFailure, "router"),
        (json_reply(["no"]), ProtocolFailure, "list of models"),
        (json_reply({"detail": "no cache directory"}, 500), UpstreamFailure, "no cache directory"),
        (response(401, b""), UpstreamFailure, "401"),
        ((Reset(),), NetworkFailure, "without an answer"),
        ((WaitForClose(),), LimitFailure, "10 s"),
        (ENDLESS, LimitFailure, "4 MiB"),
        (response(200, b"x", headers={"Content-Encoding": "br"}), ProtocolFailure, "br"),
    ],
)
@simulated
async def test_a_list_that_cannot_be_had(script: Any, failure: type[ModelFailure], said: str) -> None:
    fake = FakeUpstream().reply(*script)
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        with pytest.raises(failure, match=said):
            await list_models(endpoint)
        assert network.open_streams <= 1
        network.fault = Fault.REFUSED
    assert network.open_streams == 0


@simulated
async def test_a_dead_pooled_connection_does_not_make_a_server_unavailable() -> None:
    offered = json_reply({"data": [{"id": "gpt"}]})
    fake = FakeUpstream().reply(*offered).reply(Reset()).reply(*offered)
    async with fake.network() as network, endpoint_of(OPENAI, network) as endpoint:
        for _ in range(2):
            assert await list_models(endpoint) == [Listed("gpt")]


@simulated
async def test_nobody_there() -> None:
    fake = FakeUpstream()
    async with fake.network() as network, endpoint_of(OLLAMA, network) as endpoint:
        network.fault = Fault.REFUSED
        with pytest.raises(NetworkFailure, match="refuses the connection"):
            await list_models(endpoint)

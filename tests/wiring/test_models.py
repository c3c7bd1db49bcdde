"""From configuration and environment to models: names that can be asked, and words for what is missing."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager

import pytest

from chatd.config import Config, ModelConfig, ServerConfig
from chatd.errors import BadConfig, ModelFailure
from chatd.testing import run
from chatd.testing.upstream import FakeUpstream, Received, Step, json_reply
from chatd.testing.upstream.network import open_network
from chatd.wiring.models import Upstreams

HOME = "127.0.0.1:11434"
NOBODY: Mapping[str, str] = {}


@asynccontextmanager
async def opened(
    servers: Mapping[str, FakeUpstream],
    environ: Mapping[str, str] = NOBODY,
    *models: ModelConfig,
    discover: bool = True,
    members: Container[str] = (),
) -> AsyncIterator[Upstreams]:
    config = Config(server=ServerConfig(discover=discover), models=models)
    async with open_network() as network:
        for where, fake in servers.items():
            network.attach(where, fake.handle)
        async with Upstreams(config, environ, network=network, is_member=members.__contains__) as upstreams:
            yield upstreams


async def look(upstreams: Upstreams) -> list[str]:
    """Look everywhere; the names there are then."""
    for source in upstreams.sources:
        upstreams.registry.found(source, await source.look())
    return list(upstreams.registry)


def ollama(*names: str) -> FakeUpstream:
    fake = FakeUpstream().answers(lambda _: json_reply({"capabilities": ["completion"]}))
    return fake.route("GET", "/api/tags", *json_reply({"models": [{"name": name} for name in names]}))


def test_a_model_that_is_called_as_somebody_else_is_reached_by_its_full_name() -> None:
    async def main() -> None:
        async with opened({HOME: ollama("system", "guest-x", "echo", "bob", "fine")}, members={"bob"}) as upstreams:
            found = await look(upstreams)
            assert found[2:] == ["ollama/system", "ollama/guest-x", "ollama/echo", "ollama/bob", "fine"]
            for name in found[2:]:
                assert upstreams.registry.find(name).info.name == name, "it writes under the name it is asked by"
            assert upstreams.registry.find("echo").info.provider == "echo"

    run(main)


def test_who_becomes_a_member_takes_the_name_at_the_next_look_and_the_others_stay_who_they_are() -> None:
    async def main() -> None:
        members = set[str]()
        async with opened({HOME: ollama("bob", "fine")}, members=members) as upstreams:
            assert (await look(upstreams))[2:] == ["bob", "fine"]
            fine = upstreams.registry["fine"]
            members.add("bob")
            assert (await look(upstreams))[2:] == ["ollama/bob", "fine"] and upstreams.registry["fine"] is fine

    run(main)


def test_a_configured_model_is_not_found_a_second_time() -> None:
    async def main() -> None:
        mine = ModelConfig("qwen3:8b", "ollama")
        other = ModelConfig("gemma:2b", "ollama", "http://elsewhere:1")
        servers = {HOME: ollama("qwen3:8b", "gemma:2b"), "elsewhere:1": ollama("gemma:2b")}
        async with opened(servers, NOBODY, mine, other) as upstreams:
            assert await look(upstreams) == ["qwen3:8b", "gemma:2b", "eliza", "echo", "ollama/gemma:2b"]

    run(main)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_configured_model_whose_server_has_no_list_is_available(status: int) -> None:
    async def main() -> None:
        fake = FakeUpstream().answers(lambda _: json_reply({}, 500))
        async with opened({"box:1": fake}, NOBODY, ModelConfig("m", "openai", "http://box:1/v1")) as upstreams:
            (source,) = [one for one in upstreams.sources if "box" in one.name]
            with pytest.raises(ModelFailure):
                await source.look()
            assert not upstreams.registry["m"].info.available
            fake.answers(lambda _: json_reply({}, status))
            assert await source.look() == () and upstreams.registry["m"].info.available

    run(main)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, [False]),
        ({"OLLAMA_HOST": "127.0.0.1"}, [True]),
        ({"OPENAI_API_KEY": "k"}, [False, True]),
        ({"OPENAI_BASE_URL": "http://box:1"}, [False, True]),
        ({"ANTHROPIC_API_KEY": "k"}, [False, True]),
    ],
)
def test_whom_the_environment_names_is_expected(environ: Mapping[str, str], expected: list[bool]) -> None:
    assert [source.expected for source in Upstreams(Config(), environ).sources] == expected


def test_two_keys_at_one_server_find_models_of_their_own() -> None:
    def offers(request: Received) -> tuple[Step, ...]:
        mine = "mine" if request.headers["authorization"] == "Bearer one" else "theirs"
        return json_reply({"data": [{"id": mine}]})

    async def main() -> None:
        environ = {"OPENAI_API_KEY": "one", "SECOND": "two"}
        second = ModelConfig("m", "openai", "", api_key_env="SECOND")
        async with opened(
            {"api.openai.com:443": FakeUpstream().answers(offers), HOME: ollama()}, environ, second
        ) as ups:
            assert [source.name for source in ups.sources].count("openai at api.openai.com") == 2
            assert "mine" in await look(ups)
            ups.registry.found(ups.sources[0], ())
            assert "mine" in ups.registry

    run(main)


def test_what_people_are_shown_of_an_address_has_no_query() -> None:
    model = ModelConfig("m", "openai", "http://box:1/v1?key=hunter2")
    assert Upstreams(Config(models=(model,)), {}).registry["m"].info.endpoint == "http://box:1/v1"


def test_an_address_in_the_environment_is_logged_without_its_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    Upstreams(Config(), {"OPENAI_BASE_URL": "gopher://me:hunter2@x", "OLLAMA_HOST": "me:hunter2@x:y"})
    assert "no models of openai are looked for" in caplog.text and "hunter2" not in caplog.text


def test_a_password_and_a_key_at_once_are_refused_by_the_models_name() -> None:
    model = ModelConfig("m", "openai", "http://me:hunter2@box:1", api_key_env="KEY")
    with pytest.raises(BadConfig, match=r"^model m: the endpoint at box:1 has a name and password") as refused:
        Upstreams(Config(models=(model,)), {"KEY": "k3y"})
    assert "hunter2" not in str(refused.value) and "k3y" not in str(refused.value)


def test_a_provider_that_is_none_is_refused_by_the_models_name() -> None:
    with pytest.raises(BadConfig, match=r"^model m: there is no provider gopher$"):
        Upstreams(Config(models=(ModelConfig("m", "gopher"),)), {})


def test_a_server_is_one_whether_it_is_configured_or_found_and_keys_that_are_not_set_are_known() -> None:
    models = (ModelConfig("m", "openai"), ModelConfig("n", "openai", "http://box:1"), ModelConfig("o", "anthropic"))
    upstreams = Upstreams(Config(models=models), {"OPENAI_API_KEY": "k"})
    told = [
        (server.endpoint.address.host_port, [model.info.name for model in server.configured], server.make is not None)
        for server in upstreams.servers
    ]
    assert told == [
        ("api.openai.com", ["m"], True), ("box:1", ["n"], False), ("api.anthropic.com", ["o"], False),
        ("127.0.0.1:11434", [], True),
    ]  # fmt: skip
    assert [upstreams.unset_variable(name) for name in "mno"] == [None, None, "ANTHROPIC_API_KEY"]

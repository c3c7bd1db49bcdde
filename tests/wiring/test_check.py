"""`chatd check`: it tells what the server itself would find, and what keeps it from finding more."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chatd.config import Config, ModelConfig, ServerConfig
from chatd.testing import run
from chatd.testing.upstream import FakeUpstream, json_reply
from chatd.testing.upstream.network import open_network
from chatd.wiring.check import Finding, check_models

HOME = "127.0.0.1:11434"
OPENAI = "api.openai.com:443"
SEEKING = Config(server=ServerConfig(discover=True))


def checked(
    servers: Mapping[str, FakeUpstream], environ: Mapping[str, str] | None = None, config: Config = SEEKING
) -> dict[str, Finding]:
    """What is found in a network that has these servers, by the first word of its line."""

    async def main() -> list[Finding]:
        async with open_network() as network:
            for where, fake in servers.items():
                network.attach(where, fake.handle)
            return await check_models(config, environ or {}, network=network)

    return {found.line.split()[0]: found for found in run(main)}


def ollama(*names: str) -> FakeUpstream:
    fake = FakeUpstream().answers(lambda _: json_reply({"capabilities": ["completion"]}))
    return fake.route("GET", "/api/tags", *json_reply({"models": [{"name": name} for name in names]}))


def hosted(*names: str, status: int = 200) -> FakeUpstream:
    return FakeUpstream().answers(lambda _: json_reply({"data": [{"id": name} for name in names]}, status))


def configured(**keys: object) -> Config:
    model = ModelConfig(**{"name": "m", "provider": "openai", "endpoint": "http://box:1/v1", **keys})  # type: ignore[arg-type]
    return Config(server=ServerConfig(discover=False), models=(model,))


def test_what_is_found_is_named_as_the_server_would_name_it() -> None:
    found = checked({HOME: ollama("fine:1b", "evil\x1b[2J", "a b", "Eliza", "system", "guest-x", "")})
    assert list(found) == ["@eliza", "@echo", "@fine:1b", "@ollama/eliza", "@ollama/system", "@ollama/guest-x"]
    assert all(one.good for one in found.values())


def test_a_name_that_two_servers_offer_is_listed_once() -> None:
    found = checked({HOME: ollama("m:1b"), OPENAI: hosted("m:1b", "gpt")}, {"OPENAI_API_KEY": "k"})
    assert list(found) == ["@eliza", "@echo", "@m:1b", "@gpt"] and found["@m:1b"].info.provider == "ollama"


def test_an_ollama_nobody_spoke_of_may_be_away_and_one_that_was_named_may_not() -> None:
    assert list(checked({})) == ["@eliza", "@echo"]
    missed = checked({}, {"OLLAMA_HOST": "127.0.0.1"})["(ollama)"]
    assert not missed.good and "refuses the connection" in missed.line and "http://127.0.0.1:11434" in missed.line


def test_an_ollama_nobody_spoke_of_that_fails_is_told() -> None:
    broken = FakeUpstream().answers(lambda _: json_reply({"error": "no cache directory"}, 500))
    missed = checked({HOME: broken})["(ollama)"]
    assert not missed.good and "no cache directory" in missed.state


def test_a_wrong_key_in_the_environment_is_told() -> None:
    missed = checked({OPENAI: hosted(status=401)}, {"OPENAI_API_KEY": "k"})["(openai)"]
    assert not missed.good and "HTTP 401" in missed.line and missed.line.startswith("(openai) ")


def test_an_address_in_the_environment_that_is_none_is_told_without_its_password() -> None:
    missed = checked({}, {"OPENAI_BASE_URL": "gopher://me:hunter2@x"})["(openai)"]
    assert not missed.good and "hunter2" not in missed.line and "endpoint" in missed.line


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_that_does_not_list_its_models_is_there(status: int) -> None:
    found = checked({"box:1": hosted(status=status)}, config=configured())["@m"]
    assert (found.good, found.state) == (True, "the server answers; it does not list its models")
    found = checked({"box:1": hosted(status=status)}, {"OPENAI_BASE_URL": "http://box:1/v1"})["(openai)"]
    assert (found.good, found.state) == (True, "the server answers; it does not list its models")


def test_tools_that_nobody_ships_are_named() -> None:
    found = checked({"box:1": hosted("m")}, config=configured(tools=("clock", "*", "nosuch")))["@m"]
    assert found.state == "ready; there is no tool 'nosuch' unless a script defines it" and found.good


def test_what_a_server_says_cannot_harm_a_terminal_and_a_secret_is_not_shown() -> None:
    config = configured(endpoint="http://box:1/v1?key=hunter2", model="wanted")
    told = checked({"box:1": hosted("evil\x1b[2J\n", "x" * 5000)}, config=config)["@m"].line
    assert told.isprintable() and "hunter2" not in told and len(told) < 600
    odd = configured(provider="ollama", endpoint="http://box:1", model="\x1b[2J")
    told = checked({"box:1": ollama("m")}, config=odd)["@m"].line
    assert told.isprintable() and "fetches it" in told
    told = checked({"box:1": hosted("m")}, config=configured(api_key_env="gsk_abcdefghijkl"))["@m"].line
    assert "gsk_abc" not in told and "is not set" in told

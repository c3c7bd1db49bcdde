"""The configuration file: what is good is understood, what is wrong is refused with file, key, found and allowed."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.config import Config, ModelConfig
from chatd.config_file import load
from chatd.config_rules import duration, parse_address, size
from chatd.errors import BadConfig, MissingFile

EXAMPLE = Path(__file__).parent.parent / "chatd.example.toml"


def loaded(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "chatd.toml"
    path.write_text(text)
    return load(path)


def test_without_a_file_the_defaults_stand() -> None:
    assert load(None) == Config()


def test_the_example_is_complete_and_says_the_defaults() -> None:
    read = load(EXAMPLE)
    default = Config()
    moved = dataclasses.replace(default.server, data=EXAMPLE.parent / "data")
    assert read == dataclasses.replace(default, server=moved, models=read.models)
    assert [model.name for model in read.models] == ["eliza"]
    raw = tomllib.loads(EXAMPLE.read_text())
    for section in ("server", "auth", "streaming", "limits", "lua", "web", "cache", "guard", "log"):
        assert set(raw[section]) == {f.name for f in dataclasses.fields(getattr(default, section))}
    assert set(raw["models"][0]) == {f.name for f in dataclasses.fields(ModelConfig)}


def test_units_are_understood(tmp_path: Path) -> None:
    config = loaded(tmp_path, '[server]\ngrace = "250ms"\n[limits]\nmax_message = "20KiB"\n')
    assert (config.server.grace, config.limits.max_message) == (0.25, 20480)


def test_components_of_the_log_have_levels_of_their_own(tmp_path: Path) -> None:
    config = loaded(tmp_path, '[log]\nformat = "json"\ncomponents = { models = "debug", "models.router" = "error" }\n')
    assert (config.log.level, config.log.format) == ("info", "json")
    assert config.log.components == {"models": "debug", "models.router": "error"}


def test_relative_paths_start_at_the_files_directory(tmp_path: Path) -> None:
    assert loaded(tmp_path, '[server]\ndata = "here"\n').server.data == tmp_path / "here"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[server]\nlisten = 5\n", "server.listen is 5; allowed is a list of addresses"),
        ('[server]\nlisten = ["nowhere"]\n', "server.listen is ['nowhere']; allowed is a list of addresses"),
        ('[server]\nlisten = ["h:70000"]\n', "ports from 0 to 65535"),
        ("[server]\nlisten = []\n", "a list of addresses"),
        (
            '[sever]\nname = "x"\n',
            "unknown key sever; allowed are server, auth, streaming, limits, lua, web, cache, ",
        ),
        ('[server]\nnmae = "x"\n', "unknown key server.nmae; allowed are listen, data, name, motd, discover, grace"),
        ("server = 1\n", "server is 1; allowed is a table [server]"),
        ('[server]\ngrace = "5"\n', "server.grace is '5'; allowed is a duration"),
        ('[server]\ngrace = "5000s"\n', "from 0.1s to 600s"),
        ('[limits]\nmax_message = "16kb"\n', "limits.max_message is '16kb'; allowed is a size"),
        ('[log]\nlevel = "loud"\n', "log.level is 'loud'; allowed is one of debug, info, warning, error"),
        ('[log]\ncomponents = { models = "loud" }\n', 'allowed is a table such as { models = "debug" }; levels are '),
        ('[log]\ncomponents = { modles = "debug" }\n', "a table of levels of these components: app, budget, config, "),
        ('[log]\ncomponents = ["models"]\n', 'allowed is a table such as { models = "debug" }'),
        ("[limits]\nmax_streams = 0\n", "limits.max_streams is 0; allowed is a whole number from 1"),
        ("[limits]\nmax_streams = true\n", "limits.max_streams is true; allowed is a whole number"),
        ('[auth]\nmode = "closed"\n', "auth.mode is 'closed'; allowed is one of open, known, list"),
        ('[auth]\nmode = "list"\n', "auth.authorized_keys is ''; allowed is a file"),
        ('[auth]\nauthorized_keys = "nowhere"\n', "allowed is a file that exists"),
        (
            '[auth]\nadmins = ["SHA256:short"]\n',
            "auth.admins is ['SHA256:short']; allowed is a list of key fingerprints",
        ),
        ('[auth]\nguests_ask = "some"\n', "one of none, local, all"),
        ("[streaming]\nenabled = 1\n", "streaming.enabled is 1; allowed is true or false"),
        ('[lua]\npath = "nowhere"\n', "lua.path is 'nowhere'; allowed is a directory that exists"),
        ("[lua]\ninstructions = 1\n", "lua.instructions is 1"),
        ('[web]\nlisten = ["nowhere"]\n', "web.listen is ['nowhere']; allowed is a list of addresses"),
        ('[web]\nanonymous = "all"\n', "web.anonymous is 'all'; allowed is one of none, read, guest"),
        ("[web]\nmetrics = true\n", "web.metrics is true; allowed is one of local, token, off"),
        ('[web]\ntrusted_proxies = ["10.0.0.0/33"]\n', "allowed is a list of addresses and networks"),
        ('[web]\ntrusted_proxies = "10.0.0.1"\n', "allowed is a list of addresses and networks"),
        ('[web]\npublic_url = "chat.example"\n', 'allowed is an address without a path such as "https://'),
        ('[[models]]\nname = "x"\n', "models[0].provider is missing"),
        ('[[models]]\nname = "x"\nprovider = "magic"\n', "models[0].provider is 'magic'; allowed is one of ollama"),
        ('[[models]]\nname = "-"\nprovider = "echo"\n', "models[0].name is '-'"),
        (
            '[[models]]\nname = "a"\nprovider = "echo"\n[[models]]\nname = "a"\nprovider = "echo"\n',
            "no other model has",
        ),
        ("[models]\nname = 1\n", "allowed is tables [[models]]"),
        ("not toml", "not TOML"),
        ("a = " + "[" * 20_000, "not TOML: nested too deeply"),
        ("a = " + "9" * 5000, "not TOML: "),
        (f"[server]\ngrace.{'a.' * 3_000}b = 1\n", "server.grace is something too large to show; allowed is"),
        (f"[limits]\nmax_streams = 0x{'f' * 5000}\n", "limits.max_streams is something too large to show; allowed is"),
        (f'[limits]\nmax_message = "{"9" * 5000}B"\n', "allowed is a size such as"),
        ('"\\u001b[31m\\n" = 1\n', r"unknown key '\x1b[31m\n'; allowed are server"),
        ('[server]\n"a.b" = 1\n', "unknown key server.'a.b'; allowed are listen"),
        (f"[server]\n{'k' * 5000} = 1\n", f"unknown key server.'{'k' * 56}...; allowed are listen"),
        ('[server]\ndata = ""\n', "server.data is ''; allowed is a path that is not empty"),
        ('[server]\ndata = "a\\u0000b"\n', r"server.data is 'a\x00b'; allowed is a path"),
        ('[server]\ndata = "~nobody-has-this-name/x"\n', "server.data is '~nobody-has-this-name/x'; allowed is a path"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadConfig) as refused:
        loaded(tmp_path, text)
    assert message in str(refused.value)
    assert str(refused.value).startswith(str(tmp_path / "chatd.toml"))
    assert "\n" not in str(refused.value)


def test_the_web_is_configured(tmp_path: Path) -> None:
    proxies = 'trusted_proxies = ["::1", "10.1.2.3/8"]\n'
    text = '[web]\nlisten = [":8022"]\npublic_url = "https://chat.example:8443/"\n'
    web = loaded(tmp_path, text + proxies).web
    assert (web.listen, web.public_url) == ((":8022",), "https://chat.example:8443")
    assert (web.trusted_proxies, web.anonymous, web.metrics) == (("::1", "10.1.2.3/8"), "none", "local")


@pytest.mark.parametrize("rest", ["/path", "?q=1", "/?token=1", "#x", " x", ":x", "//"])
def test_a_public_address_is_that_of_a_host(tmp_path: Path, rest: str) -> None:
    for url in (f"https://chat.example{rest}", "ftp://chat.example", "https://", "https://name:pass@chat.example"):
        with pytest.raises(BadConfig, match=r"web\.public_url is something else") as refused:
            loaded(tmp_path, f'[web]\npublic_url = "{url}"\n')
        assert "pass" not in str(refused.value)


def with_model(name: str, endpoint: str) -> str:
    return f'[[models]]\nname = "{name}"\nprovider = "openai"\nendpoint = "{endpoint}"\n'


@pytest.mark.parametrize("name", ["system", "chatd", "guest", "guest-x", "guest_x"])
def test_a_model_cannot_speak_for_the_server_or_for_a_guest(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadConfig, match=rf"models\[0\]\.name is '{name}'; allowed is .*not reserved"):
        loaded(tmp_path, with_model(name, ""))


@pytest.mark.parametrize(
    "endpoint",
    ["not a url", "127.0.0.1:11434", "ftp://host/v1", "http://", "http:///v1", "http://[::1", "http://host:99999",
     "http://host:x", "http://ho st/", "http://host/\\n", "http://:80"],
)  # fmt: skip
def test_an_endpoint_that_is_no_address_is_refused(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(BadConfig, match=r"models\[0\]\.endpoint is .*; allowed is an address such as"):
        loaded(tmp_path, with_model("qwen", endpoint))


@pytest.mark.parametrize(
    "endpoint", ["", "http://127.0.0.1:11434", "https://api.example.com/v1", "http://[::1]:8080/v1", "HTTP://host"]
)
def test_an_endpoint_that_is_one_is_taken_as_it_stands(tmp_path: Path, endpoint: str) -> None:
    assert loaded(tmp_path, with_model("qwen", endpoint)).models[0].endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint", ["htp://me:hunter2@box", "box?key=hunter2", "me:hunter2@box", "http://b x#hunter2"]
)
def test_an_endpoint_that_may_hold_a_secret_is_refused_without_repeating_it(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(BadConfig, match=r"models\[0\]\.endpoint is .*; allowed is an address such as") as refused:
        loaded(tmp_path, with_model("qwen", endpoint))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("key", ["'sk-proj-hunter2'", "'7up'", "'a b'", "'$HOME'", "7", "'grüß'"])
def test_a_key_where_its_variables_name_is_wanted_is_refused_without_repeating_it(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadConfig, match="the NAME of an environment variable, not the key itself") as refused:
        loaded(tmp_path, with_model("qwen", "") + f"api_key_env = {key}\n")
    assert key.strip("'") not in str(refused.value).replace(str(tmp_path), "")


def test_a_variables_name_is_taken_as_it_stands(tmp_path: Path) -> None:
    for name in ("", "_MY_KEY2", "key"):
        assert loaded(tmp_path, with_model("qwen", "") + f'api_key_env = "{name}"\n').models[0].api_key_env == name


def test_a_missing_file_is_another_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        load(tmp_path / "none.toml")
    with pytest.raises(MissingFile):
        load(tmp_path)


@given(st.integers(1, 10_000), st.sampled_from(["ms", "s", "m", "h"]))
def test_durations(number: int, unit: str) -> None:
    seconds = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit] * number
    assert duration(0, 1e9)(Path(), f"{number}{unit}") == pytest.approx(seconds)


@given(st.text(max_size=12))
def test_no_text_breaks_the_units(text: str) -> None:
    for rule in (duration(0, 1e9), size(0, 1 << 40)):
        try:
            found = rule(Path(), text)
        except ValueError as error:
            found = str(error)
        assert isinstance(found, int | float) or "such as" in str(found)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("127.0.0.1:2222", ("127.0.0.1", 2222)), ("[::1]:0", ("::1", 0)), (":22", ("", 22)), ("host:1", ("host", 1))],
)
def test_addresses(text: str, parts: tuple[str, int]) -> None:
    assert parse_address(text) == parts

"""Reading `chatd.toml`: every wrong key or value is refused in one line that says how to mend it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chatd.config import (
    PROVIDERS,
    AuthConfig,
    Config,
    LimitsConfig,
    LuaConfig,
    ModelConfig,
    ServerConfig,
    StreamingConfig,
)
from chatd.core import names
from chatd.core.door import AuthMode
from chatd.errors import BadConfig, MissingFile

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZE = re.compile(r"(\d{1,18})(B|KiB|MiB|GiB)")
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.%a-z]+\]|[^:\s\[\]]*):(\d{1,5})")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")


def load(path: Path | None) -> Config:
    """The configuration in the file, or the defaults without one.

    Raises MissingFile when the file cannot be read, BadConfig for anything wrong in it.
    """
    if path is None:
        return Config()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MissingFile(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise BadConfig(f"{path}: not TOML: nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, and what int() says to 5,000 digits
        raise BadConfig(f"{path}: not TOML: {error}") from error
    return _Reader(path).config(data)


class _Reader:
    """Knows the file, for messages and for paths relative to it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def config(self, data: Mapping[str, Any]) -> Config:
        self._known("", data, (*_SECTIONS, "models"))
        sections = {name: self._section(name, data.get(name, {}), kind) for name, kind in _SECTIONS.items()}
        models = data.get("models", [])
        if not isinstance(models, list) or not all(isinstance(m, dict) for m in models):
            raise self._wrong("models", models, "tables [[models]]")
        config = replace(Config(), **sections, models=tuple(self._model(i, m) for i, m in enumerate(models)))
        self._consistent(config)
        return config

    def _section(self, name: str, data: object, kind: type) -> Any:
        if not isinstance(data, dict):
            raise self._wrong(name, data, f"a table [{name}]")
        self._known(name, data, tuple(f.name for f in fields(kind)))
        return kind(**{key: self._value(f"{name}.{key}", value) for key, value in data.items()})

    def _model(self, index: int, data: Mapping[str, object]) -> ModelConfig:
        where = f"models[{index}]"
        self._known(where, data, tuple(f.name for f in fields(ModelConfig)))
        for key in ("name", "provider"):
            if key not in data:
                raise BadConfig(f"{self._path}: {where}.{key} is missing")
        return ModelConfig(**{k: self._value(f"{where}.{k}", v, f"models.{k}") for k, v in data.items()})

    def _value(self, key: str, value: object, rule: str | None = None) -> Any:
        check = _RULES[rule or key]
        try:
            return check(self._path.parent, value)
        except ValueError as error:
            raise self._wrong(key, value, str(error)) from None

    def _known(self, where: str, data: Mapping[str, object], allowed: tuple[str, ...]) -> None:
        for key in data:
            if key not in allowed:
                shown = key if _PLAIN_KEY.fullmatch(key) else _shown(key)
                full = f"{where}.{shown}" if where else shown
                raise BadConfig(f"{self._path}: unknown key {full}; allowed are {', '.join(allowed)}")

    def _wrong(self, key: str, found: object, allowed: str) -> BadConfig:
        return BadConfig(f"{self._path}: {key} is {_shown(found)}; allowed is {allowed}")

    def _consistent(self, config: Config) -> None:
        seen: set[str] = set()
        for index, model in enumerate(config.models):
            if model.name in seen:
                raise self._wrong(f"models[{index}].name", model.name, "a name no other model has")
            seen.add(model.name)
        if config.auth.mode is AuthMode.LIST and config.auth.authorized_keys is None:
            raise self._wrong("auth.authorized_keys", "", 'a file, because auth.mode is "list"')


def _shown(value: object) -> str:
    try:
        text = repr(value) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    except (ValueError, RecursionError):
        return "something too large to show"
    return text if len(text) <= 60 else text[:57] + "..."


Rule = Callable[[Path, object], object]


def _just(kind: type, what: str) -> Rule:
    def check(_: Path, value: object) -> object:
        if not isinstance(value, kind):
            raise ValueError(what)
        return value

    return check


def _whole(low: int, high: int) -> Rule:
    def check(_: Path, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return check


def duration(low: float, high: float) -> Rule:
    """A rule for durations such as "250ms", "5s", "2m", from `low` to `high` seconds."""

    def check(_: Path, value: object) -> float:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        seconds = float(match[1]) * _SECONDS[match[2]] if match else -1.0
        if not low <= seconds <= high:
            raise ValueError(f'a duration such as "250ms", "5s", "2m" from {low:g}s to {high:g}s')
        return seconds

    return check


def size(low: int, high: int) -> Rule:
    """A rule for sizes such as "16KiB", "1MiB", from `low` to `high` bytes."""

    def check(_: Path, value: object) -> int:
        match = _SIZE.fullmatch(value) if isinstance(value, str) else None
        count = int(match[1]) * _BYTES[match[2]] if match else -1
        if not low <= count <= high:
            raise ValueError(f'a size such as "16KiB", "1MiB" from {low}B to {high}B')
        return count

    return check


def _one_of(*allowed: str) -> Rule:
    def check(_: Path, value: object) -> str:
        if value not in allowed:
            raise ValueError("one of " + ", ".join(allowed))
        return str(value)

    return check


def _list_of(pattern: re.Pattern[str] | None, what: str, at_least: int = 0) -> Rule:
    def check(_: Path, value: object) -> tuple[str, ...]:
        good = isinstance(value, list) and len(value) >= at_least and all(isinstance(v, str) for v in value)
        if not good or not isinstance(value, list) or (pattern and not all(pattern.fullmatch(v) for v in value)):
            raise ValueError(f"a list of {what}")
        return tuple(value)

    return check


def _addresses(base: Path, value: object) -> object:
    found = _list_of(_ADDRESS, 'addresses such as "127.0.0.1:2222"', 1)(base, value)
    assert isinstance(found, tuple)
    for address in found:
        parse_address(address)
    return found


def parse_address(text: str) -> tuple[str, int]:
    """`HOST:PORT` in its parts; `[::1]:2222` for IPv6, an empty host for every interface. Raises ValueError."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match[2]) > 65535:
        raise ValueError('addresses such as "127.0.0.1:2222", ports from 0 to 65535')
    return match[1].strip("[]"), int(match[2])


def _path(*, kind: str) -> Rule:
    def check(base: Path, value: object) -> Path | None:
        if not isinstance(value, str):
            raise ValueError("a path in quotes")
        if value == "" and kind != "any":
            return None
        if value == "" or "\0" in value:
            raise ValueError("a path that is not empty and has no NUL")
        try:
            path = base / Path(value).expanduser()
        except RuntimeError:
            raise ValueError("a path; there is no user of that name") from None
        if kind == "file" and not path.is_file():
            raise ValueError("a file that exists")
        if kind == "directory" and not path.is_dir():
            raise ValueError("a directory that exists")
        return path

    return check


def _endpoint(_: Path, value: object) -> str:
    if isinstance(value, str) and (value == "" or (_is_url(value) and value.isprintable() and " " not in value)):
        return value
    raise ValueError('an address such as "http://127.0.0.1:11434", or ""')


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an odd bracket, a port that is none
        return False


def _model_name(_: Path, value: object) -> str:
    if not isinstance(value, str) or not names.is_name(value.replace(":", "-").replace("/", "-")):
        raise ValueError("a name of a-z 0-9 . _ - : /, first a letter or digit, up to 32 characters")
    if names.is_reserved(value):
        raise ValueError(f"a name that is not reserved, as {', '.join(sorted(names.RESERVED))} and guest-… are")
    return value


_SECTIONS: dict[str, type] = {
    "server": ServerConfig,
    "auth": AuthConfig,
    "streaming": StreamingConfig,
    "limits": LimitsConfig,
    "lua": LuaConfig,
}

_COUNTS = (
    "max_streams_per_user", "max_streams_per_room", "max_streams", "history_rows", "max_rooms", "max_connections",
    "max_connections_per_address", "max_unauthenticated", "max_auth_tries", "max_probes", "max_channels",
    "keepalive_misses",
)  # fmt: skip

_RULES: dict[str, Rule] = {
    "server.listen": _addresses,
    "server.data": _path(kind="any"),
    "server.name": _just(str, "text in quotes"),
    "server.motd": _just(str, "text in quotes"),
    "server.grace": duration(0.1, 600),
    "auth.mode": lambda base, value: AuthMode(str(_one_of(*AuthMode)(base, value))),
    "auth.authorized_keys": _path(kind="file"),
    "auth.admins": _list_of(_FINGERPRINT, 'key fingerprints such as "SHA256:…" (ssh-keygen -l)'),
    "auth.guests_ask": _one_of("none", "local", "all"),
    "streaming.enabled": _just(bool, "true or false"),
    **{f"streaming.{name}timeout": duration(0.1, 86400) for name in ("", "first_token_", "total_")},
    "streaming.chunk_buffer_size": _whole(1, 100_000),
    "streaming.ui_update_interval": duration(0.01, 10),
    "streaming.fallback_on_error": _just(bool, "true or false"),
    "streaming.retry_attempts": _whole(1, 20),
    "streaming.retry_delay": duration(0, 600),
    **{f"limits.{name}": _whole(1, 1_000_000) for name in _COUNTS},
    "limits.max_tool_rounds": _whole(0, 100),
    "limits.max_message": size(1, 16 * 1024**2),
    "limits.max_attachment": size(1, 256 * 1024**2),
    "limits.max_answer": size(1, 256 * 1024**2),
    "limits.max_unsent": size(65536, 1024**3),
    "limits.login_grace": duration(1, 600),
    "limits.keepalive_interval": duration(1, 3600),
    "limits.write_stall": duration(1, 3600),
    "lua.path": _path(kind="directory"),
    "lua.instructions": _whole(10_000, 10_000_000_000),
    "lua.memory": size(1024**2, 1024**3),
    "models.name": _model_name,
    "models.provider": _one_of(*PROVIDERS),
    "models.endpoint": _endpoint,
    **{f"models.{name}": _just(str, "text in quotes") for name in ("model", "api_key_env", "system")},
    "models.context_tokens": _whole(128, 100_000_000),
    "models.max_tokens": _whole(1, 10_000_000),
    "models.max_parallel": _whole(1, 10_000),
    "models.tools": _list_of(None, 'names of tools, or "*"'),
    "models.pace": duration(0, 10),
}

"""Reading `chatd.toml`: every wrong key or value is refused in one line that says how to mend it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from chatd.config import (
    AuthConfig,
    CacheConfig,
    Config,
    GuardConfig,
    LimitsConfig,
    LogConfig,
    LuaConfig,
    ModelConfig,
    RetrievalConfig,
    ServerConfig,
    StreamingConfig,
    WebConfig,
)
from chatd.config_rules import RULES, Unrepeatable
from chatd.core.name_registry import AuthMode
from chatd.errors import BadConfig, MissingFile

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")


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


_SECTIONS: dict[str, type] = {
    "server": ServerConfig,
    "auth": AuthConfig,
    "streaming": StreamingConfig,
    "limits": LimitsConfig,
    "lua": LuaConfig,
    "web": WebConfig,
    "cache": CacheConfig,
    "retrieval": RetrievalConfig,
    "guard": GuardConfig,
    "log": LogConfig,
}


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
        check = RULES[rule or key]
        try:
            return check(self._path.parent, value)
        except Unrepeatable as error:
            raise BadConfig(f"{self._path}: {key} is something else (not repeated here); allowed is {error}") from None
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

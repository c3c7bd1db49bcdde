"""What each key of `chatd.toml` may be: one rule for each, which says what is allowed when a value is not."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from chatd.config import EMBEDDED
from chatd.core import names
from chatd.core.guard import Injection, PersonalData
from chatd.core.name_registry import AuthMode
from chatd.log_components import COMPONENTS, LEVELS
from chatd.wire.models.protocols import PROTOCOLS

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZE = re.compile(r"(\d{1,18})(B|KiB|MiB|GiB)")
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.%a-z]+\]|[^:\s\[\]]*):(\d{1,5})")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")

_PUBLIC_URL = re.compile(r"https?://[^/?#@\\\s]+")

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Unrepeatable(ValueError):
    """A value is wrong and must not be shown: there may be a password or a key in it."""


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


def _addresses(at_least: int) -> Rule:
    def check(base: Path, value: object) -> object:
        found = _list_of(_ADDRESS, 'addresses such as "127.0.0.1:2222"', at_least)(base, value)
        assert isinstance(found, tuple)
        for address in found:
            parse_address(address)
        return found

    return check


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
    allowed = 'an address such as "http://127.0.0.1:11434", or ""'
    if isinstance(value, str) and not any(mark in value for mark in "@?#"):
        raise ValueError(allowed)
    raise Unrepeatable(allowed)


def _public_url(_: Path, value: object) -> str:
    """Without the slash that may stand at its end."""
    if value == "":
        return ""
    url = value.removesuffix("/") if isinstance(value, str) else ""
    if _is_url(url) and _PUBLIC_URL.fullmatch(url):
        return url
    raise Unrepeatable('an address without a path such as "https://chat.example.org", or ""')


def _networks(base: Path, value: object) -> tuple[str, ...]:
    what = 'a list of addresses and networks such as "192.0.2.1", "10.0.0.0/8"'
    found = _list_of(None, what.removeprefix("a list of "))(base, value)
    assert isinstance(found, tuple)
    try:
        for network in found:
            ipaddress.ip_network(network, strict=False)
    except ValueError:
        raise ValueError(what) from None
    return found


def _variable(_: Path, value: object) -> str:
    if isinstance(value, str) and (value == "" or _VARIABLE.fullmatch(value)):
        return value
    raise Unrepeatable('the NAME of an environment variable, not the key itself, or ""')


def _levels(_: Path, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(level in LEVELS for level in value.values()):
        raise ValueError(f'a table such as {{ models = "debug" }}; levels are {", ".join(LEVELS)}')
    for component in value:
        if component not in COMPONENTS:
            raise ValueError(f"a table of levels of these components: {', '.join(COMPONENTS)}")
    return {str(component): str(level) for component, level in value.items()}


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


_COUNTS = (
    "max_streams_per_user", "max_streams_per_room", "max_streams", "max_queue", "history_rows", "max_rooms",
    "rooms_per_day", "max_connections", "max_connections_per_address", "max_unauthenticated",
    "max_unauthenticated_per_address", "connects_per_second", "max_auth_tries", "max_probes", "max_channels",
    "keepalive_misses", "max_sessions", "max_sessions_per_user", "max_sessions_per_address",
)  # fmt: skip

RULES: dict[str, Rule] = {
    "server.listen": _addresses(1),
    "server.data": _path(kind="any"),
    "server.name": _just(str, "text in quotes"),
    "server.motd": _just(str, "text in quotes"),
    "server.discover": _just(bool, "true or false"),
    "server.grace": duration(0.1, 600),
    "auth.mode": lambda base, value: AuthMode(str(_one_of(*AuthMode)(base, value))),
    "auth.authorized_keys": _path(kind="file"),
    "auth.admins": _list_of(_FINGERPRINT, 'key fingerprints such as "SHA256:…" (ssh-keygen -l)'),
    "auth.guests_ask": _one_of("none", "local", "all"),
    "streaming.enabled": _just(bool, "true or false"),
    **{f"streaming.{name}timeout": duration(0.1, 86400) for name in ("", "connect_", "first_token_", "total_")},
    "streaming.chunk_buffer_size": _whole(1, 100_000),
    "streaming.ui_update_interval": duration(0.01, 10),
    "streaming.fallback_on_error": _just(bool, "true or false"),
    "streaming.retry_attempts": _whole(1, 20),
    "streaming.retry_delay": duration(0, 600),
    "streaming.pool_connections": _whole(0, 100_000),
    "streaming.pool_keepalive_connections": _whole(0, 10_000),
    "streaming.pool_keepalive_expiry": duration(0, 3600),
    **{f"limits.{name}": _whole(1, 1_000_000) for name in _COUNTS},
    "limits.max_tool_rounds": _whole(0, 100),
    "limits.max_tokens_per_day": _whole(0, 1_000_000_000),
    "limits.tool_timeout": duration(0.1, 3600),
    "limits.max_tool_output": size(256, 16 * 1024**2),
    "limits.max_message": size(1, 16 * 1024**2),
    "limits.max_attachment": size(1, 256 * 1024**2),
    "limits.max_answer": size(1, 256 * 1024**2),
    "limits.max_memory": size(0, 1024**5),
    "limits.max_unsent": size(524288, 1024**3),
    "limits.login_grace": duration(1, 600),
    "limits.keepalive_interval": duration(1, 3600),
    "limits.write_stall": duration(1, 3600),
    "limits.reader_stall": duration(1, 86400),
    "lua.path": _path(kind="directory"),
    "lua.instructions": _whole(10_000, 10_000_000_000),
    "lua.memory": size(1024**2, 1024**3),
    "web.listen": _addresses(0),
    "web.public_url": _public_url,
    "web.anonymous": _one_of("none", "read", "guest"),
    "web.trusted_proxies": _networks,
    "web.metrics": _one_of("local", "token", "off"),
    "guard.personal_data": lambda base, value: PersonalData(str(_one_of(*PersonalData)(base, value))),
    "guard.injection": lambda base, value: Injection(str(_one_of(*Injection)(base, value))),
    "cache.enabled": _just(bool, "true or false"),
    "cache.ttl": duration(1, 30 * 86400),
    "cache.size": size(1024, 1024**4),
    "retrieval.enabled": _just(bool, "true or false"),
    "retrieval.rows": _whole(1, 100),
    "retrieval.size": size(256, 1024**2),
    "log.level": _one_of(*LEVELS),
    "log.format": _one_of("text", "json"),
    "log.components": _levels,
    "models.name": _model_name,
    "models.provider": _one_of(*PROTOCOLS, *EMBEDDED),
    "models.endpoint": _endpoint,
    **{f"models.{name}": _just(str, "text in quotes") for name in ("model", "system")},
    "models.api_key_env": _variable,
    "models.context_tokens": _whole(128, 100_000_000),
    "models.max_tokens": _whole(1, 10_000_000),
    "models.max_parallel": _whole(1, 10_000),
    "models.tools": _list_of(None, 'names of tools, or "*"'),
    "models.cumulative": _just(bool, "true or false"),
    "models.thinking": _one_of("", "untagged"),
    "models.pace": duration(0, 10),
}
"""What each key may be. A rule takes the directory that relative paths start at and the value; it raises ValueError."""

"""The configuration: every key with its default, and every limit that an operator can set, with its unit and reason.
Those that nobody needs to change are in `bounds`; one that only one module knows stands there, named, with the same.

A TOML file is checked against these dataclasses: unknown keys, wrong types and values out of range are refused with
file, key, what was found and what is allowed. The keys of the file are the fields below, section by section.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chatd.bounds import KIB, MIB
from chatd.core.guard import Injection, PersonalData
from chatd.core.name_registry import AuthMode


@dataclass(frozen=True)
class ServerConfig:
    """`[server]`"""

    listen: tuple[str, ...] = ("127.0.0.1:2222",)
    data: Path = Path("data")
    name: str = "chatd"
    motd: str = "Welcome. /help shows what you can do."
    discover: bool = True
    """Whether an Ollama at its address and API keys in the environment add their models."""
    grace: float = 5.0
    """Seconds from SIGTERM to the exit: half for sessions, the rest for the last flush."""


@dataclass(frozen=True)
class AuthConfig:
    """`[auth]`"""

    mode: AuthMode = AuthMode.OPEN
    authorized_keys: Path | None = None
    admins: tuple[str, ...] = ()
    guests_ask: str = "local"


@dataclass(frozen=True)
class StreamingConfig:
    """`[streaming]`: durations in seconds."""

    enabled: bool = True
    timeout: float = 60.0
    """Between two pieces: a model that stalls this long has died."""
    connect_timeout: float = 10.0
    """Name resolution, TCP and TLS together."""
    first_token_timeout: float = 300.0
    """Servers load models from disk first."""
    total_timeout: float = 1800.0
    chunk_buffer_size: int = 100
    """Pieces received and not yet committed; then the upstream is not read."""
    ui_update_interval: float = 0.1
    """Upper bound between two frames on a busy server."""
    fallback_on_error: bool = True
    retry_attempts: int = 3
    retry_delay: float = 1.0
    pool_connections: int = 0
    """To one model's server; 0: no limit, as answers wait in queues that people can see and not in a pool."""
    pool_keepalive_connections: int = 20
    """Idle ones that are kept: as many as answers usually run at once."""
    pool_keepalive_expiry: float = 4.0
    """llama-server closes its end after 5, and a request must not run into that."""


@dataclass(frozen=True)
class LimitsConfig:
    """`[limits]`: sizes in bytes, durations in seconds."""

    max_streams_per_user: int = 4
    max_streams_per_room: int = 8
    """More answers at once than this nobody reads."""
    max_streams: int = 200
    """What one core delivers without a stall; more wait."""
    max_queue: int = 100
    """Questions waiting for one model, or for the server: at a minute each nobody waits for more."""
    max_tokens_per_day: int = 0
    """Of one key, or of the guests of one address, questions and answers together, from 00:00 UTC; 0: no limit."""
    max_tool_rounds: int = 8
    tool_timeout: float = 30.0
    max_tool_output: int = 16 * KIB
    """Of one call: it is read by the model, and takes its context."""
    max_message: int = 16 * KIB
    max_attachment: int = 256 * KIB
    max_answer: int = MIB
    history_rows: int = 200
    """Rows of a room kept in memory and shown on entry."""
    max_rooms: int = 1000
    """Rooms that people may make: each in which something was said costs memory for ever."""
    rooms_per_day: int = 10
    """On one account; guests make none."""
    max_sessions: int = 1000
    """Channels with a chat or a command, all connections together: a full screen takes 0.8 MB."""
    max_sessions_per_user: int = 50
    """Of one key: some terminals, and a bot's `tail` for each of its rooms."""
    max_sessions_per_address: int = 250
    max_memory: int = 0
    """Of the whole process; from there on no new session begins. 0: no limit."""
    max_connections: int = 1000
    max_connections_per_address: int = 100
    """A school or an office behind one address fits, one attacker does not fill the server."""
    max_unauthenticated: int = 100
    """Connections that have not logged in; beyond it the oldest of the address that has most goes."""
    max_unauthenticated_per_address: int = 10
    """A login takes a second, so nobody has more of them who means it."""
    connects_per_second: int = 10
    """From one address, with as many at once before; more are answered later. A class room comes in within a few
    seconds, and key exchanges of one attacker take a hundredth of the server's time."""
    login_grace: float = 20.0
    max_auth_tries: int = 6
    max_probes: int = 20
    """Keys an agent may offer before one is signed with."""
    max_channels: int = 10
    keepalive_interval: float = 15.0
    keepalive_misses: int = 2
    max_unsent: int = MIB
    """Bytes written to one session that its client has not taken; beyond it the session is dropped."""
    write_stall: float = 30.0
    """A client whose machine takes nothing for this long, with something to take, is dropped."""
    reader_stall: float = 300.0
    """And one that shows nothing for this long: a terminal may be stopped (Ctrl-S, a pager) for some minutes."""


@dataclass(frozen=True)
class ModelConfig:
    """`[[models]]`"""

    name: str
    provider: str
    endpoint: str = ""
    model: str = ""
    api_key_env: str = ""
    system: str = "You are one of several people in a chat room."
    context_tokens: int = 8192
    max_tokens: int = 2048
    max_parallel: int = 4
    tools: tuple[str, ...] = ("*",)
    cumulative: bool = False
    """Whether each piece repeats the whole text so far, as a few servers have it."""
    thinking: str = ""
    """`untagged`: the template opens the tag of a thought itself, so that the text closes one it never opened."""
    pace: float = 0.03
    """Seconds a word of the embedded doctor takes."""


@dataclass(frozen=True)
class LuaConfig:
    """`[lua]`"""

    path: Path | None = None
    instructions: int = 3_000_000
    """VM instructions of one callback: about 8 ms, the same on every machine."""
    memory: int = 8 * MIB


@dataclass(frozen=True)
class WebConfig:
    """`[web]`"""

    listen: tuple[str, ...] = ()
    public_url: str = ""
    """What links begin with; empty: what the gateway listens at."""
    anonymous: str = "none"
    """What whoever has not logged in may do: nothing, read public rooms, or what a guest may over ssh."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    metrics: str = "local"
    """Who may read them: loopback, whoever has a token, nobody."""


@dataclass(frozen=True)
class GuardConfig:
    """`[guard]`: what follows when a question has such things in it."""

    personal_data: PersonalData = PersonalData.OFF
    injection: Injection = Injection.OFF


@dataclass(frozen=True)
class CacheConfig:
    """`[cache]`"""

    enabled: bool = False
    ttl: float = 3600.0
    """Seconds for which an answer is given again to those who ask the same."""
    size: int = 16 * MIB
    """Of all kept answers together."""


@dataclass(frozen=True)
class RetrievalConfig:
    """`[retrieval]`: what models are given of older rows, in rooms that want it."""

    enabled: bool = True
    rows: int = 8
    size: int = 4 * KIB
    """Of all excerpts together; of a small context a quarter at most."""


@dataclass(frozen=True)
class LogConfig:
    """`[log]`: what stderr is told."""

    level: str = "info"
    format: str = "text"
    """Lines for people, or JSON Lines for programs."""
    components: Mapping[str, str] = field(default_factory=dict)
    """Component (`log_components.py`) -> a level of its own."""


EMBEDDED = ("eliza", "echo")
"""Providers within this server; all others are protocols of models' servers (`wire/models/protocols.py`)."""


@dataclass(frozen=True)
class Config:
    """The whole configuration."""

    server: ServerConfig = field(default_factory=ServerConfig)
    auth: AuthConfig = field(default_factory=AuthConfig)
    streaming: StreamingConfig = field(default_factory=StreamingConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    models: tuple[ModelConfig, ...] = ()
    lua: LuaConfig = field(default_factory=LuaConfig)
    web: WebConfig = field(default_factory=WebConfig)
    cache: CacheConfig = field(default_factory=CacheConfig)
    retrieval: RetrievalConfig = field(default_factory=RetrievalConfig)
    guard: GuardConfig = field(default_factory=GuardConfig)
    log: LogConfig = field(default_factory=LogConfig)


def shipped_lua() -> Path:
    """The directory of the shipped interface: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "lua"
    return inside if inside.is_dir() else package.parent / "lua"

"""From configuration to parts: limits for each layer, the models, the hub. Shared by the app and the harness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chatd import __version__, config
from chatd.adapters.authorized_keys import read_fingerprints
from chatd.adapters.embedded import Absent, Echo, Eliza
from chatd.adapters.ssh.limits import SshLimits
from chatd.config import Config, ModelConfig
from chatd.core.door import FrontDoor
from chatd.core.room import RoomLimits
from chatd.ports import Clock, Directory, Ids, Log, Model, ModelInfo, Scripts
from chatd.tasks.answers import Answers, StreamLimits
from chatd.tasks.hub import Hub, ServerFacts, SessionLimits
from chatd.tasks.mention import AnswerLimits
from chatd.tasks.recorder import Recorder, RecorderLimits

EMBEDDED = (ModelConfig(name="eliza", provider="eliza"), ModelConfig(name="echo", provider="echo"))
"""Always there, unless a configured model takes the name."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The world the hub stands in."""

    clock: Clock
    ids: Ids
    log: Log
    directory: Directory
    scripts: Scripts


def make_models(configured: Iterable[ModelConfig]) -> dict[str, Model]:
    """Every model by name: the configured ones, then the embedded ones."""
    models: dict[str, Model] = {}
    for one in (*configured, *EMBEDDED):
        if one.name not in models:
            models[one.name] = _make_model(one)
    return models


def _make_model(one: ModelConfig) -> Model:
    match one.provider:
        case "eliza":
            return Eliza(one.name, one.pace)
        case "echo":
            return Echo(one.name)
        case provider:
            context = one.context_tokens
            return Absent(ModelInfo(one.name, provider, one.model, one.endpoint, False, (), context))


def make_hub(settings: Config, ports: Ports, models: Mapping[str, Model], *, seed: int = 0) -> Hub:
    """The hub with every limit of the configuration in its place."""
    recorder = Recorder(ports.log, ports.clock, ports.ids, recorder_limits())
    answers = Answers(recorder, ports.clock, ports.ids, _stream_limits(settings), _answer_limits(settings))
    facts = ServerFacts(
        settings.server.name, __version__, settings.server.motd, ports.clock.now_ms(),
        settings.auth.guests_ask, frozenset(settings.auth.admins),
    )  # fmt: skip
    return Hub(
        facts=facts,
        limits=_session_limits(settings),
        room_limits=RoomLimits(
            rows=settings.limits.history_rows,
            row_chars=config.ROOM_ROW_CHARS,
            entries=config.ROOM_ENTRIES,
            entry_chars=config.ROOM_ENTRY_CHARS,
        ),
        clock=ports.clock,
        ids=ports.ids,
        log=ports.log,
        directory=ports.directory,
        recorder=recorder,
        scripts=ports.scripts,
        models=models,
        answers=answers,
        seed=seed,
    )


async def make_door(settings: Config, directory: Directory, hub: Hub, listed: frozenset[str]) -> FrontDoor:
    """The door, with every registered key."""
    door = FrontDoor(
        await directory.keys(),
        mode=settings.auth.mode,
        listed=listed,
        is_model=lambda name: name in hub.models,
        model_names=lambda: list(hub.models),
    )
    hub.is_member = door.is_member
    return door


def recorder_limits() -> RecorderLimits:
    """The recorder's bounds."""
    return RecorderLimits(
        config.RECORDER_DEBT,
        config.RECORDER_DEBT_CHARS,
        config.RECORDER_BATCH,
        config.RECORDER_FIRST_RETRY_S,
        config.RECORDER_LAST_RETRY_S,
    )


def _stream_limits(settings: Config) -> StreamLimits:
    limits = settings.limits
    return StreamLimits(limits.max_streams_per_user, limits.max_streams_per_room, limits.max_streams)


def _answer_limits(settings: Config) -> AnswerLimits:
    streaming = settings.streaming
    return AnswerLimits(
        max_answer=settings.limits.max_answer,
        unwritten=streaming.chunk_buffer_size,
        first_piece=streaming.first_token_timeout,
        between_pieces=streaming.timeout,
        whole=streaming.total_timeout,
        settle=config.SETTLE_S,
    )


def _session_limits(settings: Config) -> SessionLimits:
    return SessionLimits(
        max_message=settings.limits.max_message,
        max_attachment=settings.limits.max_attachment,
        max_rooms=settings.limits.max_rooms,
        max_history_page=config.MAX_HISTORY_PAGE,
        frame_interval=min(config.IDLE_INTERVAL_S, settings.streaming.ui_update_interval),
        busy_interval=settings.streaming.ui_update_interval,
        keys_queued=config.KEYS_QUEUED,
        max_suspended=config.MAX_SUSPENDED,
        escape=config.ESCAPE_S,
        paste=config.PASTE_S,
        tick_idle=config.TICK_IDLE_S,
        tick_busy=config.TICK_BUSY_S,
        stdin_wait=config.STDIN_WAIT_S,
        grace=settings.server.grace,
    )


def listed_keys(settings: Config) -> frozenset[str]:
    """The fingerprints in `auth.authorized_keys`. Raises BadConfig for a line that is no key."""
    path = settings.auth.authorized_keys
    return frozenset() if path is None else read_fingerprints(path)


def ssh_limits(settings: Config) -> SshLimits:
    """The ssh adapter's bounds."""
    limits = settings.limits
    return SshLimits(
        connections=limits.max_connections,
        connections_per_address=limits.max_connections_per_address,
        waiting_logins=limits.max_unauthenticated,
        login_grace=limits.login_grace,
        login_tries=limits.max_auth_tries,
        key_probes=limits.max_probes,
        channels=limits.max_channels,
        keepalive=limits.keepalive_interval,
        keepalive_misses=limits.keepalive_misses,
        max_unsent=limits.max_unsent,
        write_stall=limits.write_stall,
    )

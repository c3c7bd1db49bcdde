"""From configuration to the limits of each layer: they are passed in, so that no layer knows the configuration."""

from __future__ import annotations

from chatd import bounds
from chatd.adapters.ssh.limits import SshLimits
from chatd.adapters.upstream.limits import ClientLimits, PoolLimits
from chatd.config import Config
from chatd.core.room import RoomLimits
from chatd.tasks.asking.answer import AnswerLimits
from chatd.tasks.asking.retrieval import RetrievalLimits
from chatd.tasks.asking.router import RouterLimits
from chatd.tasks.asking.running_answers import StreamLimits
from chatd.tasks.asking.tool_loop import ToolLoopLimits
from chatd.tasks.asking.tools.registry import ToolLimits
from chatd.tasks.chat.crowd import CrowdLimits
from chatd.tasks.chat.facts import SessionLimits
from chatd.tasks.chat.rooms import RoomMaking
from chatd.tasks.chat.value_store import ValueStoreLimits
from chatd.tasks.chat.values import ValueLimits
from chatd.tasks.log.backoff import Backoff
from chatd.tasks.log.limits import RecorderLimits
from chatd.wire.models.limits import WireLimits


def recorder_limits() -> RecorderLimits:
    """The bounds of the recorder: its debt, its batches, its patience with a failing disk."""
    return RecorderLimits(
        bounds.RECORDER_DEBT,
        bounds.RECORDER_DEBT_CHARS,
        bounds.RECORDER_BATCH,
        bounds.RECORDER_FIRST_RETRY_S,
        bounds.RECORDER_LAST_RETRY_S,
        bounds.RECORDER_PAUSE_S,
    )


def kept_limits() -> ValueStoreLimits:
    """How much scripts may keep for a person, and when it is written."""
    values = ValueLimits(keys=bounds.KEPT_KEYS, value=bounds.KEPT_VALUE, total=bounds.KEPT_TOTAL)
    return ValueStoreLimits(
        values, bounds.KEPT_PAUSE_S, first_retry=bounds.RECORDER_FIRST_RETRY_S, last_retry=bounds.RECORDER_LAST_RETRY_S
    )


def name_backoff() -> Backoff:
    """The patience with a disk that does not take new names, or what becomes of credentials."""
    return Backoff(bounds.RECORDER_FIRST_RETRY_S, bounds.RECORDER_LAST_RETRY_S)


def stream_limits(settings: Config) -> StreamLimits:
    """How many answers one person and one room may have."""
    return StreamLimits(settings.limits.max_streams_per_user, settings.limits.max_streams_per_room)


def retrieval_limits(settings: Config) -> RetrievalLimits:
    """How much a model is given of older rows, and how long they are looked for."""
    return RetrievalLimits(settings.retrieval.rows, settings.retrieval.size, bounds.RETRIEVAL_S)


def router_limits(settings: Config) -> RouterLimits:
    """How many answers may run and wait, and how long each may take."""
    limits, streaming = settings.limits, settings.streaming
    rounds = ToolLoopLimits(
        first_piece=streaming.first_token_timeout,
        between_pieces=streaming.timeout,
        whole=streaming.total_timeout,
        tool_rounds=limits.max_tool_rounds,
    )
    return RouterLimits(limits.max_streams, limits.max_queue, rounds)


def tool_limits(settings: Config) -> ToolLimits:
    """The bounds of one tool call."""
    return ToolLimits(settings.limits.tool_timeout, settings.limits.max_tool_output)


def pool_limits(settings: Config) -> PoolLimits:
    """The bounds of the connections to one model's server."""
    streaming = settings.streaming
    return PoolLimits(
        streaming.pool_connections or None, streaming.pool_keepalive_connections, streaming.pool_keepalive_expiry
    )


def client_limits(settings: Config) -> ClientLimits:
    """The bounds of the talk with models' servers."""
    streaming = settings.streaming
    return ClientLimits(
        connect_timeout=streaming.connect_timeout,
        first_token_timeout=streaming.first_token_timeout,
        timeout=streaming.timeout,
        retry_attempts=streaming.retry_attempts,
        retry_delay=streaming.retry_delay,
        max_retry_wait=bounds.MAX_RETRY_WAIT_S,
        enabled=streaming.enabled,
        fallback_on_error=streaming.fallback_on_error,
        pool=pool_limits(settings),
        without_content=bounds.MAX_WITHOUT_CONTENT,
        wire=WireLimits(
            line=bounds.MAX_WIRE_LINE,
            event=bounds.MAX_WIRE_EVENT,
            reply=settings.limits.max_answer * bounds.WIRE_OVERHEAD,
        ),
    )


def answer_limits(settings: Config) -> AnswerLimits:
    """The bounds of one answer."""
    return AnswerLimits(
        max_answer=settings.limits.max_answer,
        unwritten=settings.streaming.chunk_buffer_size,
        settle=bounds.SETTLE_S,
    )


def room_limits(settings: Config, entries: int = bounds.ROOM_ENTRIES) -> RoomLimits:
    """What a room keeps in memory."""
    return RoomLimits(
        rows=settings.limits.history_rows,
        row_chars=bounds.ROOM_ROW_CHARS,
        entries=entries,
        entry_chars=bounds.ROOM_ENTRY_CHARS,
    )


def crowd_limits(settings: Config) -> CrowdLimits:
    """How many sessions there may be."""
    limits = settings.limits
    return CrowdLimits(
        limits.max_sessions, limits.max_sessions_per_user, limits.max_sessions_per_address, limits.max_memory
    )


def room_making(settings: Config) -> RoomMaking:
    """How many rooms people may make."""
    return RoomMaking(settings.limits.max_rooms, settings.limits.rooms_per_day, bounds.VACANT_ROOM_S)


def session_limits(settings: Config) -> SessionLimits:
    """The bounds of one session."""
    return SessionLimits(
        max_message=settings.limits.max_message,
        max_attachment=settings.limits.max_attachment,
        max_history_page=bounds.MAX_HISTORY_PAGE,
        frame_interval=min(bounds.IDLE_INTERVAL_S, settings.streaming.ui_update_interval),
        busy_interval=settings.streaming.ui_update_interval,
        keys_queued=bounds.KEYS_QUEUED,
        escape=bounds.ESCAPE_S,
        paste=bounds.PASTE_S,
        tick_idle=bounds.TICK_IDLE_S,
        tick_busy=bounds.TICK_BUSY_S,
        stdin_wait=bounds.STDIN_WAIT_S,
        grace=settings.server.grace,
    )


def ssh_limits(settings: Config) -> SshLimits:
    """The ssh adapter's bounds."""
    limits = settings.limits
    return SshLimits(
        connections=limits.max_connections,
        connections_per_address=limits.max_connections_per_address,
        waiting_logins=limits.max_unauthenticated,
        waiting_logins_per_address=limits.max_unauthenticated_per_address,
        connects_per_second=limits.connects_per_second,
        login_grace=limits.login_grace,
        login_tries=limits.max_auth_tries,
        key_probes=limits.max_probes,
        channels=limits.max_channels,
        keepalive=limits.keepalive_interval,
        keepalive_misses=limits.keepalive_misses,
        max_unsent=limits.max_unsent,
        write_stall=limits.write_stall,
        reader_stall=limits.reader_stall,
    )

"""What the server is doing, in numbers: for `stats` and for scripts."""

from __future__ import annotations

from chatd.core.visit import Visitor
from chatd.ports import Plain
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.lag import percentile
from chatd.tasks.chat.permission import sees_machine


def server_stats(hub: Hub, visitor: Visitor | None = None) -> dict[str, Plain]:
    """The fields of `stats --json`. Rates are those of the answers that run now.

    `visitor` is who wants to know, None the server itself. Guests are not told what others may not know of, nor how
    well the machine bears what they do to it: that is null.
    """
    all_of_it = sees_machine(visitor)
    rooms = hub.lobby.rooms if visitor is None or all_of_it else hub.lobby.visible(visitor.name)
    now = hub.clock.now_ms()
    running = hub.answers.progresses
    rate = sum(progress.tokens_per_s(now) for progress in running)
    tally, cache, retrieval = hub.answers.tally, hub.answers.router.cache, hub.answers.retrieval
    hook = hub.answers.router.prompt_hook
    return {
        "uptime_s": round(hub.uptime(), 1),
        "sessions": hub.crowd.sessions,
        "rooms": len(rooms),
        "rows": sum(room.seq for room in rooms),
        "streams": len(running),
        "queued": hub.answers.router.places.queued,
        "tokens": tally.tokens + sum(progress.pieces for progress in running),
        "tokens_per_s": round(rate, 1),
        "first_token_ms_p50": percentile([float(ms) for ms in hub.answers.first_token_ms], 0.5),
        "cached": 0 if cache is None else cache.hits,
        "not_cached": 0 if cache is None else cache.misses,
        "sourced": 0 if retrieval is None else retrieval.answers,
        "sources": 0 if retrieval is None else retrieval.sources,
        "refused": tally.refused + hook.refused,
        "replaced": hook.replaced,
        "noticed": tally.noticed,
        "cancelled": tally.cancelled,
        "failed": tally.failed,
        "commit_ms_p99": round(percentile(hub.recorder.commit_ms, 0.99), 3),
        "loop_lag_ms_p99": round(hub.lag.p99_ms(), 3) if all_of_it else None,
        "memory_mb": round(hub.crowd.machine.memory() / (1 << 20), 1) if all_of_it else None,
    }

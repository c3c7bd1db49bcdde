"""What the server is doing, in numbers: for `stats` and for scripts."""

from __future__ import annotations

import resource
import sys

from chatd.ports import Plain
from chatd.tasks.hub import Hub
from chatd.tasks.lag import percentile


def server_stats(hub: Hub) -> dict[str, Plain]:
    """The fields of `stats --json`. Rates are those of the answers that run now."""
    now = hub.clock.now_ms()
    running = hub.answers.running
    rate = sum(answer.progress.tokens_per_s(now) for answer in running)
    tally = hub.answers.tally
    return {
        "uptime_s": round((now - hub.facts.started_ms) / 1000, 1),
        "sessions": hub.sessions,
        "rooms": len(hub.lobby.rooms),
        "rows": sum(room.seq for room in hub.lobby.rooms),
        "streams": len(running),
        "queued": hub.answers.router.queued,
        "tokens": tally.tokens + sum(answer.progress.pieces for answer in running),
        "tokens_per_s": round(rate, 1),
        "first_token_ms_p50": percentile([float(ms) for ms in hub.answers.first_token_ms], 0.5),
        "cancelled": tally.cancelled,
        "failed": tally.failed,
        "commit_ms_p99": round(percentile(hub.recorder.commit_ms, 0.99), 3),
        "loop_lag_ms_p99": round(hub.lag.p99_ms(), 3),
        "memory_mb": round(_memory_mb(), 1),
    }


def _memory_mb() -> float:
    """The process's resident size; where the system does not tell, the largest it has been."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize() / (1 << 20)
    except OSError:
        pass  # not Linux: getrusage counts in bytes on macOS, in KiB elsewhere
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)

"""Commands about the server: version, stats, health."""

from __future__ import annotations

import resource
import sys

from chatd.errors import Exit
from chatd.tasks.commands.call import Call, Command, Parser
from chatd.tasks.hub import Hub
from chatd.tasks.lag import percentile


def commands() -> list[Command]:
    """This family's rows of the command table."""
    version = Parser(prog="version", description="the server's version", add_help=False)
    stats = Parser(prog="stats", description="what the server is doing", add_help=False)
    stats.add_argument("--json", action="store_true")
    health = Parser(
        prog="health", description="'ok' and exit status 0 while the disk takes what is said", add_help=False
    )
    return [
        Command("version", "the server's version", version, _version),
        Command("stats", "what the server is doing [--json]", stats, _stats),
        Command("health", "'ok' while everything works", health, _health),
    ]


async def _version(call: Call) -> int:
    call.line(f"chatd {call.hub.facts.version}")
    return Exit.OK


async def _health(call: Call) -> int:
    trouble = call.hub.recorder.trouble
    call.line("ok" if trouble is None else f"failing: {trouble}")
    return Exit.OK if trouble is None else Exit.FAILED


async def _stats(call: Call) -> int:
    stats = server_stats(call.hub)
    if call.arguments.json:
        call.json(stats)
    else:
        for key, value in stats.items():
            call.line(f"{key:<20} {value}")
    return Exit.OK


def server_stats(hub: Hub) -> dict[str, object]:
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

"""The server in numbers, as Prometheus reads them (text format 0.0.4)."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address

from chatd.errors import NotFound, NotPermitted
from chatd.ports import Plain, Route, WebReply, WebRequest
from chatd.tasks.chat.stats import server_stats
from chatd.tasks.web.front import WebFront
from chatd.tasks.web.terms import MetricsFor

_METRICS: dict[str, tuple[str, str, str, float]] = {
    "uptime_s": ("uptime_seconds", "gauge", "Since the server was started.", 1),
    "sessions": ("sessions", "gauge", "Sessions and commands over ssh, and streams over the web.", 1),
    "rooms": ("rooms", "gauge", "Rooms, private ones too.", 1),
    "rows": ("rows", "gauge", "Rows of all rooms.", 1),
    "streams": ("answers_running", "gauge", "Answers that run.", 1),
    "queued": ("questions_queued", "gauge", "Questions that wait for a place.", 1),
    "tokens": ("tokens_total", "counter", "Tokens of answers since the start.", 1),
    "tokens_per_s": ("tokens_per_second", "gauge", "Of the answers that run.", 1),
    "first_token_ms_p50": ("first_token_seconds_p50", "gauge", "From a question to its first token.", 0.001),
    "cached": ("answers_cached_total", "counter", "Questions that were answered with what had been said before.", 1),
    "not_cached": ("answers_not_cached_total", "counter", "Questions for which nothing was kept.", 1),
    "sourced": ("answers_with_sources_total", "counter", "Answers whose models were given related rows.", 1),
    "sources": ("sources_total", "counter", "Related rows that models were given.", 1),
    "refused": ("questions_refused_total", "counter", "Not given to a model: [guard] block, or a script's word.", 1),
    "replaced": ("prompts_replaced_total", "counter", "Requests whose messages a script has replaced.", 1),
    "noticed": ("questions_noticed_total", "counter", "Questions whose askers were warned: [guard].", 1),
    "cancelled": ("answers_cancelled_total", "counter", "Answers that somebody has cancelled.", 1),
    "failed": ("answers_failed_total", "counter", "Answers that have failed.", 1),
    "commit_ms_p99": ("commit_seconds_p99", "gauge", "Of a commit to the log.", 0.001),
    "loop_lag_ms_p99": ("loop_lag_seconds_p99", "gauge", "How late the loop is.", 0.001),
    "memory_mb": ("resident_memory_bytes", "gauge", "Of the process.", 1 << 20),
}
"""Of each figure of `stats`: the metric's name behind `chatd_`, its type, its help, and what a unit of it is there."""


def routes(front: WebFront) -> list[Route]:
    """This part of the table; nothing when they are off."""
    return [] if front.terms.metrics is MetricsFor.OFF else [Route("GET", "/metrics", partial(_metrics, front))]


async def _metrics(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    """Raises NotLoggedIn, NotFound (from elsewhere, where only this machine may know of them)."""
    if front.terms.metrics is MetricsFor.TOKEN:
        with front.callers.reading(request) as caller:
            if caller.bearer is None:
                raise NotPermitted("metrics are for those who have a token")
    elif not request.direct or not ip_address(request.address).is_loopback:
        raise NotFound(f"there is nothing at {request.path}")
    body = exposition(server_stats(front.hub)).encode()
    await reply.start(200, [
        ("content-type", "text/plain; version=0.0.4; charset=utf-8"), ("content-length", str(len(body))),
        ("cache-control", "no-store"),
    ])  # fmt: skip
    await reply.send(body)


def exposition(stats: dict[str, Plain]) -> str:
    """The figures of `stats` as metrics; those that are not known are left out."""
    lines: list[str] = []
    for key, (name, kind, words, unit) in _METRICS.items():
        value = stats.get(key)
        if isinstance(value, int | float):
            lines += (
                f"# HELP chatd_{name} {words}",
                f"# TYPE chatd_{name} {kind}",
                f"chatd_{name} {value * unit:.10g}",
            )
    return "\n".join(lines) + "\n"

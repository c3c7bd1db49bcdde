"""Commands about the server: version, stats, health."""

from __future__ import annotations

from chatd.errors import Exit
from chatd.tasks.chat.stats import server_stats
from chatd.tasks.commands.call import Call, Command, Parser


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
    stats = server_stats(call.hub, call.visitor)
    if call.arguments.json:
        call.json(stats)
    else:
        for key, value in stats.items():
            if value is not None:
                call.line(f"{key:<20} {value}")
    return Exit.OK

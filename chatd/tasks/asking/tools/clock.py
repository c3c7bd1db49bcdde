"""The tool `clock`: what time it is, here or elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from chatd.core.tool import ToolSpec
from chatd.errors import UsageError
from chatd.ports import Arguments, Clock, SimpleTool, Tool, ToolContext

SPEC = ToolSpec(
    "clock",
    "The present date and time: weekday, date, time and offset from UTC. In UTC, or in the time zone that is given.",
    {
        "type": "object",
        "properties": {
            "zone": {
                "type": "string",
                "description": "IANA name of a time zone, such as Europe/Vienna",
                "maxLength": 64,
            }
        },
        "additionalProperties": False,
    },
)


def clock_tool(clock: Clock) -> Tool:
    """The tool, telling the time of this clock."""

    async def answer(arguments: Arguments, _context: ToolContext) -> str:
        return describe(clock.now_ms(), str(arguments.get("zone", "UTC")))

    return SimpleTool(SPEC, answer)


def describe(now_ms: int, zone: str) -> str:
    """A time, in milliseconds since the epoch, as it is said in a time zone. Raises UsageError for an unknown one."""
    moment = datetime.fromtimestamp(now_ms / 1000, _zone(zone))
    offset = moment.strftime("%z")
    return f"{moment:%A, %Y-%m-%d, %H:%M:%S} ({zone}, UTC{offset[:3]}:{offset[3:5]})"


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC  # known also on a machine without time zones
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not there; no name of a file in there; a directory
        raise UsageError(f"there is no time zone {name!r}; one there is would be Europe/Vienna") from None

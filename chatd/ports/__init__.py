"""The ports: what the tasks need of the world, as Protocols. Adapters and the harness implement them."""

from chatd.ports.log import (
    PAGE_CHARS,
    Append,
    AppendOutcome,
    Committed,
    Conflict,
    Directory,
    Head,
    Log,
    RoomRecord,
    Unknown,
)
from chatd.ports.machine import Clock, Ids, Machine, RunSync
from chatd.ports.model import Model, ModelInfo, ModelSource
from chatd.ports.script import HostFunction, Later, Plain, Raised, Returned, Script, ScriptOutcome, Scripts, Suspended
from chatd.ports.terminal import Door, SessionHandler, Terminal
from chatd.ports.tool import Arguments, Check, SchemaChecker, SimpleTool, Tool, ToolContext

__all__ = [
    "PAGE_CHARS",
    "Append",
    "AppendOutcome",
    "Arguments",
    "Check",
    "Clock",
    "Committed",
    "Conflict",
    "Directory",
    "Door",
    "Head",
    "HostFunction",
    "Ids",
    "Later",
    "Log",
    "Machine",
    "Model",
    "ModelInfo",
    "ModelSource",
    "Plain",
    "Raised",
    "Returned",
    "RoomRecord",
    "RunSync",
    "SchemaChecker",
    "Script",
    "ScriptOutcome",
    "Scripts",
    "SessionHandler",
    "SimpleTool",
    "Suspended",
    "Terminal",
    "Tool",
    "ToolContext",
    "Unknown",
]

"""The ports: what the tasks need of the world, as Protocols. Adapters and the harness implement them."""

from chatd.ports.log import Append, AppendOutcome, Committed, Conflict, Directory, Head, Log, RoomRecord, Unknown
from chatd.ports.machine import Clock, Ids, RunSync
from chatd.ports.model import Model, ModelInfo
from chatd.ports.script import HostFunction, Later, Plain, Raised, Returned, Script, ScriptOutcome, Scripts, Suspended
from chatd.ports.terminal import Door, SessionHandler, Terminal

__all__ = [
    "Append",
    "AppendOutcome",
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
    "Model",
    "ModelInfo",
    "Plain",
    "Raised",
    "Returned",
    "RoomRecord",
    "RunSync",
    "Script",
    "ScriptOutcome",
    "Scripts",
    "SessionHandler",
    "Suspended",
    "Terminal",
    "Unknown",
]

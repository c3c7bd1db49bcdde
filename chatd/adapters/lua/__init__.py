"""The user interface in Lua: a sandbox with an environment per session, and the border to it."""

from chatd.adapters.lua.scripts import LuaScripts
from chatd.adapters.lua.stall_budget import StallBudget

__all__ = ["LuaScripts", "StallBudget"]

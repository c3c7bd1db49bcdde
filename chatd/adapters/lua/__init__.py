"""The user interface in Lua: a sandbox per session, and the border to it."""

from chatd.adapters.lua.patience import Patience
from chatd.adapters.lua.scripts import LuaScripts

__all__ = ["LuaScripts", "Patience"]

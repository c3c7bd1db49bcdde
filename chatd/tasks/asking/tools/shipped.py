"""The tools every server has."""

from __future__ import annotations

from random import Random

from chatd.ports import Clock, Search, Tool
from chatd.tasks.asking.tools.calculate import calculate_tool
from chatd.tasks.asking.tools.clock import clock_tool
from chatd.tasks.asking.tools.roll_dice import roll_dice_tool
from chatd.tasks.asking.tools.search_room import search_room_tool


def shipped_tools(clock: Clock, search: Search, random: Random) -> list[Tool]:
    """`calculate`, `clock`, `roll_dice` and `search_room`."""
    return [calculate_tool(), clock_tool(clock), roll_dice_tool(random), search_room_tool(search)]

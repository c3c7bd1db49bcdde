"""Conversations: people who come into a simulated world for one thing, and know to the letter what they must be shown.

Each is played in the middle of whatever else the world does, and judged where the world is calm: the disk works and the
server goes on. Their names are theirs alone, so nobody else changes what they expect.
"""

from __future__ import annotations

from chatd.testing.simulation.conversations import (
    asking,
    discovery,
    following,
    limits,
    line_mode,
    looks,
    people,
    reading,
    refusals,
    retrieval,
    rooms,
    screens,
    scripts,
    statuses,
    tokens,
    tool_calls,
    typing,
    unread,
    views,
    web_acts,
    web_logins,
    web_rooms,
    web_streams,
)
from chatd.testing.simulation.conversations.talk import Conversation, Disturbed, Talk

__all__ = ["CONVERSATIONS", "EDITED", "OVER_THE_WEB", "Conversation", "Disturbed", "Talk"]

_FAMILIES = (
    asking, discovery, following, limits, line_mode, looks, people, reading, refusals, retrieval, rooms, screens,
    scripts, statuses, tokens, tool_calls, typing, unread, views, web_acts, web_logins, web_rooms, web_streams,
)  # fmt: skip

CONVERSATIONS: dict[str, Conversation] = {
    function.__name__.replace("_", " "): function for family in _FAMILIES for function in family.ALL
}
"""Every conversation by its name."""

OVER_THE_WEB = frozenset(
    function.__name__.replace("_", " ")
    for family in (web_acts, web_logins, web_rooms, web_streams)
    for function in family.ALL
)
"""Those that take place over the web."""

EDITED = frozenset(
    function.__name__.replace("_", " ")
    for function in (
        *scripts.ALL, looks.hooks_on_rows_come_and_go, screens.who_comes_right_after_another_is_shown,
        views.words_for_one_stay_where_they_stood, refusals.scripts_are_refused_with_a_reason,
    )
)  # fmt: skip
"""Those that save the simulation's own scripts, or ask them for something: see `editions`."""

"""The components that tell the log what they do, and the levels there are: what `[log]` can name."""

from __future__ import annotations

from collections.abc import Mapping

LEVELS = ("debug", "info", "warning", "error")
"""From all there is to hear to the least."""

COMPONENTS: Mapping[str, str] = {
    "app": "starting, signals, stopping",
    "budget": "tokens of a person and a day",
    "config": "the configuration, read again",
    "credentials": "links, web sessions and tokens: made, ended",
    "data": "the data directory",
    "database": "opening, migrations, damage",
    "engine": "what asyncssh's loop could not handle",
    "hub": "names that are registered",
    "kept": "what scripts keep for people",
    "lua": "the border to Lua",
    "models": "all of the models below, and which of them are found",
    "models.answers": "answers: how each ended; at debug the rows that begin and end",
    "models.retrieval": "related rows that could not be looked for, and why",
    "models.router": "at debug places: waited for, taken, given back",
    "models.upstream": "requests to models' servers: tries; at debug each step and what it took",
    "recorder": "whether rows can be kept; at debug the size and time of each commit",
    "rooms": "rooms that are made and removed",
    "screens": "at debug rounds of visits to screens, and who is left to themselves",
    "script": "errors of scripts, files that change; at debug each call of a callback",
    "session": "sessions: bugs, lost words; at debug how each begins and ends",
    "ssh": "connections, logins; at debug channels",
    "tools": "tools of models",
    "web": "requests over the web; at debug how each begins",
}
"""What each is about, by the name that its lines have behind `chatd.`; `models` stands for those that begin so, too."""

"""What scripts see of the server: rows, rooms and people as plain values, sanitised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import trio

from chatd.core.annotation import ANNOTATIONS, annotations_in
from chatd.core.excerpt import Excerpt
from chatd.core.line import split_question
from chatd.core.live_row import LiveRow
from chatd.core.lobby import Person
from chatd.core.room import Room
from chatd.core.room_settings import ROOM_SETTINGS, value_of
from chatd.core.row import Row
from chatd.core.sanitize import sanitize, sanitize_line
from chatd.core.stream import Retrying
from chatd.core.visit import Kind
from chatd.ports import Model, Plain
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.asking.progress import Stage
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.row_texts import RowText


def row_view(hub: Hub, live: LiveRow) -> dict[str, Plain]:
    """A row as it crosses to Lua: the first 4 KiB of its text, and `length`, its size in bytes."""
    thinking = live.head.meta.get("thinking")
    thought = len(thinking) if isinstance(thinking, str) else None
    return _row_view(live.head, hub.texts.of(live).prefix, live.size, thought)


async def excerpt_view(excerpt: Excerpt) -> dict[str, Plain]:
    """The same of a row of which the beginning was read."""
    text = RowText()
    text.follow(LiveRow(excerpt.row))
    while not text.has_prefix:
        if text.prepare_prefix():
            await trio.lowlevel.checkpoint()
    return _row_view(excerpt.row, text.prefix, excerpt.size, excerpt.thought)


def _row_view(row: Row, content: str, size: int, thought: int | None) -> dict[str, Plain]:
    return {
        "id": row.id,
        "buffer_id": row.buffer_id,
        "seq": row.seq,
        "parent_id": row.parent_id,
        "mention_id": row.mention_id,
        "content_method": row.method,
        "author": sanitize_line(row.author),
        "tool_name": None if row.tool_name is None else sanitize_line(row.tool_name),
        "content": content,
        "length": size,
        "status": str(row.status),
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "meta": _meta_view(row, thought),
    }


def _meta_view(row: Row, thought: int | None) -> Plain:
    """What a row says about itself, but for the thoughts: `thought` is their size in characters. Below `x` is what
    scripts have found out about it.
    """
    if not row.meta and thought is None:
        return None
    meta: dict[str, Plain] = {
        key: sanitize_line(value) if isinstance(value, str) else value
        for key, value in row.meta.items()
        if key != "thinking" and (value is None or isinstance(value, str | int | float))
    }
    meta |= {"sources": seqs} if (seqs := source_seqs(row.meta)) else {}
    if found := annotations_in(row.meta):
        meta[ANNOTATIONS] = annotation_view(found)
    return meta if thought is None else {**meta, "thought": thought}


def source_seqs(meta: Mapping[str, object]) -> list[Plain]:
    """The numbers of the rows that an answer's model was given as related ones."""
    named = meta.get("sources")
    found = named if isinstance(named, list) else []
    return [one["seq"] for one in found if isinstance(one, dict) and isinstance(one.get("seq"), int)]


def annotation_view(found: Mapping[str, object]) -> dict[str, Plain]:
    """What scripts have found out about a row, with every text in it made safe."""
    return {key: _plain_view(value) for key, value in found.items()}


def _plain_view(value: object) -> Plain:
    match value:
        case str():
            return sanitize_line(value)
        case Mapping():
            return {sanitize_line(str(key)): _plain_view(item) for key, item in value.items()}
        case list():
            return [_plain_view(item) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Since:
    """What is new in a room for somebody who enters: how many rows of others, and the seq of the row before the first
    of them (None: they have never been there).
    """

    unread: int = 0
    seen: int | None = None


NOTHING_NEW = Since()
"""For whoever is there already."""


def room_view(room: Room, since: Since = NOTHING_NEW) -> dict[str, Plain]:
    """The room a session is in; `since` tells of what is new when it is entered. Not who is there: whoever comes in
    is told of the room, whether it holds two or a thousand.
    """
    return {
        "id": room.id,
        "name": room.name,
        "topic": sanitize_line(room.topic),
        "buffer_id": room.buffer_id,
        "private": room.name.startswith("~"),
        "rows": room.seq,
        "unread": since.unread,
        "seen": since.seen,
        "entered": since is not NOTHING_NEW,
    }


def room_view_with_members(hub: Hub, room: Room) -> dict[str, Plain]:
    """The room a session is in, what is set of it, and who is there, by name."""
    people = {person.name: person for person in hub.lobby.people}
    members: list[Plain] = [
        {"name": name, "kind": str(people[name].kind)} for name in hub.lobby.members(room) if name in people
    ]
    return {**room_view(room), "members": members, "settings": _settings(room)}


def _settings(room: Room) -> dict[str, Plain]:
    return {name: sanitize(value_of(room.settings, name)) for name in ROOM_SETTINGS}


def room_settings_view(room: Room) -> list[Plain]:
    """All that can be set of the room, in the order of the table, with what holds."""
    return [
        {
            "name": one.name,
            "value": sanitize(value_of(room.settings, one.name)),
            "takes": str(one.takes),
            "help": one.help,
        }
        for one in ROOM_SETTINGS.values()
    ]


def room_summary(hub: Hub, room: Room, unread: int) -> dict[str, Plain]:
    """A room in a list; the fields of `rooms --json`."""
    return {
        "name": room.name,
        "topic": room.topic,
        "private": room.name.startswith("~"),
        "members": len(hub.lobby.members(room)),
        "models": len(hub.models),
        "rows": room.seq,
        "unread": unread,
    }


def person_view(hub: Hub, person: Person) -> dict[str, Plain]:
    """A person who is here; `since` in milliseconds since the epoch."""
    return {
        "name": person.name,
        "kind": str(person.kind),
        "rooms": [name for name in hub.lobby.rooms_of(person.name) if not name.startswith("~")],
        "since": person.since_ms,
        "away": None if person.away is None else sanitize_line(person.away),
    }


def model_people(hub: Hub) -> list[dict[str, Plain]]:
    """The models, in the shape of people."""
    since = hub.facts.started_ms
    return [{"name": n, "kind": str(Kind.MODEL), "rooms": [], "since": since, "away": None} for n in hub.models]


def model_view(hub: Hub, model: Model) -> dict[str, Plain]:
    """A model; the fields of `models --json`."""
    info = model.info
    return {
        "name": info.name,
        "provider": info.provider,
        "model": info.model,
        "endpoint": info.endpoint,
        "available": info.available,
        "capabilities": list(info.capabilities),
        "context_tokens": info.context_tokens,
        "queue": hub.answers.router.places.waiting(info),
    }


def answer_view(answer: RunningAnswer, owner: object, now_ms: int) -> dict[str, Plain]:
    """A running answer, and how it is getting on. `position` is that in the queue, `retry` why and when it is asked
    anew, `tool` what runs for it.
    """
    progress = answer.progress
    last = progress.retries[-1] if progress.stage is Stage.RETRYING else None
    return {
        "mention_id": answer.id,
        "row_id": answer.mention.row_id,
        "model": answer.facts.model,
        "asker": answer.facts.asker,
        "mine": answer.owner is owner,
        "room": answer.room.name,
        "started_ms": answer.started_ms,
        "stage": str(progress.stage),
        "position": progress.position if progress.stage is Stage.QUEUED else None,
        "retry": None if last is None else retry_text(last),
        "tool": sanitize_line(next(iter(progress.tools.values()))) if progress.tools else None,
        "first_token_ms": progress.first_token_ms,
        "tokens": progress.pieces,
        "tokens_per_s": round(progress.tokens_per_s(now_ms), 1),
    }


def retry_text(retry: Retrying) -> str:
    """`retrying in 2 s, 1 of 3`, and why."""
    when = f"in {retry.wait:g} s" if retry.wait else "at once"
    return sanitize_line(f"retrying {when}, {retry.attempt} of {retry.attempts}: {retry.reason}")


def asked(line: str) -> Plain:
    """tools.asked(line): whom a typed line asks, and what; nil when it asks nobody."""
    found = split_question(str(line))
    return None if found is None else {"names": [*found[0]], "message": found[1]}

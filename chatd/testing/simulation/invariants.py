"""What must hold in every world, whatever happens: checked while it lives, after a kill, and at its end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from chatd.adapters.sqlite.recovery import recover
from chatd.config import Config
from chatd.core.times import iso
from chatd.testing.simulation.models import SimulatedModel
from chatd.testing.simulation.outcome import Broken
from chatd.testing.simulation.people import PlayedPerson
from chatd.testing.sources import EPOCH_MS
from chatd.testing.world import World

ONE_MORE = 3
"""Changes that one more event may bring to an answer which has `chunk_buffer_size` of them unwritten."""


class Invariants:
    """Of one world. Every check raises Broken, with the invariant's name."""

    def __init__(self, world: World, settings: Config, models: Iterable[SimulatedModel]) -> None:
        self._settings = settings
        self._world = world
        self._models = tuple(models)
        self.broken: Broken | None = None
        """The first invariant that broke while something was shown."""

    # --- at any moment

    def when_shown(self) -> None:
        """Something is about to reach a person: whatever the rooms hold is on disk."""
        on_disk = dict(self._all("SELECT room_id, number FROM buffers"))
        for room in self._world.hub.lobby.rooms:
            if room.number > on_disk.get(room.id, 0):
                held = f"{room.name} holds {room.number}, the disk {on_disk.get(room.id)}"
                self.breaks("committed, then shown", held)

    def breaks(self, name: str, detail: str) -> None:
        """An invariant is broken, seen from inside the server: it is kept, for a boundary there may take the error.

        Raises Broken.
        """
        broken = Broken(name, detail)
        self.broken = self.broken or broken
        raise broken

    def in_life(self) -> None:
        """Limits hold, and nobody is asked for nobody."""
        hub = self._world.hub
        running = hub.answers.running
        for model in self._models:
            if model.open_streams > model.info.max_parallel:
                raise Broken("limits hold", f"{model.info.name} answers {model.open_streams} at once")
        if sum(model.open_streams for model in self._models) > len(running):
            raise Broken("left upstreams are closed", "a model's stream is open that no answer reads")
        for answer in running:
            if not answer.mention.over and answer.unwritten > self._settings.streaming.chunk_buffer_size + ONE_MORE:
                raise Broken("limits hold", f"an answer has {answer.unwritten} changes unwritten")
        for name in {answer.facts.asker for answer in running}:
            own = sum(answer.facts.asker == name for answer in running)
            if own > self._settings.limits.max_streams_per_user:
                raise Broken("limits hold", f"{name} has {own} answers")

    def after_a_kill(self, image: bytes) -> None:
        """What a `kill -9` left, recovered in a copy: whole, closed, and with everything that was committed."""
        copy = sqlite3.connect(":memory:", isolation_level=None)
        try:
            copy.deserialize(image)
            recover(copy, iso(EPOCH_MS))
            _check_whole(copy, "after a kill")
            known = {row_id for (row_id,) in copy.execute("SELECT id FROM rows")}
            for room in self._world.hub.lobby.rooms:
                for live in room.tail(room.seq):
                    if live.head.id not in known:
                        raise Broken("a kill loses nothing that was shown", f"row {live.head.id} is gone")
            told = {mention for (mention,) in copy.execute(_ENDS)}
            for answer in self._world.hub.answers.running:
                if answer.facts.question_id in known and not answer.mention.over and answer.id not in told:
                    raise Broken("every question has an end", f"{answer.id} of {answer.facts.model}, after a kill")
        finally:
            copy.close()

    # --- at the end, when everything has come to rest

    def at_rest(self, viewers: Iterable[PlayedPerson]) -> None:
        """Nothing is open or waits, and every viewer of events has seen exactly what is on disk."""
        _check_whole(self._world.database.writer, "at the end")
        hub = self._world.hub
        if hub.answers.running:
            raise Broken("answers end", f"{len(hub.answers.running)} run still")
        if not hub.answers.router.idle:
            raise Broken("places are given back", "the router is not idle")
        if open_streams := sum(model.open_streams for model in self._models):
            raise Broken("left upstreams are closed", f"{open_streams} are open")
        if hub.recorder.debt:
            raise Broken("what is submitted is committed", f"{hub.recorder.debt} drafts wait")
        for terminal in viewers:
            self._check_events(terminal)

    def _check_events(self, terminal: PlayedPerson) -> None:
        seen: dict[str, dict[str, Any]] = {}
        for line in terminal.output.splitlines():
            event = json.loads(line)
            match event["event"]:
                case "added" | "finished" | "lagged":
                    seen[event["row"]["id"]] = event["row"]
                case "grew":
                    row = seen.get(event["row_id"])
                    if row is None:
                        raise Broken("viewers see the rows", f"row {event['row_id']} grows before it was added")
                    if len(row["content"]) != event["offset"]:
                        raise Broken(
                            "events are dense", f"row {row['id']} has {len(row['content'])}, grows at {event['offset']}"
                        )
                    row["content"] += event["delta"]
                case _:
                    pass
        sql = (
            "SELECT rows.id, content, status FROM rows JOIN buffers ON buffers.id = buffer_id"
            " JOIN rooms ON rooms.id = room_id WHERE rooms.name = 'lobby'"
        )
        for row_id, content, status in self._all(sql):
            shown = seen.get(row_id)
            if shown is None or (shown["content"], shown["status"]) != (content, status):
                raise Broken("viewers see the rows", f"row {row_id} is {content[:40]!r}, {status}; seen is {shown}")

    def _all(self, sql: str) -> list[Any]:
        return self._world.database.writer.execute(sql).fetchall()


_ENDS = "SELECT mention_id FROM rows WHERE mention_id IS NOT NULL AND content_method = 'message.system'"


def _check_whole(connection: sqlite3.Connection, when: str) -> None:
    """Dense order, one number for each entry; no row open; each call with one result; no growth without its row."""

    def count(sql: str) -> int:
        (found,) = connection.execute(sql).fetchone()
        return int(found)

    if count("SELECT count(*) FROM rows WHERE status = 'open'"):
        raise Broken("every row is finished", when)
    if count("SELECT count(*) FROM chunks"):
        raise Broken("growth is joined", when)
    if count("SELECT count(*) FROM thoughts"):
        raise Broken("thoughts are with their rows", when)
    if count("SELECT count(*) FROM mentions"):
        raise Broken("mentions that have ended are off the record", when)
    ended = [mention for (mention,) in connection.execute(_ENDS)]
    if len(set(ended)) < len(ended):
        raise Broken("an end is told once", when)
    cancelled = connection.execute(
        "SELECT mention_id FROM rows WHERE content_method = 'message.model' AND status = 'cancelled'"
    )
    if not {mention for (mention,) in cancelled}.isdisjoint(ended):
        raise Broken("who cancels is not told why", when)
    if count(
        "SELECT count(*) FROM buffers WHERE seq <> (SELECT count(*) FROM rows WHERE buffer_id = buffers.id)"
        " OR seq <> coalesce((SELECT max(seq) FROM rows WHERE buffer_id = buffers.id), 0)"
    ):
        raise Broken("the order is dense", when)
    if count(
        "SELECT count(*) FROM rows AS call WHERE content_method = 'tool.call' AND 1 <> (SELECT count(*) FROM rows AS"
        " result WHERE result.parent_id = call.id AND result.content_method = 'tool.result')"
    ):
        raise Broken("every call has one result", when)
    if count(
        "SELECT count(*) FROM rows AS result WHERE content_method = 'tool.result' AND NOT EXISTS (SELECT 1 FROM rows AS"
        " call WHERE call.id = result.parent_id AND call.content_method = 'tool.call' AND call.seq < result.seq)"
    ):
        raise Broken("every result has its call", when)
    # In line mode an escape sequence is text, and stands there whole.
    typed = "replace(content, char(27) || '[', '')"
    keys = " OR ".join(f"{typed} LIKE '%{key}%'" for key in ("[200~", "[A", "[B", "[F", "[31m"))
    if count(f"SELECT count(*) FROM rows WHERE content_method = 'message.user' AND ({keys})"):  # noqa: S608
        raise Broken("no key is taken for text", when)
    if count("SELECT count(*) FROM rows WHERE finished_at IS NULL"):
        raise Broken("every row is finished", f"{when}: a row without its time")

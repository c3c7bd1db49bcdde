"""What must hold in every world, whatever happens: checked while it lives, after a kill, and at its end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from chatd.config import Config
from chatd.testing.checks import Broken, check_committed, check_recoverable, check_whole, count
from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.models import SimulatedModel
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
        try:
            check_committed(self._world)
        except Broken as broken:
            self.breaks(broken.name, broken.detail)

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

    def after_a_kill(self) -> None:
        """What a `kill -9` here would leave, recovered in a copy."""
        check_recoverable(self._world)
        self._check_typed()

    def _check_typed(self) -> None:
        """No row has what is drawn as keys. In line mode an escape sequence is text, and stands there whole."""
        typed = "replace(content, char(27) || '[', '')"
        keys = " OR ".join(f"{typed} LIKE '%{key}%'" for key in ("[200~", "[A", "[B", "[F", "[31m"))
        sql = f"SELECT count(*) FROM rows WHERE content_method = 'message.user' AND ({keys})"  # noqa: S608
        if found := count(self._world.database.writer, sql):
            raise Broken("no key is taken for text", f"in {found} rows")

    # --- at the end, when everything has come to rest

    def at_rest(self, viewers: Iterable[PlayedPerson]) -> None:
        """Nothing is open or waits, and every viewer of events has seen exactly what is on disk."""
        check_whole(self._world.database.writer, "at the end")
        self._check_typed()
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

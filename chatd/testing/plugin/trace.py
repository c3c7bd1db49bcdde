"""What is shown of a world with a failure: what happened in it, and what its screens showed at that moment."""

from __future__ import annotations

from typing import assert_never

import trio

from chatd.core.room import Behind
from chatd.core.row import Added, Annotated, Entry, Finished, Grew, RoomSet
from chatd.testing.plugin.events import Events
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

SHOWN_TEXT = 60
"""Characters of a row's text in an event."""


class Recording(trio.abc.Instrument):
    """The newest events of a world: who did what, what was committed, what was sent to whom, and by which task."""

    def __init__(self) -> None:
        self.world: World | None = None
        self.events = Events()
        self.ended_at = 0.0
        self._seen: dict[str, int] = {}
        self._sent: list[int] = []
        self._acted: list[int] = []
        self._asked: dict[str, int] = {}
        self._erred = 0
        self._before: list[str] = []  # the screens at the newest act
        self._stopped = False

    def stop(self) -> None:
        """What comes is the end of the world, not of the test."""
        if self.world is not None:
            self._hear(self.world)
        self._stopped, self.ended_at = True, trio.current_time()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """See what this step has changed."""
        if self._stopped:
            return
        self.ended_at = trio.current_time()
        if self.world is None:
            return
        self._hear(self.world)
        doer = task.name.rpartition(".")[2]
        for room in self.world.hub.lobby.rooms:
            before = self._seen.get(room.id, 0)
            if room.number > before:
                entries = room.since(before)
                self._seen[room.id] = room.number
                for entry in [] if isinstance(entries, Behind) else entries:
                    self._commit(doer, room.name, entry)
        for place, terminal in enumerate(self.world.terminals):
            if len(terminal.writes) > self._sent[place]:
                size = sum(len(data) for _, data in terminal.writes[self._sent[place] :])
                self._sent[place] = len(terminal.writes)
                self.events.sent(self.ended_at, f"{doer}: {terminal.visit.visitor.name}", size)

    def _commit(self, doer: str, room: str, entry: Entry) -> None:
        if isinstance(entry, Grew):
            self.events.grew(self.ended_at, f"{doer}: {room}", entry.number, entry.row_id, entry.text)
        else:
            self._tell(f"{doer}: {room} #{entry.number} {_told(entry)}")

    def _hear(self, world: World) -> None:
        """What people and models have done since it was last looked: it stands before what the server makes of it."""
        for terminal in world.terminals[len(self._sent) :]:
            self._sent.append(0)
            self._acted.append(0)
            self._tell(f"{terminal.visit.visitor.name} comes: {kind_of(terminal)}")
        for place, terminal in enumerate(world.terminals):
            new = terminal.acts[self._acted[place] :]
            for _, what in new:
                self._tell(f"{terminal.visit.visitor.name} {what}")
            if new:
                self._before = [person.screen.text for person in world.terminals]
            self._acted[place] = len(terminal.acts)
        for model in world.models:
            name = model.info.name
            for _, what in model.acts[self._asked.get(name, 0) :]:
                self._tell(f"{name}: {what}")
            self._asked[name] = len(model.acts)
        for error in world.heard.found[self._erred :]:
            self._tell(f"script error: {error}")
        self._erred = len(world.heard.found)

    def changes(self) -> str:
        """What is another on each screen since the newest act."""
        if self.world is None:
            return ""
        told = []
        for before, terminal in zip(self._before, self.world.terminals, strict=False):
            if terminal.visit.pty and (differs := terminal.screen.diff(before)):
                told.append(f"{terminal.visit.visitor.name}\n{differs}")
        return "\n".join(told) or "nothing"

    def _tell(self, what: str) -> None:
        self.events.tell(self.ended_at, what)


def _told(entry: Added | Finished | Annotated | RoomSet) -> str:
    match entry:
        case Added(row=row):
            return f"{row.author} {row.content[:SHOWN_TEXT]!r} {row.status} ({row.id})"
        case Finished(row_id=row_id, status=status):
            return f"{row_id} is {status}"
        case Annotated(row_id=row_id, values=values):
            return f"{row_id} has {dict(values)}"
        case RoomSet(setting=setting, value=value):
            return f"the {setting} is {value!r}"
        case _:
            assert_never(entry)


def kind_of(terminal: MemoryTerminal) -> str:
    """How somebody came: `80x24`, `line mode` or the command."""
    visit = terminal.visit
    if visit.command is not None:
        return f"command {visit.command!r}"
    return f"{visit.size[0]}x{visit.size[1]}" if visit.pty else "line mode"


def screens(world: World) -> str:
    """What everybody sees, terminal by terminal."""
    return "\n".join(terminal.shown() for terminal in world.terminals) or "nobody came"

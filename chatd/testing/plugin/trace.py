"""What is shown of a world with a failure: what happened in it, and what its screens showed at that moment."""

from __future__ import annotations

from collections import deque
from typing import assert_never

import trio

from chatd.core.room import Behind
from chatd.core.row import Added, Entry, Finished, Grew, TopicSet
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

KEPT_EVENTS = 1000
"""Events of a test that are remembered: enough to see how it came to its end, whatever came before."""

SHOWN_TEXT = 60
"""Characters of a row's text in an event."""


class Recording(trio.abc.Instrument):
    """The newest events of a world: who did what, what was committed, what was sent to whom, and by which task."""

    def __init__(self) -> None:
        self.world: World | None = None
        self.events: deque[str] = deque(maxlen=KEPT_EVENTS)
        self.ended_at = 0.0
        self._seen: dict[str, int] = {}
        self._sent: list[int] = []
        self._acted: list[int] = []
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
                    self._tell(f"{doer}: {room.name} #{entry.number} {_told(entry)}")
        for place, terminal in enumerate(self.world.terminals):
            if len(terminal.writes) > self._sent[place]:
                size = sum(len(data) for _, data in terminal.writes[self._sent[place] :])
                self._sent[place] = len(terminal.writes)
                self._tell(f"{doer}: {terminal.visit.visitor.name} is sent {size} bytes")

    def _hear(self, world: World) -> None:
        """What people have done since it was last looked: it stands before what the server makes of it."""
        for terminal in world.terminals[len(self._sent) :]:
            self._sent.append(0)
            self._acted.append(0)
            self._tell(f"{terminal.visit.visitor.name} comes: {kind_of(terminal)}")
        for place, terminal in enumerate(world.terminals):
            for _, what in terminal.acts[self._acted[place] :]:
                self._tell(f"{terminal.visit.visitor.name} {what}")
            self._acted[place] = len(terminal.acts)

    def _tell(self, what: str) -> None:
        self.events.append(f"{self.ended_at:10.3f}  {what}")


def _told(entry: Entry) -> str:
    match entry:
        case Added(row=row):
            return f"{row.author} {row.content[:SHOWN_TEXT]!r} {row.status} ({row.id})"
        case Grew(row_id=row_id, text=text):
            return f"{row_id} grows by {text[:SHOWN_TEXT]!r}"
        case Finished(row_id=row_id, status=status):
            return f"{row_id} is {status}"
        case TopicSet(topic=topic):
            return f"the topic is {topic!r}"
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

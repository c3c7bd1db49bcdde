"""A session (N3): reader, script loop, painter, and the nursery its mentions live in.

    nursery
      reader         the only one that reads the terminal; keys or lines into the inbox
      script loop    the only one that enters Lua; applies what it asked for
      painter        the only one that waits for the client (full screen only)
      ticker, watchers of the server's stop and of the log's health
      mention × m    each with its own nursery and scope (N4)

The channel's end cancels the session, which cancels its mentions; each finishes its rows before the session is gone.
"""

from __future__ import annotations

from collections import deque
from typing import assert_never

import trio

from chatd.core.lobby import LOBBY
from chatd.core.room import Room
from chatd.core.row import Add, NewRow, Status
from chatd.core.text import storable
from chatd.core.visit import Visitor
from chatd.errors import ChatdError, Exit, StorageError
from chatd.ports import Terminal
from chatd.tasks.asking import warning
from chatd.tasks.damper import Damper
from chatd.tasks.hub import Hub
from chatd.tasks.mention import Answer
from chatd.tasks.receipt import Receipt
from chatd.tasks.session import inbox as items
from chatd.tasks.session import views
from chatd.tasks.session.actions import Actions, Effect, OpenRoom, PostRow, Quit, StartAnswers
from chatd.tasks.session.front import Front
from chatd.tasks.session.host import Host
from chatd.tasks.session.inbox import Inbox
from chatd.tasks.session.script_loop import ScriptLoop, tick

STOPPING = "the server is stopping"


class Session:
    """One person in one room, with a script. `front` is the screen or the line mode it talks through."""

    def __init__(self, hub: Hub, terminal: Terminal, front: Front, notice: str, marks: dict[str, int]) -> None:
        self.hub = hub
        self.terminal = terminal
        self.visitor: Visitor = terminal.visit.visitor
        self.inbox = Inbox(hub.limits.keys_queued, hub.limits.max_suspended * 2)
        self.bell = Damper(self.inbox.ring, hub.frame_interval)
        self.front = front
        self.cursor = 0
        self.exit_status = int(Exit.OK)
        self._quit = False
        self._wanted: deque[str] = deque()  # bounded by the effects of one callback
        self.room: Room
        self.nursery: trio.Nursery
        self.actions = Actions(hub, self.visitor, self, lambda: self.room)
        self.host = Host(
            hub, self.visitor, self.actions, owner=self, mode=front.mode, notice=notice, room=lambda: self.room,
            size=front.size, want_frame=front.want_frame, repaint=front.repaint, notify=self._notify, bell=front.bell,
            marks=lambda room: room.seq - marks.get(room.id, 0) if room is not self.room else 0,
        )  # fmt: skip
        self.marks = marks
        self.loop: ScriptLoop
        self._unwritten: list[Receipt] = []
        self._input_ended = False
        self._told_trouble = False
        self._moves = 0

    async def serve(self) -> int:
        """Run to the end; returns the exit status. Raises ScriptError when the interface cannot be loaded."""
        self.room = await self.hub.open_room(LOBBY, self.visitor)
        script = self.hub.scripts.open(self.host.functions(), seed=self.hub.seed)
        self.loop = ScriptLoop(self, script, self._apply_effects)
        self._enter(self.room)
        self.hub.recorder.health.hang(health := _HealthBell(self.inbox))
        try:
            async with trio.open_nursery() as nursery:
                self.nursery = nursery
                self.front.begin(self)
                nursery.start_soon(self.front.read)
                nursery.start_soon(self.front.paint)
                nursery.start_soon(self._watch_stop)
                nursery.start_soon(self.bell.run)
                nursery.start_soon(tick, self._tick_interval, lambda: self.inbox.put_now(items.Ticked()))
                await self._run_script()
                nursery.cancel_scope.cancel()
        finally:
            self.hub.recorder.health.unhang(health)
            self._leave()
            script.close()
            self.front.end()
        return self.exit_status

    # --- the script loop

    async def _run_script(self) -> None:
        self.loop.call("on_start")
        self.loop.call("on_room", views.room_view(self.hub, self.room))
        self.front.entered(self.room)
        self.front.want_frame()
        while not self._may_end():
            self._take(await self.inbox.take())

    def _may_end(self) -> bool:
        if self._quit and self.front.mode == "screen":
            return True
        if not (self._input_ended or self._quit):
            return False
        self._unwritten = [receipt for receipt in self._unwritten if not receipt.committed]
        if self.hub.recorder.trouble and self._unwritten:
            self.exit_status = int(Exit.FAILED)
            return True
        own = any(answer.owner is self for answer in self.hub.answers.running)
        busy = own or self._unwritten or self.inbox.notices or self._wanted or self.loop.waits
        return not busy and self.cursor == self.room.number and self.front.idle()

    def _take(self, item: items.Item) -> None:
        """One item of the channel."""
        match item:
            case items.KeyPressed() | items.LineTyped() if self._quit:
                pass  # typed after the goodbye
            case items.KeyPressed(key=key):
                self.loop.call("on_key", key.name, key.text, key.size)
            case items.Interrupted():
                self._interrupt()
            case items.LineTyped(text=text):
                self.loop.call("on_line", text)
            case items.InputEnded():
                self._input_ended = True
            case items.SizeChanged():
                self.loop.call("on_resize", *self.front.size())
            case items.RoomRang():
                self.front.show()
                self.loop.read_room()
                self._look_around()
                self.front.want_frame()
            case items.HealthRang():
                self._tell_health()
            case items.Ticked():
                self.loop.call("on_tick", self.hub.clock.now_ms())
            case items.FrameWanted():
                self.front.draw()
            case items.CallEnded():
                self.loop.resume(item)
            case items.RoomOpened():
                self._opened(item)
            case items.Notice(text=text, level=level):
                self.front.tell(text, level)
                if self.inbox.dropped and not self.inbox.notices:
                    self.front.tell(f"… and {self.inbox.dropped} more notices", level)
                    self.inbox.dropped = 0
            case _:
                assert_never(item)

    def _look_around(self) -> None:
        """Tell the script when somebody came or went."""
        moves = self.hub.lobby.presence(self.room).index
        if moves != self._moves:
            self._moves = moves
            self.loop.call("on_people")

    def _interrupt(self) -> None:
        """Ctrl-C: the script decides, and when it cannot, the newest answer is cancelled all the same."""
        if not self.loop.call("on_key", "C-c", "", 0):
            answer = self.hub.answers.newest(self)
            if answer is not None:
                answer.stop(Status.CANCELLED)

    def _apply_effects(self) -> None:
        for effect in self.actions.take():
            try:
                self._apply(effect)
            except ChatdError as error:
                self._notice(str(error), "error")

    def _apply(self, effect: Effect) -> None:
        match effect:
            case PostRow():
                row = NewRow(effect.row_id, effect.method, self.visitor.name, storable(effect.text),
                             parent_id=effect.parent_id, mention_id=effect.mention_id,
                             meta={"asked": effect.asked} if effect.asked > 1 else {})  # fmt: skip
                self._unwritten.append(self.hub.recorder.submit(effect.room, Add(row)))
            case StartAnswers(asked=asked, submit=submit):
                try:
                    if submit:
                        self._unwritten.append(asked.submit(self.hub))
                except StorageError:
                    for answer in asked.answers:
                        self.hub.answers.abandon(answer)
                    raise
                for answer in asked.answers:
                    if warned := warning(answer):
                        self._notice(warned, "warn")
                    self.start(answer)
            case OpenRoom(name=name):
                self._wanted.append(name)
                if len(self._wanted) == 1:
                    self._open_next()
            case Quit():
                self._quit = True  # on a screen at once; in line mode when what there is to print has been
                for answer in self.hub.answers.running:
                    if answer.owner is self:
                        answer.stop(Status.CANCELLED)
            case _:
                assert_never(effect)
        if len(self._unwritten) > 1000:
            self._unwritten = [receipt for receipt in self._unwritten if not receipt.committed]

    def start(self, answer: Answer) -> None:
        """Run a reserved answer in this session's nursery."""
        self.nursery.start_soon(answer.run, name=f"mention {answer.id}")

    # --- rooms

    def _open_next(self) -> None:
        """Go to the first of the rooms that are wanted; what is typed meanwhile is for that room, and waits."""
        self.inbox.held = True
        room = self.hub.lobby.find(self._wanted[0], self.visitor.name)
        if room is not None and room.loaded:
            self.inbox.put_now(items.RoomOpened(room))
        else:
            self.nursery.start_soon(self._open, self._wanted[0])

    async def _open(self, name: str) -> None:
        try:
            opened = items.RoomOpened(await self.hub.open_room(name, self.visitor, make=True))
        except ChatdError as error:
            opened = items.RoomOpened(None, str(error))
        self.inbox.put_now(opened)

    def _opened(self, opened: items.RoomOpened) -> None:
        self.inbox.held = False
        if opened.room is None:
            self._notice(opened.problem, "error")
        else:
            self._switch(opened.room)
        self._wanted.popleft()  # only now: what `on_room` wants waits behind it
        if self._wanted:
            self._open_next()

    def _switch(self, room: Room) -> None:
        self._leave()
        self._enter(room)
        self.loop.call("on_room", views.room_view(self.hub, room))
        self.front.entered(room)
        self.front.want_frame()

    def _enter(self, room: Room) -> None:
        self.room = room
        self.cursor = room.number
        self.hub.recorder.watch(room, self.bell)
        self.hub.enter(room, self.visitor)
        self._moves = self.hub.lobby.presence(room).index

    def _leave(self) -> None:
        self.marks[self.room.id] = self.room.seq
        self.hub.recorder.unwatch(self.room, self.bell)
        self.hub.leave(self.room, self.visitor)

    # --- telling

    def _notice(self, text: str, level: str) -> None:
        self.inbox.put_now(items.Notice(text, level))

    def _notify(self, text: str) -> None:
        self._notice(text, "info")

    def _tell_health(self) -> None:
        trouble = self.hub.recorder.trouble
        unwritten = any(not receipt.committed for receipt in self._unwritten)
        if trouble is not None:
            what = "what you wrote is not kept yet and will appear when it is" if unwritten else "nothing new is kept"
            self._notice(f"{trouble}: {what}", "error")
            self._told_trouble = True
        elif self._told_trouble:
            self._notice("the disk works again", "info")
            self._told_trouble = False

    async def _watch_stop(self) -> None:
        await self.hub.stopping.wait()
        self.exit_status = int(Exit.STOPPING)
        self.front.farewell(STOPPING)
        self.nursery.cancel_scope.cancel()

    def _tick_interval(self) -> float:
        limits = self.hub.limits
        return limits.tick_busy if self.hub.answers.in_room(self.room) else limits.tick_idle


class _HealthBell:
    """Rings a session when the log fails or recovers."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def ring(self) -> None:
        self._inbox.put_now(items.HealthRang())

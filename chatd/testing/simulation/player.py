"""Plays a program: its acts, one after the other, by people who are watched, on one server after the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from random import Random

import trio

from chatd.config import Config
from chatd.core.lobby import LOBBY
from chatd.core.visit import Visit
from chatd.errors import BadConfig
from chatd.testing import program as acts
from chatd.testing.checks import Broken
from chatd.testing.people import People, PlayedPerson
from chatd.testing.play import Player
from chatd.testing.program import FAULTS, Act, describe
from chatd.testing.simulation.conversations import CONVERSATIONS, Conversation, Disturbed, Talk
from chatd.testing.simulation.conversations.talk import NO_KEY
from chatd.testing.simulation.editions import EditedScripts
from chatd.testing.simulation.found_models import FoundModels
from chatd.testing.simulation.invariants import Invariants
from chatd.testing.simulation.oracles.screens import is_screen, stale, standing
from chatd.testing.simulation.play_faults import play_fault
from chatd.testing.simulation.web.people import WebPeople
from chatd.testing.simulation.wire_model import WireModel
from chatd.testing.terminal import MemoryTerminal
from chatd.testing.world import World

CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
"""What text output never has: all controls but LF and TAB."""

RENAMES = re.compile(r"/nick\s+(\S+)")

REGISTERED = re.compile(rb"the name (\S+) is now registered for your key")
"""What somebody is told whose name is kept from now on."""

STRAYS = re.compile(r"/(join|leave|create|clear|quit|nick)")
"""What may lead somebody away from the room they are in, or from their name."""

ESCAPES_S = 0.6
"""Virtual seconds after which an Esc is known to be one, and whatever it closes is closed."""

SEEN_S = 0.25
"""Virtual seconds in which a key is on the screen: two frames at the longest interval, and some for the schedule."""

REDRAW = b"\x0c"
"""The key that has all of the screen drawn."""

BOTTOM = 2
"""Lines at the bottom of a screen that are no chat: the status, and what is typed."""

ROOM_TO_TYPE = (20, 5)
"""The smallest screen on which one's line is always shown with what was typed last."""


class ConfigFile:
    """The `chatd.toml` of a world: another one each time it is read, or a bad one."""

    def __init__(self, settings: Config) -> None:
        self.good = True
        self._settings = settings
        self._count = 0

    def read(self) -> Config:
        """What it says. Raises BadConfig."""
        if not self.good:
            raise BadConfig("chatd.toml: server.motd is 5")
        self._count += 1
        server = replace(self._settings.server, motd=f"the motd of hang-up {self._count}")
        return replace(self._settings, server=server)


class WatchedPlayer(Player[PlayedPerson]):
    """Plays floods, signals, conversations and saved scripts, too, and looks at whatever people are shown."""

    def __init__(
        self, world: World, people: People[PlayedPerson], watch: Invariants, *, settings: Config,
        scripts: EditedScripts, file: ConfigFile, tell: Callable[[str], None], seed: int,
        found: FoundModels | None = None, wire: WireModel | None = None,
    ) -> None:  # fmt: skip
        super().__init__(world, people, Random(f"world {seed}"))
        self.watch = watch
        self.tell = tell
        self.seed = seed
        self.settings = settings
        self.faults = 0
        self.acts = 0
        """What was done: each act, each connection of a flood, each step of a conversation."""
        self.readers: list[tuple[PlayedPerson, int]] = []
        """Who came in line mode, with the lobby's number of rows when they were shown something."""
        self.strayed: list[PlayedPerson] = []
        """Who may have gone into another room."""
        self.web: WebPeople
        """Who comes over the web; whoever opens a world's says so."""
        self.later: list[tuple[str, int, Conversation]] = []
        """What conversations want to see after the next start."""
        self.scripts = scripts
        self._file = file
        self._found = found
        self._wire = wire

    async def play(self, program: list[Act], look: Callable[[], None]) -> None:
        """Every act in its order; `look` is called after each. Raises Broken."""
        for act in program:
            self.tell(describe(act))
            self.faults += isinstance(act, FAULTS)
            self.acts += 1
            await self.do(act)
            self.watch.in_life()
            look()

    async def do(self, act: Act) -> None:
        """One act. Raises Broken."""
        match act:
            case acts.Flood(who=who, count=count):
                self.acts += count
                for _ in range(count):
                    await self.do(acts.RunCommand(who, "health"))
            case acts.HangUp(good=good):
                self._file.good = good
                self.world.sighup()
            case acts.Crash():
                self.watch.after_a_kill()
            case acts.Stop():
                self.watch.disturbed()
                self.world.hub.stop(trio.current_time() + self.world.hub.limits.grace / 2)
            case acts.SaveScripts(edition=edition):
                self.scripts.save(edition)
            case acts.DiskDamage():
                pass  # the restart has it
            case acts.Converse():
                await self._converse(act)
            case acts.Press(who=who):
                await self._press(who)
            case acts.Redraw(who=who):
                await self._redraw(who)
            case acts.RunCommand():
                self.watch.judge.begins(act)
                await super().do(act)
            case acts.LinkFault() | acts.ClockFault() | acts.DiscoveryFault():
                play_fault(act, self.world, self.here, self.viewers, self._found)
            case acts.Browse():
                self.web.do(act)
            case acts.DiskFault():
                self.watch.disturbed()
                await super().do(act)
            case acts.Leave(who=who) if who in self.here:
                self.watch.attendance.goes(self.here[who])
                await super().do(act)
            case acts.Type(who=who, text=text) if who in self.here:
                self._types(self.here[who], text)
                await super().do(act)
            case _:
                await super().do(act)

    def _types(self, person: PlayedPerson, text: str) -> None:
        """Somebody types this: they may have another name from now on, or go elsewhere."""
        if STRAYS.search(text):
            self.strayed.append(person)
        for name in RENAMES.findall(text):
            self.watch.attendance.renames(person, name)

    def connect(self, visit: Visit) -> PlayedPerson:
        """Somebody comes, whatever for, and is watched."""
        person = super().connect(visit)
        person.observer = lambda data: self._shown(person, data)
        self.watch.comes(person)
        return person

    def _shown(self, person: PlayedPerson, data: bytes) -> None:
        visit = person.visit
        self.watch.when_shown()
        if isinstance(person, MemoryTerminal) and is_screen(visit):
            self.watch.is_painted(person, data, person.unsent())
        if visit.command is None and not visit.pty and not any(one is person for one, _ in self.readers):
            self.readers.append((person, self.world.hub.lobby.get(LOBBY, "").seq))
        if not visit.pty and (found := CONTROL.search(data)):
            self.watch.breaks("no foreign control byte on any terminal", f"{found[0]!r} in {data[:200]!r}")
        for name in REGISTERED.findall(data):
            self.watch.is_told_of_a_name(name.decode())
        self.tell(f"{visit.visitor.name} is sent {len(data)} bytes, {blake2b(data, digest_size=4).hexdigest()}")

    # --- conversations, and keys that must be seen

    async def _converse(self, act: acts.Converse) -> None:
        await self._talk(act.which, act.number, CONVERSATIONS[act.which])

    async def go_on(self, later: list[tuple[str, int, Conversation]]) -> None:
        """What was begun on the server before: it is there still. Raises Broken."""
        for which, number, conversation in later:
            self.tell(f"conversation {number} goes on: {which}")
            await self._talk(which, number, conversation)

    async def _talk(self, which: str, number: int, conversation: Conversation) -> None:
        if not self.watch.is_calm():
            return
        calm_since = self.watch.disturbances
        talk = Talk(
            self.world, number, which, settings=self.settings, visitor=self.people.visitor,
            connect=self.connect, types=self._types,
            is_calm=lambda: self.watch.is_calm() and self.watch.disturbances == calm_since, found=self._found,
            saves=self.scripts.save, wire=self._wire, secrets=self.watch.secrets,
            attends=self.watch.attendance.is_elsewhere,
        )  # fmt: skip
        try:
            await conversation(talk)
            await self.world.settle()
            self.later += [(which, number, one) for one in talk.later]
        except Disturbed:
            self.tell(f"conversation {number} is disturbed")
        finally:
            self.acts += talk.steps
            for person in talk.people:
                self.watch.attendance.goes(person)
            talk.everybody_leaves()

    async def _press(self, who: str) -> None:
        person = self.here.get(who)
        if person is None or not self._is_seen(person):
            return
        person.sends(b"\x1b")
        await trio.sleep(ESCAPES_S)
        self.watch.pressed += 1
        word = f"key {self.watch.pressed} "
        said = b"said while the disk is slow\r" if self.world.disk.is_slow else b""
        person.sends(b"\x15" + said + word.encode())
        await trio.sleep(SEEN_S)
        if self._is_seen(person) and word.strip() not in person.screen.text:
            raise Broken("a key is on the screen in time", f"{word!r} of {who} is not: {person.screen.framed()}")

    async def _redraw(self, who: str) -> None:
        """Nothing on a screen that rests is another one after all of it is drawn anew. Raises Broken."""
        person = self.here.get(who)
        if person is None or not self._is_seen(person):
            return
        for keys, seconds in ((b"\x1b", ESCAPES_S), (NO_KEY.encode(), SEEN_S), (b"", SEEN_S)):
            before = standing(person.screen), self._moving()
            person.sends(keys)
            await self.world.settle(seconds)
        if before != (standing(person.screen), self._moving()):  # it does not rest
            return
        # A notice, which takes a third at the most and lies at the bottom, goes with a key, this one too.
        (rows, moving), upper = before, person.screen.rows * 2 // 3 - BOTTOM
        self.world.server.screens.shared.looks.forget()
        person.sends(REDRAW)
        await self.world.settle(SEEN_S)
        others = stale(rows[:upper], standing(person.screen, upper))
        if others and self._moving() == moving and self._is_seen(person):
            raise Broken("a screen is what a full repaint makes it", f"{who}: {others}")

    def _moving(self) -> object:
        """What screens show, and what changes them."""
        hub = self.world.hub
        rooms = [(room.name, room.number, room.topic) for room in hub.lobby.rooms]
        return rooms, len(hub.answers.running), sorted(one.name for one in hub.lobby.people), self.scripts.stamp()

    def _is_seen(self, person: PlayedPerson) -> bool:
        """Whether somebody reads a screen on which a word fits, of a session that goes on."""
        size = person.screen.columns, person.screen.rows
        fits = size[0] >= ROOM_TO_TYPE[0] and size[1] >= ROOM_TO_TYPE[1]
        visit, over = person.visit, self.world.hub.stopping.is_set() or person.ended.is_set()
        # What is typed while a slow disk opens a room is for that room, and waits for it.
        waits = not self.watch.is_calm() and any(one is person for one in self.strayed)
        begun = "here" in person.screen.text and not waits
        return visit.pty and visit.term != "dumb" and fits and begun and self.reads(person) and not over

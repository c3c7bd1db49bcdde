"""A host in memory for the shipped interface: rooms, people, models and a screen, and the person's side of them.

Every callback goes through the real sandbox and must not fail; the test reads what is on the screen and what was done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any

from chatd.adapters.lua import LuaScripts
from chatd.config import shipped_lua
from chatd.core.room import Room, RoomLimits
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Plain, Raised, ScriptOutcome, Suspended
from chatd.screen import widths
from chatd.screen.markdown import MarkdownWrapper
from chatd.tasks.chat.views import Since, asked, room_settings_view
from chatd.tasks.scripts.row_calls import SILENT
from chatd.tasks.session.script_view import ViewFunctions
from chatd.testing.sources import SCRIPT_SECONDS
from tests.lua.fake_log import FakeLog
from tests.lua.fake_room import START_MS, Frame, Row
from tests.lua.fake_screen import FakeScreen

LIMITS = RoomLimits(rows=1, row_chars=1, entries=1, entry_chars=1)

PROBE = Path(__file__).parent / "probe"


class FakeHost(FakeLog):
    """One person at a screen (or in line mode) with the shipped interface, and the files of `overlay`."""

    def __init__(
        self, *, name: str = "alice", mode: str = "screen", motd: str = "", notice: str = "", rows: int = 0,
        kept: dict[str, Plain] | None = None, overlay: Path = PROBE, now: int = START_MS,
    ) -> None:  # fmt: skip
        super().__init__()
        self.name, self.mode, self.motd, self.notice = name, mode, motd, notice
        self.now = now
        self.kept: dict[str, Plain] = {} if kept is None else kept
        """What the interface keeps for this person; a second host with the same is a second login."""
        self.own: dict[str, Plain] = {}
        """What it keeps under `session.`: as long as the session lives."""
        self.reloaded, self.size = False, (80, 24)
        self.kept_most = 16384
        """Characters of one value of it."""
        self.people = {name: "member", "bob": "member"}
        self.found: dict[str, Plain] = {}
        """What scripts have found out about the newest answer."""
        self.models = ["eliza", "echo", "qwen3:8b"]
        self.away: dict[str, str] = {}
        self.streams: list[dict[str, Plain]] = []
        self.rooms = {"lobby": "", "dev": "about code"}
        self.room = "lobby"
        self.settings: dict[str, str] = {}
        """What is set of the room."""
        self.done: list[tuple[Plain, ...]] = []
        """What was asked of the host: ("say", text), ("mention", names, message, typed), ("cancel", id), …"""
        self.told: list[str] = []
        """Lines of `tools.notify`."""
        self.refusal: str | None = None
        """Why the host refuses to say or ask now."""
        self.dirty: list[Plain] = []
        self.probed: tuple[Any, ...] = ()
        self.web_url = ""
        """Where the web gateway is."""
        self.bells = 0
        self.unread = 0
        """Rows of the lobby that came since the person was last there."""
        self._waiting: list[tuple[int, Plain]] = []
        self._timer = 0
        self._entered = True
        self.timers: dict[int, tuple[int, int, bool]] = {}
        """Number to when it rings, after how long again, and whether it does."""
        for i in range(rows):
            self.rows.append(Row(i + 1, "bob", f"line {i + 1}"))
        self.screen = FakeScreen(self, overlay)
        self._scripts = LuaScripts(
            shipped_lua(), overlay, instructions=3_000_000, memory=8 << 20, seconds=SCRIPT_SECONDS
        )
        self._begin()

    # --- the person

    def press(self, *names: str) -> FakeHost:
        """Press keys by name."""
        for name in names:
            self._run(self.script.call("on_key", name, "", 0))
        return self

    def type(self, text: str) -> FakeHost:
        """Type text as one run; `\\n` is Enter."""
        for i, part in enumerate(text.split("\n")):
            if i:
                self.press("Enter")
            if part:
                self._run(self.script.call("on_key", part if len(part) == 1 else "text", part, 0))
        return self

    def paste(self, text: str, size: int = 0) -> FakeHost:
        """Paste text; with `size`, as the beginning of a paste that was larger."""
        self._run(self.script.call("on_key", "PasteTooLong" if size else "Paste", text, size))
        return self

    def turn(self, name: str, lines: int) -> FakeHost:
        """Turn the wheel."""
        self._run(self.script.call("on_key", name, "", lines))
        return self

    def line(self, text: str) -> FakeHost:
        """A line in line mode."""
        self._run(self.script.call("on_line", text))
        return self

    def frame(self, width: int = 80, height: int = 24) -> Frame:
        """What the screen shows now."""
        self.size = (width, height)
        frame = self.screen.frame(width, height, lambda: self._run(self.script.call("on_frame", width, height)))
        x, y = frame.cursor
        assert width < 1 or height < 1 or (0 <= x < width and 0 <= y < height), (frame.cursor, width, height)
        return frame

    def probe(self, name: str) -> None:
        """Call a function of probe/probe.lua."""
        self._run(self.script.call(name))

    def input(self) -> tuple[str, int]:
        """The editor's text, and its cursor in code points."""
        self._run(self.script.call("probe_input"))
        text, before, cells = self.probed
        assert len(widths.graphemes(text)) == cells
        assert text.startswith(before)
        return text, len(before)

    def menu(self) -> tuple[bool, int]:
        """Whether the menu is open, and how many bytes stand before the word it is about."""
        self.probe("probe_menu")
        is_open, begins = self.probed
        return is_open, begins

    # --- the world

    def says(self, author: str, text: str, method: str = "message.user", **more: Any) -> Row:
        """A row appears."""
        row = Row(len(self.rows) + 1, author, text, method, **more)
        self.rows.append(row)
        if self.room == "lobby":
            self.screen.added(row)
        self._run(self.script.call("on_row_added", "b-lobby", row.view()))
        if row.status != "open":
            self._is_done(row)
        return row

    def _is_done(self, row: Row) -> None:
        self._run(self.script.call("on_row_done", "b-lobby", row.view()))
        if row.method in SILENT:
            return
        if row.method == "message.model" and row.meta.get("asker") == self.name:
            self._run(self.script.call("on_answered", row.view()))
        alerts = self.screen.view.alerts
        if row.author != self.name and (alerts == "all" or (alerts == "mention" and self.name in row.content.lower())):
            self._run(self.script.call("on_alert", row.view()))

    def answers(self, model: str, text: str = "", asker: str = "alice") -> Row:
        """An answer begins to stream."""
        stream: dict[str, Plain] = {
            "mention_id": f"m{len(self.rows)}", "model": model, "asker": asker, "mine": asker == self.name,
            "room": "lobby", "row_id": f"row{len(self.rows) + 1}", "started_ms": self.now,
        }  # fmt: skip
        self.streams.append(stream)
        return self.says(model, text, "message.model.chunk", status="open")

    def grows(self, row: Row, text: str) -> None:
        """An open row grows."""
        row.content += text
        self.screen.grew(row, text)
        self._run(self.script.call("on_row_changed", "b-lobby", row.view(), text))

    def ends(self, row: Row, status: str = "complete") -> None:
        """An open row is done."""
        row.status, row.method = status, "message.model"
        self.streams = [s for s in self.streams if s["row_id"] != f"row{row.seq}"]
        self.screen.ended(row)
        self._is_done(row)

    def tick(self, ms: int = 250) -> None:
        """Time passes."""
        self.now += ms
        for number, (due, again, repeats) in sorted(self.timers.items(), key=lambda timer: timer[1]):
            if due <= self.now and number in self.timers:
                if repeats:
                    self.timers[number] = (self.now + again, again, True)
                else:
                    del self.timers[number]
                self._run(self.script.call("on_timer", number))
        self._run(self.script.call("on_tick", self.now))

    def tells(self, text: str, level: str = "info") -> None:
        """The host shows a notice."""
        self._run(self.script.call("on_notice", text, level))

    def enters(self, room: str) -> None:
        """The person is in another room now."""
        if room == self.room and not self.unread:
            self.screen.read_again()
            self._entered = False
        else:
            self.room, self._entered = room, True
            seen = self._room()["seen"]
            self.screen.enter(
                room, Since(self.unread if room == "lobby" else 0, seen if isinstance(seen, int) else None)
            )
        self._run(self.script.call("on_room", self._room()))

    def stops(self) -> dict[str, Plain]:
        """The session ends; returns what is kept of it."""
        self._run(self.script.call("on_stop"))
        return self.kept

    def begins_anew(self, *, reloaded: bool = True) -> FakeHost:
        """After `stops`: another runtime goes on with the session."""
        self.script.close()
        self.reloaded, self._waiting = reloaded, []
        self.timers.clear()
        self._entered = self.screen.room.name != self.room
        if not self._entered:
            self.screen.view.renamed(self.screen.room)
        else:
            self.screen.enter(self.room)
        self._begin()
        return self

    def reloads(self) -> FakeHost:
        """An operator saved a script."""
        self.stops()
        return self.begins_anew()

    def load(self) -> None:
        """The history that is waited for arrives."""
        waiting, self._waiting = self._waiting, []
        for call_id, value in waiting:
            self._run(self.script.resume(call_id, True, value))
        jobs, self.screen.waiting = self.screen.waiting, []
        for job in jobs:
            self.screen.drive(job)

    # --- the functions

    def _begin(self) -> None:
        self.script = self._scripts.runtime(self._functions(), seed=1)
        self._run(self.script.call("on_start"))
        self._run(self.script.call("on_room", self._room()))

    def _run(self, outcome: ScriptOutcome) -> None:
        assert not isinstance(outcome, Raised), outcome.message
        if isinstance(outcome, Suspended):
            if callable(outcome.later.job):
                self.screen.drive(self._resumed(outcome.call_id, outcome.later.job()))
            else:
                self._waiting.append((outcome.call_id, outcome.later.job))  # type: ignore[unreachable]

    async def _resumed(self, call_id: int, job: Awaitable[Plain]) -> None:
        self._run(self.script.resume(call_id, True, await job))

    def _functions(self) -> Mapping[str, HostFunction]:
        return {
            "session": lambda: {
                "name": self.name, "kind": "member", "mode": self.mode, "server": "chatd",
                "width": self.size[0], "height": self.size[1],
                "motd": self.motd, "notice": self.notice, "fingerprint": "SHA256:x", "max_message": 16384,
                "reloaded": self.reloaded, "web": bool(self.web_url),
            },
            "room": self._room, "rooms": self._rooms, "who": self._who, "models": self._models,
            "is_member": lambda name: name == "offline",
            "streams": lambda: list(self.streams), "now": lambda: self.now, **self._row_functions(),
            "say": lambda text: self._act("say", text), "mention": lambda *args: self._act("mention", *args),
            "model": lambda name: next(({"name": m} for m in self.models if name in (m, m.split(":")[0])), None),
            "look_for_models": lambda: None,
            "retry": lambda *args: self._act("retry", *args), "carry_on": lambda *args: self._act("carry_on", *args),
            "add_row": lambda row: self._act("add_row", row), "cancel": self._cancel,
            "join": self._join, "create": lambda room: self._act("create", room),
            "leave": lambda: self._act("leave"), "quit": lambda: self._act("quit"),
            "mark_dirty": self._mark_dirty, **self.screen.functions(),
            **{name: self._lines_by(name) for name in ("lines", "markdown", "thoughts")},
            **ViewFunctions(self.screen.view).functions(),
            "timer_start": self._start_timer, "timer_stop": lambda number: self.timers.pop(number, None) is not None,
            "asked": asked, "display_width": widths.width, "graphemes": widths.graphemes, "clip": widths.clip,
            "notify": self.told.append, "log": lambda level, text: None, "bell": self._bell,
            "kv_get": lambda key: self._place(key).get(key),
            "kv_set": self._keep, "report": self._report, "help": _page, "layout": _layout,
            "pace": lambda ms=None: None,
            "topic": lambda text: self._act("topic", text), "msg": self._msg,
            "room_settings": self._room_settings,
            "set_room": lambda name, value: self._act("set_room", name, value),
            "web_link": lambda: {**self._act("web_link"), "url": self.web_url + "/login#CODE"},
            "nick": lambda name: self._act("nick", name), "away": lambda text: self._act("away", text),
            "stats": lambda: {"sessions": 1, "rooms": 2, "memory_mb": 40.5},
        }  # fmt: skip

    def _place(self, key: str) -> dict[str, Plain]:
        return self.own if key.startswith("session.") else self.kept

    def _keep(self, key: str, value: Plain) -> None:
        if value is None:
            self._place(key).pop(key, None)
        elif len(str(value)) > self.kept_most:
            raise ScriptError("too long to be kept")
        else:
            self._place(key)[key] = value

    def _report(self, *values: Plain) -> None:
        self.probed = values

    def _lines_by(self, name: str) -> HostFunction:
        """Lines of rows: of those that are drawn the host's, of others the fake log's, which has them at once."""
        drawn, others = self.screen.lines.functions()[name], self._row_functions()[name]
        return lambda *given: (drawn if self.screen.drawing.draws_a_thing else others)(*given)  # noqa: PLW0108 - when it is called

    def _mark_dirty(self, region: str | None = None) -> None:
        self.dirty.append(region)
        if region == "chat":
            self.screen.view.look_anew()

    def _start_timer(self, seconds: float, repeats: bool) -> int:
        self._timer += 1
        self.timers[self._timer] = (self.now + round(seconds * 1000), round(seconds * 1000), repeats)
        return self._timer

    def _room(self) -> dict[str, Plain]:
        members: list[Plain] = [{"name": name, "kind": kind} for name, kind in self.people.items()]
        rows = len(self.rows) if self.room == "lobby" else 0
        return {"id": self.room, "name": self.room, "topic": self.rooms[self.room], "buffer_id": f"b-{self.room}",
                "private": False, "members": members, "rows": rows,
                "unread": self.unread if self.room == "lobby" else 0,
                "seen": (rows - self.unread or None) if self.unread else None, "entered": self._entered}  # fmt: skip

    def _room_settings(self) -> Plain:
        return room_settings_view(Room("r", self.room, "b", settings=self.settings, limits=LIMITS))

    def _rooms(self) -> Plain:
        return [
            {"name": name, "topic": topic, "private": False, "members": 2, "rows": 7, "unread": 0}
            for name, topic in self.rooms.items()
        ]

    def _who(self, room: str | None = None) -> Plain:
        if room is not None and room not in self.rooms:
            return {"success": False, "error": f"there is no room {room}"}
        people: list[Plain] = [
            {"name": name, "kind": kind, "rooms": ["lobby"], "since": START_MS, "away": None}
            for name, kind in self.people.items()
        ]
        return people + [{"name": name, "kind": "model", "rooms": [], "since": START_MS} for name in self.models]

    def _models(self) -> Plain:
        return [{"name": n, "provider": "test", "model": n, "available": n != "off"} for n in self.models]

    def _bell(self) -> None:
        self.bells += 1

    def _act(self, *what: Plain) -> dict[str, Plain]:
        if self.refusal is not None:
            return {"success": False, "error": self.refusal}
        self.done.append(what)
        return {"success": True, "row_id": "x", "id": "m1", "ids": ["m1"]}

    def _msg(self, name: str, text: str) -> dict[str, Plain]:
        return {**self._act("msg", name, text), "name": name, "away": self.away.get(name)}

    def _join(self, room: str) -> dict[str, Plain]:
        if room.lower().removeprefix("#") == self.room:
            return {"success": False, "error": f"you are in {self.room} already"}
        return self._act("join", room)

    def _cancel(self, mention_id: str | None = None) -> dict[str, Plain]:
        mine = [s for s in self.streams if s["mine"] and mention_id in (None, s["mention_id"])]
        if not mine:
            return {"success": False, "error": "you have no answer running"}
        self.streams.remove(mine[-1])
        self.done.append(("cancel", mine[-1]["mention_id"]))
        return {"success": True, "cancelled": mine[-1]["model"]}


def _page(topic: str) -> str | None:
    file = shipped_lua() / "help" / f"{topic}.md"
    return file.read_text() if file.exists() else None


def _layout(text: str, width: int) -> Plain:
    layout = MarkdownWrapper(width)
    layout.feed(text)
    layout.finish()
    return [[part for span in line for part in span] for line in layout.lines]

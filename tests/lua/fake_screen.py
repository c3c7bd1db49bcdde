"""The host's part of a fake screen: the real view of the room, over the fake log, and the runtime that draws it."""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from chatd.adapters.lua import LuaScripts
from chatd.adapters.lua.runtime import Runtime
from chatd.config import shipped_lua
from chatd.core.excerpt import Excerpt
from chatd.core.live_row import LiveRow
from chatd.core.room import Room, RoomLimits
from chatd.core.row import Added, Finished, Grew, Row, Status
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Plain, Raised, Suspended
from chatd.screen import widths
from chatd.screen.style import Colours
from chatd.tasks.chat.row_cache import RowCache
from chatd.tasks.chat.row_texts import RowTexts
from chatd.tasks.chat.views import NOTHING_NEW, Since, asked
from chatd.tasks.screens.canvas import BlockCanvas, Drawing, Sheet
from chatd.tasks.screens.display import Shared
from chatd.tasks.screens.looks import Looks
from chatd.tasks.screens.paints import Paints
from chatd.tasks.screens.room_facts import RoomFacts
from chatd.tasks.screens.standing import Standings
from chatd.tasks.scripts.layout import layout, wrap_text
from chatd.tasks.scripts.row_lines import RowLines
from chatd.tasks.session.screen_view import ScreenView
from chatd.testing.sources import SCRIPT_SECONDS
from tests.lua.fake_room import Frame
from tests.lua.fake_room import Row as FakeRow

if TYPE_CHECKING:
    from tests.lua.fake_host import FakeHost

ROOM_ROWS = 150
"""Rows that the fake room has in memory; others are loaded."""

SETTLED = 400
"""Rounds of drawing after which a frame shows what it can."""

Waiting = Coroutine[Any, Any, Plain]


class Asleep:
    """What a slow disk is waited for with."""

    def __await__(self) -> Generator[None]:
        yield


class FakeScreen:
    """The screen of a fake host."""

    def __init__(self, host: FakeHost, overlay: Path) -> None:
        self.host = host
        self.waiting: list[Waiting] = []
        self.drawn: list[str] = []
        """The kinds of what was drawn for everybody."""
        self.texts = RowTexts()
        self._facts: RoomFacts | None = None
        self.room = self.made("lobby")
        self.drawing = Drawing()
        clock = SimpleNamespace(now_ms=lambda: host.now)
        self.hub: Any = SimpleNamespace(clock=clock, texts=self.texts, row_cache=RowCache(), archive=self)
        self.terminal: Any = SimpleNamespace(write=lambda data: None)
        self.looks = Looks(_NobodysDrawer(_nobodys(overlay), self))
        screens: Any = SimpleNamespace(shared=Shared(self.looks, self, Standings(), Paints()))  # type: ignore[arg-type]
        self.view = ScreenView(self, screens, Colours.TRUE, lambda: host.dirty.append("view"))  # type: ignore[arg-type]
        self.lines = RowLines(
            self.texts, partial(self.drawing.find, self._live), partial(self.drawing.want_more, lambda: None)
        )  # fmt: skip

    # --- what a session has

    @property
    def visitor(self) -> Any:
        return SimpleNamespace(name=self.host.name)

    def start(self, job: Any, *arguments: Any, name: str = "") -> None:
        self.drive(job(*arguments))

    def notice(self, text: str, level: str) -> None:
        self.host.tells(text, str(level))

    def drive(self, job: Waiting) -> Plain | None:
        """Run a job as far as it goes without waiting."""
        try:
            job.send(None)
        except StopIteration as done:
            result: Plain = done.value
            return result
        self.waiting.append(job)
        return None

    # --- the log

    async def excerpts(self, room_id: str, limit: int, before: int) -> list[Excerpt]:
        self.host.loads += 1
        if self.host.slow:
            await Asleep()
        rows = [row for row in self.host.rows if row.seq < before]
        return [Excerpt.of(core_row(row)) for row in rows[-limit:]]

    async def row(self, row_id: str) -> Row | None:
        return next((core_row(row) for row in self.host.rows if f"row{row.seq}" == row_id), None)

    def _live(self, row_id: str) -> LiveRow:
        return LiveRow(core_row(self.host._row(row_id)))

    # --- the room

    def made(self, name: str) -> Room:
        """The room as the fake log has it."""
        rows = self.host.rows if name == "lobby" else []
        limits = RoomLimits(rows=ROOM_ROWS, row_chars=1 << 30, entries=1000, entry_chars=1 << 30)
        seq = rows[-1].seq if rows else 0
        room = Room(name, name, f"b-{name}", number=seq, seq=seq, limits=limits)
        room.restore([core_row(row) for row in rows])
        return room

    def enter(self, room: str, since: Since = NOTHING_NEW) -> None:
        """The person is in this room from now on."""
        self.room = self.made(room)
        self.view.enter(self.room, since)

    def read_again(self) -> None:
        """The fake log is another."""
        view = self.view.display.view
        self.room = view.room = view.items.room = view.items.rows._room = self.made(self.room.name)
        view.changed()

    def added(self, row: FakeRow) -> None:
        self.room.apply(Added(self.room.number + 1, core_row(row)))

    def grew(self, row: FakeRow, text: str) -> None:
        live = self.room.get(f"row{row.seq}")
        if live is None or not live.head.is_open:
            self.read_again()
            return
        self.room.apply(Grew(self.room.number + 1, live.head.id, live.length, text, self.host.now))

    def ended(self, row: FakeRow) -> None:
        whole = core_row(row)
        end = Finished(
            number=self.room.number + 1, row_id=whole.id, method=whole.method, status=whole.status, meta=whole.meta,
            at=self.host.now,
        )  # fmt: skip
        if (live := self.room.get(whole.id)) is not None and live.head.is_open:
            self.room.apply(end)

    def renew(self) -> None:
        """See RoomFactsMaker."""

    def of(self, room: Room) -> RoomFacts:
        """See RoomFactsMaker."""
        host = self.host
        streams = [{"stage": "asking", "tokens_per_s": 0, **stream} for stream in host.streams]
        speeds: dict[str, Any] = {str(s["row_id"]): s["tokens_per_s"] for s in streams if s["row_id"]}
        answers: Any = tuple(SimpleNamespace(owner=self if stream["mine"] else None) for stream in streams)
        phase = host.now // 250 if streams else 0
        facts = RoomFacts(host.room, tuple(sorted(host.people)), streams, answers, phase, speeds, dict(host.found))
        if self._facts is None or repr(facts) != repr(self._facts):
            self._facts = facts
        return self._facts

    # --- drawing

    def functions(self) -> Mapping[str, HostFunction]:
        """What a session's script draws with."""
        return self.drawing.functions()

    def frame(self, width: int, height: int, call: Any) -> Frame:
        """What the screen shows, once the script has drawn it by `call`."""
        frame = Frame(width, height)
        if width < 1 or height < 1:
            with self.drawing.on(Sheet(1, 1)):
                call()
            return frame
        screen = self.view.display
        if screen.size != (width, height):
            screen.resize(width, height)
        sheet = Sheet(width, height)
        self.lines.refill()
        with self.drawing.on(sheet):
            call()
        screen.draw(sheet)
        self.settle()
        shown = screen._shown
        assert shown is not None
        for y, line in enumerate(shown.lines):
            frame.lines[y] = "".join(text for text, _ in line).rstrip()
            frame.styles[y] = list(line)
        frame.cursor, frame.flowing = shown.position, shown.flowing
        return frame

    def settle(self) -> None:
        """Show what can be shown."""
        screen, view = self.view.display, self.view
        view.own.drawn_by(self)  # type: ignore[arg-type]
        for tries in range(SETTLED):
            missing = screen.refresh(again=tries > 0)
            if missing.wants:
                self.drive(screen.looks.draw(missing.wants))
            elif missing.row is not None or missing.whole is not None:
                view.fetch(missing)
                if self.waiting:
                    return
            else:
                return

    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        """See front.Interface: in the session's own runtime."""
        for canvas in canvases:
            _draw(self.host.script, self.drawing, canvas)


def _draw(script: Runtime, drawing: Drawing, canvas: BlockCanvas) -> None:
    want = canvas.want
    with drawing.on(canvas):
        for call in (("on_look", {**want.look.settings, "width": want.look.width}),
                     ("on_draw", want.kind, want.first, want.last, *want.arguments())):  # fmt: skip
            outcome = script.call(*call)  # type: ignore[arg-type]
            canvas.problem = outcome.message if isinstance(outcome, Raised) else ""
            assert not isinstance(outcome, Suspended), "a drawing waits"
            if canvas.problem:
                return


class _NobodysDrawer:
    def __init__(self, runtime: _Nobodys, screen: FakeScreen) -> None:
        self._runtime = runtime
        self._screen = screen

    async def draw(self, canvases: Sequence[BlockCanvas]) -> None:
        for canvas in canvases:
            self._screen.drawn.append(canvas.want.kind)
            self._runtime.draw(canvas, self._screen)


class _Nobodys:
    """The runtime in which things are drawn for everybody, of all fake hosts with the same files."""

    def __init__(self, overlay: Path) -> None:
        self._screen: FakeScreen
        self._drawing = Drawing()
        scripts = LuaScripts(shipped_lua(), overlay, instructions=3_000_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        self._script = scripts.runtime(self._functions(), seed=1)

    def draw(self, canvas: BlockCanvas, screen: FakeScreen) -> None:
        self._screen = screen
        self._lines = RowLines(
            screen.texts, partial(self._drawing.find, _none), partial(self._drawing.want_more, _nothing)
        )
        _draw(self._script, self._drawing, canvas)

    def _functions(self) -> Mapping[str, HostFunction]:
        def line(name: str) -> HostFunction:
            return lambda *arguments: self._lines.functions()[name](*arguments)  # noqa: PLW0108 - another one each time

        return {
            **dict.fromkeys(("look", "alert", "pace", "mark_dirty", "notify", "note", "report"), _any),
            **dict.fromkeys(("kv_get", "kv_set"), _any),
            **self._drawing.functions(),
            **{name: line(name) for name in ("lines", "markdown", "folded", "code", "thoughts")},
            "session": lambda: {"name": "", "mode": "look"}, "now": lambda: self._screen.host.now,
            "asked": asked, "display_width": widths.width, "graphemes": widths.graphemes, "clip": widths.clip,
            "wrap": wrap_text, "layout": layout, "log": _any,
        }  # fmt: skip


@lru_cache(maxsize=8)
def _nobodys(overlay: Path) -> _Nobodys:
    return _Nobodys(overlay)


def core_row(row: FakeRow) -> Row:
    """A row of the fake log as the house knows it."""
    view = row.view()
    meta = {**row.meta, **({"thinking": row.thought} if row.thought else {})}
    parent = view["parent_id"]
    return Row(
        f"row{row.seq}", "lobby", "b-lobby", row.seq, row.method, row.author, row.content, Status(row.status),
        row.created, row.created, None, None if parent is None else str(parent), None, row.tool_name, meta,
    )  # fmt: skip


def _none(row_id: str) -> None:
    raise ScriptError(f"no row {row_id}")


def _nothing() -> None: ...


def _any(*_: Plain) -> None:
    return None

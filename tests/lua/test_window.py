"""What is on the screen is a window of what there is: whatever the rows, the settings, the sizes and the keys.

The model is plain: all lines of all items, as a twin's screen shows them that is high enough, and a place in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.screen import widths
from tests.lua.fake_host import FakeHost
from tests.lua.fake_room import START_MS, Frame, Row

TALL = 900
DAY = 86_400_000
PIECES = [
    "hello alice ", "日本語の文 ", "👩‍👩‍👧🇩🇪 ", "é̂̃ " * 3, "שלום ", "مرحبا ",
    "\n", "\n\n", "\t", "x" * 70, "# ", "**so** ", "`code` ",
    "```python\nif x:\n    y = 'z'\n```\n", "- one\n- two\n", "| a | b |\n|---|---|\n| c | d |\n", "/me ", "> said\n",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
METHODS = st.sampled_from(
    ["message.user"] * 3 + ["message.model"] * 2 + ["message.system", "tool.call", "tool.result", "poll.vote"]
)
STATUSES = st.sampled_from(["complete"] * 4 + ["open", "length", "cancelled", "truncated", "failed", "interrupted"])
ROWS = st.builds(
    Row, st.just(0), st.sampled_from(["alice", "bob", "a-very-long-name-of-someone", "日本", "hidden"]), TEXTS, METHODS,
    STATUSES, st.sampled_from([None, "clock"]), st.sampled_from(["", "hm, " * 30]),
    created=st.integers(0, 3).map(lambda days: START_MS + days * DAY),
)  # fmt: skip
CHOSEN = st.fixed_dictionaries(
    {"time": st.sampled_from(["off", "short", "long"]), "markdown": st.sampled_from(["on", "off"]),
     "thoughts": st.sampled_from(["folded", "open"]), "tools": st.sampled_from(["folded", "open"]),
     "zone": st.sampled_from(["utc", "-08:00"]), "theme": st.sampled_from(["ansi", "dark", "none"])}
)  # fmt: skip
ACTS = st.lists(
    st.sampled_from(["PgUp", "PgUp", "PgUp", "PgDn", "End", "C-o", "C-t", "size"]) | ROWS, min_size=1, max_size=14
)
SIZES = st.tuples(st.integers(8, 100), st.integers(2, 30))


HIDDEN = "tools.on_row(function(row) return row.author ~= 'hidden' end)"
"""A script of the person's own."""


@contextmanager
def people(kept: dict[str, str], rows: list[Row], unread: int) -> Iterator[tuple[FakeHost, FakeHost]]:
    """Somebody who reads, and the twin who sees everything at once."""
    both = []
    overlay = Path(mkdtemp())
    (overlay / "hook.lua").write_text(HIDDEN)
    for _ in range(2):
        host = FakeHost(kept={"settings": dict(kept)}, overlay=overlay)
        host.rows = [numbered(row, host.rows, i + 1) for i, row in enumerate(rows)]
        host.unread = unread
        host.enters("lobby")
        both.append(host)
    try:
        yield both[0], both[1]
    finally:
        for host in both:
            host.script.close()
        rmtree(overlay)


def numbered(row: Row, rows: list[Row], seq: int) -> Row:
    calls = [r for r in rows if r.method == "tool.call"]
    return replace(row, seq=seq, parent=calls[-1] if calls and row.method == "tool.result" else None)


def says(host: FakeHost, row: Row) -> None:
    new = numbered(row, host.rows, len(host.rows) + 1)
    host.rows.append(new)
    host._run(host.script.call("on_row_added", "b-lobby", new.view()))


@dataclass
class Model:
    """A place in a list of lines: the number of the line at the top, None while the newest are followed."""

    lines: list[str] = field(default_factory=list)
    top: int | None = None

    def press(self, key: str, height: int) -> None:
        step, last = max(1, height - 1), max(0, len(self.lines) - height)
        if key == "PgUp":
            self.top = max(0, (last if self.top is None else self.top) - step)
        elif key == "PgDn" and self.top is not None:
            self.top += step
        elif key not in ("PgUp", "PgDn"):
            self.top = None
        if self.top is not None and self.top >= last:
            self.top = None

    def window(self, height: int) -> list[str]:
        top = max(0, len(self.lines) - height) if self.top is None else self.top
        shown = self.lines[top : top + height]
        return [""] * (height - len(shown)) + shown


def chat_lines(frame: Frame) -> list[str]:
    """The part of the screen that is the chat's."""
    return frame.lines[:-1] if frame.width < 20 or frame.height < 5 else frame.lines[:-2]


def all_lines(twin: FakeHost, width: int) -> list[str]:
    """Every line there is; the blank ones above the first are none."""
    for _ in range(TALL // 250 + 1):  # so many frames may a screen as high as this take
        frame = twin.frame(width, TALL)
    lines = chat_lines(frame)
    assert not lines[0], "higher than the twin's screen"
    first = next((i for i, line in enumerate(lines) if line), len(lines))
    return lines[first:]


@given(kept=CHOSEN, rows=st.lists(ROWS, max_size=15), unread=st.integers(0, 20), acts=ACTS, size=SIZES, other=SIZES)
@settings(max_examples=30, deadline=None)
def test_the_screen_is_a_window_of_all_lines(
    kept: dict[str, str], rows: list[Row], unread: int, acts: list[str | Row], size: tuple[int, int],
    other: tuple[int, int],
) -> None:  # fmt: skip
    with people(kept, rows, min(unread, len(rows))) as (reader, twin):
        model = Model()
        reader.frame(*size)
        for act in acts:
            model.lines = all_lines(twin, size[0])
            if isinstance(act, Row):
                says(reader, act)
                says(twin, act)
            elif act == "size":  # where a place is after that depends on what stands there: begin anew
                size, other = other, size
                reader.frame(*size)
                reader.press("End")
                model.top = None
            else:
                if act.startswith("C-"):
                    twin.press(act)
                    reader.press("End")
                reader.press(act)
                model.press(act, len(chat_lines(Frame(*size))))
            frame = reader.frame(*size)
            model.lines = all_lines(twin, size[0])
            assert chat_lines(frame) == model.window(len(chat_lines(frame)))
            for spans in frame.styles[: len(chat_lines(frame))]:
                assert sum(widths.width(text) for text, _ in spans) <= size[0]


@given(kept=CHOSEN, rows=st.lists(ROWS, max_size=8), acts=st.lists(ACTS, max_size=3), seed=st.randoms())
@settings(max_examples=25, deadline=None)
def test_no_size_and_no_key_is_too_much(
    kept: dict[str, str], rows: list[Row], acts: list[list[str | Row]], seed: object
) -> None:
    with people(kept, rows, 0) as (reader, _):
        for act in (act for some in acts for act in some):
            if isinstance(act, Row):
                says(reader, act)
            elif act != "size":
                reader.press(act)
            width, height = seed.choice([(0, 0), (1, 1), (2, 40), (7, 3), (19, 9), (40, 2), (300, 100), (1000, 500)])  # type: ignore[attr-defined]
            reader.frame(width, height)


def test_a_thousand_sizes() -> None:
    host = FakeHost(rows=40)
    for i in range(1000):
        host.frame(i * 7 % 220, i * 3 % 70)
        host.press("PgUp" if i % 3 else "PgDn")
    host.script.close()


@pytest.mark.parametrize(
    ("method", "sizes"), [("message.model", [(200, 60), (300, 200)]), ("message.user", [(200, 60), (1000, 1000)])]
)
def test_the_largest_screens_within_the_limits(method: str, sizes: list[tuple[int, int]]) -> None:
    """All the rows that are ever kept at once, and a day between any two."""
    host = FakeHost(kept={"settings": {"time": "long"}})
    rows = [Row(i + 1, "bob", "alice has **words** " * 20, method, created=START_MS + i * DAY) for i in range(520)]
    host.rows = rows
    host.enters("lobby")
    for size in sizes:
        for _ in range(8):
            host.frame(*size)
            host.press("PgUp")
    assert " 520" not in str(host.frame(300, 1000)), "a frame does not do everything at once"
    for _ in range(4):
        host.dirty.clear()
        host.frame(300, 1000)
    assert not host.dirty, "nothing is missing"
    host.script.close()

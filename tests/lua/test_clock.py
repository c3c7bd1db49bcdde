"""Times and days: in the zone that was chosen, and where another day begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.testing import World
from tests.lua.conftest import MakeHost
from tests.lua.fake_host import FakeHost
from tests.lua.fake_room import Row
from tests.support import in_world

NOON = int(datetime(2026, 11, 20, 12, 34, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000


def test_times_are_off_short_or_long(make: MakeHost) -> None:
    alice = make(now=NOON)
    alice.says("bob", "hello " * 14, created=NOON)
    alice.says("alice", "/me waves", created=NOON + 60_000)
    assert alice.frame(70, 10).chat()[0].startswith(" bob           hello")
    alice.type("/set time short\n")
    assert alice.frame(70, 10).chat() == [
        "12:34  bob           " + "hello " * 7 + "hello", "                     " + "hello " * 5 + "hello",
        "12:35 * alice waves",
    ]  # fmt: skip
    alice.type("/set time long\n")
    assert alice.frame(70, 10).chat()[0].startswith("2026-11-20 12:34  bob       hello")
    assert alice.frame(50, 10).chat()[0].startswith("12:34  bob       hello"), "a narrower screen has shorter ones"
    assert alice.frame(42, 10).chat()[0].startswith(" bob       hello"), "and a narrow one none"


def test_the_zone(make: MakeHost) -> None:
    alice = make(now=NOON)
    alice.says("bob", "hello", created=NOON)
    alice.type("/set time long\n/set zone -13:00\n")
    assert alice.frame().chat()[-1].startswith("2026-11-19 23:34")
    alice.type("/set zone +05:30\n")
    assert alice.frame().chat()[0].startswith("2026-11-20 18:04")


def test_another_day_has_a_line(alice: FakeHost) -> None:
    for text, when in (("one", NOON), ("two", NOON + DAY // 2), ("three", NOON + DAY // 2), ("four", NOON + 9 * DAY)):
        alice.says("bob", text, created=when)
    lines = [
        "── Friday 20 November 2026 ──", " bob           one",
        "── Saturday 21 November 2026 ──", " bob           two", " bob           three",
        "── Sunday 29 November 2026 ──", " bob           four",
    ]  # fmt: skip
    assert alice.frame().chat() == lines
    assert alice.frame(20, 9).chat()[-3] == "Sunday 29 Novembe…"
    alice.type("/set zone -02:00\n")
    assert alice.frame().chat() == [*lines[:2], *lines[3:]]
    alice.type("/set zone utc\n")
    assert alice.frame().chat() == lines


def test_what_is_of_today_needs_no_date(make: MakeHost) -> None:
    alice = make(now=NOON)
    alice.says("bob", "this morning", created=NOON - DAY // 4)
    assert alice.frame().chat() == [" bob           this morning"]
    alice.says("bob", "tomorrow", created=NOON + DAY)
    assert alice.frame().chat()[1] == "── Saturday 21 November 2026 ──"


def test_the_first_row_has_a_date_also_when_those_before_it_are_let_go(make: MakeHost) -> None:
    alice = make()
    for i in range(600):
        alice.says("bob", f"line {i + 1}", created=NOON)
    for _ in range(3):  # so many frames may a screen as high as this take
        alice.frame(80, 800)
    assert alice.frame(80, 800).chat()[0] == "── Friday 20 November 2026 ──"


def test_days_of_rows_that_are_loaded_on_the_way(make: MakeHost) -> None:
    alice = make()
    alice.rows = [Row(i + 1, "bob", f"line {i + 1}", created=NOON + i // 50 * DAY) for i in range(700)]
    alice.enters("lobby")
    seen: list[str] = []
    for _ in range(60):
        seen += [line for line in alice.frame().chat() if "──" in line and line not in seen]
        alice.press("PgUp")
    assert len(seen) == 14, "the first is that of the first row"
    alice.press("End")
    for _ in range(60):
        alice.press("PgUp")
    down: list[str] = []
    for _ in range(60):
        down += [line for line in alice.frame().chat() if "──" in line and line not in down]
        alice.press("PgDn")
    assert down == seen[::-1]


@given(ms=st.integers(0, 4_102_444_800_000), minutes=st.integers(-14 * 60, 14 * 60))
@settings(max_examples=40, deadline=None)
def test_days_and_times_are_those_of_the_calendar(typist: FakeHost, ms: int, minutes: int) -> None:
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    typist.type(f"/set time long\n/set zone {sign}{size // 60:02}:{size % 60:02}\n/clear\n")
    typist.says("bob", "before", created=ms - 3 * DAY)
    typist.says("bob", "after", created=ms)
    zone = timezone(timedelta(minutes=minutes))
    there = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    when = there.astimezone(zone)
    lines = typist.frame(100, 8).chat()
    assert lines[-1].startswith(when.strftime("%Y-%m-%d %H:%M"))
    assert lines[-2].strip() == f"── {when.strftime('%A')} {when.day} {when.strftime('%B %Y')} ──"


# --- where reading stopped --------------------------------------------------------------------------------------------


def test_where_reading_stopped_is_seen(make: MakeHost) -> None:
    alice = make(rows=30)
    alice.unread = 3
    alice.enters("lobby")
    lines = alice.frame().chat()
    assert lines[-5:] == [
        " bob           line 27", "── 3 new ──", " bob           line 28", " bob           line 29",
        " bob           line 30",
    ]  # fmt: skip
    alice.says("bob", "line 31")
    assert "── 3 new ──" in alice.frame()
    alice.unread = 0
    alice.enters("dev")
    alice.enters("lobby")
    assert "new ──" not in alice.frame()


def test_more_is_new_than_was_loaded(make: MakeHost) -> None:
    alice = make(rows=300)
    alice.unread = 200
    alice.enters("lobby")
    seen = 0
    for _ in range(16):
        lines = alice.frame().chat()
        if "── 200 new ──" in lines[1:]:
            seen += 1
            assert lines[lines.index("── 200 new ──") - 1] == " bob           line 100"
        alice.press("PgUp")
    assert seen == 1


def test_what_is_new_begins_another_day_at_the_first_row_of_a_page(make: MakeHost) -> None:
    alice = make()
    alice.rows = [Row(i + 1, "bob", f"line {i + 1}", created=NOON + i // 100 * DAY) for i in range(200)]
    alice.unread = 100
    alice.enters("lobby")
    lines = alice.frame(80, 18).chat()
    while " bob           line 100" not in lines:
        alice.press("PgUp")
        lines = alice.frame(80, 18).chat()
    at = lines.index(" bob           line 101")
    assert lines[at - 3 : at] == [" bob           line 100", "── Saturday 21 November 2026 ──", "── 100 new ──"]


def test_a_room_never_seen_before_has_nothing_new(make: MakeHost) -> None:
    alice = make(rows=5)
    alice.unread = 5
    alice.enters("lobby")
    assert "new ──" not in alice.frame()


@in_world(shipped=True)
async def test_what_came_while_one_was_elsewhere(world: World) -> None:
    ann = await world.join("ann")
    bob = await world.join("bob")
    bob.types("before\r")
    await world.settle()
    assert "new ──" not in ann.screen.text
    ann.types("/join dev\r")
    await world.settle()
    bob.types("meanwhile\r")
    await world.settle()
    ann.types("/leave\r")
    await world.settle()
    lines = [line.rstrip() for line in ann.screen.text.splitlines()]
    at = lines.index("── 1 new ──")
    assert lines[at - 1 : at + 2] == [" bob           before", "── 1 new ──", " bob           meanwhile"]
    ann.types("/quit\r")
    await world.settle()
    bob.types("and later\r")
    await world.settle()
    ann = await world.join("ann")
    lines = [line.rstrip() for line in ann.screen.text.splitlines()]
    at = lines.index("── 1 new ──")
    assert lines[at + 1] == " bob           and later"

"""Searching: what people and models said is found once it is whole, in the rooms asked for; the index is never off.

Each conversation ends with SQLite's own comparison of the index with the rows.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.adapters.sqlite import search
from chatd.adapters.sqlite.database import MEMORY, Database
from chatd.adapters.sqlite.log import SqliteLog
from chatd.core.numbering import number
from chatd.core.room import Room, RoomLimits
from chatd.core.row import Add, Finish, Grow, Method, NewRow, Numbered, Status
from chatd.core.search import SearchQuery, parse_query
from chatd.errors import LimitReached, UsageError
from chatd.ports import Append, Committed, Head, RoomRecord
from chatd.testing import Disk, run

NOW = "2026-11-20T10:15:30.123Z"


class Shelf:
    """A log with some rooms."""

    def __init__(self, path: Path | str = MEMORY) -> None:
        self.database = Database(path, NOW)
        self.disk = Disk()
        self.disk.attach(self.database.writer)
        self.log = SqliteLog(self.database, write=self.disk, read=self.disk)
        self._rooms: dict[str, Room] = {}
        self._appends = 0

    async def write(self, room_id: str, *drafts: Numbered) -> None:
        if room_id not in self._rooms:
            await self.log.create_room(RoomRecord(room_id, f"room-{room_id}", f"b{room_id}", {}, 0, Head()))
            self._rooms[room_id] = Room(room_id, room_id, f"b{room_id}", limits=RoomLimits(9, 9999, 9, 9999))
        room = self._rooms[room_id]
        entries = tuple(number(room, [(draft, 1000) for draft in drafts]))
        self._appends += 1
        append = Append(room_id, Head(room.number, room.seq), entries, f"t{self._appends}")
        assert await self.log.append([append]) == [Committed()]
        for entry in entries:
            room.apply(entry)

    async def found(self, text: str, *room_ids: str, limit: int = 99, before: str | None = None) -> str:
        """The ids of the rows found, newest first."""
        rows = await self.log.search(room_ids or tuple(self._rooms), parse_query(text), limit, before)
        return " ".join(row.id for row in rows)

    def check(self) -> None:
        """Raises when the index has anything that the rows have not, or the other way round."""
        self.database.writer.execute("INSERT INTO search(search, rank) VALUES('integrity-check', 1)")

    def indexed(self) -> int:
        """Rows in the index."""
        (count,) = self.database.writer.execute("SELECT count(*) FROM search_docsize").fetchone()
        return int(count)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    opened = Shelf()
    yield opened
    opened.check()
    opened.database.close()


def said(row_id: str, text: str, author: str = "alice", method: str = Method.USER) -> Add:
    return Add(NewRow(row_id, method, author, text))


def opened(row_id: str, text: str = "") -> Add:
    return Add(NewRow(row_id, Method.CHUNK, "bot", text, Status.OPEN))


def go(main: Callable[[], Awaitable[None]]) -> None:
    run(main)


def test_words_phrases_and_authors(shelf: Shelf) -> None:
    async def main() -> None:
        await shelf.write("r", said("a", "Good night, café and moon"), said("b", "a night so good", "jean-luc"))
        await shelf.write("r", said("c", "good-night NIGHTS", "xjean"), said("d", "nothing", "luc"))
        for text, rows in {
            "good night": "c b a", '"good night"': "c a", "GOOD moon": "a", "cafe": "a", "caf\u00e9": "a", "nigh": "",
            "from:jean-luc": "b", "from:JEAN-LUC good": "b", "from:jean": "", "from:luc": "d",
            "from:luc from:alice": "d a", "moon nothing": "", "alice": "", "good OR nothing": "", "mo*": "",
        }.items():  # fmt: skip
            assert await shelf.found(text) == rows, text

    go(main)


def test_what_has_no_blanks_between_its_words(shelf: Shelf) -> None:
    async def main() -> None:
        await shelf.write("r", said("zh", "今天天气很好，用iPhone拍照"), said("jp", "東京タワーへ行く"))
        await shelf.write(
            "r", said("ko", "안녕하세요 여러분"), said("th", "สวัสดีครับ"), said("em", "so \U0001fae8 \u2764\ufe0f")
        )
        await shelf.write("r", said("en", "weather in Peking"), said("zz", "气 天 タ ワー"))
        for text, rows in {
            "天气": "zh", "天": "zz zh", "好": "zh", "天气很好": "zh", "今天 很好": "zh", "iphone": "zh",
            "拍照": "zh", "天今": "",
            "タワー": "jp", "ﾀﾜｰ": "jp", "東京タワー": "jp", "京都": "", "안녕": "ko", "하세": "ko",
            "여러분 안녕": "ko", "ครับ": "th",
            "\U0001fae8": "em", "\u2764": "em", "so \u2764": "em", "\U0001f600": "", "weather": "en", "peking 天": "",
            "from:alice 天气": "zh", "iPhone拍照": "zh",
        }.items():  # fmt: skip
            assert await shelf.found(text) == rows, text

    go(main)


def test_only_what_people_and_models_said_is_found(shelf: Shelf) -> None:
    async def main() -> None:
        for method in (*Method, "note.mine"):
            if method != Method.CHUNK:
                await shelf.write("r", said(f"{method}", "word", method=method))
        assert await shelf.found("word") == "message.model message.user"
        assert shelf.indexed() == 2

    go(main)


def test_a_row_is_found_when_it_is_whole(shelf: Shelf) -> None:
    async def main() -> None:
        await shelf.write("r", opened("a", "be"), Grow("a", "gin"))
        await shelf.write("r", Add(NewRow("b", Method.MODEL, "bot", "be", Status.OPEN)))
        assert await shelf.found("be") == "" and shelf.indexed() == 0
        await shelf.write("r", Grow("a", "ning end"), Finish("a", Status.CANCELLED))
        assert await shelf.found("beginning end") == "a" and await shelf.found("be") == ""
        (row,) = await shelf.log.search(["r"], parse_query("end"), 9)
        assert row == await shelf.log.row("a") and row.content == "beginning end"

    go(main)


def test_other_rooms_are_not_looked_into(shelf: Shelf) -> None:
    async def main() -> None:
        for i in range(3):
            for room in "rst":
                await shelf.write(room, said(f"{room}{i}", "word"))
        assert await shelf.found("word", "s") == "s2 s1 s0"
        assert await shelf.found("word", "r", "t", limit=3) == "t2 r2 t1"
        assert await shelf.found("word", "r", "t", limit=3, before="t1") == "r1 t0 r0"
        assert await shelf.found("word", before="none") == ""
        assert await shelf.log.search([], parse_query("word"), 9) == []

    go(main)


def test_a_dropped_room_leaves_nothing_in_the_index(shelf: Shelf) -> None:
    async def main() -> None:
        await shelf.write("r", said("a", "word"), said("b", "word", method=Method.SYSTEM), opened("c", "word"))
        await shelf.write("s", said("d", "word"))
        await shelf.log.drop_room("r")
        shelf.check()
        assert shelf.indexed() == 1 and await shelf.found("word", "r", "s") == "d"

    go(main)


def test_rows_changed_by_hand_stay_in_step(shelf: Shelf) -> None:
    """What an operator's repair may do to a row; the server itself never does."""

    async def main() -> None:
        await shelf.write("r", said("a", "before"))
        shelf.database.writer.execute("UPDATE rows SET content = 'after', author = 'bob'")
        assert await shelf.found("before") == "" and await shelf.found("after from:bob") == "a"
        shelf.database.writer.execute("UPDATE rows SET content_method = 'message.system'")
        assert await shelf.found("after") == "" and shelf.indexed() == 0

    go(main)


def test_an_append_that_fails_leaves_nothing_in_the_index(shelf: Shelf) -> None:
    async def main() -> None:
        await shelf.write("r", said("a", "word"))
        shelf.disk.becomes_read_only()
        with pytest.raises(AssertionError):
            await shelf.write("r", said("b", "word"))
        shelf.disk.works_again()
        await shelf.write("r", said("c", "word"))
        assert await shelf.found("word") == "c a" and shelf.indexed() == 2

    go(main)


def test_a_crash_keeps_the_index_and_recovery_adds_to_it(tmp_path: Path) -> None:
    path, copy = tmp_path / "chatd.sqlite3", tmp_path / "copy.sqlite3"
    killed = Shelf(path)

    async def before() -> None:
        await killed.write("r", said("a", "word"), opened("b", "wo"))
        await killed.write("r", Grow("b", "rd"))

    go(before)
    for suffix in ("", "-wal"):  # what a kill -9 here would leave
        (tmp_path / f"{copy.name}{suffix}").write_bytes(Path(f"{path}{suffix}").read_bytes())
    killed.database.close()
    again = Shelf(copy)

    async def after() -> None:
        assert await again.found("word", "r") == "b a"
        again.check()

    go(after)
    again.database.close()


def test_a_search_that_takes_too_long_is_ended_in_words(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_STEPS", 1000)
    monkeypatch.setattr(search, "_STEPS_AT_ONCE", 100)

    async def main() -> None:
        await shelf.write("r", *(said(f"a{i}", "word") for i in range(300)))
        await shelf.write("s", said("b", "word"))
        with pytest.raises(LimitReached, match="the search takes too long"):
            await shelf.found("word", "s", before="a299")
        assert await shelf.found("word", limit=2) == "b a299"
        assert len(await shelf.log.page("r", 300)) == 300  # others are not bounded by what bounds a search

    go(main)


@given(st.text(max_size=60), st.text('ab"*()^:-+.~ \x00{}|&ANDORNEAR', max_size=30))
@settings(max_examples=100, deadline=None)
def test_whatever_is_typed_is_no_query_language(text: str, odd: str) -> None:
    shelf = Shelf()
    queries = []
    for typed in (text, odd, f'from:{odd} "{text}', f"ab {odd}"):
        try:
            queries.append(parse_query(typed))
        except UsageError:
            continue

    async def main() -> None:
        await shelf.write("r", said("a", "ab AND OR NEAR"))
        for query in queries:
            await shelf.log.search(["r"], query, 9)

    go(main)
    shelf.database.close()


def test_the_index_is_asked_for_all_terms_and_any_author() -> None:
    query = SearchQuery(("good night", "moon"), ("bob", "jean-luc"))
    assert search.match_of(query) == 'content : ("good night" AND "moon") AND author : ("bob" OR "jean luc")'


@given(st.text(max_size=80))
def test_only_letters_digits_and_marks_get_between_the_quotes(text: str) -> None:
    try:
        query = parse_query(text)
    except UsageError:
        return
    match = search.match_of(query)
    outside = re.sub('"[^"]*"', "", match)
    assert re.fullmatch(r"(author|content|pieces| : |[()*]|AND|OR| )*", outside), match


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("天气", 'pieces : ("0592906c14")'),
        ("天", 'pieces : ("05929" *)'),
        ("iPhone手机", 'content : ("iPhone") AND pieces : ("0624b0673a")'),
        ("\U0001fae8", 'pieces : ("1fae8" *)'),
        ("\u2764\ufe0f", 'pieces : ("02764" *)'),
        ("ﾀﾜｰ", 'pieces : ("030bf030ef 030ef030fc")'),
    ],
)
def test_what_has_no_blanks_is_looked_for_in_pieces(text: str, match: str) -> None:
    assert search.match_of(parse_query(text)) == match

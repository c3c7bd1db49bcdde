"""Conversations about what was said: it is found, by all ways, by those who may read it, and by nobody else."""

from __future__ import annotations

import re

from chatd.testing.simulation.conversations.talk import PAGE_UP, Conversation, Talk

MOST_PAGES = 20
"""Pages of three rows that are paged through: enough to see that they join."""

LONG_ROWS = 6
"""Rows of 900 characters: more than one page of the simulation's has."""

SCROLLED = 130
"""Rows through which somebody scrolls: more than the memory of a room holds."""

MANY = 45
"""Rows that a search finds: on more than two of its pages."""


async def own_words_are_read_at_once(talk: Talk) -> None:
    """What somebody has said is the last row on every way of reading, for them and for others."""
    una, text = talk.name("una"), f"{talk.name('word')} said by una"
    await talk.says(una, text)
    for who in (una, talk.name("ugo")):
        history = await talk.rows(who, "history --limit 1 --json")
        tail = await talk.rows(who, "tail -n 1 --json")
        found = await talk.rows(who, f"search {talk.name('word')} --json")
        export = await talk.rows(who, "export --format jsonl")
        told = [history[-1], tail[-1]["row"], found[0], export[-1]]
        row = talk.row(text)
        newest = talk.record.rows("lobby")[-1]
        if newest.id == row.id:  # nobody else has spoken meanwhile
            talk.expects(all(one["id"] == row.id for one in told), f"{who} reads {told}, said was {row.id}")
        talk.expects(found[0]["id"] == row.id, f"{who} finds {found[:1]}")
        talk.expects(row.id in {one["id"] for one in export}, f"{row.id} is in the export for {who}")


async def pages_are_the_whole(talk: Talk) -> None:
    """Whoever pages back with --before has every row once, as who reads all of it at once."""
    una = talk.name("una")
    for number in range(5):
        await talk.says(una, f"page {number} of {talk.name('book')}")
    whole = await talk.rows(una, "history --limit 1000 --json")
    ids = [row["id"] for row in whole]
    paged: list[str] = []
    before = ids[-1]
    for _ in range(MOST_PAGES):
        page = await talk.rows(una, f"history --limit 3 --before {before} --json")
        if not page:
            break
        paged = [row["id"] for row in page] + paged
        before = page[0]["id"]
    expected = ids[:-1][-len(paged) :] if paged else []
    complete = len(paged) in (len(ids) - 1, MOST_PAGES * 3)
    talk.expects(paged == expected and complete, f"paged is {paged}, all {ids}")


async def words_are_found_by_who_may_read(talk: Talk) -> None:
    """A word is found where it may be read: private rooms are their owner's; `from:` is by whom."""
    una, ugo, word = talk.name("una"), talk.name("ugo"), talk.name("needle")
    await talk.says(una, f"a {word} in the lobby")
    await talk.says(ugo, f"{word} by another")
    await talk.runs(una, f"ask @echo my own {word}")
    await talk.free()
    own = await talk.rows(una, f"search {word} --json")
    others = await talk.rows(ugo, f"search {word} --json")
    talk.expects({row["room"] for row in others} == {"lobby"}, f"{ugo} finds {others}")
    talk.expects(len(others) == 2, f"{ugo} finds {others}")
    talk.expects({row["room"] for row in own} == {"lobby", f"~{una}"}, f"{una} finds {own}")
    by_una = await talk.rows(ugo, f"search {word} from:{una} --json")
    talk.expects([row["author"] for row in by_una] == [una], f"by {una} are {by_una}")
    nothing = await talk.runs(ugo, f"search {word} {word}x")
    talk.expects((nothing.exit_status, nothing.output) == (1, ""), f"nothing is {nothing.output!r}")
    await talk.says(f"guest-{una}", f"{word} by a guest of nearly that name")
    by_una = await talk.rows(ugo, f"search {word} from:{una} --json")
    talk.expects([row["author"] for row in by_una] == [una], f"by {una}, and no other, are {by_una}")
    in_room = await talk.rows(una, f"search {word} --room ~{una} --json")
    talk.expects({row["room"] for row in in_room} == {f"~{una}"}, f"in the private room are {in_room}")


async def formats_tell_the_same(talk: Talk) -> None:
    """A room is exported whole in each format, with its last row."""
    una, room = talk.name("una"), talk.name("shelf")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    texts = [f"book {number}" for number in range(12)]
    for text in texts:
        await talk.types(host, text + "\n", 0.1)
    await talk.settles()
    as_json = [row["content"] for row in await talk.rows(una, f"export {room} --format jsonl")]
    as_text = (await talk.runs(una, f"export {room} --format text")).output
    as_markdown = (await talk.runs(una, f"export {room}")).output
    talk.expects(as_json == texts, f"as JSON: {as_json}")
    talk.expects(as_text == "".join(f"{una}: {text}\n" for text in texts), f"as text: {as_text!r}")
    quoted = [line.removeprefix("> ") for line in as_markdown.splitlines() if line.startswith("> ")]
    talk.expects(quoted == texts, f"as Markdown: {as_markdown!r}")
    history = [row["content"] for row in await talk.rows(una, f"history {room} --limit 12 --json")]
    talk.expects(history == texts, f"history: {history}")
    few = [row["content"] for row in await talk.rows(una, f"history {room} --limit 5 --json")]
    talk.expects(few == texts[-5:], f"the last five: {few}")
    shown = (await talk.runs(una, f"tail {room} -n 4")).output
    talk.expects(shown == "".join(f"{una}: {text}\n" for text in texts[-4:]), f"tail: {shown!r}")


async def long_rows_are_read_whole(talk: Talk) -> None:
    """Rows that are long make pages shorter, and leave nothing out."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("archive")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "the first\n")
    due = ["the first"]
    for number in range(LONG_ROWS):
        due.append(f"{number} " + "long " * 180)
        await talk.says(ugo, due[-1], room)
    due.append("the last")
    await talk.types(host, "the last\n", 1)
    for line in (f"history {room} --limit 1000 --json", f"export {room} --format jsonl", f"tail {room} -n 1000 --json"):
        rows = [one.get("row", one) for one in await talk.rows(ugo, line)]
        told = [row["content"].strip() for row in rows]
        talk.expects(told == [text.strip() for text in due], f"{line!r}: {[text[:9] for text in told]}")


async def scrolling_back_shows_each_row_once(talk: Talk) -> None:
    """Whoever pages back on a screen meets every row, in order, and none twice."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("well")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "".join(f"row {number} here\n" for number in range(SCROLLED)), 5)
    listed = await talk.lines(una)
    await talk.types(listed, f"/join {room}\n/history {SCROLLED}\n", 2)
    told = [int(number) for number in re.findall(r": row (\d+) here", listed.output.rpartition("* you are in")[2])]
    talk.expects(told[-SCROLLED:] == list(range(SCROLLED)), f"/history tells {told}")
    reader = await talk.sits(ugo)
    await talk.settles(3)  # files that were saved before are taken up
    await talk.types(reader, f"/join {room}\r", 1)
    met: set[int] = set()
    for _ in range(SCROLLED // 5):
        shown = [int(number) for number in re.findall(r"row (\d+) here", reader.screen.text)]
        due = list(range(shown[0], shown[0] + len(shown))) if shown else []
        talk.expects(shown == due, f"rows follow each other: {shown}")
        met.update(shown)
        if 0 in met:
            break
        await talk.types(reader, PAGE_UP)
    talk.expects(met == set(range(SCROLLED)), f"not met are {sorted(set(range(SCROLLED)) - met)}")


async def many_are_found_once_each(talk: Talk) -> None:
    """A search that takes several pages tells each row once, the newest first; `history` has them in the same order."""
    una, room, word = talk.name("una"), talk.name("quarry"), talk.name("stone")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    texts = [f"{word} {number}" for number in range(MANY)]
    await talk.types(host, "".join(f"{text}\n" for text in texts), 3)
    found = [row["content"] for row in await talk.rows(una, f"search {word} --json")]
    talk.expects(found == texts[::-1], f"found are {len(found)}: {found[:25]}")
    talk.later.append(_order_as_before)


async def _order_as_before(talk: Talk) -> None:
    """The next server has the rows in the order in which they began."""
    una, room, word = talk.name("una"), talk.name("quarry"), talk.name("stone")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n", 1)
    shown = re.findall(f"{word} ([0-9]+)", host.output)
    talk.expects(shown == sorted(shown, key=int) and len(shown) > 1, f"after a restart: {shown}")


ALL: tuple[Conversation, ...] = (
    own_words_are_read_at_once, pages_are_the_whole, words_are_found_by_who_may_read, formats_tell_the_same,
    long_rows_are_read_whole, scrolling_back_shows_each_row_once, many_are_found_once_each,
)  # fmt: skip

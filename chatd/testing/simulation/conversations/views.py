"""Conversations about views: each stands where its person reads, whatever comes, and shows what they have not read."""

from __future__ import annotations

import re

from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.conversations.talk import NO_KEY, PAGE_UP, Conversation, Talk
from chatd.testing.simulation.editions import FIRST, SECOND

END = "\x1b[F"
PAGE_DOWN = "\x1b[6~"

MANY = 80
"""Rows that no screen shows all of."""

LONG, LETTERS = "long " * 3000, "a\u0301 `|\u202e" * 1200
"""Messages that are nearly as large as one may be, of words and of what is dear to look at."""


async def who_reads_further_up_stays_there(talk: Talk) -> None:
    """Who has scrolled back goes on reading the same lines while others write, and is told how many rows are new."""
    una, room = talk.name("una"), talk.name("scroll")
    ugo = await talk.lines(talk.name("ugo"))
    await talk.types(ugo, f"/join {room}\n")
    await talk.types(ugo, "".join(f"line {number} here\n" for number in range(MANY)), 3)
    reader = await talk.enters("una", room)
    await talk.types(reader, PAGE_UP, 1)
    before = _numbers(reader)
    talk.expects(before != [] and before[-1] < MANY - 1, f"{una} has scrolled back: {before}")
    for number in range(3):
        await talk.types(ugo, f"new {number}\n", 1)
        talk.expects(_numbers(reader) == before, f"{before} were read, now {_numbers(reader)}")
        talk.expects(f" {number + 1} new below" in reader.screen.text, f"new below: {reader.screen.text[-200:]!r}")
    reader.resizes(80, 20)
    await talk.settles(1)
    talk.expects(_numbers(reader)[:1] == before[:1], f"at another size {_numbers(reader)}, before {before}")
    await talk.types(reader, PAGE_UP, 1)
    await talk.types(reader, PAGE_DOWN, 1)
    talk.expects(_numbers(reader)[:1] == before[:1], f"up and down again {_numbers(reader)}, before {before}")
    await talk.types(reader, END, 1)
    talk.expects("new below" not in reader.screen.text, f"nothing is new: {reader.screen.text[-200:]!r}")
    talk.expects("new 2" in reader.screen.text, f"the newest row: {reader.screen.text!r}")
    await talk.types(ugo, "the last\n", 1)
    talk.expects("the last" in reader.screen.text, f"what comes is followed: {reader.screen.text!r}")
    await talk.types(reader, PAGE_UP, 1)
    talk.expects("new below" not in reader.screen.text, f"all has been seen: {reader.screen.text[-200:]!r}")
    await talk.types(reader, f"/join {talk.name('elsewhere')}\r", 1)
    await talk.types(reader, "said there\r", 1)
    talk.expects("line " not in reader.screen.text, f"nothing of the room that was left: {reader.screen.text!r}")
    await talk.types(reader, f"/join {room}\r", 1)
    talk.expects("the last" in reader.screen.text, f"back, at the newest: {reader.screen.text!r}")


async def screens_of_any_height_show_the_same(talk: Talk) -> None:
    """What is said ends each screen of one width alike, however high it is, and after it has become higher or lower."""
    room = talk.name("tower")
    people = [await talk.enters("una", room), await talk.enters("ugo", room, (80, 12))]
    people.append(await talk.enters("uma", room, (80, 8)))
    for number, words in enumerate(("short", "long " * 40, "a\x1b[200~\n\x1b[201~b", "short again")):
        await talk.types(people[number % 3], f"{words}\r", 1)
        _check_alike(talk, people)
        people[1].resizes(80, (16, 9, 24, 12)[number])
        await talk.settles(1)
        _check_alike(talk, people)
    await talk.says(talk.name("ugo"), "by a command", room)
    await talk.settles(1)
    _check_alike(talk, people)


def _check_alike(talk: Talk, people: list[PlayedPerson]) -> None:
    """The lines above the status line end alike."""
    chats = [[line[1:] for line in person.screen.lines[:-2] if line] for person in people]  # without whose it is
    shown = min(map(len, chats))
    ends = [chat[len(chat) - min(shown, 4) :] for chat in chats]
    talk.expects(all(end == ends[0] for end in ends), f"they end otherwise: {ends}")


def _numbers(person: PlayedPerson) -> list[int]:
    return [int(number) for number in re.findall(r"line (\d+) here", person.screen.text)]


async def long_rows_are_shown_to_their_end(talk: Talk) -> None:
    """However long a row takes to be laid out, its end stands at the bottom in the end, and what was said behind it."""
    room = talk.name("desk")
    people = [await talk.enters("una", room), await talk.enters("ugo", room, (40, 12))]
    for text in (LONG, LETTERS):
        await talk.says(talk.name("uma"), text + " that is all", room)
        await talk.settles(2)
        for person in people:
            talk.expects("that is all" in person.screen.text, f"its end: {person.screen.text!r}")
    await talk.types(people[0], "read\r", 1)
    for person in people:
        chat = [line for line in person.screen.lines[:-2] if line]
        talk.expects(chat[-1].endswith("read") and "that is all" in chat[-2], f"the end: {chat[-4:]}")


async def words_for_one_stay_where_they_stood(talk: Talk) -> None:
    """Words for one person alone stand behind the row after which they came, whatever comes then: rows, other files."""
    room = talk.name("notes")
    ugo = await talk.lines(talk.name("ugo"))
    await talk.types(ugo, f"/join {room}\n")  # it is one of his rooms of this day, the next one is one of hers
    reader = await talk.enters("una", room)
    await talk.types(ugo, "first\n", 1)
    await talk.types(ugo, f"/msg {talk.name('una')} psst\n", 1)
    await talk.types(ugo, "second\n", 1)
    await talk.types(reader, NO_KEY)
    due = ["first", "psst", "second"]
    talk.expects(_order(reader, due) == due, f"in their order: {_order(reader, due)}, {reader.screen.text!r}")
    for edition in (SECOND, FIRST):
        talk.saves(edition)
        await talk.takes_up()
        await talk.types(reader, NO_KEY)
        talk.expects(_order(reader, due) == due, f"with other files: {_order(reader, due)}, {reader.screen.text!r}")
    await talk.types(ugo, "third\n", 1)
    talk.expects(_order(reader, [*due, "third"]) == [*due, "third"], f"and then: {reader.screen.text!r}")
    await talk.types(reader, "/clear\r", 1)
    talk.expects(_order(reader, [*due, "third"]) == [], f"it is cleared away: {reader.screen.text!r}")
    await talk.types(ugo, "fourth\n", 1)
    shown = _order(reader, [*due, "third", "fourth"])
    talk.expects(shown == ["fourth"], f"what comes is shown alone: {shown}")
    await talk.types(reader, f"/join {talk.name('beside')}\r", 1)
    await talk.types(reader, "fifth\r", 1)
    shown = _order(reader, [*due, "third", "fourth", "fifth"])
    talk.expects(shown == ["fifth"], f"and in another room: {shown}")


def _order(person: PlayedPerson, words: list[str]) -> list[str]:
    """Those words that end a line of the chat, in the order of the lines."""
    return [found for line in person.screen.lines[:-2] for found in words if re.search(rf"\b{found}$", line)]


async def what_was_not_read_is_marked(talk: Talk) -> None:
    """A line stands above the first row that others have written since one was in the room, and tells how many."""
    una, room = talk.name("una"), talk.name("inbox")
    ugo = await talk.lines(talk.name("ugo"))
    await talk.types(ugo, f"/join {room}\n")
    await talk.types(ugo, "known\n", 1)
    reader = await talk.enters("una", room)
    await talk.types(reader, "/leave\r", 1)
    await talk.types(ugo, "one\ntwo\nthree\n", 1)
    await talk.expects_unread(una, room, 3)
    await talk.types(reader, f"/join {room}\r", 1)
    await talk.types(reader, NO_KEY)
    lines = [line.strip() for line in reader.screen.lines]
    marks = [at for at, line in enumerate(lines) if "3 new" in line]
    talk.expects(len(marks) == 1, f"it is marked once: {reader.screen.text!r}")
    above, below = lines[marks[0] - 1], lines[marks[0] + 1]
    talk.expects(above.endswith("known") and below.endswith("one"), f"between {above!r} and {below!r}")


ALL: tuple[Conversation, ...] = (
    who_reads_further_up_stays_there, screens_of_any_height_show_the_same, words_for_one_stay_where_they_stood,
    long_rows_are_shown_to_their_end, what_was_not_read_is_marked,
)  # fmt: skip

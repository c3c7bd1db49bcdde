"""Conversations about screens: each shows its room as it is now, whatever its size and whatever it has shown before."""

from __future__ import annotations

import re

from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.conversations.talk import CTRL_U, ESC, NO_KEY, PAGE_UP, Conversation, Talk
from chatd.testing.simulation.editions import FIRST, SECOND

LAST = 6
"""Lines at the bottom of a screen that hold the status, what is typed, and notices, which come and go."""


async def what_is_said_is_shown_to_everybody(talk: Talk) -> None:
    """Each sees what was said once, at the bottom, whatever the size of their screen, and after another size, too."""
    una, room, text = talk.name("una"), talk.name("arcade"), talk.name("shown")
    first, second = await talk.enters("una", room), await talk.enters("ugo", room, size=(40, 10))
    await talk.types(first, f"{text}\r", 1)
    for person in (first, second):
        talk.expects(person.screen.text.count(text) == 1, f"shown once: {person.screen.text!r}")
    for size in ((60, 16), (24, 6), (100, 30)):
        second.resizes(*size)
        await talk.settles(1)
        talk.expects(second.screen.text.count(text) <= 1, f"at {size}: {second.screen.text!r}")
    before = second.screen.text
    second.resizes(30, 8)
    second.resizes(100, 30)
    await talk.settles(1)
    talk.expects(second.screen.text == before, f"there and back: {second.screen.text!r}, before {before!r}")
    await talk.says(una, f"{text} again", room)
    await talk.settles(1)
    talk.expects(f"{text} again" in second.screen.text, f"after another size: {second.screen.text!r}")
    talk.expects(f" {room} " in second.screen.text, f"the room's name: {second.screen.text!r}")


async def a_page_goes_as_it_came(talk: Talk) -> None:
    """A page over the chat is closed by a key, and the chat is there again as it was."""
    una = talk.name("una")
    await talk.says(una, "under the page")
    host = await talk.sits(una)
    await talk.settles(3)  # files that were saved before are taken up
    await talk.types(host, ESC, 1)
    room = talk.record.rows("lobby")[-1].seq
    before = [line.rstrip() for line in host.screen.lines]
    await talk.types(host, "/help\r", 1)
    during = [line.rstrip() for line in host.screen.lines]
    talk.expects(during != before, "the page is shown")
    await talk.types(host, PAGE_UP + "q", 1)
    await talk.types(host, ESC, 1)
    after = [line.rstrip() for line in host.screen.lines]
    if talk.record.rows("lobby")[-1].seq == room and not talk.world.hub.answers.running:
        talk.expects(after[:-LAST] == before[:-LAST], f"before {before[:-LAST]}, after {after[:-LAST]}")


async def a_room_has_its_own_screen(talk: Talk) -> None:
    """Who goes into another room sees that one, its name and its rows, and none of the one they left."""
    una, room, text = talk.name("una"), talk.name("tower"), talk.name("below")
    await talk.says(una, text)
    host = await talk.sits(una)
    await talk.settles(3)  # files that were saved before are taken up
    await talk.types(host, f"/join {room}\r", 1)
    await talk.types(host, NO_KEY)
    talk.expects(f" {room} " in host.screen.text, f"the status line: {host.screen.text[-300:]!r}")
    talk.expects(text not in host.screen.text, f"the lobby's row is not here: {host.screen.text!r}")
    await talk.types(host, "above\r", 1)
    talk.expects("above" in host.screen.text and talk.row("above", room).author == una, "it is said here")
    await talk.types(host, "/leave\r", 1)
    await talk.types(host, NO_KEY)
    talk.expects(" lobby " in host.screen.text and "above" not in host.screen.text, f"back: {host.screen.text!r}")


async def answers_look_as_they_ended(talk: Talk) -> None:
    """Who saw an answer come sees what a newcomer sees, at any width, however it ended and however fast it came."""
    una, ugo, room, bot = talk.name("una"), talk.name("ugo"), talk.name("gallery"), talk.model("painter")
    await talk.free()
    wide, narrow = await talk.sits(una), await talk.sits(ugo, size=(50, 30))
    await talk.settles(3)  # files that were saved before are taken up
    for person in (wide, narrow):
        await talk.types(person, f"/join {room}\r", 1)
    await talk.types(wide, "hello\r")
    bot.says("at once, and quite a long answer at that: " + "words " * 9).ends()
    bot.thinks("hm").says("slow, ").pauses(0.3).says("with **bold** ").pauses(0.3).says("and `code`\n- a\n- b").ends()
    bot.says("half an ", "answer").fails("it broke")
    for number, shown in enumerate(("at once, and quite", "slow, with bold and code", "half an answer")):
        await talk.types(wide, f"@{bot.info.name} question {number}\r", 1)
        await talk.free()
        await talk.settles(1)
        if len(bot.questions) > number:
            talk.expects(shown in wide.screen.text, f"all of it is shown: {wide.screen.text!r}")
    await _sees_what_a_newcomer_sees(talk, wide, room)
    await _sees_what_a_newcomer_sees(talk, narrow, room)


async def a_screen_tells_who_is_here(talk: Talk) -> None:
    """The line above what is typed tells the room, how many are here and who, though nothing is said."""
    una, ugo, uma, room = talk.name("una"), talk.name("ugo"), talk.name("uma"), talk.name("hut")
    host = await talk.sits(una)
    await talk.settles(3)  # files that were saved before are taken up
    await talk.types(host, f"/join {room}\r", 1)
    await talk.types(host, f"/topic first of {room}\r", 1)
    for name, here in ((ugo, 2), (uma, 3)):
        other = await talk.lines(name)
        await talk.types(other, f"/join {room}\n", 1)
        talk.expects(f"{room} · {here} here" in host.screen.text, f"{here} are here: {host.screen.text[-300:]!r}")
        talk.expects(name in host.screen.text, f"{name} is here: {host.screen.text[-300:]!r}")
    await talk.leaves(other)
    await talk.settles(1)
    talk.expects(f"{room} · 2 here" in host.screen.text, f"{uma} has gone: {host.screen.text[-300:]!r}")
    await talk.types(host, "/leave\r", 1)
    await talk.says(ugo, "in the lobby")
    other = await talk.lines(ugo)
    await talk.types(other, f"/join {room}\n", 1)
    await talk.types(other, f"/topic second of {room}\n", 1)
    await talk.types(host, f"/join {room}\r", 1)
    shown = host.screen.text
    talk.expects(f"{room}: second of {room}" in shown, f"the topic is told who enters: {shown[-300:]!r}")


async def who_comes_right_after_another_is_shown(talk: Talk) -> None:
    """Who is here is shown to all, however soon one comes after another, and whoever looks first; also to those whose
    rows are drawn by a script of their own.
    """
    room = talk.name("porch")
    comers = [await talk.lines(talk.name(base)) for base in ("ugo", "uma")]
    for edition in (SECOND, FIRST):
        talk.saves(edition)
        host, writer = await talk.enters("una", room), await talk.enters("ute", room)
        for pause in (0.0, 0.03, 0.08, 0.1):
            await talk.types(comers[0], f"/join {room}\n", pause)
            await talk.types(comers[1], f"/join {room}\n", 0)
            for letter in "some words":
                await talk.types(writer, letter, 0.012)
            await talk.settles(1)
            shown = host.screen.text
            talk.expects(f"{room} · 4 here" in shown, f"the other two, {pause} s apart, are here: {shown[-300:]!r}")
            for one in comers:
                await talk.types(one, "/leave\n")
            await talk.types(writer, CTRL_U)
        await talk.leaves(writer)
        await talk.leaves(host)


async def _sees_what_a_newcomer_sees(talk: Talk, person: PlayedPerson, room: str) -> None:
    newcomer = await talk.sits(person.visit.visitor.name, size=(person.screen.columns, person.screen.rows))
    await talk.types(newcomer, f"/join {room}\r", 1)
    for one in (person, newcomer):
        await talk.types(one, ESC, 1)
        await talk.types(one, NO_KEY)
    (ours, here), (theirs, told) = _parts(person, room), _parts(newcomer, room)
    shown = min(len(ours), len(theirs))
    talk.expects(ours[-shown:] == theirs[-shown:], f"shown is {ours}, to a newcomer {theirs}")
    talk.expects(here == told, f"here are {here}, a newcomer is told {told}")
    await talk.leaves(newcomer)


def _parts(person: PlayedPerson, room: str) -> tuple[list[str], str]:
    """The lines of the chat that are not empty, and how many are here."""
    lines = [line.rstrip() for line in person.screen.lines]
    status = max((at for at, line in enumerate(lines) if f"{room} · " in line), default=len(lines))
    chat = [line for line in lines[:status] if line and not line.startswith(f"{room}: ")]
    here = re.search(r"\d+ here", lines[status]) if status < len(lines) else None
    return chat, here[0] if here else ""


ALL: tuple[Conversation, ...] = (
    what_is_said_is_shown_to_everybody, a_page_goes_as_it_came, a_room_has_its_own_screen, answers_look_as_they_ended,
    a_screen_tells_who_is_here, who_comes_right_after_another_is_shown,
)  # fmt: skip

"""Conversations about looks: what is drawn once for all looks to each person as it should."""

from __future__ import annotations

import re

from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.conversations.talk import CTRL_U, ESC, NO_KEY, Conversation, Talk
from chatd.testing.simulation.editions import FIRST, SECOND, THIRD
from chatd.testing.simulation.oracles.screens import standing

SPINNING_S = 0.3
"""Virtual seconds in which what moves has moved on by one."""


async def rows_look_to_each_as_they_concern_them(talk: Talk) -> None:
    """One's own rows and one's own name stand out for oneself and for nobody else, whoever looks first."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("mirror")
    first, second = await talk.enters("una", room), await talk.enters("ugo", room)
    await talk.types(first, "of one\r")
    await talk.types(second, f"a word to {una} here\r", 1)
    for mine, name, other in ((first, una, second), (second, ugo, first)):
        own, foreign = _styles(mine, name), _styles(other, name)
        talk.expects("bold" in "".join(own), f"the own name of {name} stands out: {own}")
        talk.expects(len(own) >= len(foreign), f"{name} sees their name as {own}, others as {foreign}")
    named, unnamed = [one for one in _styles(first, una) if "reverse" in one], _styles(second, una)
    talk.expects(bool(named), f"the name in the text: {standing(first.screen)[-6:]}")
    talk.expects(not any("reverse" in one for one in unnamed), f"it stands out for {ugo} as well: {unnamed}")
    await talk.types(first, f"/nick {talk.name('ulla')}\r", 2)
    await talk.types(first, NO_KEY)
    if not re.search(r"names? .*(limit|later)", first.screen.text):
        old = [one for one in _styles(first, una) if "bold" in one and "reverse" not in one]
        talk.expects(not old, f"what {una} said is not {talk.name('ulla')}'s: {old}")


def _styles(person: PlayedPerson, text: str) -> list[str]:
    """The styles in which a text stands on a screen, as a piece of its own."""
    return [style for row in standing(person.screen) for piece, style in row if piece.strip().lstrip(">@ ") == text]


async def each_sees_things_as_they_want(talk: Talk) -> None:
    """A setting changes how one's own screen looks, and that of nobody else who has as many columns."""
    room, bot = talk.name("salon"), talk.model("writer")
    await talk.free()
    first, second = await talk.enters("una", room), await talk.enters("ugo", room)
    await talk.types(first, "/set markdown off\r", 1)
    bot.says("quite **bold** it is").ends()
    await talk.types(second, f"@{bot.info.name} go\r", 1)
    await talk.free()
    await talk.settles(1)
    for _ in range(2):
        if bot.questions:
            talk.expects("quite **bold** it is" in first.screen.text, f"as it was written: {first.screen.text!r}")
            talk.expects("quite bold it is" in second.screen.text, f"as it is meant: {second.screen.text!r}")
        for one in (second, first):
            await talk.types(one, "\x0c", 1)
    await talk.types(first, "/set markdown on\r", 1)
    if bot.questions:
        talk.expects("quite bold it is" in first.screen.text, f"as it is meant, now: {first.screen.text!r}")


async def what_runs_is_seen_to_run(talk: Talk) -> None:
    """While an answer runs something moves on every screen of its room, though nothing is said: before it has begun,
    behind what is there of it, and while a tool runs.
    """
    room, bot = talk.name("engine"), talk.model("motor")
    await talk.free()
    first, second = await talk.enters("una", room), await talk.enters("ugo", room, (50, 12))
    bot.pauses(1.5).says("so far").pauses(2.5).says(" so good").ends()
    await talk.types(first, f"@{bot.info.name} go\r", 0.3)
    if not bot.questions:
        return
    await _moves(talk, (first, second), "it has not begun")
    await talk.until(lambda: "so far" in first.screen.text and "so far" in second.screen.text, "its beginning is shown")
    await _moves(talk, (first, second), "it has begun")
    await talk.free()
    await talk.settles(1)
    for person in (first, second):
        await talk.types(person, NO_KEY)
        talk.expects("so far so good" in person.screen.text, f"all of it: {person.screen.text!r}")
        before = person.screen.text
        await talk.settles(2)
        talk.expects(person.screen.text == before, "what has ended moves no more")


async def _moves(talk: Talk, people: tuple[PlayedPerson, ...], when: str) -> None:
    """What is on the screens is otherwise a moment later, without numbers: those count on."""
    seen: list[set[str]] = [set() for _ in people]
    for _ in range(4):
        for person, pictures in zip(people, seen, strict=True):
            chat = "\n".join(line for line in person.screen.lines if " here" not in line)
            pictures.add(re.sub(r"[\d.]+ (tok/s|ms|s)\b", "", chat))
        await talk.settles(SPINNING_S)
    for person, pictures in zip(people, seen, strict=True):
        name = person.visit.visitor.name
        talk.expects(len(pictures) > 1, f"{name} sees it stand still, {when}: {person.screen.text!r}")


async def a_call_stands_with_its_result(talk: Talk) -> None:
    """In the line of a call stands what the tool gave, as soon as it has, for who asked and who looks on."""
    room, bot = talk.name("tools"), talk.model("smith")
    await talk.free()
    first, second = await talk.enters("una", room), await talk.enters("ugo", room, (60, 16))
    await talk.types(second, "hello\r")
    bot.calls("calculate", '{"expression":"6*7"}', call_id="a").pauses(1.0).calls("stream", call_id="b").ends()
    bot.pauses(2.0).says("it is done").ends()
    await talk.types(first, f"@{bot.info.name} go\r", 1)
    if not bot.questions:
        return
    await talk.types(second, "in between\r", 3)
    for person in (first, second):
        talk.expects(_results(person) == ["42", "one, two, three"], f"while it runs: {person.screen.text!r}")
    await talk.free()
    await talk.settles(1)
    for person in (first, second):
        talk.expects(_results(person) == ["42", "one, two, three"], f"in the end: {person.screen.text!r}")


def _results(person: PlayedPerson) -> list[str]:
    return [
        re.sub("\\W+$", "", line.rpartition("→")[2]).strip()
        for line in person.screen.lines if "→" in line and "|" in line
    ]  # fmt: skip


async def hooks_on_rows_come_and_go(talk: Talk) -> None:
    """What scripts make of rows is each person's own, or alike for all, as they say; and gone when they are."""
    room = talk.name("workshop")
    ugo = await talk.lines(talk.name("ugo"))
    await talk.types(ugo, f"/join {room}\n")
    first, second = await talk.enters("una", room), await talk.enters("uma", room)
    una, uma = (person.visit.visitor.name for person in (first, second))
    talk.saves(SECOND)
    await talk.takes_up()
    await talk.types(ugo, "whose row\nonce more\n", 1)
    for person, name in ((first, una), (second, uma)):
        await talk.types(person, NO_KEY)
        talk.expects(f"row of {name}" in person.screen.text, f"{name}'s own: {person.screen.text!r}")
        talk.expects("more for all" in person.screen.text, f"alike for all: {person.screen.text!r}")
    await talk.types(ugo, "whose next\n", 1)
    for person, name in ((first, una), (second, uma)):
        talk.expects(f"next of {name}" in person.screen.text, f"what comes is drawn as well: {person.screen.text!r}")
    await talk.types(first, "/turn\r", 1)
    talk.expects(f"row of {una}, turned" in first.screen.text, f"it is turned: {first.screen.text!r}")
    talk.expects("turned" not in second.screen.text, f"another's is not: {second.screen.text!r}")
    for edition, others in ((THIRD, "more for all, again"), (FIRST, "once more")):
        talk.saves(edition)
        await talk.takes_up()
        for person in (first, second):
            await talk.types(person, NO_KEY)
            talk.expects("whose row" in person.screen.text, f"as it was said: {person.screen.text!r}")
            talk.expects(others in person.screen.text, f"{edition} draws it: {person.screen.text!r}")
    talk.saves(SECOND)
    await talk.takes_up()
    await talk.types(first, NO_KEY)
    talk.expects(f"row of {una}" in first.screen.text, f"it is back: {first.screen.text!r}")
    talk.expects("turned" not in first.screen.text, f"as other files draw it: {first.screen.text!r}")
    talk.saves(FIRST)
    await talk.takes_up()


async def figures_are_the_askers(talk: Talk) -> None:
    """How an answer went stands in the status line of who asked, and of nobody else."""
    room, bot = talk.name("office"), talk.model("clerk")
    await talk.free()
    first, second = await talk.enters("una", room), await talk.enters("ugo", room)
    # Its end comes alone: a room that keeps but two entries tells nobody of more at once.
    bot.says("one ").pauses(0.5).says("two ").pauses(0.5).says("three").pauses(0.5).ends()
    await talk.types(first, f"@{bot.info.name} go\r", 0.5)
    await talk.free()
    await talk.settles(1)
    for person in (first, second):
        await talk.types(person, CTRL_U + ESC, 1)
    if not bot.questions or talk.world.hub.answers.running:
        return
    told, others = (next((one for one in person.screen.lines if f"{room} · " in one), "") for person in (first, second))
    talk.expects(f"{bot.info.name}: " in told, f"who asked is told: {told!r}")
    talk.expects(f"{bot.info.name}: " not in others, f"who did not is not: {others!r}")


ALL: tuple[Conversation, ...] = (
    rows_look_to_each_as_they_concern_them, each_sees_things_as_they_want, what_runs_is_seen_to_run,
    a_call_stands_with_its_result, hooks_on_rows_come_and_go, figures_are_the_askers,
)  # fmt: skip

"""Conversations in line mode: each row of the room one is in is a line, once, when it has ended, and none is lost."""

from __future__ import annotations

from chatd.testing.simulation.conversations.talk import Conversation, Talk

BLOCKING = 40
"""Rows of 5,000 characters, which nobody's window takes in one go."""


async def lines_are_shown_where_one_is(talk: Talk) -> None:
    """Line mode shows each row of the room one is in once, in order, and none of another."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("cave")
    reader = await talk.lines(una)
    await talk.types(reader, f"/join {room}\n")
    talk.expects(f"* you are in {room}" in reader.output, f"{una} is in {room}: {reader.output[-200:]!r}")
    begun = len(reader.output)
    texts = [f"{talk.name('echo')} {number}" for number in range(6)]
    for text in texts:
        await talk.says(ugo, text, room)
    await talk.says(ugo, f"{talk.name('elsewhere')}")
    await talk.types(reader, "my own\n")
    shown = _rows(reader.output[begun:])
    due = "".join(f"{ugo}: {text}\n" for text in texts) + f"{una}: my own\n"
    talk.expects(shown == due or "* you fell behind" in reader.output, f"shown is {shown!r}, said was {due!r}")
    latecomer = await talk.lines(ugo)
    begun = len(latecomer.output)
    await talk.types(latecomer, f"/join {room}\n")
    history = _rows(latecomer.output[begun:].partition(f"* you are in {room}\n")[2])
    there = min(talk.limits.history_rows, len(texts) + 1)
    last = "".join(due.splitlines(keepends=True)[-there:])
    talk.expects(history == last, f"who comes later sees {history!r}, of {due!r}")


def _rows(output: str) -> str:
    """What was said; notices are lines that begin with a star."""
    return "".join(line for line in output.splitlines(keepends=True) if not line.startswith("* "))


async def answers_are_lines_when_they_have_ended(talk: Talk) -> None:
    """An answer is printed once, when it is whole, to who was there and to who came in the middle."""
    una, ugo, room, bot = talk.name("una"), talk.name("ugo"), talk.name("loft"), talk.model("liner")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.free()
    bot.says("half ").pauses(2).says("whole").ends()
    await talk.types(host, f"@{bot.info.name} speak\n", 0)
    await talk.until(lambda: any(row.content.startswith("half") for row in talk.record.rows(room)), "it begins")
    late = await talk.lines(ugo)
    await talk.types(late, f"/join {room}\n", 0.2)
    talk.expects("half" not in late.output, f"what is not whole is no line: {late.output[-200:]!r}")
    await talk.free()
    await talk.settles(1)
    for person in (host, late):
        if "* you fell behind" in person.output:  # the room keeps next to nothing
            continue
        talk.expects(person.output.count("half ") == 1, f"once: {person.output[-300:]!r}")
        talk.expects(f"{bot.info.name}: half whole\n" in person.output, f"whole: {person.output[-300:]!r}")


async def last_words_are_printed(talk: Talk) -> None:
    """Whoever ends their input is shown what they said last, once, and leaves with 0."""
    una, ugo, word = talk.name("una"), talk.name("ugo"), talk.name("bye")
    host = await talk.lines(una)
    host.sends(f"{word} one\n{word} two\n".encode())
    host.ends_input()
    await talk.until(host.ended.is_set, "their session ends")
    talk.expects(host.exit_status == 0, f"it ends with {host.exit_status}")
    for text in (f"{word} one", f"{word} two"):
        talk.expects(host.output.count(f"{una}: {text}\n") == 1, f"{text} is shown once: {host.output[-300:]!r}")
    found = await talk.rows(ugo, f"search {word} --json")
    talk.expects(len(found) == 2, f"both are said: {found}")


async def who_reads_slowly_and_goes_elsewhere_misses_nothing(talk: Talk) -> None:
    """What was said in a room until one left it is printed, though one reads it only afterwards."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("dock")
    host = await talk.lines(ugo)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "begun\n")
    reader = await talk.lines(una)
    await talk.types(reader, f"/join {room}\n")
    reader.stops_reading()
    for number in range(BLOCKING):
        await talk.types(host, f"{number} " + "much " * 1000 + "\n", 0.05)
    await talk.types(host, "the last here\n", 1)
    await talk.types(reader, "/join lobby\n", 1)
    reader.reads_on()
    await talk.settles(2)
    if "* you fell behind" not in reader.output:
        talk.expects(reader.output.count(f"{ugo}: the last here\n") == 1, f"{reader.output[-300:]!r}")
        talk.expects(reader.output.count("much much much") > BLOCKING, "all of it is printed")
    await talk.says(ugo, f"{talk.name('next')} in the lobby")
    await talk.settles(1)
    talk.expects(f"{ugo}: {talk.name('next')} in the lobby\n" in reader.output, f"{reader.output[-300:]!r}")


ALL: tuple[Conversation, ...] = (
    lines_are_shown_where_one_is, answers_are_lines_when_they_have_ended, last_words_are_printed,
    who_reads_slowly_and_goes_elsewhere_misses_nothing,
)  # fmt: skip

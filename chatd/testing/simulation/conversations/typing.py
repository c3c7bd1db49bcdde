"""Conversations about the keyboard and the screen: what is typed is there, and what was typed is said once."""

from __future__ import annotations

from chatd.testing.simulation.conversations.talk import Conversation, Talk

LAST = 6
"""Lines at the bottom of a screen that hold the status, what is typed, and notices, which come and go."""

NO_KEY = "x\x7f"
"""A letter, wiped out: a notice goes with it."""

ENTER, CTRL_U, ESC, END, PAGE_UP = "\r", "\x15", "\x1b", "\x1b[F", "\x1b[5~"


async def a_paste_is_one_message(talk: Talk) -> None:
    """What is pasted in brackets is one message, however its packets are cut; without brackets each line is one."""
    una, tag = talk.name("una"), talk.name("paste")
    host = await talk.sits(una)
    data = f"\x1b[200~{tag} one\ntwo é\nthree\x1b[201~".encode()
    for start in range(0, len(data), 5):
        host.sends(data[start : start + 5])
        await talk.settles(0.02)
    await talk.types(host, ENTER)
    talk.row(f"{tag} one\ntwo é\nthree")
    await talk.types(host, f"{tag} four\r{tag} five\r")
    talk.row(f"{tag} four")
    talk.row(f"{tag} five")


async def many_lines_at_once_are_all_said(talk: Talk) -> None:
    """Two hundred lines in one packet are two hundred rows, in their order, each once."""
    una, room = talk.name("una"), talk.name("mill")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "".join(f"line {number}\n" for number in range(200)), 5)
    said = [row.content for row in talk.record.rows(room) if row.author == una]
    talk.expects(said == [f"line {number}" for number in range(200)], f"{len(said)} are said: {said[:3]} … {said[-3:]}")
    shown = [line for line in host.output.splitlines() if line.startswith(f"{una}: ")]
    if "you fell behind" not in host.output:
        talk.expects(shown == [f"{una}: {text}" for text in said], f"{len(shown)} are shown")


async def a_draft_waits_for_its_writer(talk: Talk) -> None:
    """What was typed and not sent is there again at the next login, in its room, and is said by nobody."""
    una, draft = talk.name("una"), talk.name("draft")
    host = await talk.sits(una)
    await talk.types(host, f"{draft} not sent", 1)
    talk.expects(f"{draft} not sent" in host.screen.text, "it stands in the line")
    await talk.leaves(host)
    host = await talk.sits(una)
    await talk.settles(1)
    talk.expects(f"{draft} not sent" in host.screen.text, f"it is there again: {host.screen.text[-300:]!r}")
    await talk.types(host, CTRL_U + "said\r", 1)
    talk.row("said")
    talk.expects(not any(draft in row.content for row in talk.record.rows("lobby")), "nobody has said it")
    await talk.leaves(host)
    host = await talk.sits(una)
    talk.expects(draft not in host.screen.text, "and then it is gone")


async def a_setting_is_kept(talk: Talk) -> None:
    """/set holds for one person, on their next login as well, and for nobody else."""
    una, ugo = talk.name("una"), talk.name("ugo")
    host = await talk.sits(una)
    await talk.types(host, "/set joins on\r", 1)
    await talk.leaves(host)
    host = await talk.sits(una)
    await talk.types(host, "/set joins\r", 1)
    talk.expects("joins" in host.screen.text and "is on" in host.screen.text, f"{host.screen.text[-400:]!r}")
    talk.later.append(_set_as_before)
    other = await talk.sits(ugo)
    await talk.types(other, "/set joins\r", 1)
    talk.expects("is off" in other.screen.text, f"another's: {other.screen.text[-400:]!r}")


async def _set_as_before(talk: Talk) -> None:
    """The next server has the setting still."""
    host = await talk.sits(talk.name("una"))
    await talk.types(host, "/set joins\r", 1)
    talk.expects("is on" in host.screen.text, f"after a restart: {host.screen.text[-400:]!r}")


async def what_is_said_is_shown_to_everybody(talk: Talk) -> None:
    """Each sees what was said once, at the bottom, whatever the size of their screen, and after another size, too."""
    una, ugo, text = talk.name("una"), talk.name("ugo"), talk.name("shown")
    first, second = await talk.sits(una), await talk.sits(ugo, size=(40, 10))
    await talk.settles(3)  # files that were saved before are taken up: that draws all of it anew
    for person in (first, second):
        await talk.types(person, NO_KEY)
    await talk.types(first, f"{text}\r", 1)
    for person in (first, second):
        talk.expects(person.screen.text.count(text) == 1, f"shown once: {person.screen.text!r}")
    for size in ((60, 16), (24, 6), (100, 30)):
        second.resizes(*size)
        await talk.settles(1)
        talk.expects(second.screen.text.count(text) <= 1, f"at {size}: {second.screen.text!r}")
    await talk.says(una, f"{text} again")
    await talk.settles(1)
    talk.expects(f"{text} again" in second.screen.text, f"after another size: {second.screen.text!r}")
    talk.expects(" lobby " in second.screen.text, f"the room's name: {second.screen.text!r}")


async def a_page_goes_as_it_came(talk: Talk) -> None:
    """A page over the chat is closed by a key, and the chat is there again as it was."""
    una = talk.name("una")
    await talk.says(una, "under the page")
    host = await talk.sits(una)
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


ALL: tuple[Conversation, ...] = (
    a_paste_is_one_message, many_lines_at_once_are_all_said, a_draft_waits_for_its_writer, a_setting_is_kept,
    what_is_said_is_shown_to_everybody, a_page_goes_as_it_came, a_room_has_its_own_screen,
)  # fmt: skip

"""Conversations about the keyboard: what is typed is there, and what was typed is said once."""

from __future__ import annotations

from chatd.testing.simulation.conversations.talk import CTRL_U, ENTER, Conversation, Talk


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
    await talk.types(host, "/set markdown off\r", 1)
    await talk.leaves(host)
    host = await talk.sits(una)
    await talk.types(host, "/set markdown\r", 1)
    talk.expects("markdown is off" in host.screen.text, f"what is off stays off: {host.screen.text[-400:]!r}")
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


async def drafts_belong_to_their_rooms(talk: Talk) -> None:
    """What was typed in one room and not sent is there when one is back in that room, and in no other."""
    una, room, draft = talk.name("una"), talk.name("yard"), talk.name("draft")
    host = await talk.sits(una)
    await talk.types(host, f"/join {room}\r", 1)
    await talk.types(host, "hello\r", 1)
    if "within a day" in host.screen.text:
        return
    await talk.types(host, f"{draft} here", 1)
    await talk.leaves(host)
    host = await talk.sits(una)
    await talk.settles(1)
    talk.expects(draft not in host.screen.text, f"it is not the lobby's: {host.screen.text[-300:]!r}")
    await talk.types(host, f"/join {room}\r", 1)
    talk.expects(f"{draft} here" in host.screen.text, f"it is there again: {host.screen.text[-300:]!r}")


async def letters_may_come_in_pieces(talk: Talk) -> None:
    """However what is typed is cut into packets, it is what was typed, on a screen and in line mode."""
    una = talk.name("una")
    text = f"{talk.name('naïve')} 日本 👩‍👩‍👧 é"
    for come, newline in ((talk.sits, "\r"), (talk.lines, "\n"), (talk.lines, "\r\n")):
        host = await come(una)
        rows = len(talk.record.rows("lobby"))
        for byte in f"{text}{newline}".encode():
            host.sends(bytes((byte,)))
            await talk.settles(0)
        await talk.settles(1)
        said = [row.content for row in talk.record.rows("lobby")[rows:] if row.author == una]
        talk.expects(said == [text], f"with {newline!r} is said {said}")
        await talk.leaves(host)


ALL: tuple[Conversation, ...] = (
    a_paste_is_one_message, many_lines_at_once_are_all_said, a_draft_waits_for_its_writer, a_setting_is_kept,
    drafts_belong_to_their_rooms, letters_may_come_in_pieces,
)  # fmt: skip

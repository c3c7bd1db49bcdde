"""Conversations about what is unread: rows of others, in rooms that none of one's terminals has shown since."""

from __future__ import annotations

from chatd.testing.simulation.conversations.talk import Conversation, Talk


async def unread_are_rows_of_others(talk: Talk) -> None:
    """Rows of others after the last that was seen, on any terminal, and none of one's own."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("attic")
    host = await talk.lines(ugo)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "welcome\n")
    await talk.expects_unread(una, room, 1)
    reader = await talk.lines(una)
    await talk.types(reader, f"/join {room}\n")
    await talk.expects_unread(una, room, 0)
    await talk.types(host, "while you read\n")
    await talk.expects_unread(una, room, 0)
    await talk.leaves(reader)
    await talk.types(host, "one\n")
    await talk.types(host, "two\n")
    await talk.says(una, "mine, by a command", room)
    await talk.types(host, "three\n")
    await talk.expects_unread(una, room, 3)
    await talk.expects_unread(ugo, room, 0)
    reader = await talk.lines(una)
    await talk.expects_unread(una, room, 3)
    other = await talk.lines(una)
    await talk.types(other, f"/join {room}\n")
    await talk.expects_unread(una, room, 0)
    await talk.leaves(reader)
    await talk.leaves(other)
    await talk.expects_unread(una, room, 0)
    await talk.types(host, "four\n")
    await talk.expects_unread(una, room, 1)
    await talk.leaves(host)
    talk.later.append(_unread_as_before)


async def _unread_as_before(talk: Talk) -> None:
    """The next server knows what has been read."""
    await talk.expects_unread(talk.name("una"), talk.name("attic"), 1)
    await talk.expects_unread(talk.name("ugo"), talk.name("attic"), 0)


async def two_terminals_read_as_one(talk: Talk) -> None:
    """A room that one terminal shows is read for both; one's own rows, from wherever they come, are never unread."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("cellar")
    host = await talk.lines(ugo)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "welcome\n")
    first, second = await talk.lines(una), await talk.lines(una)
    for terminal in (first, second):
        await talk.types(terminal, f"/join {room}\n")
    await talk.types(first, "/leave\n")
    await talk.types(host, "while the other shows it\n")
    await talk.expects_unread(una, room, 0)
    await talk.types(second, "/leave\n")
    await talk.expects_unread(una, room, 0)
    await talk.says(una, "mine, by a command", room)
    await talk.expects_unread(una, room, 0)
    await talk.types(host, "one\n")
    await talk.expects_unread(una, room, 1)
    await talk.expects_unread(ugo, room, 0)


ALL: tuple[Conversation, ...] = (unread_are_rows_of_others, two_terminals_read_as_one)

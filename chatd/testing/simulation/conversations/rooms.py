"""Conversations about rooms: made, left, named, and what they are about."""

from __future__ import annotations

from chatd.testing.simulation.conversations.talk import Conversation, Talk


async def a_topic_is_told_to_everybody(talk: Talk) -> None:
    """/topic is a row of the room, and what `rooms` shows."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("forum")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "hello\n")
    await talk.types(host, f"/topic all about {room}\n")
    rooms = {one["name"]: one for one in await talk.rows(ugo, "rooms --json")}
    talk.expects(room in rooms, f"there is the room: {sorted(rooms)}")
    talk.expects(rooms[room]["topic"] == f"all about {room}", f"the topic: {rooms.get(room)}")
    talk.expects(rooms["lobby"]["topic"] != f"all about {room}", "the lobby's is its own")
    talk.expects(talk.record.topics()[room] == f"all about {room}", "it is on disk")
    talk.later.append(_topic_as_before)
    told = (await talk.runs(ugo, f"tail {room} -n 1")).output
    talk.expects(f"all about {room}" in told, f"the room is told: {told!r}")


async def _topic_as_before(talk: Talk) -> None:
    """The next server knows what the room is about."""
    room = talk.name("forum")
    rooms = {one["name"]: one for one in await talk.rows(talk.name("ugo"), "rooms --json")}
    talk.expects(room in rooms and rooms[room]["topic"] == f"all about {room}", f"after a restart: {rooms.get(room)}")


async def rooms_are_counted(talk: Talk) -> None:
    """`rooms` tells rows and people of each room; who leaves is not counted."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("porch")
    first = await talk.lines(una)
    await talk.types(first, f"/join {room}\n")
    await talk.types(first, "one\n")
    second = await talk.lines(ugo)
    await talk.types(second, f"/join {room}\n")
    await talk.types(second, "two\n")
    rooms = {one["name"]: one for one in await talk.rows(ugo, "rooms --json")}
    talk.expects(room in rooms, f"there is the room: {sorted(rooms)}")
    shown = rooms[room]
    talk.expects((shown["rows"], shown["members"]) == (2, 2), f"two and two: {shown}")
    there = {one["name"]: one for one in await talk.rows(ugo, f"who {room} --json")}
    talk.expects({una, ugo} <= there.keys(), f"in {room} are {sorted(there)}")
    await talk.types(second, "/leave\n")
    rooms = {one["name"]: one for one in await talk.rows(ugo, "rooms --json")}
    talk.expects(rooms[room]["members"] == 1, f"one is left: {rooms.get(room)}")
    there = {one["name"]: one for one in await talk.rows(una, f"who {room} --json")}
    talk.expects(ugo not in there, f"{ugo} has left: {sorted(there)}")
    where = {one["name"]: one["rooms"] for one in await talk.rows(una, "who --json")}
    talk.expects((where[una], where[ugo]) == ([room], ["lobby"]), f"who is where: {where[una]}, {where[ugo]}")
    await talk.types(second, "said in the lobby\n")
    talk.expects(talk.row("said in the lobby").author == ugo, "it is said where one is")


async def rooms_are_few_a_day(talk: Talk) -> None:
    """Who has made a day's rooms makes no more, is told so, and stays where they are."""
    una = talk.name("una")
    if talk.limits.rooms_per_day != 1:
        return
    host = await talk.lines(una)
    await talk.types(host, f"/join {talk.name('first')}\n")
    await talk.types(host, "mine\n")
    await talk.types(host, f"/join {talk.name('second')}\n")
    talk.expects("within a day" in host.output, f"{host.output[-200:]!r}")
    await talk.types(host, "still here\n")
    talk.row("still here", talk.name("first"))
    talk.expects(talk.name("second") not in talk.record.rooms(), "the second room is not made")


async def what_is_typed_ahead_is_said_where_it_was_meant(talk: Talk) -> None:
    """Lines that come in one packet with a command to go elsewhere are said before and behind the door."""
    una, room = talk.name("una"), talk.name("arbour")
    before, behind = f"{talk.name('word')} before", f"{talk.name('word')} behind"
    for come, newline, times in ((talk.lines, "\n", 1), (talk.sits, "\r", 2)):
        host = await come(una)
        await talk.types(host, newline.join((before, f"/join {room}", behind, "/join lobby", before, "")), 2)
        await talk.leaves(host)
        said = [row.content for row in talk.record.rows(room) if row.author == una]
        talk.expects(said == [behind] * times, f"in {room} is said {said}")
    said = [row.content for row in talk.record.rows("lobby") if row.author == una]
    talk.expects(set(said) == {before}, f"in the lobby is said {said}")


ALL: tuple[Conversation, ...] = (
    a_topic_is_told_to_everybody, rooms_are_counted, rooms_are_few_a_day,
    what_is_typed_ahead_is_said_where_it_was_meant,
)  # fmt: skip

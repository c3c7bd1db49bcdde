"""Conversations about following a room: rows, their growth, and who comes and goes, each told once."""

from __future__ import annotations

import json
from typing import Any

from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.conversations.talk import Conversation, Talk

ROWS_MEANWHILE = 12
"""Rows that are said while somebody does not read: more than a room keeps, and than a window takes."""


async def a_follower_misses_nothing(talk: Talk) -> None:
    """Who follows is told of each row; who resumes by number is told of those after it, and of no other."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("hall")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "before\n")
    follower = talk.follows(ugo, f"tail {room} -n 1 --follow --json")
    await talk.settles(1)
    for number in range(4):
        await talk.says(ugo, f"row {number}", room)
    await talk.settles(1)
    events = [json.loads(line) for line in follower.output.splitlines()]
    rows = [event for event in events if event["event"] == "added"]
    told = [event["row"]["content"] for event in rows]
    talk.expects(told == ["before", "row 0", "row 1", "row 2", "row 3"], f"told is {told}")
    await talk.leaves(follower)
    since = rows[2]["n"]
    again = await talk.rows(ugo, f"tail {room} --since {since} --json")
    resumed = [event["row"]["content"] for event in again if event["event"] == "added"]
    talk.expects(resumed == ["row 2", "row 3"], f"after {since} come {resumed}")
    numbers = [event["n"] for event in again]
    talk.expects(all(n > since for n in numbers), f"after {since} come the numbers {numbers}")
    counted = await talk.runs(ugo, f"tail {room} -n 3 --follow --count 2 --json")
    talk.expects(len(counted.output.splitlines()) == 2, f"two events are wanted: {counted.output!r}")


async def a_follower_sees_answers_grow(talk: Talk) -> None:
    """Who was there from the start and who came in the middle have the same answer at its end, each piece once."""
    una, ugo, room, bot = talk.name("una"), talk.name("ugo"), talk.name("nook"), talk.model("grower")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "ready?\n")
    await talk.free()
    early = talk.follows(ugo, f"tail {room} -n 0 --follow --json")
    await talk.settles(1)
    bot.says("one ")
    await talk.types(host, f"@{bot.info.name} count\n", 0)
    await talk.until(lambda: "one" in early.output, "a piece is told")
    late = talk.follows(ugo, f"tail {room} -n 5 --follow --json")
    slow = talk.follows(ugo, f"tail {room} -n 5 --follow --json")
    unaware = talk.follows(ugo, f"tail {room} -n 0 --follow --json")
    await talk.until(lambda: "one" in slow.output, "they know of the answer")
    slow.stops_reading()
    unaware.stops_reading()
    for number in range(ROWS_MEANWHILE):
        await talk.says(una, f"{number} " + "so much " * 300, room)
    unaware.reads_on()
    await talk.settles(0.2)
    unaware.stops_reading()
    await talk.says(una, "one row more", room)
    bot.says("two ")
    await talk.until(lambda: "two" in early.output, "one more piece is told")
    bot.says("three ")
    await talk.until(lambda: "three" in early.output, "another one is told")
    slow.reads_on()
    unaware.reads_on()
    bot.says("four").ends()
    await talk.free()
    await talk.settles(1)
    for follower, since in (
        (early, "the start"), (late, "the middle"), (slow, "the middle, and slowly"), (unaware, "behind its beginning"),
    ):  # fmt: skip
        told = _folded(talk, follower, knows=follower is not unaware)
        answers = [row["content"] for row in told.values() if row["author"] == bot.info.name]
        talk.expects(answers == ["one two three four"], f"from {since}: {answers}")


async def followers_see_who_comes_and_goes(talk: Talk) -> None:
    """Who follows is told of each coming and going once, also when rows come with them."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("gate")
    host = await talk.lines(ugo)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "open\n")
    follower, slow = (talk.follows(ugo, f"tail {room} -n 0 --follow --json") for _ in range(2))
    await talk.settles(1)
    slow.stops_reading()
    guest = await talk.lines(una)
    await talk.types(guest, f"/join {room}\n", 0)
    await talk.types(host, "welcome\n", 1)
    await talk.types(guest, "/leave\n", 0)
    await talk.types(host, "farewell\n", 1)
    await talk.types(guest, f"/join {room}\n", 0)
    await talk.types(guest, "here again\n", 1)
    await talk.leaves(guest)
    slow.reads_on()
    await talk.settles(1)
    for one in (follower, slow):
        events = [json.loads(line) for line in one.output.splitlines()]
        moves = [event["event"] for event in events if event.get("name") == una]
        talk.expects(moves == ["joined", "left", "joined", "left"], f"{una} comes and goes: {moves}")
        said = [event["row"]["content"] for event in events if event["event"] == "added"]
        talk.expects(said == ["welcome", "farewell", "here again"], f"rows are told: {said}")


def _folded(talk: Talk, follower: PlayedPerson, *, knows: bool) -> dict[str, dict[str, Any]]:
    """The rows as they are after all events; each piece stands where the one before ended. Who does not know all rows
    from their beginning may be told of growth of others.
    """
    rows: dict[str, dict[str, Any]] = {}
    for line in follower.output.splitlines():
        event = json.loads(line)
        if event["event"] == "grew" and (knows or event["row_id"] in rows):
            talk.expects(event["row_id"] in rows, f"a row grows that was told to nobody: {event}")
            row = rows[event["row_id"]]
            talk.expects(event["offset"] == len(row["content"]), f"a piece at {event['offset']} of {row['content']!r}")
            row["content"] += event["delta"]
        elif "row" in event:
            rows[event["row"]["id"]] = event["row"]
    return rows


ALL: tuple[Conversation, ...] = (
    a_follower_misses_nothing, a_follower_sees_answers_grow, followers_see_who_comes_and_goes,
)  # fmt: skip

"""Conversations about event streams: a room over cuts and restarts, and what is new in all of them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import trio

from chatd.testing.simulation.conversations.browsing import LOBBY, Browsing, new_token, program, with_token
from chatd.testing.simulation.conversations.talk import Conversation, Talk
from chatd.testing.simulation.oracles.web import FollowedRoom

ROWS_MEANWHILE = 12
"""Rows that are said while nobody reads: more than a room keeps."""

BIG, BIG_ROWS = "big " * 3000, 6
"""A message that is nearly as large as one may be; so many of them are more than a stream sends in one go."""

QUIET_S = 2.0
"""Virtual seconds without an event after which all is told."""


async def _reads_on(talk: Talk, client: Browsing, room: FollowedRoom, last_id: str, most: int | None = None) -> str:
    """So many events of the lobby, or all there are; returns how to go on."""
    async with client.events(f"{LOBBY}/events?last=5", last_id=last_id) as events:
        taken = 0
        while most is None or taken < most:
            with trio.move_on_after(QUIET_S) as patience:
                room.take(await client.next(events))
            if patience.cancelled_caught:
                break
            taken += 1
        return events.last_id


async def a_browser_misses_nothing_over_cuts(talk: Talk) -> None:
    """Cut after any number of events, it goes on where it was: an answer that grows has each piece once."""
    una, bot = talk.name("una"), talk.model("slowly")
    secret = await new_token(talk, una)
    client, room = with_token(talk, una, secret), FollowedRoom()
    await talk.free()
    last_id = await _reads_on(talk, client, room, "")
    talk.expects(bool(last_id), "behind what was there stands how to go on")
    for piece in "abcdefgh":
        bot.says(piece).pauses(0.4)
    bot.ends()
    await client.posts(f"{LOBBY}/ask", {"models": [bot.info.name], "text": "go"}, 202)
    for count in (1, 2, 0, 3, 1, 1):
        last_id = await _reads_on(talk, client, room, last_id, count)
    await talk.free()
    last_id = await _reads_on(talk, client, room, last_id)
    room.check(talk.record.rows("lobby"))
    for number in range(ROWS_MEANWHILE):
        await client.posts(f"{LOBBY}/rows", {"text": f"row {number} {'so much ' * 99}"}, 201)
    last_id = await _reads_on(talk, client, room, last_id, 3)
    last_id = await _reads_on(talk, client, room, last_id)
    room.check(talk.record.rows("lobby"))
    talk.later.append(partial(_goes_on, una=una, secret=secret, room=room, last_id=last_id))


async def _goes_on(talk: Talk, una: str, secret: str, room: FollowedRoom, last_id: str) -> None:
    """On the next server, from where it was on the one before."""
    client = with_token(talk, una, secret)
    await client.posts(f"{LOBBY}/rows", {"text": talk.name("again")}, 201)
    await _reads_on(talk, client, room, last_id)
    room.check(talk.record.rows("lobby"))


async def what_is_said_before_the_stream_goes_on_is_not_missed(talk: Talk) -> None:
    """There is more to begin with than is sent at once; who is cut off behind it goes on with what came meanwhile."""
    una = talk.name("una")
    client, room = await program(talk, una), FollowedRoom()
    for number in range(BIG_ROWS):
        await client.posts(f"{LOBBY}/rows", {"text": f"{number} {BIG}"}, 201)
    async with client.events(f"{LOBBY}/events?last={BIG_ROWS}") as events:
        await talk.settles(1)
        await client.posts(f"{LOBBY}/rows", {"text": talk.name("meanwhile")}, 201)
        while not events.last_id:
            if (told := await events.step()) is not None:
                room.take(told)
        last_id = events.last_id
    await _reads_on(talk, client, room, last_id)
    room.check(talk.record.rows("lobby"))


async def the_news_of_all_rooms_are_told(talk: Talk) -> None:
    """How many rows there are, and how many are unread: of each public room, and of one's own."""
    una, ugo, hall = talk.name("una"), talk.name("ugo"), talk.name("hall")
    host = await talk.lines(ugo)
    await talk.types(host, f"/join {hall}\n")
    await talk.types(host, "first\n", 1)
    client = await program(talk, una)
    await client.posts(f"/api/v1/rooms/{hall}/read", {}, 204)
    async with client.events("/api/v1/events") as events:
        told: dict[str, tuple[int, int]] = {}

        async def reads() -> None:
            with suppress(trio.TooSlowError), trio.fail_after(QUIET_S):
                while True:
                    event = (await client.next(events)).value
                    told[event["room"]] = (event.get("rows", -1), event.get("unread", -1))

        await reads()
        rows = talk.record.rooms()[hall]
        talk.expects(told.get(hall) == (rows, 0), f"{hall} has {told.get(hall)}, and {rows} rows")
        await talk.types(host, "second\n", 1)
        await reads()
        talk.expects(told.get(hall) == (rows + 1, 1), f"{hall} has {told.get(hall)}, and one row more")


ALL: tuple[Conversation, ...] = (
    a_browser_misses_nothing_over_cuts, what_is_said_before_the_stream_goes_on_is_not_missed,
    the_news_of_all_rooms_are_told,
)  # fmt: skip

"""Conversations about rooms over the web: made, set, asked in where nobody is named; and about guests in them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from chatd.core.names import GUEST_PREFIX
from chatd.testing.simulation.conversations.browsing import Browsing, nobody, program, with_cookie
from chatd.testing.simulation.conversations.talk import Conversation, Talk
from chatd.testing.simulation.web.requests import STREAM

ROOMS = "/api/v1/rooms"
NOTHING_SET = {"topic": "", "description": "", "default": "", "system": "", "retrieval": "off"}


async def a_room_is_made_and_set_over_the_web(talk: Talk) -> None:
    """What is set is told by every front, once, also by the next server; what is wrong changes nothing."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("court")
    bot = talk.model("judge")
    client, path = await program(talk, una), f"{ROOMS}/{room}"
    made = await client.posts(ROOMS, {"name": room}, 201)
    talk.expects((made["name"], made["settings"]) == (room, NOTHING_SET), f"it is made: {made}")
    await client.posts(ROOMS, {"name": room}, 409)
    wanted = {"topic": f"about {room}", "default": bot.info.name, "retrieval": "on"}
    for _ in range(2):  # sent again it changes nothing, and is no error
        await _set(talk, client, path, wanted, 200)
    for value, status in (
        ({}, 422), ({"colour": "red"}, 400), ({"topic": 7}, 422), ({"retrieval": "perhaps"}, 400),
        ({"default": "nobody"}, 404), ({"description": "x" * 3000}, 400),
    ):  # fmt: skip
        await _set(talk, client, path, value, status)
    await _set(talk, await program(talk, ugo), f"{ROOMS}/~{una}", {"topic": "gotcha"}, 404)
    told = [row.content for row in talk.record.rows(room)]
    talk.expects(len(told) == len(wanted), f"each is told once: {told}")
    held = {**NOTHING_SET, **wanted}
    await _holds(talk, una, room, held)
    talk.later.append(partial(_holds, who=una, room=room, held=held))


async def _set(talk: Talk, client: Browsing, path: str, value: Mapping[str, object], status: int) -> None:
    answer = await client.asks("PATCH", path, value)
    talk.expects(answer.status == status, f"{value} is answered {answer.status}, {answer.text!r}, not {status}")


async def _holds(talk: Talk, who: str, room: str, held: dict[str, str]) -> None:
    (shown,) = await talk.rows(who, f"room {room} --json")
    talk.expects(shown == {"name": room, **held}, f"the command shows {shown}")
    told = await (await program(talk, who)).gets(f"{ROOMS}/{room}")
    talk.expects(told["settings"] == held, f"the web tells {told['settings']}")


async def who_names_nobody_asks_the_rooms_default(talk: Talk) -> None:
    """Over the web and by a command; when that model goes, both are told so, and nobody is asked."""
    una, bot = talk.name("una"), talk.model("host")
    client, room = await program(talk, una), f"~{una}"
    await talk.free()
    await talk.runs(una, f"say --room {room} hello")  # now there is the room
    await _set(talk, client, f"{ROOMS}/{room}", {"default": bot.info.name}, 200)
    bot.says("one").ends().says("two").ends()
    async with client.stream(STREAM, {"message": "hi", "room": room}) as stream:
        body = (await stream.rest()).decode()
    await talk.free()
    asked = await talk.runs(una, f"ask --room {room} hi")
    talk.expects("one" in body and asked.output == "two\n", f"it answers {body[-200:]!r}, {asked.output!r}")
    talk.world.hub.models.remove(bot.info.name)
    await client.posts(STREAM, {"message": "hi", "room": room}, 404)
    gone = await talk.runs(una, f"ask --room {room} hi")
    talk.expects(gone.exit_status == 69 and bot.info.name in gone.errors, f"{gone.exit_status}, {gone.errors!r}")


async def a_guest_of_the_web_stays_the_same(talk: Talk) -> None:
    """Where guests are let in: one name for all requests, a private room, and nothing of it when they have gone."""
    name, visitor = f"{GUEST_PREFIX}{talk.name('gus')}", nobody(talk)
    admitted = await visitor.asks("POST", "/api/v1/login", {"guest": talk.name("gus")})
    if talk.anonymous != "guest":
        talk.expects(admitted.status == 403, f"guests are let in: {admitted.status}, {admitted.text!r}")
        return
    talk.expects(admitted.status == 204, f"a guest is let in: {admitted.status}, {admitted.text!r}")
    cookie = admitted.headers["set-cookie"].partition(";")[0]
    talk.secrets.keep(cookie.partition("=")[2])
    guest, word = with_cookie(talk, name, cookie), talk.name("whisper")
    talk.later.append(partial(_is_a_stranger, name=name, cookie=cookie))
    for path, room in ((f"{ROOMS}/lobby/rows", "lobby"), (f"{ROOMS}/~{name}/rows", f"~{name}")):
        me = await guest.gets("/api/v1/me")
        talk.expects((me["name"], me["kind"], me["login"]) == (name, "guest", "guest"), f"it is {me}")
        said = await guest.posts(path, {"text": word}, 201)
        talk.expects((said["author"], said["room"]) == (name, room), f"it is said as {said}")
    await guest.posts(ROOMS, {"name": talk.name("shed")}, 403)
    await _set(talk, guest, f"{ROOMS}/lobby", {"topic": "gotcha"}, 403)
    other = await program(talk, talk.name("una"))
    await other.gets(f"{ROOMS}/~{name}/rows", 404)
    found = (await other.gets(f"/api/v1/search?q={word}"))["rows"]
    talk.expects([row["room"] for row in found] == ["lobby"], f"others find {found}")
    await guest.posts("/api/v1/logout", {}, 204)
    await talk.settles()
    talk.expects(f"~{name}" not in talk.record.rooms(), "with the guest the room goes")
    await _is_a_stranger(talk, name, cookie)


async def _is_a_stranger(talk: Talk, name: str, cookie: str) -> None:
    """Who shows what a guest had that has gone is nobody."""
    answer = await with_cookie(talk, name, cookie).asks("GET", "/api/v1/me")
    told: Any = answer.json() if answer.status == 200 else {}
    talk.expects(told.get("name", "") != name, f"{name} is somebody still: {answer.text!r}")


ALL: tuple[Conversation, ...] = (
    a_room_is_made_and_set_over_the_web, who_names_nobody_asks_the_rooms_default, a_guest_of_the_web_stays_the_same,
)  # fmt: skip

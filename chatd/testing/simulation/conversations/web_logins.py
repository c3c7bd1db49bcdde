"""Conversations about who one is over the web, and what one may do then."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from typing import Any

import trio

from chatd.testing.simulation.conversations.browsing import (
    LOBBY,
    URL,
    Browsing,
    new_token,
    nobody,
    program,
    with_cookie,
    with_token,
)
from chatd.testing.simulation.conversations.talk import Conversation, Talk

ENDS_S = 5.0
"""Virtual seconds within which a stream ends whose credential has gone."""

CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    (f"{LOBBY}/rows", {"text": "gotcha"}), (f"{LOBBY}/ask", {"models": ["echo"], "text": "gotcha"}),
    (f"{LOBBY}/read", {}), ("/api/v1/mentions/any/cancel", {}),
    ("/api/v1/chat/unified/stream", {"message": "gotcha", "model": "echo"}),
    ("/v1/messages", {"model": "lobby/echo", "messages": [{"role": "user", "content": "gotcha"}], "max_tokens": 9}),
)  # fmt: skip
"""Whatever changes something."""


async def a_browser_logs_in_by_a_link(talk: Talk) -> None:
    """Once; the session is the member, until the browser logs out, also over a restart."""
    una, hub = talk.name("una"), talk.world.hub
    hub.web_url = hub.web_url or URL
    shown = await talk.runs(una, "web")
    code = talk.secrets.keep(shown.output.strip().partition("#")[2])
    talk.expects(bool(code), f"a link is shown: {shown.output!r}, {shown.errors!r}")
    visitor = nobody(talk)
    await visitor.posts("/api/v1/login", {"code": "nonsense"}, 403)
    await visitor.posts("/api/v1/login", {}, 422)
    foreign = await visitor.asks("POST", "/api/v1/login", {"code": code}, origin="https://evil.test")
    talk.expects(foreign.status == 403, f"another site's page logs nobody in: {foreign.status}")
    cookies = []
    for status in (204, 403):
        answer = await visitor.asks("POST", "/api/v1/login", {"code": code})
        talk.expects(answer.status == status, f"the link is good once: {answer.status}, {answer.text!r}")
        cookies.append(answer.headers.get("set-cookie", "").partition(";")[0])
    talk.secrets.keep(cookies[0].partition("=")[2])
    talk.later.append(partial(_goes_on, una=una, cookie=cookies[0]))
    await _goes_on_as(talk, una, cookies[0])


async def _goes_on_as(talk: Talk, una: str, cookie: str) -> None:
    browser = with_cookie(talk, una, cookie)
    me = await browser.gets("/api/v1/me")
    talk.expects((me["name"], me["login"]) == (una, "session"), f"the browser is {una}: {me}")
    stolen = await browser.asks("POST", f"{LOBBY}/rows", {"text": "gotcha"}, sec_fetch_site="cross-site")
    talk.expects(stolen.status == 403, f"another site's page says nothing: {stolen.status}")
    renamed = await browser.asks("GET", "/api/v1/me", host="evil.test")
    talk.expects(renamed.status == 403, f"another name of the server's reads nothing: {renamed.status}")
    as_token = with_token(talk, una, cookie.partition("=")[2])
    await as_token.gets("/api/v1/me", 401)


async def _goes_on(talk: Talk, una: str, cookie: str) -> None:
    await _goes_on_as(talk, una, cookie)
    browser = with_cookie(talk, una, cookie)
    await browser.posts("/api/v1/logout", {}, 204)
    await browser.gets("/api/v1/me", 401)


async def a_token_that_only_reads_changes_nothing(talk: Talk) -> None:
    """It sees what its owner sees; whatever changes something is refused, and nothing has changed."""
    una = talk.name("una")
    reader = await program(talk, una, "--read-only")
    before = [row.id for row in talk.record.everywhere() if row.author == una]
    await reader.gets(f"{LOBBY}/rows?limit=3")
    for path, value in CHANGES:
        await reader.posts(path, value, 403)
    after = [row.id for row in talk.record.everywhere() if row.author == una]
    talk.expects(before == after, f"{una} has the rows {after}")


async def a_stream_ends_with_its_token(talk: Talk) -> None:
    """Whoever follows with a token that is revoked is told nothing more."""
    una = talk.name("una")
    for path in (f"{LOBBY}/events?last=1", "/api/v1/events"):
        client = await program(talk, una)
        await _ends_with_its_token(talk, client, path, una)
        await client.gets("/api/v1/me", 401)


async def _ends_with_its_token(talk: Talk, client: Browsing, path: str, una: str) -> None:
    (known_as,) = [one["id"] for one in await talk.rows(una, "token list --json")]
    async with client.stream(path) as stream:
        with suppress(trio.EndOfChannel):
            await stream.piece()
        revoked = await talk.runs(una, f"token revoke {known_as}")
        talk.expects(revoked.exit_status == 0, f"{revoked.exit_status}, {revoked.errors!r}")
        await talk.settles()
        await talk.says(talk.name("ugo"), talk.name("too late"))
        rest = b""
        with trio.move_on_after(ENDS_S) as patience, suppress(trio.EndOfChannel):  # what was being written is cut off
            while piece := await stream.piece():
                rest += piece
        talk.expects(not patience.cancelled_caught, f"{path} ends with its token")
        talk.expects(talk.name("too late").encode() not in rest, f"{path} tells nothing more: {rest[-200:]!r}")


async def private_rooms_are_nobodys_over_the_web(talk: Talk) -> None:
    """What is said in one's own room is told to its owner, and there is no such room for anybody else."""
    una, ugo, word = talk.name("una"), talk.name("ugo"), talk.name("confidence")
    await talk.free()
    asked = await talk.runs(ugo, f"ask @echo {word}")
    talk.expects(asked.exit_status == 0, f"it is asked: {asked.errors!r}")
    owner, other = await program(talk, ugo), await program(talk, una)
    room = f"/api/v1/rooms/~{ugo}"
    rows = (await owner.gets(f"{room}/rows"))["rows"]
    talk.expects([row["content"] for row in rows] == [f"@echo {word}", word], f"{rows}")
    row_id = rows[0]["id"]
    strangers = [other] if talk.anonymous == "none" else [other, nobody(talk)]
    for client in strangers:
        for path in (room, f"{room}/rows", f"{room}/events", f"{room}/export", f"/api/v1/search?q={word}&room=~{ugo}"):
            await client.gets(path, 404)
        await client.gets(f"{LOBBY}/rows?before={row_id}", 404)
        found = await client.gets(f"/api/v1/search?q={word}")
        talk.expects(found["rows"] == [], f"a stranger finds {found}")
    for path, value in (
        (f"{room}/rows", {"text": "gotcha"}), (f"{room}/ask", {"models": ["echo"], "text": "x"}),
        ("/api/v1/chat/unified/stream", {"message": "x", "model": "echo", "room": f"~{ugo}"}),
    ):  # fmt: skip
        await other.posts(path, value, 404)
    async with other.events("/api/v1/events") as events:
        asked = await talk.runs(ugo, f"ask @echo {word}")
        told = ""
        with trio.move_on_after(ENDS_S):
            while True:
                told += json.dumps((await other.next(events)).value)
        talk.expects(ugo not in told, f"a stranger is told {told[-300:]!r}")


async def without_a_login_it_is_as_the_operator_says(talk: Talk) -> None:
    """Nothing, reading, or what a guest may."""
    visitor, word = nobody(talk), talk.name("visiting")
    mode = talk.anonymous
    await visitor.gets(f"{LOBBY}/rows", 401 if mode == "none" else 200)
    me = await visitor.gets("/api/v1/me", 401 if mode == "none" else 200)
    talk.expects(mode == "none" or (me["name"] is None and me["read_only"]), f"nobody is {me}")
    metrics = await visitor.asks("GET", "/metrics")
    talk.expects(metrics.status in (401, 403, 404), f"metrics are not everybody's: {metrics.status}")
    await visitor.gets("/api/v1/rooms/~", 401 if mode == "none" else 404)
    if mode != "guest":
        for path, value in CHANGES:
            await visitor.posts(path, value, 401)
        return
    talk.attends("guest-web")
    said = await visitor.posts(f"{LOBBY}/rows", {"text": word}, 201)
    talk.expects(said["author"].startswith("guest-web"), f"a guest says {said}")
    await visitor.posts("/api/v1/mentions/any/cancel", {}, 404)


async def a_token_that_is_none_lets_nobody_in(talk: Talk) -> None:
    """Whatever it looks like, and where a session would be."""
    una = talk.name("una")
    secret = await new_token(talk, una)
    for client in (with_token(talk, una, "chatd_nonsense"), with_token(talk, una, secret + "x")):
        await client.gets("/api/v1/me", 401)
    as_session = with_cookie(talk, una, f"chatd={secret}")
    await as_session.gets("/api/v1/me", 401)
    me = await with_token(talk, una, secret).gets("/api/v1/me")
    talk.expects((me["name"], me["login"], me["read_only"]) == (una, "token", False), f"{una} is {me}")


ALL: tuple[Conversation, ...] = (
    a_browser_logs_in_by_a_link, a_token_that_only_reads_changes_nothing, a_stream_ends_with_its_token,
    private_rooms_are_nobodys_over_the_web, without_a_login_it_is_as_the_operator_says,
    a_token_that_is_none_lets_nobody_in,
)  # fmt: skip

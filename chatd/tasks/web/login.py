"""Logging in: a link's code becomes a session, whose secret the browser keeps as a cookie, or somebody a guest; and
logging out.
"""

from __future__ import annotations

from functools import partial

from chatd.core.credentials import SESSION_IDLE_DAYS
from chatd.ports import Route, WebReply, WebRequest
from chatd.tasks.web.bodies import read_json
from chatd.tasks.web.callers import COOKIE, SECURE_COOKIE
from chatd.tasks.web.front import WebFront
from chatd.tasks.web.replies import reply_empty

DAY_S = 86_400


def routes(front: WebFront) -> list[Route]:
    """This part of the table."""
    return [
        Route("POST", "/api/v1/login", partial(_login, front)),
        Route("POST", "/api/v1/logout", partial(_logout, front)),
    ]


async def _login(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    """By a link's code, or as a guest of some name; whoever was a guest before is none any more.

    Raises NotPermitted for a code that is not good, or was used, and where guests are not let in; LimitReached.
    """
    front.callers.check_site(request)
    body, before = await read_json(request), front.callers.session(request)
    if "code" not in body:
        if "guest" not in body.value:
            raise body.wrong("code", "the code of a link is missing (or `guest`, a name to come in with)")
        wanted = body.text("guest", "")  # null, or none: any name will do
        front.callers.guests.leave(before)
        secret = front.callers.admit_guest(request, wanted)
    else:
        secret = await front.hub.credentials.exchange(body.text("code"))
        front.callers.guests.leave(before)
    await reply_empty(reply, headers=[("set-cookie", _cookie(request, secret, SESSION_IDLE_DAYS * DAY_S))])


async def _logout(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    front.callers.check_site(request)
    if secret := front.callers.session(request):
        front.callers.guests.leave(secret)
        await front.hub.credentials.logout(secret)
    await reply_empty(reply, headers=[("set-cookie", _cookie(request, "", 0))])


def _cookie(request: WebRequest, secret: str, seconds: int) -> str:
    """No script reads it, no other site sends it, and where there is https it goes no other way."""
    name, secure = (SECURE_COOKIE, "; Secure") if request.secure else (COOKIE, "")
    return f"{name}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"

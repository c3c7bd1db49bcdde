"""Whether the server lives, and whether it can be given work: what those who watch over it ask."""

from __future__ import annotations

from functools import partial

from chatd.errors import ServerStopping
from chatd.ports import Route, WebReply, WebRequest
from chatd.tasks.chat.facts import STOPPING
from chatd.tasks.chat.hub import Hub
from chatd.tasks.web.replies import reply_json


def routes(hub: Hub) -> list[Route]:
    """`/healthz`, which is answered for as long as anything is, and `/readyz`. Anybody may ask."""
    return [Route("GET", "/healthz", _alive), Route("GET", "/readyz", partial(_ready, hub))]


async def _alive(_: WebRequest, reply: WebReply) -> None:
    await reply_json(reply, {"status": "ok"})


async def _ready(hub: Hub, _: WebRequest, reply: WebReply) -> None:
    """Raises StorageError while the log cannot be written, ServerStopping."""
    if hub.stopping.is_set():
        raise ServerStopping(STOPPING)
    hub.recorder.check()
    await reply_json(reply, {"status": "ready"})

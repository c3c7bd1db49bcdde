"""The page for browsers: its files, as they are in memory since the start, under a policy that lets nothing else in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import sha256

from chatd.errors import NotFound
from chatd.ports import Headers, Route, WebReply, WebRequest

PageFiles = Mapping[str, bytes]
"""What a browser is given, by name, such as `room.js`."""

INDEX = "index.html"
"""The one page: its scripts tell by the address what to show."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Whatever somebody writes in a room runs nothing, loads nothing and sends nothing, even should it become markup."""

_GUARDED: Headers = (
    ("content-security-policy", POLICY), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-cache"),
)  # fmt: skip
"""Files are asked for each time, and sent when they are others than before: the next server may be a newer one."""

_TYPES = {
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}  # fmt: skip


def routes(files: PageFiles) -> list[Route]:
    """This part of the table; nothing where there are no files."""
    if INDEX not in files:
        return []
    tags = {name: f'"{sha256(data).hexdigest()[:32]}"' for name, data in files.items()}
    index = partial(_file, files, tags, INDEX)
    return [
        Route("GET", "/", index),
        Route("GET", "/login", index),
        Route("GET", "/page/{name}", partial(_named, files, tags)),
    ]


async def _named(files: PageFiles, tags: Mapping[str, str], request: WebRequest, reply: WebReply) -> None:
    await _file(files, tags, request.parts["name"], request, reply)


async def _file(files: PageFiles, tags: Mapping[str, str], name: str, request: WebRequest, reply: WebReply) -> None:
    """Raises NotFound for the name of no file, TerminalGone."""
    data, tag = files.get(name), tags.get(name, "")
    if data is None:
        raise NotFound(f"there is nothing called {name[:40]!r} here")
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known:
        await reply.start(304, [("etag", tag), *_GUARDED])
        return
    kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    await reply.start(200, [("content-type", kind), ("content-length", str(len(data))), ("etag", tag), *_GUARDED])
    await reply.send(data)

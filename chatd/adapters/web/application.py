"""The application within: Starlette finds a request's route, and the handler gets it in the shape of the port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import parse_qsl

from starlette.routing import Route as StarletteRoute
from starlette.routing import Router
from starlette.types import Message, Receive, Scope, Send

from chatd.adapters.peer import Peer
from chatd.adapters.web.head import WHOLE_SERVER
from chatd.adapters.web.outlet import ClientGone
from chatd.core.text import human_size
from chatd.errors import BodyTooLarge, TerminalGone
from chatd.ports import Headers, Site, WebHandler, WebReply, WebRequest

_LEFT = "the client has left"


class Application:
    """A site as ASGI has it.

    All methods of a path are one route of Starlette's, which matches the decoded path; of two paths that match, that of
    the site's earlier route is taken.
    """

    def __init__(self, site: Site) -> None:
        resources: dict[str, dict[str, WebHandler]] = {}
        for route in site.routes:
            resources.setdefault(route.path, {})[route.method] = route.handler
        everything = sorted({"OPTIONS"}.union(*(_allowed(handlers) for handlers in resources.values())))
        self._missing = _Endpoint(lambda _: site.missing)
        self._whole_server = _Endpoint(lambda _: _options(everything))
        routes = [StarletteRoute(path, _resource(site, handlers)) for path, handlers in resources.items()]
        self._router = Router(routes, redirect_slashes=False, default=self._missing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        if path == WHOLE_SERVER:
            await self._whole_server(scope, receive, send)
        elif path.isprintable():
            await self._router(scope, receive, send)
        else:  # no path of ours; and to Starlette one with a line end behind it would be the same
            await self._missing(scope, receive, send)


class _Endpoint:
    """`choose` tells by the method who answers. (An object and no function, so that Starlette leaves it in peace.)"""

    def __init__(self, choose: Callable[[str], WebHandler]) -> None:
        self._choose = choose

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = _Reply(send)
        await self._choose(scope["method"])(web_request(scope, receive), reply)
        await reply.finish()


def _resource(site: Site, handlers: Mapping[str, WebHandler]) -> _Endpoint:
    """What answers at one path."""
    allowed = _allowed(handlers)

    async def wrong_method(request: WebRequest, reply: WebReply) -> None:
        await site.wrong_method(request, reply, allowed)

    known = {"OPTIONS": _options(allowed), **handlers}
    if "GET" in known:
        known.setdefault("HEAD", known["GET"])
    return _Endpoint(lambda method: known.get(method, wrong_method))


def _allowed(handlers: Mapping[str, WebHandler]) -> list[str]:
    return sorted({*handlers, "OPTIONS", *(["HEAD"] if "GET" in handlers else [])})


def _options(allowed: Sequence[str]) -> WebHandler:
    async def options(_: WebRequest, reply: WebReply) -> None:
        await reply.start(204, [("allow", ", ".join(allowed))])

    return options


def web_request(scope: Scope, receive: Receive) -> WebRequest:
    """The request of a scope that this adapter has made."""
    values: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    headers = {name: ("; " if name == "cookie" else ", ").join(found) for name, found in values.items()}
    origin = scope["state"]["origin"]
    return WebRequest(
        method=scope["method"],
        path=scope["path"],
        parts=dict(scope.get("path_params", {})),
        query=dict(parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True, errors="replace")),
        headers=headers,
        cookies=_cookies(headers.get("cookie", "")),
        address=origin.address,
        source=Peer(origin.address).source,
        direct=origin.direct,
        secure=origin.secure,
        read=_WholeBody(receive, scope["state"]["declared"]).read,
    )


def _cookies(text: str) -> dict[str, str]:
    """The first one of each name: browsers put that of the longest path first."""
    found: dict[str, str] = {}
    for pair in text.split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals and name:
            found.setdefault(name, value.removeprefix('"').removesuffix('"'))
    return found


class _WholeBody:
    """Reads a body once and keeps it. `declared`: its bytes, if the request says so."""

    def __init__(self, receive: Receive, declared: int | None) -> None:
        self._receive = receive
        self._declared = declared
        self._pieces: list[bytes] = []
        self._size = 0
        self._more = declared != 0

    async def read(self, limit: int) -> bytes:
        """See WebRequest."""
        while self._more and max(self._declared or 0, self._size) <= limit:
            message = await self._piece()
            self._pieces.append(message["body"])
            self._size += len(message["body"])
            self._more = message["more_body"]
        if max(self._declared or 0, self._size) > limit:
            raise BodyTooLarge(f"the body is over {human_size(limit)}, which is the limit")
        self._pieces = [b"".join(self._pieces)]
        return self._pieces[0]

    async def _piece(self) -> Message:
        try:
            message = await self._receive()
        except ClientGone:
            raise TerminalGone(_LEFT) from None
        if message["type"] == "http.disconnect":
            raise TerminalGone(_LEFT)
        return message


class _Reply:
    """Implements WebReply."""

    def __init__(self, send: Callable[[Message], Awaitable[None]]) -> None:
        self.begun = False
        self._asgi_send = send

    async def start(self, status: int, headers: Headers) -> None:
        """See WebReply."""
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self.begun = True
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})

    async def send(self, data: bytes) -> None:
        """See WebReply."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def finish(self) -> None:
        """The handler has returned, so the answer is whole, if there is one."""
        if self.begun:
            await self._send({"type": "http.response.body"})

    async def _send(self, message: Message) -> None:
        try:
            await self._asgi_send(message)
        except ClientGone as error:
            raise TerminalGone(str(error)) from None

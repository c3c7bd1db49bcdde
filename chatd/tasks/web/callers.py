"""Who makes a request: by a token, by a session's cookie, or without a login, as far as the operator lets them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

from chatd.core.credentials import Bearer, CredentialKind
from chatd.core.visit import Kind, Visitor
from chatd.errors import NotLoggedIn, NotPermitted
from chatd.ports import WebRequest
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.permission import check_change
from chatd.tasks.web.guests import WebGuests
from chatd.tasks.web.terms import Anonymous, WebTerms

COOKIE = "chatd"
"""Of a session. With `__Host-` before it where the client speaks https: no other host can set that one."""

SECURE_COOKIE = "__Host-chatd"

NAMELESS = ""
"""The name of who reads without a login: nobody's, so nothing private can be theirs."""

HOW = "log in by the link of /web in the chat, or send a token (ssh HOST token) as Authorization: Bearer …"


@dataclass(frozen=True, slots=True)
class WebCaller:
    """Who makes a request."""

    visitor: Visitor
    bearer: Bearer | None = None
    """The credential they have shown; None without a login."""

    @property
    def is_nameless(self) -> bool:
        """Whether they may only read."""
        return self.visitor.name == NAMELESS

    @property
    def login(self) -> str | None:
        """How they have logged in: with a token, a session, as a guest; None: not at all."""
        if self.bearer is not None:
            return self.bearer.kind
        return None if self.is_nameless else "guest"


class WebCallers:
    """Tells who makes a request, and whether it may come from where it does."""

    def __init__(self, hub: Hub, terms: WebTerms) -> None:
        self._hub = hub
        self._terms = terms
        self.guests = WebGuests(hub.names, hub.credentials.secrets, hub.rooms)

    @contextmanager
    def reading(self, request: WebRequest) -> Iterator[WebCaller]:
        """Who only looks, while the block runs. Raises NotLoggedIn, NotPermitted."""
        with self._caller(request, wanted=None) as caller:
            yield caller

    @contextmanager
    def acting(self, request: WebRequest, wanted: str = "") -> Iterator[WebCaller]:
        """Who does something, while the block runs; `wanted` is the name of a guest without a login.

        Raises NotLoggedIn, NotPermitted (a token that only reads; a page of somebody else's sent the request).
        """
        with self._caller(request, wanted=wanted) as caller:
            if caller.is_nameless:
                raise NotLoggedIn(f"without a login one may read here, and nothing else; {HOW}")
            if caller.bearer is not None:
                check_change(caller.bearer)
            yield caller

    def bearer(self, request: WebRequest) -> Bearer | None:
        """What the request shows: a token in a header, else the session's cookie. None when it shows nothing.

        Raises NotLoggedIn when it is not good, or shown in the other's place.
        """
        token = token_of(request)
        secret = token or self.session(request)
        if not secret:
            return None
        bearer = self._hub.credentials.who(secret, request.source)
        if bearer is None or bearer.kind is not (CredentialKind.TOKEN if token else CredentialKind.SESSION):
            raise NotLoggedIn(f"this login is not good, or no longer; {HOW}")
        return bearer

    def session(self, request: WebRequest) -> str:
        """The secret in the session's cookie, "" without one."""
        return request.cookies.get(SECURE_COOKIE if request.secure else COOKIE, "")

    def admit_guest(self, request: WebRequest, wanted: str) -> str:
        """The secret of a guest who comes in and stays. Raises NotPermitted, LimitReached."""
        if self._terms.anonymous is not Anonymous.GUEST:
            raise NotPermitted(f"guests are not let in here; {HOW}")
        return self.guests.admit(wanted or "web", request.source)

    def check_site(self, request: WebRequest) -> None:
        """Raise NotPermitted unless the request comes from a page of ours, or from no page, under a name of ours.

        Another site's page can have a browser send a request with the cookie, or, by a name of its own that leads here
        (DNS rebinding), read what is answered. A name that is an address cannot be anybody else's.
        """
        host = request.headers.get("host", "")
        if not _is_address(host) and host != self._terms.host:
            raise NotPermitted(f"{host[:60]!r} is no name of this server; [web] public_url says how it is called")
        site = request.headers.get("sec-fetch-site", "none")
        origin = request.headers.get("origin")
        foreign = origin is not None and origin.partition("://")[2] != host
        if request.method not in ("GET", "HEAD") and (foreign or site not in ("none", "same-origin")):
            raise NotPermitted("this request comes from a page of another site")

    @contextmanager
    def _caller(self, request: WebRequest, wanted: str | None) -> Iterator[WebCaller]:
        if not token_of(request):
            self.check_site(request)
        with self.guests.known("" if token_of(request) else self.session(request)) as guest:
            if guest is not None:
                yield WebCaller(guest)
                return
        bearer = self.bearer(request)
        if bearer is not None:
            yield WebCaller(bearer.visitor, bearer)
            return
        with self._anonymous(request, wanted) as caller:
            yield caller

    @contextmanager
    def _anonymous(self, request: WebRequest, wanted: str | None) -> Iterator[WebCaller]:
        """Who has not logged in. A guest of one request is gone with it."""
        if self._terms.anonymous is Anonymous.NONE:
            raise NotLoggedIn(HOW)
        if self._terms.anonymous is Anonymous.READ or wanted is None:
            yield WebCaller(Visitor(NAMELESS, Kind.GUEST, source=request.source))
            return
        guest = self._hub.names.admit_guest(wanted or "web", request.source)
        if guest is None:
            raise NotLoggedIn(f"guests are not let in; {HOW}")
        try:
            yield WebCaller(guest)
        finally:
            self._hub.rooms.end_guests(guest)  # one may have been looked at, and nobody had a session
            self._hub.names.leave(guest)


def token_of(request: WebRequest) -> str:
    """The token in a header of the request: as a bearer's, or as Anthropic's clients send it; "" without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.headers.get("x-api-key", "")


def _is_address(host: str) -> bool:
    """Whether a Host header names an address, or this machine."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and not host.endswith("]") else host
    if name.lower() == "localhost":
        return True
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True

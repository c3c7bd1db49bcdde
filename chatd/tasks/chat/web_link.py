"""The act of asking for a link that logs one's browser in."""

from __future__ import annotations

from chatd.core.visit import Visitor
from chatd.errors import NotFound
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.permission import check_credentials

NO_GATEWAY = "this server has no web gateway; [web] listen in its configuration opens one"


def web_link(hub: Hub, visitor: Visitor) -> str:
    """A URL that logs the visitor in, once. The code is its fragment, which browsers send to nobody and servers and
    proxies do not log. Raises NotPermitted for a guest, NotFound without a gateway, LimitReached.
    """
    check_credentials(visitor)
    if not hub.web_url:
        raise NotFound(NO_GATEWAY)
    return f"{hub.web_url.rstrip('/')}/login#{hub.credentials.make_link(visitor)}"

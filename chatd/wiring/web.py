"""The web gateway from the configuration; its libraries are loaded by whoever wants one, and by nobody else."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from chatd.config import Config
from chatd.errors import BadConfig
from chatd.tasks.chat.hub import Hub
from chatd.tasks.web.front import open_front
from chatd.tasks.web.site import make_site
from chatd.tasks.web.terms import Anonymous, MetricsFor, WebTerms

if TYPE_CHECKING:
    from chatd.adapters.web.limits import WebLimits
    from chatd.adapters.web.server import WebServer

# A start without a web gateway takes 50 ms less, and works where the extra is not installed.
# ruff: noqa: PLC0415

LIBRARIES = ("h11", "starlette")
"""What the extra `web` brings."""

PAGE = Path(__file__).resolve().parent.parent / "page"
"""The directory of the page for browsers."""

logger = logging.getLogger("chatd.web")


def check_web(settings: Config) -> None:
    """Raise BadConfig when a web gateway is configured and its libraries are not there."""
    missing = [name for name in LIBRARIES if find_spec(name) is None] if settings.web.listen else []
    if missing:
        raise BadConfig(f"web.listen needs {' and '.join(missing)}: pip install 'chatd[web]'")


def web_limits(settings: Config) -> WebLimits:
    """The web adapter's bounds: those of connections as over ssh."""
    from chatd.adapters.web.limits import WebLimits

    limits = settings.limits
    return WebLimits(
        connections=limits.max_connections,
        connections_per_address=limits.max_connections_per_address,
        write_stall=limits.write_stall,
    )


@asynccontextmanager
async def open_web(
    settings: Config, hub: Hub, *, wanted: bool, listen: Sequence[str] = ()
) -> AsyncIterator[list[WebServer]]:  # fmt: skip
    """The gateway of a server, if one is wanted, for these addresses. When the block ends, so do answers that were
    asked for over the web.
    """
    if not wanted:
        yield []
        return
    from chatd.adapters.web.forwarded import Proxies
    from chatd.adapters.web.server import WebServer

    proxies = Proxies(settings.web.trusted_proxies, secure=settings.web.public_url.startswith("https://"))
    async with open_front(hub, web_terms(settings)) as front:
        site = make_site(front, page_files())
        yield [WebServer(site, web_limits(settings), logger, hub.clock, listen=listen, proxies=proxies)]


def page_files() -> dict[str, bytes]:
    """The page's files, read at once: they are some two hundred kilobytes, and the same while the server runs."""
    return {path.name: path.read_bytes() for path in PAGE.iterdir() if path.is_file()}


def web_terms(settings: Config) -> WebTerms:
    """What those who answer have to know of `[web]`."""
    web = settings.web
    host = web.public_url.partition("://")[2].rstrip("/").lower()
    return WebTerms(Anonymous(web.anonymous), MetricsFor(web.metrics), host)

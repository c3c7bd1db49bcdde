"""All that is answered over the web: one table of routes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from chatd.errors import ChatdError, NotFound
from chatd.ports import Route, Site, WebHandler, WebReply, WebRequest
from chatd.tasks.web import (
    acting,
    events,
    health,
    login,
    metrics,
    model_clients,
    model_lists,
    page,
    reading,
    rooms,
    unified,
)
from chatd.tasks.web.front import WebFront
from chatd.tasks.web.page import PageFiles
from chatd.tasks.web.problems import Problem, problem_of
from chatd.tasks.web.replies import refusing, reply_json, reply_problem
from chatd.tasks.web.terms import Anonymous
from chatd.wire.web.openapi import description

logger = logging.getLogger("chatd.web")

_SHOWN = 100
"""Characters of a path that are repeated to whoever asked for it."""


def make_site(front: WebFront, files: PageFiles) -> Site:
    """The site over one server's front; `files` are the page's."""
    routes = [
        *health.routes(front.hub), *metrics.routes(front), *login.routes(front), *reading.routes(front),
        *events.routes(front), *acting.routes(front), *rooms.routes(front), *unified.routes(front),
        *model_clients.routes(front), *model_lists.routes(front), *page.routes(files),
        Route("GET", "/openapi.json", partial(_described, front)),
    ]  # fmt: skip
    return Site([replace(route, handler=guarded(route.handler)) for route in routes], guarded(_missing), _wrong_method)


def guarded(handler: WebHandler) -> WebHandler:
    """The handler, with its expected failures told as problems. What comes when the reply has begun is logged by the
    gateway, and the connection ends with the reply cut off.
    """
    return refusing(handler, _tell_problem)


async def _tell_problem(request: WebRequest, reply: WebReply, failure: ChatdError) -> None:
    problem = problem_of(failure)
    if problem.status == 500:
        logger.error("%s failed: %s", request.path, failure, exc_info=failure)
    await reply_problem(reply, problem)


async def _described(front: WebFront, _: WebRequest, reply: WebReply) -> None:
    needs_login = front.terms.anonymous is Anonymous.NONE
    await reply_json(reply, description(front.hub.facts.version, needs_login=needs_login))


async def _missing(request: WebRequest, _: WebReply) -> None:
    raise NotFound(f"there is nothing at {request.path[:_SHOWN]}")


async def _wrong_method(request: WebRequest, reply: WebReply, allowed: Sequence[str]) -> None:
    methods = ", ".join(allowed)
    await reply_problem(reply, Problem(405, f"what is at this path takes {methods}", [("allow", methods)]))

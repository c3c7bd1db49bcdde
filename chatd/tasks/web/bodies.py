"""Bodies that requests bring."""

from __future__ import annotations

from chatd.errors import WrongMediaType
from chatd.ports import WebRequest
from chatd.wire.web.json_body import Fields, parse_object

MAX_BODY = 1 << 20
"""Bytes: a conversation of some hundred pages."""


async def read_json(request: WebRequest) -> Fields:
    """The object in a request's body.

    Raises WrongMediaType for a body that says it is something else, which is all that a form of another site's page can
    send; UsageError, WrongField; BodyTooLarge, BodyTooSlow, TerminalGone.
    """
    check_json(request)
    return parse_object(await request.read(MAX_BODY))


def check_json(request: WebRequest) -> None:
    """Raise WrongMediaType unless the body says that it is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise WrongMediaType(f"a body of application/json is wanted, this is {kind[:40]!r}")

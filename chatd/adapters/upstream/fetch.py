"""A bounded request for one small JSON value, such as a list of models."""

from __future__ import annotations

import json

import anyio
import httpx

from chatd.adapters.upstream import faults
from chatd.adapters.upstream.body import Body
from chatd.adapters.upstream.endpoint import Endpoint
from chatd.core.text import human_size
from chatd.errors import Exit, LimitFailure, ModelFailure, ProtocolFailure
from chatd.wire.models.html_pages import page_words
from chatd.wire.models.json_values import NotJson, parse
from chatd.wire.models.quotation import quote
from chatd.wire.models.refusals import refusal

DEADLINE_S = 10.0
"""Seconds for one such request: the server need not load or compute anything for it."""
MAX_REPLY = 4 << 20
"""Bytes of one response: the largest lists of models have some hundred KiB."""
_QUOTED = 120


async def fetch(endpoint: Endpoint, method: str, path: str, value: object = None, *, query: str = "") -> object:
    """The JSON value in the response to a request with `value` as its JSON body, or without a body.

    Raises ModelFailure, without secrets; cancelling closes the connection.
    """
    try:
        return await _fetch(endpoint, method, path, value, query)
    except ModelFailure as failure:
        raise endpoint.hide(failure)  # noqa: B904 -- the same failure, edited


async def _fetch(endpoint: Endpoint, method: str, path: str, value: object, query: str) -> object:
    where = endpoint.address.host_port
    body = None if value is None else json.dumps(value).encode()
    with anyio.move_on_after(DEADLINE_S):
        try:
            try:
                status, reply = await _exchange(endpoint, method, path, body, query)
            except httpx.TransportError as error:
                if not faults.dropped(error):
                    raise
                # Probably a pooled connection was dead; and these requests change nothing, so repeating one is safe.
                status, reply = await _exchange(endpoint, method, path, body, query)
        except faults.TRANSPORT_ERRORS as error:
            raise faults.rename(error, where, answered=False) from error
        if not 200 <= status < 300:
            raise refusal(status, reply, hide=endpoint.secrets)
        said = reply.decode("utf-8", "replace").removeprefix("\ufeff")
        try:
            return parse(said)
        except NotJson:
            text = quote(page_words(said) or said, limit=_QUOTED, hide=endpoint.secrets)
            raise ProtocolFailure(
                f"{where}{path} does not answer in JSON: {text or 'nothing'}", status=status
            ) from None
    raise LimitFailure(f"{where}: no answer within {DEADLINE_S:g} s", retry=True, exit_code=Exit.TEMPORARY)


async def _exchange(endpoint: Endpoint, method: str, path: str, body: bytes | None, query: str) -> tuple[int, bytes]:
    response = await endpoint.send(method, endpoint.address.below(path, query), body, accept="application/json")
    reader = Body(response)
    reply = bytearray()
    try:
        while (data := await reader.read()) is not None:
            reply += data
            if len(reply) > MAX_REPLY:
                limit = human_size(MAX_REPLY)
                raise LimitFailure(f"{endpoint.address.host_port}{path}: the reply is over the limit of {limit}")
    finally:
        await reader.aclose()
    return response.status_code, bytes(reply)

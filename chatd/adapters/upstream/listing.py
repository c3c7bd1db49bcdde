"""Requests the list of models from a server, and details of each model where the protocol has them."""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from chatd.adapters.upstream.endpoint import Endpoint
from chatd.adapters.upstream.fetch import fetch
from chatd.errors import ModelFailure
from chatd.wire.models.json_values import Object, an_object
from chatd.wire.models.listing import MAX_MODELS, Details, Listed

_NO_LIST = frozenset({404, 405, 501})
"""Statuses with which servers answer that are there and do not list their models."""
_DETAILS_AT_ONCE = 4
"""Requests for details that run at a time: the server may read a file for each."""
_KNOWN_DIGESTS = 2 * MAX_MODELS
"""Files whose details are remembered, also of models that may be gone by now."""

_NO_DETAILS: Object = {}


async def look_up(endpoint: Endpoint) -> list[Listed] | None:
    """As `list_models`; None from a server that is there and does not list its models."""
    try:
        return await list_models(endpoint)
    except ModelFailure as failure:
        if failure.status in _NO_LIST:
            return None
        raise


async def list_models(endpoint: Endpoint) -> list[Listed]:
    """The models that the server offers now, in its order, without those that cannot chat.

    Raises ModelFailure when the list cannot be had; cancelling closes the connections.
    """
    listing = endpoint.protocol.listing
    entries = listing.entries(await fetch(endpoint, "GET", listing.path, query=listing.query))
    about = [_NO_DETAILS] * len(entries)
    if listing.details is not None:
        about = await _all_details(endpoint, listing.details, entries)
    found = map(listing.read, entries, about)
    return [listed for listed in found if listed is not None]


async def _all_details(endpoint: Endpoint, details: Details, entries: Sequence[Object]) -> list[Object]:
    """The details of each entry, in the order of the entries."""
    found = [_NO_DETAILS] * len(entries)
    limiter = anyio.CapacityLimiter(_DETAILS_AT_ONCE)

    async def ask(index: int, entry: Object) -> None:
        async with limiter:
            found[index] = await _details(endpoint, details, entry)

    async with anyio.create_task_group() as tasks:
        for index, entry in enumerate(entries):
            tasks.start_soon(ask, index, entry)
    return found


async def _details(endpoint: Endpoint, details: Details, entry: Object) -> Object:
    """The details of one entry; none when the server fails to tell them. For one file it is asked once."""
    known = endpoint.model_details
    digest = details.digest(entry)
    if digest and digest in known:
        return known[digest]
    try:
        kept = details.kept(an_object(await fetch(endpoint, "POST", details.path, details.body(entry))))
    except ModelFailure:
        return _NO_DETAILS
    if digest:
        while len(known) >= _KNOWN_DIGESTS:
            del known[next(iter(known))]
        known[digest] = kept
    return kept

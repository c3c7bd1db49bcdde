"""A server as a source of models: its list adds models, and tells whether the configured ones are available."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from chatd.adapters.upstream.endpoint import Endpoint
from chatd.adapters.upstream.listing import look_up
from chatd.adapters.upstream.model import UpstreamModel
from chatd.core.names import fold
from chatd.ports import Model
from chatd.wire.models.listing import Listed, is_called

_NAME = re.compile(r"[a-z0-9][a-z0-9._:/+-]{0,99}")
"""Names that can be typed behind an @."""

Make = Callable[[Listed], UpstreamModel | None]
"""Builds the model for an entry of a list; None when that model is configured."""


def build(listed: Sequence[Listed], make: Make, known: Mapping[Listed, UpstreamModel]) -> dict[Listed, UpstreamModel]:
    """The models for the entries whose names can be typed. A `known` model is kept while it would get the same name."""
    built: dict[Listed, UpstreamModel] = {}
    for one in listed:
        made = make(one) if _NAME.fullmatch(fold(one.name)) else None
        if made is not None:
            old = known.get(one)
            built[one] = old if old is not None and old.info.name == made.info.name else made
    return built


class ServerSource:
    """Implements ports.ModelSource.

    Args:
        endpoint: the server, which must stay open as long as it is looked at.
        configured: the models that are configured on it.
        make: builds the model for an entry of its list; without it no models are added.
        named: whether the environment names the server.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        configured: Sequence[UpstreamModel] = (),
        make: Make | None = None,
        named: bool = False,
    ) -> None:
        self.name = f"{endpoint.protocol.name} at {endpoint.address.host_port}"
        self.expected = named or bool(configured)
        """Whether it is logged when the server cannot be reached."""
        self._endpoint = endpoint
        self._configured = tuple(configured)
        self._make = make
        self._made: dict[Listed, UpstreamModel] = {}

    async def look(self) -> Sequence[Model]:
        """The models that the server offers now and nobody configured.

        Raises ModelFailure when the list cannot be had: then all models of the server are marked as not available.
        """
        available = False
        try:
            listed = await look_up(self._endpoint)
            available = True
        finally:
            if not available:
                for model in (*self._configured, *self._made.values()):
                    model.info = replace(model.info, available=False)
        for model in self._configured:
            _update(model, listed or ())
        if self._make is None:
            return ()
        if listed is not None:
            self._made = build(listed, self._make, self._made)
        for model in self._made.values():
            model.info = replace(model.info, available=True)
        return tuple(self._made.values())


def _update(model: UpstreamModel, listed: Sequence[Listed]) -> None:
    """Take over what the list says of a configured model. One that it lacks counts as available: lists have gaps."""
    wanted = model.info.model
    found = next((one for one in listed if is_called(one.name, wanted)), None)
    capabilities = found.capabilities if found is not None and found.capabilities else model.info.capabilities
    model.info = replace(model.info, available=True, capabilities=capabilities)

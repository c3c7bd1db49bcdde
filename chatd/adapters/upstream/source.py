"""A server as a source of models: what it offers joins the roster, and those configured on it learn how they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from chatd.adapters.upstream.endpoint import Endpoint
from chatd.adapters.upstream.listing import Listed, list_models
from chatd.adapters.upstream.model import UpstreamModel
from chatd.core.names import fold
from chatd.ports import Model

_NAME = re.compile(r"[a-z0-9][a-z0-9._:/+-]{0,99}")
"""What can be typed behind an @ and is taken for nothing else."""

LATEST = ":latest"


class Source:
    """Implements ports.ModelSource. `make` builds the model for something offered; without it nothing is added."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        configured: Sequence[UpstreamModel] = (),
        make: Callable[[Listed], UpstreamModel] | None = None,
    ) -> None:
        self.name = f"{endpoint.provider} at {endpoint.address.host_port}"
        self.expected = bool(configured)
        """Whether its absence is worth a word."""
        self._endpoint = endpoint
        self._configured = tuple(configured)
        self._make = make
        self._made: dict[Listed, UpstreamModel] = {}

    async def look(self) -> Sequence[Model]:
        """The models it offers now. Raises ModelFailure when it cannot be had: then all of its models are marked so."""
        available = False
        try:
            listed = await list_models(self._endpoint)
            available = True
        finally:
            if not available:
                for model in (*self._configured, *self._made.values()):
                    model.info = replace(model.info, available=False)
        for model in self._configured:
            _update(model, listed)
        if self._make is None:
            return ()
        offered = [one for one in listed if _NAME.fullmatch(fold(one.name))]
        self._made = {one: self._made.get(one) or self._make(one) for one in offered}
        for model in self._made.values():
            model.info = replace(model.info, available=True)
        return tuple(self._made.values())


def _update(model: UpstreamModel, listed: Sequence[Listed]) -> None:
    """What the list says about a configured model. A list that lacks it proves nothing: not every server lists all."""
    wanted = model.info.model
    found = next((one for one in listed if wanted in (one.name, one.name.removesuffix(LATEST))), None)
    capabilities = found.capabilities if found is not None and found.capabilities else model.info.capabilities
    model.info = replace(model.info, available=True, capabilities=capabilities)

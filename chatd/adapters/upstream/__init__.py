"""Models behind servers, whatever protocol of `wire/models` they speak: the one home of httpx and anyio."""

from chatd.adapters.upstream.address import Address, is_local
from chatd.adapters.upstream.endpoint import Endpoint
from chatd.adapters.upstream.limits import ClientLimits
from chatd.adapters.upstream.listing import list_models
from chatd.adapters.upstream.model import UpstreamModel

__all__ = ["Address", "ClientLimits", "Endpoint", "UpstreamModel", "is_local", "list_models"]

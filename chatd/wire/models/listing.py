"""Which models a server offers: how its list is asked for, and what an entry of it says of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatd.errors import ProtocolFailure
from chatd.wire.models.json_values import Object

MAX_MODELS = 500
"""Models taken from one server; the largest ones list some hundred."""

LATEST = ":latest"
"""The tag that a model's name without one means."""

OURS = "chatd"
"""A key of each entry in the list of a chatd that is asked as an Ollama."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that a server offers. No capabilities: it does not say."""

    name: str
    capabilities: tuple[str, ...] = ()
    context_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Details:
    """A further request for each entry of a list, by a server whose list says little of a model."""

    path: str
    """Where the request is posted, below the base of the endpoint."""
    body: Callable[[Object], object]
    """The request for an entry, as a JSON value."""
    digest: Callable[[Object], str]
    """What identifies the model's file in its entry, "" for nothing: the details of one file never change."""
    kept: Callable[[Object], Object]
    """What is remembered of the reply."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listing:
    """A protocol's list of models."""

    path: str
    """What is asked for it with GET, below the base of the endpoint."""
    query: str = ""
    key: str
    """The key of the reply under which the entries stand."""
    read: Callable[[Object, Object], Listed | None]
    """The model that an entry with these details names; None for one without a name and for one that cannot chat."""
    details: Details | None = None
    """Without it the second argument of `read` is empty."""

    def entries(self, reply: object) -> Sequence[Object]:
        """The entries of a reply, at most MAX_MODELS. Raises ProtocolFailure when there is no list in it."""
        found = reply.get(self.key) if isinstance(reply, dict) else None
        if found is None and isinstance(reply, dict) and self.key in reply:
            return []  # Go writes null for an empty list
        if not isinstance(found, list):
            raise ProtocolFailure("what should be a list of models is something else")
        return [entry for entry in found if isinstance(entry, dict)][:MAX_MODELS]


def is_called(listed: str, wanted: str) -> bool:
    """Whether the model that a server lists as `listed` is the one that is asked for as `wanted`."""
    return wanted in (listed, listed.removesuffix(LATEST))

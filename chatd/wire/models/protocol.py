"""A protocol of models' servers as one record: everything in which one protocol differs from another.

Whatever talks to a server gets the record and uses its fields; nothing else asks which protocol it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from chatd.core.question import Question
from chatd.wire.models.frames import Framing, WireFrame
from chatd.wire.models.listing import Listing
from chatd.wire.models.reply import Reply
from chatd.wire.models.request import NOTHING, Part, RequestSettings


class Dialect(Protocol):
    """Reads the frames of one reply into a `Reply`. Each method raises ModelFailure for a reply that is none."""

    def take(self, frame: WireFrame) -> None:
        """The next frame of a stream; none after the reply is over."""
        ...

    def whole(self, frame: WireFrame) -> None:
        """A reply that was not streamed, as one frame."""
        ...

    def end(self) -> bool:
        """The body of a stream ended: whether the reply may count as finished though its end was not said."""
        ...


class Encode(Protocol):
    """Makes the JSON body of the request that puts a question to a model."""

    def __call__(self, question: Question, settings: RequestSettings, *, stream: bool) -> dict[str, object]:
        """The body; `stream` is whether the answer is asked for as a stream."""
        ...


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server on which models are looked for that nobody configured."""

    url: str
    """Empty for the protocol's home."""
    key: str = ""
    named: bool = True
    """Whether the environment names the server: otherwise there may well be none."""


def bearer(key: str) -> Mapping[str, str]:
    """The headers that carry a key as most servers want it; none without a key."""
    return {"Authorization": f"Bearer {key}"} if key else {}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WireProtocol:
    """One protocol. Paths are below the base of an endpoint."""

    name: str
    """What the configuration calls it, and people are told."""

    # --- one reply

    encode: Encode
    framing: Framing
    dialect: Callable[[Reply], Dialect]
    """Makes the reader of one reply."""
    ask_path: str
    """Where questions are posted."""

    # --- a server

    home: str
    """The base of an endpoint whose operator wrote none."""
    written_suffix: str = ""
    """A path that operators write behind the base because the protocol's own paths begin with it."""
    headers: Callable[[str], Mapping[str, str]] = bearer
    """The headers of every request with this key, or without one ("")."""
    refused_at_home: frozenset[Part] = NOTHING
    """Parts of a request that the server at `home` is known to refuse."""
    listing: Listing
    pull_command: str = ""
    """The command that fetches a model which a server lacks, without the model's name."""

    # --- the environment

    key_variable: str = ""
    """The variable in which the protocol's own clients look for the key of `home`."""
    find_server: Callable[[Mapping[str, str]], FoundServer | None] = lambda _: None
    """The server on which models are looked for, going by these variables; None for none."""

    def __repr__(self) -> str:
        return f"<protocol {self.name}>"

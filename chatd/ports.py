"""The ports: what the tasks need of the world, as Protocols. Adapters and the harness implement them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chatd.core.row import Added, Entry, Row
from chatd.core.stream import Question, StreamEvent
from chatd.core.visit import TerminalEvent, Visit, Visitor

T = TypeVar("T")
Plain = None | bool | int | float | str | Sequence["Plain"] | Mapping[str, "Plain"]
"""What may cross the script border: values of JSON."""


class Clock(Protocol):
    """Wall time, for what people read. Waiting uses trio's own clock."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Ids(Protocol):
    """A source of ids that never repeat, also across restarts and machines."""

    def new(self) -> str:
        """A fresh id: lower-case letters and digits, and `-`."""
        ...


class RunSync(Protocol):
    """Runs a blocking function elsewhere: a worker thread in production, inline in the harness.

    Cancelling the await abandons the function, it does not stop it.
    """

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        """The function's result, or its exception."""
        ...


# --- terminals ---------------------------------------------------------------------------------------------------


class Terminal(Protocol):
    """One channel to a person, already authenticated. The tasks are cancelled when the channel goes."""

    @property
    def visit(self) -> Visit:
        """Who came, and how the channel was opened."""
        ...

    async def receive(self) -> TerminalEvent:
        """The next thing that happened. Not reading exerts back-pressure on the client."""
        ...

    def write(self, data: bytes) -> None:
        """Queue bytes for the person's stdout. Never blocks.

        Raises TerminalGone when the channel is closed.
        """
        ...

    def write_error(self, data: bytes) -> None:
        """Queue bytes for the person's stderr (their stdout when there is a pty). As `write` otherwise."""
        ...

    def unsent(self) -> int:
        """Bytes that were written and have not yet left this process."""
        ...

    async def wait_sent(self) -> None:
        """Wait until nothing is unsent and the peer's machine takes more.

        Raises TerminalGone when the channel closes meanwhile.
        """
        ...


SessionHandler = Callable[[Terminal], Awaitable[int]]
"""Serves one channel to its end and returns the exit status for the client."""


class Door(Protocol):
    """Decides who comes in under which name. All calls are synchronous: admission has no gap to slip through."""

    def accepts_key(self, login: str, fingerprint: str) -> bool:
        """Whether a signature with this key would let the person in under this login name.

        Also asked for unsigned probes: answering registers nothing.
        """
        ...

    def admit_key(self, login: str, fingerprint: str) -> Visitor | None:
        """Let in the owner of a verified signature; a free name is registered for the key. None when declined."""
        ...

    def admit_guest(self, login: str) -> Visitor | None:
        """Let in somebody without a verified key, under a guest name of their own. None when guests are not let in."""
        ...

    def leave(self, visitor: Visitor) -> None:
        """The last channel of this admission has ended; a guest's name is free again."""
        ...


# --- models --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What people may know of a model."""

    name: str
    provider: str
    model: str
    endpoint: str = ""
    available: bool = True
    capabilities: tuple[str, ...] = ()
    context_tokens: int | None = None


class Model(Protocol):
    """Somebody who answers when mentioned."""

    @property
    def info(self) -> ModelInfo:
        """Name, provider and abilities as they are now."""
        ...

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """Ask. Leaving the block, also by cancellation, closes the connection to the model's server.

        Raises ModelUnavailable on entry when the model cannot be had.
        """
        ...


# --- the log -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """Where a room's log ends: the number of its last entry and the seq of its last row; 0 when there is none."""

    number: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room as it stands in the log."""

    id: str
    name: str
    buffer_id: str
    topic: str
    created_at: int
    head: Head


@dataclass(frozen=True, slots=True)
class Append:
    """Entries for one room, numbered from `head` on. Committed whole or not at all.

    `token` makes it idempotent: an append whose token is the last one the room took is reported as committed.
    """

    room_id: str
    head: Head
    entries: tuple[Entry, ...]
    token: str


@dataclass(frozen=True, slots=True)
class Committed:
    """The entries are on disk."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else appended first: the room's head is elsewhere. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether it was written cannot be told (or it was certainly not): try the same append again."""

    reason: str


AppendOutcome = Committed | Conflict | Unknown


class Log(Protocol):
    """The rooms' committed entries, and the rows they fold to. Only the recorder appends.

    Every method may raise StorageError; `append` reports failures as outcomes instead.
    """

    async def append(self, batch: Sequence[Append]) -> list[AppendOutcome]:
        """Compare-and-set append for several rooms, in one transaction where the log can; outcomes in order."""
        ...

    async def read(self, room_id: str, after: int) -> list[Added]:
        """What changed after number `after`: each row that did as one `Added` with its whole text so far, numbered by
        its last change, in that order. A reader who knows the row already replaces it.
        """
        ...

    async def rooms(self) -> list[RoomRecord]:
        """Every room."""
        ...

    async def create_room(self, record: RoomRecord) -> RoomRecord:
        """Make a room; if one of that name exists, that one is returned."""
        ...

    async def drop_room(self, room_id: str) -> None:
        """Delete a room with its rows (a guest's private room)."""
        ...

    async def page(self, room_id: str, limit: int, before: int | None = None) -> list[Row]:
        """Up to `limit` rows with `seq` below `before` (all when None), oldest first; open rows with text so far."""
        ...

    async def row(self, row_id: str) -> Row | None:
        """One row by its id."""
        ...

    async def counts(self) -> dict[str, int]:
        """How many rows each room has, by room id."""
        ...


class Directory(Protocol):
    """Names and keys, kept. Every method may raise StorageError."""

    async def keys(self) -> list[tuple[str, str]]:
        """Every (name, fingerprint) pair."""
        ...

    async def register(self, name: str, fingerprint: str, at_ms: int) -> None:
        """Bind a key to a name, making the user if need be."""
        ...

    async def marks(self, name: str) -> dict[str, int]:
        """For each room id the seq up to which this member has seen it."""
        ...

    async def set_mark(self, name: str, room_id: str, seq: int) -> None:
        """Remember what a member has seen. A name that is not registered is ignored."""
        ...


# --- scripts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Later:
    """A host function's answer that must be waited for: the callback that called is suspended until `job` ends."""

    job: Callable[[], Awaitable[Plain]]


HostFunction = Callable[..., "Plain | Later"]
"""Called synchronously from inside Lua with plain values. Raises ScriptError for a wrong call."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The callback ran to its end (or the script does not define it)."""


@dataclass(frozen=True, slots=True)
class Raised:
    """The callback failed or was stopped within its budget; `message` names file and line where known."""

    message: str


@dataclass(frozen=True, slots=True)
class Suspended:
    """The callback waits for `later`; answer with `Script.resume(call_id, …)`."""

    call_id: int
    later: Later


ScriptOutcome = Returned | Raised | Suspended


class Script(Protocol):
    """One runtime with the user interface loaded. Not re-entrant: one task alone calls it. Nothing here awaits."""

    def call(self, callback: str, *args: Plain) -> ScriptOutcome:
        """Run a global callback such as `on_key`."""
        ...

    def resume(self, call_id: int, ok: bool, value: Plain) -> ScriptOutcome:
        """Go on with a suspended callback: `value` is the result, or the error's message when not `ok`."""
        ...

    def close(self) -> None:
        """Unwind every suspended callback within its budget and free the runtime. Further calls do nothing."""
        ...


class Scripts(Protocol):
    """Opens runtimes."""

    def open(self, functions: Mapping[str, HostFunction], *, seed: int) -> Script:
        """A fresh runtime whose `tools.NAME` call `functions[NAME]`, with all interface files run.

        Raises ScriptError (file and line) when one of the files is broken or missing.
        """
        ...

"""Rows, and the changes that make them.

A `Draft` is a wish: somebody wants a row added, grown, finished or annotated, or a setting of the room set. An `Entry`
is a fact: committed, numbered within its room, never changed. A row that still grows has the method
`message.model.chunk` and the status `open`; it becomes `message.model` under the same id when it finishes, so there is
never a second copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from chatd.core.annotation import annotation_size

NO_META: Mapping[str, object] = MappingProxyType({})


class Method(StrEnum):
    """The content methods the server itself writes; scripts may add their own outside these families."""

    USER = "message.user"
    MODEL = "message.model"
    CHUNK = "message.model.chunk"
    SYSTEM = "message.system"
    TOOL_CALL = "tool.call"
    TOOL_RESULT = "tool.result"


RESERVED_FAMILIES = ("message.", "tool.")
"""Prefixes of content methods that only the server may give to a row (`message.user` by its own writer excepted)."""


class Status(StrEnum):
    """How a row stands: `open` while it grows, then one of the others for good."""

    OPEN = "open"
    COMPLETE = "complete"
    LENGTH = "length"
    CANCELLED = "cancelled"
    TRUNCATED = "truncated"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class NewRow:
    """What its writer knows of a row before it is committed. `id` is made by the writer."""

    id: str
    method: str
    author: str
    content: str = ""
    status: Status = Status.COMPLETE
    parent_id: str | None = None
    mention_id: str | None = None
    tool_name: str | None = None
    meta: Mapping[str, object] = field(default_factory=lambda: NO_META)


@dataclass(frozen=True, slots=True)
class Row:
    """A committed row. Times are milliseconds since the epoch; `seq` is dense within the room, from 1."""

    id: str
    room: str
    buffer_id: str
    seq: int
    method: str
    author: str
    content: str
    status: Status
    created_at: int
    updated_at: int
    finished_at: int | None
    parent_id: str | None = None
    mention_id: str | None = None
    tool_name: str | None = None
    meta: Mapping[str, object] = field(default_factory=lambda: NO_META)
    added: int = 0
    """Number of the entry that added it."""

    @property
    def is_open(self) -> bool:
        """Whether the row may still grow."""
        return self.status is Status.OPEN


def thought_in(meta: Mapping[str, object]) -> int:
    """Code points of what was thought, in a row's meta."""
    thinking = meta.get("thinking")
    return len(thinking) if isinstance(thinking, str) else 0


def weight(row: Row) -> int:
    """Code points that a row is made of: its text, and what was thought before it."""
    return len(row.content) + thought_in(row.meta)


@dataclass(frozen=True, slots=True)
class Add:
    """A wish for a new row."""

    row: NewRow


@dataclass(frozen=True, slots=True)
class Grow:
    """A wish that an open row gets `text` at its end."""

    row_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """A wish that an open row ends with `status`; `meta` is merged over what the row has."""

    row_id: str
    status: Status
    meta: Mapping[str, object] = field(default_factory=lambda: NO_META)


@dataclass(frozen=True, slots=True)
class Annotate:
    """A wish that a row, open or not, has these values below `x` of its meta beside those of other keys; None takes a
    key away.
    """

    row_id: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SetRoom:
    """A wish that a setting of the room has this value from now on; when it is empty, none of its own."""

    setting: str
    value: str


@dataclass(frozen=True, slots=True)
class Think:
    """A wish that what a model thinks is kept while it thinks.

    `row` is what the thought will stand in: an open row, or one that is added later under this id.
    """

    row: NewRow
    text: str


@dataclass(frozen=True, slots=True)
class Begin:
    """A wish that a mention is on record while it runs. Should the server be killed meanwhile, the next one finds by
    this that the question `question_id` has no end, also when the model had said nothing yet.
    """

    mention_id: str
    question_id: str
    model: str
    asker: str


@dataclass(frozen=True, slots=True)
class End:
    """A wish that a mention is on record no longer: its rows tell how it ended."""

    mention_id: str


Numbered = Add | Grow | Finish | Annotate | SetRoom
"""The wishes that become entries."""

Draft = Numbered | Think | Begin | End


def size_of(draft: Draft) -> int:
    """The code points of text that a draft brings."""
    match draft:
        case Add(row=row):
            return len(row.content)
        case Grow(text=text) | Think(text=text):
            return len(text)
        case SetRoom(value=value):
            return len(value)
        case Annotate(values=values):
            return annotation_size(values)
        case Finish() | Begin() | End():
            return 0
        case _:
            assert_never(draft)


@dataclass(frozen=True, slots=True)
class Added:
    """A row was added. `row.content` is its text at that moment."""

    number: int
    row: Row


@dataclass(frozen=True, slots=True)
class Grew:
    """An open row grew by `text` from `offset` (in code points) on. `at` is in milliseconds since the epoch."""

    number: int
    row_id: str
    offset: int
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Finished:
    """An open row ended. Its text is what had been added and grown; `meta` is the row's whole meta from now on."""

    number: int
    row_id: str
    status: Status
    method: str
    meta: Mapping[str, object]
    at: int


@dataclass(frozen=True, slots=True)
class Annotated:
    """A row has these values below `x` of its meta, beside those of other keys; None: the key is there no more. Its
    text is what it was. `at` is in milliseconds since the epoch.
    """

    number: int
    row_id: str
    values: Mapping[str, object]
    at: int


@dataclass(frozen=True, slots=True)
class RoomSet:
    """A setting of the room has another value. No row changes by it."""

    number: int
    setting: str
    value: str


Entry = Added | Grew | Finished | Annotated | RoomSet


def changed_row(entry: Entry) -> str | None:
    """The id of the row that an entry changes, None when it changes no row."""
    match entry:
        case Added(row=row):
            return row.id
        case Grew(row_id=row_id) | Finished(row_id=row_id) | Annotated(row_id=row_id):
            return row_id
        case RoomSet():
            return None
        case _:
            assert_never(entry)


@dataclass(frozen=True, slots=True)
class Thought:
    """A model thought `text`, from `offset` (in code points) of its thought on. No entry: it has no number, and is over
    when `row` has all of it in its meta.
    """

    row: NewRow
    offset: int
    text: str
    at: int


def method_when_finished(method: str) -> str:
    """The content method a row carries once it no longer grows."""
    return Method.MODEL if method == Method.CHUNK else method

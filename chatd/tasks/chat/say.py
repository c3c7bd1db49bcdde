"""Saying something: a row of a person's own in a room."""

from __future__ import annotations

from collections.abc import Mapping

from chatd.core.fence import fenced
from chatd.core.room import Room
from chatd.core.row import NO_META, RESERVED_FAMILIES, Add, Method, NewRow
from chatd.core.text import check_size, storable
from chatd.core.visit import Visitor
from chatd.errors import NotPermitted, UsageError
from chatd.tasks.chat.hub import Hub
from chatd.tasks.log.receipt import Receipt

MAX_METHOD = 64
"""Characters of a content method: it is a short dotted name."""


def check_message(hub: Hub, text: str) -> None:
    """Before a row is promised. Raises UsageError (empty, too long), StorageError (nothing new is taken at present)."""
    if not text.strip():
        raise UsageError("an empty message says nothing")
    check_size("message", text, hub.limits.max_message)
    hub.recorder.check()


def check_method(room: Room, method: str, parent_id: str | None) -> None:
    """Before a row of another kind than a message is promised. Raises NotPermitted, UsageError."""
    if method != Method.USER and method.startswith(RESERVED_FAMILIES):
        raise NotPermitted(f"rows of {method} are the server's own")
    if len(method) > MAX_METHOD or (parent_id is not None and room.get(parent_id) is None):
        raise UsageError(f"no such parent row, or a content_method over {MAX_METHOD} characters")


def with_attachment(text: str, attachment: str) -> str:
    """A message with what was piped in: below a blank line, in a fence that nothing inside can close."""
    return f"{text}\n\n{fenced(attachment.rstrip())}" if attachment else text


def say(
    hub: Hub, visitor: Visitor, room: Room, text: str, *, row_id: str | None = None, method: str = Method.USER,
    parent_id: str | None = None, mention_id: str | None = None, meta: Mapping[str, object] = NO_META,
    promised: bool = False,
) -> Receipt:  # fmt: skip
    """Write a row of the visitor's, whose text has been checked; who speaks is no longer away. Synchronous.

    Raises NotFound when the room is gone, StorageError when the disk refuses. What was `promised` is not taken back,
    whatever the log has come to since.
    """
    hub.check_exists(room)
    hub.lobby.set_away(visitor.name, None)
    row = NewRow(
        row_id or hub.ids.new(), method, visitor.name, storable(text), parent_id=parent_id, mention_id=mention_id,
        meta=meta,
    )  # fmt: skip
    return hub.recorder.submit(room, Add(row), urgent=promised)

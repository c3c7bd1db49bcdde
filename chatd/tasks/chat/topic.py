"""What a room is about."""

from __future__ import annotations

from chatd.core.mention import SYSTEM
from chatd.core.room import Room
from chatd.core.row import Add, Method, NewRow, SetTopic
from chatd.core.text import check_size, storable
from chatd.core.visit import Visitor
from chatd.errors import UsageError
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.permission import check_set_topic
from chatd.tasks.log.receipt import Receipt

MAX_TOPIC = 300
"""Bytes: it is one line at the top of a room, and in a list of rooms."""


def check_topic(visitor: Visitor, room: Room, text: str) -> str:
    """The topic that a text makes: one line, empty to take it away. Raises NotPermitted, UsageError."""
    check_set_topic(visitor)
    topic = " ".join(text.split())
    check_size("topic", topic, MAX_TOPIC)
    if topic == room.topic:
        raise UsageError("that is the topic already" if topic else "there is no topic")
    return topic


def set_topic(hub: Hub, visitor: Visitor, room: Room, text: str) -> Receipt:
    """Say what a room is about, and in a row who said so. Synchronous; as a message, it is not taken back once it is
    taken, whatever the log comes to.

    Raises NotPermitted, UsageError, NotFound (the room is gone), StorageError (nothing new is taken at present).
    """
    topic = check_topic(visitor, room, text)
    hub.check_exists(room)
    words = f"{visitor.name} set the topic: {topic}" if topic else f"{visitor.name} took the topic away"
    told = Add(NewRow(hub.ids.new(), Method.SYSTEM, SYSTEM, storable(words)))
    *_, receipt = hub.recorder.submit_together(room, [SetTopic(storable(topic)), told])
    return receipt

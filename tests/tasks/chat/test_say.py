"""Saying something: what is refused leaves nothing, what is promised is kept, and who speaks is back."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatd.core.room import Room
from chatd.core.row import Method, Row
from chatd.core.text import storable
from chatd.errors import NotFound, NotPermitted, StorageError, UsageError
from chatd.tasks.chat.say import MAX_METHOD, check_message, check_method, say, with_attachment
from chatd.testing import World
from tests.support import converse, in_world


def lobby_of(world: World) -> Room:
    return world.hub.lobby.get("lobby", "")


async def kept(world: World, room: Room) -> Row:
    """The newest row, as the log has it."""
    (row,) = await world.hub.archive.page(room.id, 1)
    return row


@in_world()
async def test_a_row_is_the_writers_with_everything_that_was_said_of_it(world: World) -> None:
    lobby, alice = lobby_of(world), world.visitor("alice")
    await say(world.hub, alice, lobby, "a vote", row_id="V", method="poll", meta={"for": "tea"}).wait()
    await say(world.hub, alice, lobby, "yes", method="poll.vote", parent_id="V", mention_id="M").wait()
    row = await kept(world, lobby)
    assert (row.author, row.method, row.content, row.parent_id, row.mention_id) == (
        "alice", "poll.vote", "yes", "V", "M",
    )  # fmt: skip
    first = await world.hub.archive.row("V")
    assert first is not None and (first.method, first.meta, first.seq) == ("poll", {"for": "tea"}, 1)


def test_any_text_is_kept_as_far_as_it_can_be() -> None:
    @example("half a \ud83d character")
    @given(st.text(st.characters(), max_size=20))
    def check(text: str) -> None:
        async def conversation(world: World) -> None:
            await say(world.hub, world.visitor("alice"), lobby_of(world), text).wait()
            assert (await kept(world, lobby_of(world))).content == storable(text)

        converse(conversation)

    check()


@in_world()
async def test_who_speaks_is_no_longer_away(world: World) -> None:
    await world.join("alice")
    world.hub.lobby.set_away("alice", "lunch")
    await say(world.hub, world.visitor("alice"), lobby_of(world), "back").wait()
    assert world.hub.lobby.away("alice") is None


@in_world()
async def test_nothing_is_said_in_a_room_that_is_gone(world: World) -> None:
    alice = world.visitor("alice")
    den = await world.hub.open_room("den", alice, make=True)
    world.hub.lobby.remove(den)
    with pytest.raises(NotFound, match="den"):
        say(world.hub, alice, den, "hello?")
    assert not world.hub.recorder.debt


@in_world()
async def test_what_was_promised_is_kept_though_the_disk_has_failed_since(world: World) -> None:
    hub, alice, lobby = world.hub, world.visitor("alice"), lobby_of(world)
    check_message(hub, "first")
    world.disk.becomes_read_only()
    first = say(hub, alice, lobby, "first")
    await world.settle()
    with pytest.raises(StorageError, match="nothing new can be kept now"):
        say(hub, alice, lobby, "second")
    with pytest.raises(StorageError, match="nothing new can be kept now"):
        check_message(hub, "second")
    third = say(hub, alice, lobby, "third", promised=True)
    world.disk.works_again()
    await first.wait()
    await third.wait()
    assert [text for _, text, _ in world.rows()] == ["first", "third"]


@in_world()
async def test_what_is_no_message_is_refused_before_it_is_promised(world: World) -> None:
    most = world.hub.limits.max_message
    check_message(world.hub, "x" * most)
    for text, reason in (("", "says nothing"), (" \n\t", "says nothing"), ("é" * most, "the limit is")):
        with pytest.raises(UsageError, match=reason):
            check_message(world.hub, text)


@in_world()
async def test_nobody_speaks_as_the_server_or_to_a_row_that_is_not_there(world: World) -> None:
    lobby = lobby_of(world)
    await say(world.hub, world.visitor("alice"), lobby, "hi", row_id="P").wait()
    for method in (Method.USER, "poll", "x" * MAX_METHOD, "messages", "tools.x"):
        check_method(lobby, method, "P")
        check_method(lobby, method, None)
    for method in set(Method) - {Method.USER} | {"message.", "tool.", "message.user.x"}:
        with pytest.raises(NotPermitted, match="the server's own"):
            check_method(lobby, method, None)
    for method, parent in (("x" * (MAX_METHOD + 1), None), (Method.USER, "elsewhere")):
        with pytest.raises(UsageError, match="no such parent row"):
            check_method(lobby, method, parent)


@given(st.text("`~\n x", max_size=30))
def test_what_was_piped_in_stands_below_the_message_and_cannot_leave_its_fence(attachment: str) -> None:
    message = with_attachment("look", attachment)
    if not attachment:
        assert message == "look"
        return
    said, blank, first, *inside, last = message.split("\n")
    assert (said, blank) == ("look", "") and first == last and set(first) == {"`"} and len(first) >= 3
    assert "\n".join(inside) == attachment.rstrip() and "\n".join(inside).find(first) < 0

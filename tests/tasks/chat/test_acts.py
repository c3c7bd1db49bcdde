"""Every act of a chat, done without any front: what a gateway or a program needs stands in `tasks/chat`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from chatd.core.row import Status
from chatd.core.search import parse_query
from chatd.errors import LimitReached, NotFound, NotPermitted, UsageError
from chatd.tasks.chat.answering import AnswerEventKind, answering
from chatd.tasks.chat.ask import reserve
from chatd.tasks.chat.ask_again import carry_on, retry
from chatd.tasks.chat.cancel import cancel, find, own_answers
from chatd.tasks.chat.entering import destination, new_room, open_named, way_back
from chatd.tasks.chat.follow import following
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.people import choose_name, set_away, tell_one, who
from chatd.tasks.chat.reading import Found, history, in_memory, readable, search
from chatd.tasks.chat.room_events import GrowthEvent, PresenceEvent, RowEvent
from chatd.tasks.chat.room_settings import set_room
from chatd.tasks.chat.say import check_message, say
from chatd.tasks.chat.visiting import logged_in
from chatd.testing import World
from tests.support import in_world


@asynccontextmanager
async def visitor(world: World, name: str) -> AsyncIterator[Login]:
    """Somebody who is here by no front at all."""
    async with logged_in(world.hub, world.visitor(name), lambda _: None, remembered=True) as login:
        yield login


@in_world()
async def test_coming_in_entering_leaving_and_going(world: World) -> None:
    hub = world.hub
    async with visitor(world, "alice") as alice:
        lobby = await open_named(hub, alice.visitor, "#Lobby")
        hub.enter(lobby, alice.visitor)
        assert [person.name for person in who(hub, lobby)] == ["alice"]
        assert destination(alice.visitor, lobby, "Dev") == new_room(hub, alice.visitor, lobby, "dev") == "dev"
        with pytest.raises(UsageError, match="you are in lobby already"):
            destination(alice.visitor, lobby, "lobby")
        with pytest.raises(UsageError, match="/quit leaves the server"):
            way_back(alice.visitor, lobby)
        with pytest.raises(NotFound, match="there is no room '~bob'"):
            destination(alice.visitor, lobby, "~bob")
        dev = await hub.open_room("dev", alice.visitor, make=True)
        assert way_back(alice.visitor, dev) == "lobby"
        hub.leave(lobby, alice.visitor)
    assert who(hub) == []


@in_world()
async def test_saying_reading_and_searching(world: World) -> None:
    hub = world.hub
    async with visitor(world, "alice") as alice, visitor(world, "bob") as bob:
        lobby = await open_named(hub, alice.visitor, "lobby")
        with pytest.raises(UsageError, match="an empty message says nothing"):
            check_message(hub, "  ")
        for text in ("one apple", "two pears", "three apples"):
            await hub.recorder.confirm(say(hub, alice.visitor, lobby, text))
        await hub.recorder.confirm(say(hub, bob.visitor, lobby, "my apple"))
        assert (alice.markers.unread(lobby), bob.markers.unread(lobby)) == (1, 3)
        pages = await history(hub, lobby, 2)
        assert [row.content for row in await pages.next()] == ["three apples", "my apple"]
        assert await pages.next() == []
        assert [live.text for live in in_memory(lobby, 1) or []] == ["my apple"]
        hits = await search(hub, readable(hub, bob.visitor), parse_query("apple from:alice"))
        assert [row.content for row in hits] == ["one apple"]
        found = Found(hub, [lobby], parse_query("apple"))
        assert len(await found.next()) == 2 and await found.next() == [] and found.any and not found.cut


@in_world()
async def test_asking_answers_as_events_and_asking_again(world: World) -> None:
    hub = world.hub
    bot = world.model("bot").thinks("Hm.").says("hel").pauses(1).says("lo").ends()
    async with visitor(world, "alice") as alice:
        lobby = await open_named(hub, alice.visitor, "lobby")
        asked = reserve(hub, alice.visitor, lobby, ["bot"], "hi", typed="@bot hi", owner=alice)
        async with answering(hub, asked) as events:
            seen = [(event.kind, event.content) async for event in events]
        kinds = AnswerEventKind
        assert seen == [
            (kinds.STARTED, ""), (kinds.THINKING, "Hm."), (kinds.TOKEN, "hel"), (kinds.TOKEN, "lo"), (kinds.DONE, ""),
        ]  # fmt: skip
        bot.says("half").fails("the wire broke", Status.TRUNCATED)
        async with answering(
            hub, reserve(hub, alice.visitor, lobby, ["bot"], "x", typed="@bot x", owner=alice)
        ) as events:
            last = [event async for event in events][-1]
        assert (last.kind, last.status, last.reason) == (kinds.ERROR, Status.TRUNCATED, "the wire broke")
        bot.says(" and whole").ends().says("anew").ends()
        for again in (carry_on, retry):
            (answer,) = again(hub, alice.visitor, lobby, None, owner=alice).answers
            await answer.run()
        texts = [text for _, text, _ in world.rows() if text in ("half", " and whole", "anew")]
        assert texts == ["half", " and whole", "anew"]


@in_world()
async def test_leaving_the_block_cancels_what_was_asked_there(world: World) -> None:
    hub = world.hub
    bot = world.model("bot").says("so far")
    async with visitor(world, "alice") as alice:
        lobby = await open_named(hub, alice.visitor, "lobby")
        asked = reserve(hub, alice.visitor, lobby, ["bot"], "hi", typed="@bot hi", owner=alice)
        async with answering(hub, asked) as events:
            async for event in events:
                if event.kind is AnswerEventKind.TOKEN:
                    break
    assert world.rows() == [("alice", "@bot hi", "complete"), ("bot", "so far", "cancelled")]
    assert bot.open_streams == 0


@in_world()
async def test_cancelling_is_for_the_asker(world: World) -> None:
    hub = world.hub
    world.model("bot").says("so far")
    async with visitor(world, "alice") as alice, visitor(world, "bob") as bob, trio.open_nursery() as nursery:
        lobby = await open_named(hub, alice.visitor, "lobby")
        asked = reserve(hub, alice.visitor, lobby, ["bot"], "hi", typed="@bot hi", owner=alice)
        asked.submit(hub)
        nursery.start_soon(asked.answers[0].run)
        await world.settle()
        assert own_answers(hub, alice.visitor) == list(asked.answers) and own_answers(hub, bob.visitor) == []
        with pytest.raises(NotPermitted, match="asked for by alice"):
            find(hub, bob.visitor, asked.answers[0].id)
        with pytest.raises(NotFound):
            find(hub, bob.visitor, None)
        cancel([find(hub, alice.visitor, None)])
    assert world.rows()[-1] == ("bot", "so far", "cancelled")


@in_world()
async def test_following_yields_what_happens_in_order(world: World) -> None:
    hub = world.hub
    bot = world.model("bot").says("hel")
    alice = await world.lines("alice")
    alice.sends(b"one\ntwo\n")
    await world.settle()
    lobby = hub.lobby.get("lobby", "bob")
    seen: list[str] = []

    async def follow() -> None:
        async with following(hub, lobby, last=1) as events:
            async for event in events:
                match event:
                    case RowEvent(kind=kind, row=row):
                        seen.append(f"{kind} {row.author}: {row.content}")
                    case GrowthEvent(text=text):
                        seen.append(f"grew {text}")
                    case PresenceEvent(name=name, joined=joined):
                        seen.append(f"{name} {'joined' if joined else 'left'}")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow)
        await world.settle()
        alice.sends(b"@bot hi\n")
        await world.settle()
        bot.says("lo").ends()
        await world.settle()
        bob = await world.lines("bob")
        await world.settle()
        bob.hangs_up()
        await world.settle()
        nursery.cancel_scope.cancel()
    assert seen == [
        "added alice: two", "added alice: @bot hi", "added bot: ", "grew hel", "grew lo", "finished bot: hello",
        "bob joined", "bob left",
    ]  # fmt: skip
    assert alice.exit_status is None


@in_world()
async def test_topics_names_absence_and_private_words(world: World) -> None:
    hub = world.hub
    told: list[tuple[str, str]] = []
    async with visitor(world, "alice") as alice, visitor(world, "bob") as bob:
        lobby = await open_named(hub, alice.visitor, "lobby")
        await hub.recorder.confirm(set_room(hub, alice.visitor, lobby, {"topic": " tea \n and cake "}))
        assert lobby.topic == "tea and cake"
        with pytest.raises(NotPermitted, match="guests set nothing of a room"):
            set_room(hub, world.visitor("guest-gus"), lobby, {"topic": "rum"})

        def tell(text: str, level: str) -> None:
            told.append((text, level))

        hub.notices.subscribe("bob", tell)
        assert tell_one(hub, alice.visitor, "Bob ", "psst") == "bob"
        assert told == [("alice to you alone: psst", "message")]
        hub.notices.unsubscribe("bob", tell)
        with pytest.raises(NotFound, match="'carol' is not here"):
            tell_one(hub, alice.visitor, "carol", "psst")
        set_away(hub, bob.visitor, "lunch")
        assert hub.lobby.away("bob") == "lunch"
        say(hub, bob.visitor, lobby, "back")
        assert hub.lobby.away("bob") is None
        assert choose_name(hub, alice.visitor, "alicia").name == "alicia"
        with pytest.raises(NotPermitted, match="a guest's name is not to be chosen"):
            choose_name(hub, world.visitor("guest-gus"), "gus")


@in_world()
async def test_a_full_server_lets_nobody_in(world: World) -> None:
    full = world.hub.crowd
    object.__setattr__(full, "check", _refuse)
    with pytest.raises(LimitReached):
        async with visitor(world, "alice"):
            pytest.fail("she is in")
    assert who(world.hub) == [] and full.sessions == 0


def _refuse(_: object) -> None:
    raise LimitReached("the server is full")

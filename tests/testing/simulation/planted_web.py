"""Planted bugs of the web: event streams, rows that clients have names for, who may do and read what, who has left."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import trio

from chatd.adapters.web.exchange import HttpExchange
from chatd.core.visit import Kind, Visitor
from chatd.tasks.chat.follow import Follower, following
from chatd.tasks.chat.held_credentials import HeldCredentials
from chatd.tasks.chat.login_links import LoginLinks
from chatd.tasks.web import acting, callers, events, model_clients, reading, unified
from chatd.tasks.web.callers import WebCallers
from chatd.tasks.web.shared_answer import Reader, SharedAnswer
from tests.testing.simulation.planted import Planted

# --- event streams


def a_resumed_stream_that_repeats_the_backlog(patch: pytest.MonkeyPatch) -> None:
    def again(hub: Any, room: Any, *, last: int, since: int | None) -> Any:
        return following(hub, room, last=last or events.BACKLOG)

    patch.setattr(events, "following", again)


def an_id_that_runs_ahead_of_what_was_sent(patch: pytest.MonkeyPatch) -> None:
    """An event's id is the number of the newest one at hand, and not its own."""
    original = Follower.__anext__

    async def following_on(self: Any) -> Any:
        event = await original(self)
        return replace(event, number=max(event.number, *(one.number for one in self._events), 0))

    patch.setattr(Follower, "__anext__", following_on)


def a_resumed_stream_that_begins_now(patch: pytest.MonkeyPatch) -> None:
    original = events._since
    patch.setattr(events, "_since", lambda request, room: room.number if original(request, room) is not None else None)


def a_stream_that_goes_on_when_its_token_is_revoked(patch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any) -> None:
        await trio.sleep_forever()

    patch.setattr(events, "_until_ended", never)


# --- what is done


def a_name_of_a_client_that_nobody_keeps(patch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count()
    patch.setattr(acting, "_row_id", lambda *_: f"c{next(numbers)}")


def a_name_of_a_client_that_is_everybodys(patch: pytest.MonkeyPatch) -> None:
    original = acting._row_id
    patch.setattr(acting, "_row_id", lambda _, room, client_id: original(Visitor("", Kind.GUEST), room, client_id))


def a_gateway_that_does_not_notice_who_leaves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HttpExchange, "client_left", lambda _: None)


def an_answer_that_runs_on_when_nobody_reads_it(patch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def reader(self: SharedAnswer) -> Iterator[Reader]:
        one = Reader(self)
        self._readers.append(one)
        try:
            yield one
        finally:
            self._readers.remove(one)
            self.took()

    patch.setattr(SharedAnswer, "reader", reader)


def the_models_own_rows_for_a_client_that_asks_alone(patch: pytest.MonkeyPatch) -> None:
    """Whoever asks an actor by itself is taken to ask in the lobby."""
    original = model_clients._target

    async def target(front: Any, visitor: Any, name: str) -> Any:
        return await original(front, visitor, name if "/" in name else f"lobby/{name}")

    patch.setattr(model_clients, "_target", target)


# --- who may what


def a_private_room_that_is_readable_over_the_web(patch: pytest.MonkeyPatch) -> None:
    original = reading.room_of

    async def room_of(front: Any, visitor: Visitor, name: str) -> Any:
        return await original(
            front, replace(visitor, name=name[1:]) if len(name) > 1 and name[0] == "~" else visitor, name
        )

    patch.setattr(reading, "room_of", room_of)


def a_private_room_that_can_be_asked_in(patch: pytest.MonkeyPatch) -> None:
    """The unified stream opens a room as its owner would."""
    original = reading.room_of

    async def room_of(front: Any, visitor: Visitor, name: str) -> Any:
        return await original(front, replace(visitor, name=name[1:]) if name.startswith("~") else visitor, name)

    patch.setattr(unified, "room_of", room_of)


def news_of_everybodys_rooms(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(events, "readable", lambda hub, _: list(hub.lobby.rooms))


def a_token_that_only_reads_and_acts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(callers, "check_change", lambda _: None)


def a_page_of_another_site_that_acts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WebCallers, "check_site", lambda *_: None)


def a_link_that_is_good_twice(patch: pytest.MonkeyPatch) -> None:
    original = LoginLinks.take

    def take(self: LoginLinks, code: str) -> Any:
        links = dict(self._links)
        link = original(self, code)
        self._links.update(links)
        return link

    patch.setattr(LoginLinks, "take", take)


def a_login_that_stands_in_the_log(patch: pytest.MonkeyPatch) -> None:
    original = WebCallers.bearer

    def bearer(self: WebCallers, request: Any) -> Any:
        logging.getLogger("chatd.web").debug("%s: %s", request.path, dict(request.headers))
        return original(self, request)

    patch.setattr(WebCallers, "bearer", bearer)


def a_session_that_survives_its_logout(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HeldCredentials, "drop", lambda *_: None)


def nobody_who_acts(patch: pytest.MonkeyPatch) -> None:
    """Without a login whoever only may read says things, too."""
    patch.setattr(callers.WebCaller, "is_nameless", False)


WEB: tuple[Planted, ...] = (
    Planted(a_resumed_stream_that_repeats_the_backlog),
    Planted(an_id_that_runs_ahead_of_what_was_sent, soon=5),
    Planted(a_resumed_stream_that_begins_now),
    Planted(a_stream_that_goes_on_when_its_token_is_revoked, soon=27),
    Planted(a_name_of_a_client_that_nobody_keeps, soon=5),
    Planted(a_name_of_a_client_that_is_everybodys, soon=24),
    Planted(a_gateway_that_does_not_notice_who_leaves, soon=5),
    Planted(an_answer_that_runs_on_when_nobody_reads_it, soon=5),
    Planted(the_models_own_rows_for_a_client_that_asks_alone, soon=13),
    Planted(a_private_room_that_is_readable_over_the_web, soon=5),
    Planted(a_private_room_that_can_be_asked_in, soon=5),
    Planted(news_of_everybodys_rooms, soon=5),
    Planted(a_token_that_only_reads_and_acts, soon=24),
    Planted(a_page_of_another_site_that_acts, soon=4),
    Planted(a_link_that_is_good_twice, soon=4),
    Planted(a_login_that_stands_in_the_log),
    Planted(a_session_that_survives_its_logout, soon=27),
    Planted(nobody_who_acts, soon=24),
)

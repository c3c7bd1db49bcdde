"""Planted bugs: who is here under which name, what they are told, what they have read, and what is kept for them."""

from __future__ import annotations

from typing import Any

import pytest

from chatd.core import names
from chatd.core.lobby import Lobby
from chatd.core.name_registry import NameRegistry
from chatd.core.rate_limiter import RateLimiter
from chatd.core.visit import Kind, Visitor
from chatd.tasks.chat import visiting
from chatd.tasks.chat.crowd import Crowd
from chatd.tasks.chat.login import Login
from chatd.tasks.chat.notices import Notices
from chatd.tasks.chat.read_markers import ReadMarkers
from chatd.tasks.chat.rooms import Rooms
from chatd.tasks.chat.value_store import StoredValues, ValueStore
from chatd.tasks.chat.values import Values

# --- presence


def the_first_terminal_to_leave_takes_its_person_along(patch: pytest.MonkeyPatch) -> None:
    def leave(self: Any, room: Any, name: str) -> bool:
        presence = self.presence(room)
        if presence.sessions.pop(name, None) is None:
            return False
        return bool(self._moved(room, presence, name, joined=False))

    patch.setattr(Lobby, "leave", leave)


def who_shows_rooms_that_one_has_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lobby, "_is_elsewhere", lambda *_: None)


def an_away_that_is_not_taken_back(patch: pytest.MonkeyPatch) -> None:
    """Who speaks stays away, for everybody else."""
    original = Lobby.set_away

    def set_away(self: Any, name: str, why: Any) -> None:
        if why is not None:
            original(self, name, why)

    patch.setattr(Lobby, "set_away", set_away)


def a_session_too_many(patch: pytest.MonkeyPatch) -> None:
    """`>` for `>=` in the sessions of one key."""
    original = Crowd.check

    def check(self: Any, visitor: Any) -> None:
        users = self._users
        self._users = users.copy()
        self._users[visitor.account] -= 1
        try:
            original(self, visitor)
        finally:
            self._users = users

    patch.setattr(Crowd, "check", check)


# --- names and rooms


def a_name_that_stays_after_another_was_taken(patch: pytest.MonkeyPatch) -> None:
    """With `/nick` the new name comes, and the old one does not go."""
    original = Login.become

    def become(self: Any, other: Any) -> None:
        depart = self._hub.lobby.depart
        self._hub.lobby.depart = lambda _: False
        try:
            original(self, other)
        finally:
            self._hub.lobby.depart = depart

    patch.setattr(Login, "become", become)


def somebody_elses_name(patch: pytest.MonkeyPatch) -> None:
    """A name that is registered is given to whoever asks for it with `/nick`."""
    original = NameRegistry.claim

    def claim(self: Any, wanted: str, fingerprint: str) -> Visitor:
        name = names.fold(wanted)
        return Visitor(name, Kind.MEMBER, fingerprint) if name in self._members else original(self, wanted, fingerprint)

    patch.setattr(NameRegistry, "claim", claim)


def a_guests_private_room_for_the_next_of_that_name(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rooms, "close_guests", lambda self, visitor: None)


def a_room_more_than_a_day_allows(patch: pytest.MonkeyPatch) -> None:
    original = RateLimiter.__init__
    patch.setattr(RateLimiter, "__init__", lambda self, rate, burst: original(self, rate, burst + 1))


# --- words for one person


def words_for_whoever_is_called_alike(patch: pytest.MonkeyPatch) -> None:
    """What is for bob is shown to bobby as well."""
    original = Notices.tell

    def tell(self: Any, name: str, *args: Any) -> int:
        return sum(original(self, known, *args) for known in self.subscribed if known.startswith(name))

    patch.setattr(Notices, "tell", tell)


def words_told_twice_on_two_terminals(patch: pytest.MonkeyPatch) -> None:
    original = Notices.tell

    def tell(self: Any, name: str, *args: Any) -> int:
        return sum(original(self, name, *args) for _ in self.sessions(name))

    patch.setattr(Notices, "tell", tell)


# --- what was read


def own_rows_that_count_as_unread(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReadMarkers, "wrote", lambda *_: None)


def a_room_left_on_one_terminal_is_left_on_the_other(patch: pytest.MonkeyPatch) -> None:
    """What comes while the other terminal shows the room counts as unread."""
    original = ReadMarkers.leave

    def leave(self: Any, room: Any) -> None:
        original(self, room)
        self._shown[room.id] = 0

    patch.setattr(ReadMarkers, "leave", leave)


def marks_that_are_kept_the_first_time_alone(patch: pytest.MonkeyPatch) -> None:
    """A mark that is on disk is taken for kept, wherever it stands."""

    async def save(self: Any, directory: Any) -> None:
        for room_id, marker in list(self._markers.items()):
            if marker.seen is not None and marker.on_disk is None:
                await directory.set_mark(self.name, room_id, marker.seen)
                marker.on_disk = marker.seen

    patch.setattr(ReadMarkers, "save", save)


def marks_that_are_not_kept_of_a_session_that_is_cut(patch: pytest.MonkeyPatch) -> None:
    """Marks are saved behind a checkpoint that is not shielded, which a hang-up cancels."""
    original = visiting._tidy

    async def tidy(hub: Any, login: Any, private: Any) -> None:
        markers, login._markers = login._markers, None
        try:
            await original(hub, login, private)
        finally:
            login._markers = markers

    patch.setattr(visiting, "_tidy", tidy)


# --- what is kept


def a_second_login_with_values_of_its_own(patch: pytest.MonkeyPatch) -> None:
    original = ValueStore.open

    async def opening(self: Any, name: str, **named: Any) -> Any:
        before = self._people.pop(name, None)
        if before is not None and before.dirty:  # else what waits would be lost, which somebody had noticed
            self._people[name] = before
        return await original(self, name, **named)

    patch.setattr(ValueStore, "open", opening)


def values_of_one_write_that_are_all_one_persons(patch: pytest.MonkeyPatch) -> None:
    """The name of the last value in the batch is written with each of them."""
    original = ValueStore._keep

    async def keep(self: Any, batch: Any) -> None:
        await original(self, [(batch[-1][0], key) if batch[-1][0].get(key) else (one, key) for one, key in batch])

    patch.setattr(ValueStore, "_keep", keep)


def a_setting_that_is_off_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """`if not value` for `if value is None`."""
    original = Values.set
    patch.setattr(Values, "set", lambda self, key, value: original(self, key, value or None))


def one_draft_for_all_rooms(patch: pytest.MonkeyPatch) -> None:
    """The key of a draft lacks its room."""
    get, put = StoredValues.get, StoredValues.set

    def key_of(key: str) -> str:
        return "draft:" if key.startswith("draft:") else key

    patch.setattr(StoredValues, "get", lambda self, key: get(self, key_of(key)))
    patch.setattr(StoredValues, "set", lambda self, key, value: put(self, key_of(key), value))


def a_value_that_was_deleted_comes_back(patch: pytest.MonkeyPatch) -> None:
    """What is forgotten is not written: it is there again after the next login."""
    original = StoredValues.set

    def put(self: Any, key: str, value: Any) -> None:
        if value is None:
            self.values.set(key, None)
        else:
            original(self, key, value)

    patch.setattr(StoredValues, "set", put)

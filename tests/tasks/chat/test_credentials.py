"""Links, sessions and tokens: who comes in by what, until when, and that no secret is anywhere."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio.testing

from chatd.config import AuthConfig, Config
from chatd.core.credentials import CODE_BYTES, MAX_SESSIONS, Credential, CredentialKind
from chatd.core.name_registry import AuthMode
from chatd.core.visit import Kind, Visitor
from chatd.errors import LimitReached, NotFound, NotPermitted, StorageError
from chatd.ports import Secrets
from chatd.tasks.chat import credentials as module
from chatd.testing import Disk, World, run
from chatd.testing.simulation.oracles.record import Record
from tests.support import in_world, plain_scripts

DAY = 24 * 3600.0


async def session_of(world: World, visitor: Visitor) -> str:
    held = world.hub.credentials
    return await held.exchange(held.make_link(visitor))


async def on_disk(world: World) -> list[Credential]:
    return await world.hub.credentials._store.credentials()


async def known(world: World, name: str) -> Visitor:
    """A member whose name is on disk."""
    visitor = world.visitor(name)
    await world.hub.registration.register(visitor)
    return visitor


# --- coming in


@in_world()
async def test_a_token_lets_its_owner_in_as_a_member_from_where_they_are(world: World) -> None:
    alice = await known(world, "alice")
    secret, token = await world.hub.credentials.make_token(alice, "bot", read_only=True)
    bearer = world.hub.credentials.who(secret, "192.0.2.7")
    assert bearer is not None
    assert bearer.visitor == Visitor("alice", Kind.MEMBER, "SHA256:alice", source="192.0.2.7")
    assert (bearer.id, bearer.kind, bearer.read_only) == (token.id, CredentialKind.TOKEN, True)
    for wrong in ("", secret[:-1], secret + "x", secret.upper(), token.digest, "é", "\0", "a" * 100_000):
        assert world.hub.credentials.who(wrong) is None


@in_world()
async def test_a_link_makes_one_session(world: World) -> None:
    held = world.hub.credentials
    code = held.make_link(await known(world, "alice"))
    secret = await held.exchange(code)
    bearer = held.who(secret)
    assert bearer is not None and (bearer.visitor.name, bearer.kind) == ("alice", CredentialKind.SESSION)
    assert not bearer.read_only
    for used_up in (code, secret, ""):
        with pytest.raises(NotPermitted, match="/web in the chat"):
            await held.exchange(used_up)


@in_world(disk=Disk(lambda: 0.2))
async def test_of_two_who_use_a_link_at_once_one_is_in(world: World) -> None:
    held, found = world.hub.credentials, list[str]()
    code = held.make_link(await known(world, "alice"))

    async def use() -> None:
        try:
            found.append(await held.exchange(code))
        except NotPermitted:
            found.append("")

    async with trio.open_nursery() as nursery:
        for _ in range(2):
            nursery.start_soon(use)
    assert sorted(map(bool, found)) == [False, True]


@in_world()
async def test_a_newcomers_token_waits_for_their_name(world: World) -> None:
    """Else the next server would not know whose it is."""
    secret, _ = await world.hub.credentials.make_token(await _filed(world, "alice"))
    assert ("alice", "SHA256:alice") in await world.directory.keys()
    assert world.hub.credentials.who(secret) is not None


async def _filed(world: World, name: str) -> Visitor:
    visitor = world.visitor(name)
    world.hub.registration.file(visitor)
    return visitor


@in_world()
async def test_guests_have_none(world: World) -> None:
    guest = world.visitor("guest-gus")
    for act in (world.hub.credentials.make_link, world.hub.credentials.tokens_of):
        with pytest.raises(NotPermitted, match="guests"):
            act(guest)
    with pytest.raises(NotPermitted, match="guests"):
        await world.hub.credentials.make_token(guest)


# --- the end


@in_world()
async def test_a_session_lives_as_long_as_it_is_used(world: World) -> None:
    alice = await known(world, "alice")
    used, idle = await session_of(world, alice), await session_of(world, alice)
    for _ in range(3):
        world.clock.jumps(20 * DAY)
        assert world.hub.credentials.who(used) is not None
    assert world.hub.credentials.who(idle) is None


@in_world()
async def test_one_session_too_many_costs_the_one_that_was_unused_for_longest(world: World) -> None:
    alice, bob = await known(world, "alice"), await known(world, "bob")
    others = await session_of(world, bob)
    sessions = []
    for _ in range(MAX_SESSIONS):
        sessions.append(await session_of(world, alice))
        await trio.sleep(61)
    assert world.hub.credentials.who(sessions[0]) is not None, "used just now"
    sessions.append(await session_of(world, alice))
    good = [world.hub.credentials.who(secret) is not None for secret in sessions]
    assert good == [True, False, *[True] * (MAX_SESSIONS - 1)]
    assert world.hub.credentials.who(others) is not None


@in_world()
async def test_logging_out_ends_a_session_and_no_token(world: World) -> None:
    held, alice = world.hub.credentials, await known(world, "alice")
    session, (token, _) = await session_of(world, alice), await held.make_token(alice)
    for secret in (session, token, "nobody's"):
        await held.logout(secret)
    assert held.who(session) is None and held.who(token) is not None
    assert [one.id for one in await on_disk(world)] == [one.id for one in held.tokens_of(alice)]


@in_world()
async def test_tokens_are_those_of_the_name_and_those_of_the_key(world: World) -> None:
    held, alice, bob = world.hub.credentials, await known(world, "alice"), await known(world, "bob")
    other_key, other_name = replace(alice, fingerprint="K2"), replace(alice, name="ali")
    world.hub.names.load([("alice", "K2"), ("ali", "SHA256:alice")])
    await world.directory.register({"alice": "K2"}, 0)
    await world.directory.register({"ali": "SHA256:alice"}, 0)
    made = {}
    for who in (alice, other_key, other_name, bob):
        _, made[who] = await held.make_token(who)
        await trio.sleep(1)
    assert held.tokens_of(alice) == [made[alice], made[other_key], made[other_name]]
    assert held.tokens_of(bob) == [made[bob]]
    for foreign in (made[bob].id, "bakolu", ""):
        with pytest.raises(NotFound, match="you have no token"):
            await held.revoke(alice, foreign)
    await held.revoke(alice, made[other_key].id)
    assert held.tokens_of(other_key) == [made[alice]]


@pytest.mark.parametrize("what", ["key", "name", "review"])
def test_what_goes_takes_everything_along_at_once(what: str) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        held, alice, bob = world.hub.credentials, await known(world, "alice"), await known(world, "bob")
        code, theirs = held.make_link(alice), held.make_link(bob)
        (token, _), session = await held.make_token(alice), await session_of(world, alice)
        kept, _ = await held.make_token(bob)
        bearers = [held.who(token), held.who(session)]
        ended = list[str]()

        async def wait(secret: str) -> None:
            bearer = held.who(secret)
            assert bearer is not None
            await held.ended(bearer)
            ended.append(secret)

        async with trio.open_nursery() as nursery:
            for secret in (token, session, kept):
                nursery.start_soon(wait, secret)
            await world.settle()
            assert ended == []
            match what:
                case "key":
                    held.forget_key("SHA256:alice")
                case "name":
                    held.forget_name("alice")
                case _:
                    world.hub.names._members._keys["alice"].clear()
                    held.review()
            assert held.who(token) is held.who(session) is None, "before anything else happens"
            assert not any(bearer and held.is_good(bearer) for bearer in bearers)
            await trio.testing.wait_all_tasks_blocked()
            assert sorted(ended) == sorted([token, session])
            with pytest.raises(NotPermitted):
                await held.exchange(code)
            assert held.who(kept) is not None and held.who(await held.exchange(theirs)) is not None
            await held.changes.flushed()
            assert {one.name for one in await on_disk(world)} == {"bob"}
            nursery.cancel_scope.cancel()

    conversation()


@in_world(disk=Disk(lambda: 0.5))
async def test_a_key_that_goes_while_its_token_is_written_leaves_none(world: World) -> None:
    held, alice = world.hub.credentials, await known(world, "alice")
    refused = list[str]()

    async def make() -> None:
        with pytest.raises(NotPermitted, match="gone meanwhile"):
            await held.make_token(alice)
        refused.append("yes")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(make)
        await trio.sleep(0.3)
        held.forget_key("SHA256:alice")
    await held.changes.flushed()
    assert refused and await on_disk(world) == [] and held.tokens_of(alice) == []


@pytest.mark.parametrize("moment", range(8))
def test_who_hangs_up_while_their_token_is_made_leaves_none(moment: int) -> None:
    @in_world(disk=Disk(lambda: 0.05))
    async def conversation(world: World) -> None:
        held, alice = world.hub.credentials, await known(world, "alice")
        with trio.move_on_after(0.001 + 0.02 * moment) as hung_up:
            await held.make_token(alice)
        await held.changes.flushed()
        assert len(await on_disk(world)) == len(held.tokens_of(alice)) == (0 if hung_up.cancelled_caught else 1)

    conversation()


@in_world()
async def test_what_streams_ends_when_its_token_expires_also_by_a_clock_that_is_set(world: World) -> None:
    held, alice = world.hub.credentials, await known(world, "alice")
    for seconds, jump in ((3600.0, 0.0), (120.0, 3600.0)):
        secret, _ = await held.make_token(alice, lifetime="1h")
        bearer = held.who(secret)
        assert bearer is not None
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(held.ended, bearer)
            await trio.sleep(10)
            world.clock.jumps(jump)
        assert trio.current_time() - began <= seconds and held.who(secret) is None
        await held.ended(bearer)  # at once


class Dull:
    """A source of secrets that gives the same id again and again."""

    def __init__(self, real: Secrets) -> None:
        self._real = real

    def new(self, size: int) -> bytes:
        return self._real.new(size) if size >= CODE_BYTES else bytes(size)


@in_world()
async def test_no_two_have_one_id_also_while_one_is_on_its_way(world: World) -> None:
    """Nor has a new one that of one that has gone and is on disk still: it would go with it."""
    held, alice = world.hub.credentials, await known(world, "alice")
    held.secrets = Dull(held.secrets)
    _, first = await held.make_token(alice)
    world.disk.delay = lambda: 0.1
    made = list[str]()

    async def make() -> None:
        made.append((await held.make_token(alice))[1].id)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(make)
        nursery.start_soon(make)
        await trio.sleep(0.05)
        held._drop(held._held.get(first.id) or pytest.fail("it is there"))
        nursery.start_soon(make)
    assert sorted([first.id, *made]) == ["ba" * syllables for syllables in (3, 4, 5, 6)]
    await held.changes.flushed()
    assert {one.id for one in await on_disk(world)} == set(made)
    world.disk.works_again()


# --- the disk


def over_restarts(tmp_path: Path, *talks: Callable[[World], Awaitable[None]], settings: Config | None = None) -> None:
    async def main(talk: Callable[[World], Awaitable[None]]) -> None:
        async with World.open(settings, database=tmp_path / "db", scripts=plain_scripts()) as world:
            await talk(world)

    for talk in talks:
        run(main, talk)


def test_a_restart_keeps_tokens_and_sessions_and_no_link(tmp_path: Path) -> None:
    kept: dict[str, str] = {}

    async def before(world: World) -> None:
        held, alice = world.hub.credentials, await known(world, "alice")
        kept["token"], token = await held.make_token(alice, "bot", "90d", read_only=True)
        kept["revoked"], revoked = await held.make_token(alice)
        kept["session"], kept["code"] = await session_of(world, alice), held.make_link(alice)
        kept["out"] = await session_of(world, alice)
        await held.revoke(alice, revoked.id)
        await held.logout(kept["out"])
        await trio.sleep(5)
        assert held.who(kept["token"]) is not None
        kept["listed"] = repr(held.tokens_of(alice))
        assert token.id in kept["listed"] and "used_at=1700000005000" in kept["listed"]

    async def after(world: World) -> None:
        held, alice = world.hub.credentials, world.visitor("alice")
        assert repr(held.tokens_of(alice)) == kept["listed"], "with its last use, and all that it allows"
        assert held.who(kept["revoked"]) is held.who(kept["out"]) is None
        for secret, kind in (("token", CredentialKind.TOKEN), ("session", CredentialKind.SESSION)):
            bearer = held.who(kept[secret])
            assert bearer is not None and (bearer.visitor.name, bearer.kind) == ("alice", kind)
        with pytest.raises(NotPermitted):
            await held.exchange(kept["code"])

    over_restarts(tmp_path, before, after)


def test_what_expired_while_the_server_was_down_is_on_disk_no_more(tmp_path: Path) -> None:
    secrets = list[str]()

    async def before(world: World) -> None:
        alice = await known(world, "alice")
        secrets.append((await world.hub.credentials.make_token(alice, lifetime="1h"))[0])
        world.clock.jumps(-7200.0)  # so that the next server's clock is two hours on
        secrets.append((await world.hub.credentials.make_token(alice, lifetime="1h"))[0])

    async def after(world: World) -> None:
        assert world.hub.credentials.who(secrets[0]) is not None
        assert world.hub.credentials.who(secrets[1]) is None
        await world.hub.credentials.changes.flushed()
        assert len(await on_disk(world)) == 1

    over_restarts(tmp_path, before, after)


def test_a_failing_disk_gives_nothing_and_takes_nothing_from_those_who_are_in(tmp_path: Path) -> None:
    secrets = list[str]()

    async def failing(world: World) -> None:
        held, alice = world.hub.credentials, await known(world, "alice")
        secret, token = await held.make_token(alice)
        session, code = await session_of(world, alice), held.make_link(alice)
        world.disk.becomes_read_only()
        with pytest.raises(StorageError, match="read-only"):
            await held.make_token(alice)
        with pytest.raises(StorageError, match="read-only"):
            await held.exchange(code)
        assert held.who(secret) is not None and held.who(session) is not None
        assert held.tokens_of(alice) == [replace(token, used_at=1_700_000_000_000)]
        with pytest.raises(StorageError, match="does nothing any more, but that is not on disk yet"):
            await held.revoke(alice, token.id)
        with pytest.raises(StorageError):
            await held.logout(session)
        assert held.who(secret) is held.who(session) is None, "at once, whatever the disk says"
        await trio.sleep(60)
        world.disk.works_again()
        await held.changes.flushed()
        secrets.extend([secret, session])

    async def after(world: World) -> None:
        assert [world.hub.credentials.who(secret) for secret in secrets] == [None, None]
        assert await on_disk(world) == []

    over_restarts(tmp_path, failing, after)


@in_world()
async def test_a_disk_that_lets_go_of_nothing_gets_nothing_new(world: World) -> None:
    """What could not be written may be on disk all the same: it is remembered, within bounds."""
    held, alice = world.hub.credentials, await known(world, "alice")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_GOING", 3)
        world.disk.becomes_read_only()
        for _ in range(3):
            with pytest.raises(StorageError, match="read-only"):
                await held.make_token(alice)
        with pytest.raises(StorageError, match="has not let go"):
            await held.make_token(alice)
        assert held.changes.debt == 3
        world.disk.works_again()
        await held.changes.flushed()
        await held.make_token(alice)


@in_world()
async def test_a_server_has_so_many_credentials(world: World) -> None:
    held, alice = world.hub.credentials, await known(world, "alice")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_ALL", 2)
        await held.make_token(alice, lifetime="1h")
        await session_of(world, alice)
        with pytest.raises(LimitReached, match="this server has 2"):
            await held.make_token(alice)
        await trio.sleep(3601)
        await held.make_token(alice)  # what has expired takes no place


@in_world()
async def test_a_busy_program_costs_one_write_a_minute(world: World) -> None:
    held, alice = world.hub.credentials, await known(world, "alice")
    secret, _ = await held.make_token(alice)
    writes = list[int]()
    change = held.changes._store.change

    async def counted(gone: list[str], used: list[Credential]) -> None:
        writes.append(len(used))
        await change(gone, used)

    held.changes._store.change = counted  # type: ignore[method-assign, assignment]
    for _ in range(6000):
        assert held.who(secret) is not None
        await trio.sleep(0.1)
    assert writes == [1] * 10
    del held.changes._store.change


# --- who may come in


def test_keys_that_are_listed_no_more_take_theirs_along(tmp_path: Path) -> None:
    secrets = list[str]()
    listed = Config(auth=AuthConfig(mode=AuthMode.LIST))

    async def open_to_all(world: World) -> None:
        secrets.append((await world.hub.credentials.make_token(await known(world, "alice")))[0])

    async def with_a_list(world: World) -> None:
        """None of whose keys is alice's: nobody can be let in by what she has left."""
        assert world.hub.credentials.who(secrets[0]) is None
        await world.hub.credentials.changes.flushed()
        assert await on_disk(world) == []

    over_restarts(tmp_path, open_to_all)
    over_restarts(tmp_path, with_a_list, settings=listed)


# --- secrets


def test_no_secret_is_on_disk_or_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets: dict[str, str] = {}

    async def before(world: World) -> None:
        world.hub.web_url = "https://chat.example.org"
        alice = await known(world, "alice")
        held = world.hub.credentials
        secrets["token"] = (await world.command("alice", "token --label canary")).output.strip()
        secrets["used link"] = (await world.command("alice", "web")).output.partition("#")[2].strip()
        secrets["session"] = await held.exchange(secrets["used link"])
        secrets["link"] = held.make_link(alice)
        for secret in (secrets["token"], secrets["session"]):
            assert held.who(secret) is not None
        with pytest.raises(NotPermitted):
            await held.exchange(secrets["used link"])
        await world.settle(5)
        files = _bytes(tmp_path)
        assert b"canary" in files, "else the bytes that are looked at are not those that were written"
        for what, secret in secrets.items():
            for form in (secret, secret.removeprefix("chatd_"), secret[8:30]):
                assert form.encode() not in files, what
        assert not any("chatd_" in row.content for row in Record(world.database.writer).everywhere())

    async def after(world: World) -> None:
        assert world.hub.credentials.who(secrets["token"]) is not None

    over_restarts(tmp_path, before, after)
    files = _bytes(tmp_path)
    assert "has a new token" in caplog.text
    for what, secret in secrets.items():
        assert secret[8:30].encode() not in files and secret[8:30] not in caplog.text, what


def _bytes(folder: Path) -> bytes:
    """The database and the WAL beside it."""
    return b"".join(path.read_bytes() for path in folder.iterdir())

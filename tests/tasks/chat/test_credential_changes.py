"""What becomes of credentials is written by one task: what has gone first, uses together, until the disk takes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio

from chatd.core.credentials import Credential, CredentialKind
from chatd.errors import StorageError
from chatd.tasks.chat.credential_changes import BATCH, CredentialChanges
from chatd.tasks.log.backoff import Backoff
from chatd.testing import run

TOKEN = Credential("bakolu", CredentialKind.TOKEN, "a" * 64, "alice", "K1", 0, 1 << 40)


class NotedStore:
    """A store that takes down what it is told, or refuses."""

    def __init__(self) -> None:
        self.writes: list[tuple[list[str], list[tuple[str, int | None]]]] = []
        self.failing = False
        self.takes = 0.0

    async def credentials(self) -> list[Credential]:
        return []

    async def add(self, credential: Credential, instead_of: Sequence[str] = ()) -> bool:
        return True

    async def change(self, gone: Sequence[str], used: Sequence[Credential]) -> None:
        await trio.sleep(self.takes)
        if self.failing:
            raise StorageError("the disk is full")
        self.writes.append((list(gone), [(one.id, one.used_at) for one in used]))


@asynccontextmanager
async def running(store: NotedStore) -> AsyncIterator[CredentialChanges]:
    changes = CredentialChanges(store, Backoff(1, 8))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(changes.run)
        yield changes
        nursery.cancel_scope.cancel()


def test_uses_of_a_second_are_one_write_and_what_has_gone_was_not_used() -> None:
    async def main() -> None:
        async with running(store := NotedStore()) as changes:
            for known_as in "abc":
                changes.note(_token(known_as).used(5))
            changes.remove(["b", "z"])
            assert changes.debt == 4 and changes.is_going("z") and not changes.is_going("a")
            await changes.flushed()
            assert store.writes == [(["b", "z"], [("a", 5), ("c", 5)])] and not changes.debt

    run(main)


def test_a_use_while_the_one_before_is_written_is_written_too() -> None:
    async def main() -> None:
        async with running(store := NotedStore()) as changes:
            store.takes = 2.0
            changes.note(TOKEN.used(1))
            await trio.sleep(2)
            changes.note(TOKEN.used(2))
            await changes.flushed()
            assert [used for _, used in store.writes] == [[("bakolu", 1)], [("bakolu", 2)]]

    run(main)


def test_a_disk_that_refuses_is_asked_again_and_nothing_is_lost() -> None:
    async def main() -> None:
        async with running(store := NotedStore()) as changes:
            store.failing = True
            changes.remove(["a"])
            await trio.sleep(60)
            assert not store.writes and changes.going == 1
            store.failing = False
            await changes.flushed()
            assert store.writes == [(["a"], [])]

    run(main)


def test_a_server_that_stops_waits_for_no_pause() -> None:
    async def main() -> None:
        async with running(store := NotedStore()) as changes:
            changes.note(TOKEN.used(1))
            changes.expedite()
            began = trio.current_time()
            await changes.flushed()
            assert trio.current_time() == began and len(store.writes) == 1

    run(main)


def test_much_is_written_in_pieces() -> None:
    async def main() -> None:
        async with running(store := NotedStore()) as changes:
            changes.remove([f"g{n}" for n in range(BATCH)])
            for number in range(BATCH + 1):
                changes.note(_token(f"u{number}").used(1))
            await changes.flushed()
            assert [len(gone) + len(used) for gone, used in store.writes] == [BATCH, BATCH, 1]
            assert len(store.writes[0][0]) == BATCH, "what has gone goes first"

    run(main)


def _token(known_as: str) -> Credential:
    return Credential(known_as, CredentialKind.TOKEN, "a" * 64, "alice", "K1", 0, 1 << 40)

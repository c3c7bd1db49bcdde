"""The inbox is bounded, keys wait, and Ctrl-C never does."""

from __future__ import annotations

from typing import cast

import trio
import trio.testing

from chatd.tasks.chat.notices import Level
from chatd.tasks.scripts.runner import CallEnded, Caller, Runner
from chatd.tasks.session.inbox import Inbox, Interrupted, KeyPressed, Notice, RoomRang, Ticked
from chatd.testing import run
from chatd.wire.keys import Key


def test_keys_wait_for_a_place_and_ctrl_c_does_not() -> None:
    async def main() -> None:
        inbox = Inbox(keys=3, calls=2)
        for letter in "abc":
            await inbox.put(KeyPressed(Key(letter)))
        with trio.move_on_after(1) as waited:
            await inbox.put(KeyPressed(Key("d")))
        assert waited.cancelled_caught
        inbox.put_now(Interrupted())
        taken = [await inbox.take() for _ in range(4)]
        assert taken == [KeyPressed(Key("a")), KeyPressed(Key("b")), KeyPressed(Key("c")), Interrupted()]

    run(main)


def test_what_happens_often_is_one_item() -> None:
    async def main() -> None:
        inbox = Inbox(keys=1, calls=1)
        for _ in range(1000):
            inbox.ring()
            inbox.put_now(Ticked())
        assert [await inbox.take(), await inbox.take()] == [RoomRang(), Ticked()]
        inbox.ring()
        assert await inbox.take() == RoomRang()
        with trio.move_on_after(1) as waited:
            await inbox.take()
        assert waited.cancelled_caught

    run(main)


def test_everything_at_once_fits() -> None:
    async def main() -> None:
        inbox = Inbox(keys=2, calls=2)
        for _ in range(100):
            inbox.put_now(Notice("n", Level.INFO))
            inbox.ring()
            inbox.put_now(Ticked())
            inbox.put_now(Interrupted())
        for i in range(2):
            inbox.put_now(CallEnded(i, True, None, cast(Runner, None), Caller()))
            await inbox.put(KeyPressed(Key("a")))

    run(main)

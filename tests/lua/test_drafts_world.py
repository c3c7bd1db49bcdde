"""Writing on the real server: what a lost connection leaves behind, and pastes of any size and kind."""

from __future__ import annotations

import pytest

from chatd.testing import World
from tests.support import converse, in_world


@in_world(shipped=True)
async def test_a_lost_connection_loses_neither_the_draft_nor_the_history(world: World) -> None:
    ann = await world.join("ann")
    ann.types("sent\r")
    await world.settle()
    ann.types("/join dev\r")
    await world.settle()
    ann.types("in dev\x01\x0b/leave\r\x19")
    await world.settle(2)
    ann.hangs_up()
    await world.settle(2)
    again = await world.join("ann")
    await world.settle()
    assert "> in dev" in again.screen.text
    assert "what you had not sent in lobby is here again" in again.screen.text
    again.types("\x15\x1b[A\x10\x10")
    await world.settle()
    assert "> sent" in again.screen.text


@in_world(shipped=True)
async def test_keys_typed_ahead_while_a_room_opens_are_for_that_room(world: World) -> None:
    ann = await world.join("ann")
    ann.types("/join dev\rhello")
    await world.settle()
    assert "> hello" in ann.screen.text
    ann.types("\r/leave\r")
    await world.settle()
    assert world.rows("dev")[-1][:2] == ("ann", "hello")


PASTES = [b"x" * 1_000_000, "日本語 👩‍👩‍👧é ".encode() * 40_000, b"line\r\n" * 170_000, b"\tindented\r" * 100_000]


@pytest.mark.parametrize("index", range(len(PASTES)))
def test_a_paste_of_a_megabyte(index: int) -> None:
    """With brackets it is one text, cut where the editor is full, and that is said."""

    async def conversation(world: World) -> None:
        ann = await world.join("ann", size=(100, 30))
        ann.sends(b"\x1b[200~" + PASTES[index] + b"\x1b[201~")
        await world.settle(3)
        assert "the paste is " in ann.screen.text
        assert "the limit is 64 KiB; the rest was left out" in ann.screen.text
        assert "script error" not in ann.screen.text
        for keys in (
            "\x1b[A",
            "\x1b<",
            "\x1bu",
            "\x0b",
            "\x1f",
            "\x1br",
            "\x19",
            "\x1b>",
            "\x17",
            "\x19",
            "x",
            "\t",
            "\r",
        ):
            ann.types(keys)
            await world.settle(0.2)
            assert "script error" not in ann.screen.text, keys
        assert "message is " in ann.screen.text
        ann.types("\x03after\r")
        await world.settle()
        assert world.rows()[-1][:2] == ("ann", "after")

    converse(conversation, shipped=True)

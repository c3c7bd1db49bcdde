"""`ssh HOST export`: a whole room, whatever its length."""

from __future__ import annotations

import json

from chatd.errors import Exit
from chatd.testing import World
from tests.support import in_world


@in_world()
async def test_every_row_once_and_in_order(world: World) -> None:
    for number in range(230):  # more than the room keeps in memory, and more than two pages
        await world.command("alice", f"say {number}")
    exported = await world.command("bob", "export lobby --format jsonl")
    assert [json.loads(line)["content"] for line in exported.output.splitlines()] == [str(n) for n in range(230)]
    text = await world.command("bob", "export --format text")
    assert text.output.splitlines()[:2] == ["alice: 0", "alice: 1"] and len(text.output.splitlines()) == 230


@in_world()
async def test_markdown_is_the_default_and_an_empty_room_is_its_head(world: World) -> None:
    assert (await world.command("bob", "export")).output == "# lobby\n"
    await world.command("alice", "say hello")
    assert "**alice**" in (await world.command("bob", "export lobby")).output


@in_world()
async def test_what_cannot_be_exported(world: World) -> None:
    missing = await world.command("bob", "export nowhere")
    assert (missing.exit_status, missing.output) == (Exit.UNAVAILABLE, "")
    assert (await world.command("bob", "export ~alice")).exit_status == Exit.UNAVAILABLE
    assert (await world.command("bob", "export lobby --format pdf")).exit_status == Exit.USAGE

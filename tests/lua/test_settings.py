"""What a person chooses: it is checked, takes effect at once, and is there again when they come back."""

from __future__ import annotations

import pytest

from chatd.testing import MemoryTerminal, World


async def entered(world: World, person: MemoryTerminal, line: str) -> str:
    person.types(f"{line}\r")
    await world.settle()
    return person.screen.text


async def test_the_page_lists_every_setting_with_what_it_may_be(world: World) -> None:
    alice = await world.join("alice", size=(80, 40))
    page = await entered(world, alice, "/set")
    for words in ("theme", "ansi, dark, light or none", "zone", "utc, or an offset such as +01:00", "interval", "keys"):
        assert words in page


async def test_a_setting_is_told_changed_and_marked(world: World) -> None:
    alice = await world.join("alice", size=(80, 40))
    assert "markdown is on" in await entered(world, alice, "/set markdown")
    assert "markdown is off now" in await entered(world, alice, "/set markdown off")
    assert "off *" in await entered(world, alice, "/set")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/set colour red", "there is no setting colour; /set lists them"),
        ("/set theme pink", "theme may be ansi, dark, light or none, not pink"),
        ("/set markdown maybe", "markdown may be on or off, not maybe"),
        ("/set bell loud", "bell may be off, mention or all, not loud"),
        ("/set zone mars", "zone may be utc, or an offset such as +01:00, not mars"),
        ("/set zone +99", "zone may be utc, or an offset such as +01:00, not +99"),
        ("/set interval 5", "interval may be auto, or 33 to 2000 milliseconds, not 5"),
    ],
)
async def test_what_is_no_value_is_refused_and_comes_back_to_be_mended(world: World, line: str, answer: str) -> None:
    alice = await world.join("alice", size=(120, 24))
    text = await entered(world, alice, line)
    assert answer in text and f"> {line}" in text


async def test_offsets_are_read_as_people_write_them(world: World) -> None:
    alice = await world.join("alice")
    assert "zone is +01:00 now" in await entered(world, alice, "/set zone +1")
    assert "zone is -05:30 now" in await entered(world, alice, "/set zone -5:30")
    assert "zone is utc now" in await entered(world, alice, "/set zone UTC")


async def test_members_keep_their_settings_over_logins_and_nobody_elses_change(world: World) -> None:
    alice = await world.join("alice")
    await entered(world, alice, "/set theme light")
    alice.hangs_up()
    await world.settle(2)
    again, bob = await world.join("alice"), await world.join("bob")
    assert "theme is light" in await entered(world, again, "/set theme")
    assert "theme is ansi" in await entered(world, bob, "/set theme")


async def test_a_theme_is_seen_at_once(world: World) -> None:
    alice = await world.join("alice")
    plain = alice.screen.cell(0, alice.screen.rows - 2)[1]
    await entered(world, alice, "/set theme dark")
    await world.settle(8)
    assert alice.screen.cell(0, alice.screen.rows - 2)[1] != plain


async def test_a_theme_without_colours_has_none(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    await entered(world, alice, "/set theme none")
    bob.types("hello alice\r")
    await world.settle(8)
    styles = {style for y in range(24) for x in range(80) for style in alice.screen.cell(x, y)[1]}
    assert styles and not {style for style in styles if ":" in style}


async def test_a_guest_has_settings_for_as_long_as_they_stay(world: World) -> None:
    guest = await world.join("guest-eve")
    assert "bell is all now" in await entered(world, guest, "/set bell all")
    guest.hangs_up()
    await world.settle(2)
    again = await world.join("guest-eve")
    assert "bell is off" in await entered(world, again, "/set bell")

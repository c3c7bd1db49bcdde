"""Limits are said aloud, and what was refused takes no place."""

from __future__ import annotations

from dataclasses import replace

from chatd.config import Config, LimitsConfig, StreamingConfig
from chatd.testing import World
from tests.support import in_world

TIGHT = replace(Config(), limits=LimitsConfig(max_streams_per_user=2, max_streams_per_room=3, max_message=1024))


@in_world(TIGHT)
async def test_streams_of_one_user(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice")
    for _ in range(3):
        alice.types("@bot go\r")
    await world.settle()
    assert "you have 2 answers running, the limit is 2 at once" in alice.screen
    assert len(world.rows()) == 2  # the refused question is not posted
    alice.types("\x03")
    await world.settle()
    alice.types("@bot go\r")
    await world.settle()
    assert bot.open_streams == 2


@in_world(TIGHT)
async def test_streams_of_one_room(world: World) -> None:
    world.model("bot")
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("@bot go\r").types("@bot go\r")
    bob.types("@bot go\r").types("@bot go\r")
    await world.settle()
    assert "3 answers are running in lobby, the limit is 3 at once" in bob.screen


@in_world(TIGHT)
async def test_who_asks_more_at_once_than_may_run_is_told_so(world: World) -> None:
    world.model("one"), world.model("two"), world.model("three")
    alice, bob = await world.join("alice"), await world.join("bob")
    bob.types("@one,two,three go\r")
    alice.types("@one go\r")
    await world.settle()
    assert "you ask 3 models, the limit is 2 at once" in bob.screen
    alice.types("@two,three go\r")
    await world.settle()
    assert "you have 1 answers running, and you ask 2 models" in alice.screen


@in_world(TIGHT, shipped=True)
async def test_another_name_of_the_same_key_has_no_places_of_its_own(world: World) -> None:
    world.model("bot")
    alice, ali = await world.join("alice"), await world.join("alice")
    ali.types("/nick ali\r")
    alice.types("@bot go\r").types("@bot go\r")
    await world.settle()
    ali.types("@bot go\r")
    await world.settle()
    assert "you have 2 answers running, the limit is 2 at once" in ali.screen


@in_world(replace(Config(), limits=LimitsConfig(max_streams_per_room=4)))
async def test_guests_have_half_of_a_rooms_places_together(world: World) -> None:
    bot = world.model("bot")
    guests = [await world.join(f"guest-{name}") for name in "abc"]
    for guest in guests:
        guest.types("@bot go\r")
        await world.settle()
    assert "2 answers for guests are running in lobby, the limit is 2 at once" in guests[2].screen
    alice, bob = await world.join("alice"), await world.join("bob")
    alice.types("@bot go\r")
    bob.types("@bot go\r")
    await world.settle()
    assert bot.open_streams == 4


@in_world(TIGHT)
async def test_asking_two_where_one_fits_takes_no_place(world: World) -> None:
    world.model("bot"), world.model("other"), world.model("third")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle()
    alice.types("@other,third go\r")
    await world.settle()
    assert len(world.hub.answers.running) == 1


@in_world(TIGHT)
async def test_a_message_over_its_limit_names_both_sizes(world: World) -> None:
    alice = await world.join("alice")
    alice.types("x" * 2048 + "\r")
    await world.settle()
    assert "message is 2 KiB, the limit is 1 KiB" in alice.screen
    assert world.rows() == []


@in_world(replace(Config(), limits=LimitsConfig(max_answer=1000)))
async def test_an_answer_over_its_limit_is_kept_up_to_it_and_says_so(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    bot.says("é" * 400, "é" * 400)
    await world.settle()
    _, (_, text, status), (author, reason, _) = world.rows()
    assert (text, status) == ("é" * 500, "length")
    assert author == "system" and "max_answer of 1000 bytes" in reason
    assert bot.open_streams == 0


@in_world(replace(Config(), streaming=StreamingConfig(chunk_buffer_size=5)))
async def test_the_model_is_not_read_ahead_of_the_disk(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice")
    world.disk.delay = lambda: 1.0
    alice.types("@bot go\r")
    bot.says(*(f"{i} " for i in range(100)))
    await world.settle(0.9)
    answer = world.hub.answers.running[0]
    assert answer.progress.pieces <= 5
    bot.ends()
    await world.until(lambda: any(author == "bot" and status == "complete" for author, _, status in world.rows()), 300)
    assert world.rows()[-1][1] == "".join(f"{i} " for i in range(100))

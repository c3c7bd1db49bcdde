"""A day's tokens: counted for whatever was said, said aloud when they are used up, and never forgiven by accident."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.config import Config, LimitsConfig
from chatd.core.visit import Account, Kind, Visit, Visitor
from chatd.errors import Exit, LimitReached, StorageError
from chatd.tasks.asking.budget import Budget
from chatd.testing import World, run
from chatd.testing.sources import CountingIds
from chatd.testing.world import member
from tests.support import converse, in_world

HUNDRED = Config(limits=LimitsConfig(max_tokens_per_day=100))
DAY_MS = 86_400_000


def spent(world: World, name: str = "alice") -> int:
    return world.hub.answers.budget.spent(member(name).account)[0]


@in_world(HUNDRED)
async def test_who_has_used_up_the_day_is_told_and_others_are_not(world: World) -> None:
    bot = world.model("bot").says("x").counts(70, 40).ends()
    assert (await world.command("alice", "ask @bot hi")).exit_status == Exit.OK
    refused = await world.command("alice", "ask @bot more")
    assert refused.exit_status == Exit.TEMPORARY
    assert "you have used 110 tokens today, the limit is 100 (max_tokens_per_day)" in refused.errors
    assert "begins anew at 00:00 UTC" in refused.errors
    bot.says("y").counts(1, 1).ends()
    assert (await world.command("bob", "ask @bot hi")).exit_status == Exit.OK
    assert len(bot.questions) == 2


@in_world(HUNDRED)
async def test_the_next_day_begins_anew(world: World) -> None:
    bot = world.model("bot").says("x").counts(70, 40).ends()
    await world.command("alice", "ask @bot hi")
    await trio.sleep(DAY_MS / 1000)
    bot.says("y").counts(5, 5).ends()
    assert (await world.command("alice", "ask @bot hi")).exit_status == Exit.OK
    assert spent(world) == 10


@in_world(HUNDRED)
async def test_every_round_counts(world: World) -> None:
    bot = (
        world.model("bot").calls("calculate", '{"expression": "1"}').counts(20, 3).ends().says("1").counts(30, 4).ends()
    )
    await world.command("alice", "ask @bot hi")
    assert len(bot.questions) == 2 and spent(world) == 57


@in_world(HUNDRED)
async def test_an_empty_answer_counts_what_it_took(world: World) -> None:
    world.model("bot").counts(60, 1).ends()
    assert (await world.command("alice", "ask @bot hi")).exit_status == Exit.FAILED
    assert spent(world) == 61


@in_world(HUNDRED)
async def test_what_was_cancelled_counts_by_its_pieces(world: World) -> None:
    world.model("bot").says(*"abcdefg")
    alice = await world.join("alice")
    alice.types("@bot hi\r")
    await world.settle()
    alice.types("\x03")
    await world.settle()
    assert spent(world) == 7


def test_a_restart_forgives_nothing(tmp_path: Path) -> None:
    file = tmp_path / "chatd.sqlite3"

    async def before(world: World) -> None:
        world.model("bot").says("x").counts(70, 40).ends()
        await world.command("alice", "ask @bot hi")

    async def after(world: World) -> None:
        world.model("bot")
        assert (spent(world), spent(world, "bob")) == (110, 0)
        assert "used 110 tokens" in (await world.command("alice", "ask @bot hi")).errors

    converse(before, HUNDRED, database=file)
    converse(after, HUNDRED, database=file, ids=CountingIds("y"))


@in_world(HUNDRED)
async def test_a_failing_disk_loses_nothing(world: World) -> None:
    world.model("bot").says("x").counts(10, 10).ends().says("y").counts(1, 1).ends()
    await world.command("alice", "ask @bot hi")
    alice = await world.join("alice")
    world.hub.answers.budget.spend(member("alice").account, 5)
    world.disk.becomes_read_only()
    await world.hub.answers.budget.save()
    world.disk.works_again()
    alice.types("@bot more\r")
    await world.settle()
    assert await world.directory.spent("2023-11-14") == {"SHA256:alice": 27}


@in_world(HUNDRED, shipped=True)
async def test_another_name_of_the_same_key_is_the_same_account(world: World) -> None:
    world.model("bot").says("x").counts(90, 20).ends()
    alice = await world.join("alice")
    alice.types("/nick ali\r")
    await world.settle()
    alice.types("@bot hi\r")
    await world.settle()
    alice.types("/nick alice\r")
    await world.settle()
    alice.types("@bot more\r")
    await world.settle()
    assert "you have used 110 tokens today" in alice.screen


@in_world(HUNDRED)
async def test_all_guests_of_an_address_are_one_account(world: World) -> None:
    bot = world.model("bot").says("x").counts(90, 20).ends()

    async def ask(name: str, source: str) -> str:
        terminal = world.connect(Visit(Visitor(name, Kind.GUEST, source=source), "ask @bot hi")).ends_input()
        await terminal.ended.wait()
        return terminal.errors

    assert "tokens today" not in await ask("guest-a", "192.0.2.1")
    assert "guests from your address have used 110 tokens today" in await ask("guest-b", "192.0.2.1")
    bot.says("y").counts(1, 1).ends()
    assert "tokens today" not in await ask("guest-c", "192.0.2.2")


def test_what_an_earlier_version_counted_by_name_is_on_the_account_of_the_key() -> None:
    async def main() -> None:
        books, time = Books(), Time()
        books.written = {("alice", "2022-01-08"): 60, ("SHA256:alice", "2022-01-08"): 30}
        books.registered = [("alice", "SHA256:alice")]
        budget = Budget(books, time, 100)  # type: ignore[arg-type]
        await budget.load()
        assert budget.spent(Account("SHA256:alice")) == (90, 100)

    run(main)


class Books:
    """A directory that writes down what was spent, unless it is told to refuse."""

    def __init__(self) -> None:
        self.written: dict[tuple[str, str], int] = {}
        self.refuses = False
        self.registered: list[tuple[str, str]] = []

    async def keys(self) -> list[tuple[str, str]]:
        """Who is registered."""
        return self.registered

    async def spent(self, day: str) -> dict[str, int]:
        """Of a day."""
        return {name: tokens for (name, at), tokens in self.written.items() if at == day}

    async def spend(self, name: str, day: str, tokens: int) -> None:
        """Write, after a while in which anything may happen."""
        await trio.sleep(1)
        if self.refuses:
            raise StorageError("the disk is full")
        self.written[name, day] = self.written.get((name, day), 0) + tokens


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = DAY_MS * 19_000

    def now_ms(self) -> int:
        """The time."""
        return self.now


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("ab"), st.integers(-1, 9)),
        st.sampled_from(["save", "cancel", "refuse", "work", "day"]),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(STEPS)
def test_whatever_happens_on_the_way_every_token_is_written_once_under_its_day(
    steps: list[str | tuple[str, int]],
) -> None:
    async def main() -> None:
        books, time = Books(), Time()
        budget = Budget(books, time, 1000)  # type: ignore[arg-type]
        await budget.load()
        whole: dict[tuple[str, str], int] = {}
        async with trio.open_nursery() as nursery:
            for step in steps:
                match step:
                    case (name, tokens):
                        budget.spend(Account(name), tokens)
                        key = name, ("2022-01-08", "2022-01-09")[min(1, (time.now // DAY_MS) - 19_000)]
                        whole[key] = whole.get(key, 0) + max(0, tokens)
                    case "save":
                        nursery.start_soon(budget.save)
                        await trio.sleep(0.3)
                    case "cancel":
                        with trio.move_on_after(0.5):
                            await budget.save()
                    case "refuse" | "work":
                        books.refuses = step == "refuse"
                    case _:
                        time.now = DAY_MS * 19_001
        books.refuses = False
        await budget.save()
        assert books.written == {key: tokens for key, tokens in whole.items() if tokens}

    run(main)


def test_no_limit_counts_and_writes_nothing() -> None:
    async def main() -> None:
        books = Books()
        budget = Budget(books, Time(), 0)  # type: ignore[arg-type]
        await budget.load()
        budget.spend(Account("a"), 1_000_000)
        budget.check(Account("a"))
        await budget.save()
        assert books.written == {} and budget.spent(Account("a")) == (0, 0)

    run(main)


def test_the_last_token_may_be_used_and_no_more() -> None:
    budget = Budget(Books(), Time(), 10)  # type: ignore[arg-type]
    budget.spend(Account("a"), 9)
    budget.check(Account("a"))
    budget.spend(Account("a"), 1)
    with pytest.raises(LimitReached, match="used 10 tokens today, the limit is 10 "):
        budget.check(Account("a"))
    budget.check(Account("b"))


@in_world(HUNDRED)
async def test_a_clock_that_is_set_back_over_midnight_and_forwards_again_forgives_nothing(world: World) -> None:
    world.model("bot").says("x").counts(70, 40).ends()
    await world.command("alice", "ask @bot hi")
    world.clock.jumps(-DAY_MS / 1000)
    assert spent(world) == 0, "another day's tokens are another day's"
    world.clock.jumps(DAY_MS / 1000)
    assert spent(world) == 110
    assert (await world.command("alice", "ask @bot more")).exit_status == Exit.TEMPORARY


@in_world(HUNDRED)
async def test_a_clock_that_was_a_year_ahead_for_a_moment_keeps_nobody_from_asking(world: World) -> None:
    world.clock.jumps(365 * DAY_MS / 1000)
    bot = world.model("bot").says("x").counts(70, 40).ends()
    await world.command("alice", "ask @bot hi")
    world.clock.jumps(-365 * DAY_MS / 1000)
    bot.says("y").counts(5, 5).ends()
    assert (await world.command("alice", "ask @bot hi")).exit_status == Exit.OK
    await trio.sleep(DAY_MS / 1000)
    assert spent(world) == 0

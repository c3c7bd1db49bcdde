"""Models that claim, call and name the absurd: their own answer may suffer, nobody else's and no terminal."""

from __future__ import annotations

import pytest

from chatd.config import Config, LimitsConfig, ModelConfig
from chatd.core.question import Answered
from chatd.core.row import Row, Status
from chatd.testing import World
from chatd.wire.export import line_of
from tests.support import converse, in_world

SMALL = Config(limits=LimitsConfig(max_tokens_per_day=1000))


@pytest.mark.parametrize("count", [1 << 63, 10**25, 10**400, -5])
def test_an_absurd_count_of_tokens_is_no_count(count: int) -> None:
    async def conversation(world: World) -> None:
        world.model("bot").says("hi").counts(count, count).ends()
        assert (await world.command("alice", "ask @bot hi")).output == "hi\n"
        assert (await world.command("bob", "ask @echo still here")).output == "still here\n"
        assert (await world.command("alice", "ask @echo me too")).exit_status == 0
        assert not [row for row in world.rows("~alice") if row[2] == "open"]

    converse(conversation, SMALL)


@in_world()
async def test_a_tool_with_a_hostile_name_is_written_down_as_servers_and_terminals_take_it(world: World) -> None:
    bot = world.model("bot").calls("\x1b[31mbad\u202e" + "x" * 5000).ends().says("sorry").ends()
    line = await world.lines("zoe")
    line.sends(b"@bot go\n")
    await world.settle(2)
    assert "\x1b" not in line.output and "\u202e" not in line.output
    history = await world.command("zoe", "history")
    assert "\x1b" not in history.output and "_31mbad_" in history.output
    answered = bot.questions[1].messages[1]
    assert isinstance(answered, Answered) and len(answered.calls[0].name) == 64


def test_an_author_from_an_older_database_reaches_no_terminal_raw() -> None:
    row = Row("r", "lobby", "b", 1, "message.user", "al\x1b[31mice\n", "hi", Status.COMPLETE, 0, 0, 0)
    assert line_of(row, row.content) == "al␛[31mice␤: hi"


def test_a_question_larger_than_the_context_is_said_so_and_sent_whole() -> None:
    async def conversation(world: World) -> None:
        bot = world.model("bot", context_tokens=1000, max_tokens=100).says("hm").ends()
        asked = await world.command("alice", "ask @bot review", b"x" * 30_000)
        assert "the question is about 9," in asked.errors and "may be read in part" in asked.errors
        assert bot.questions[0].text.count("x") == 30_000 and bot.questions[0].over > 9000
        bot.says("hm").ends()
        alice = await world.join("alice", size=(120, 24))
        alice.types("@bot " + "y" * 9000 + "\r")
        await world.settle()
        assert "tokens larger than the context" in alice.screen.text

    converse(conversation, Config(models=(ModelConfig("eliza", "eliza"),)), shipped=True)

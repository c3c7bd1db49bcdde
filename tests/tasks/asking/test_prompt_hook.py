"""A script's on_prompt: nothing goes to a model that it has not let pass, whatever it does and however it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from chatd.config import CacheConfig, Config
from chatd.core.question import Answered, Said, ToolReturned
from chatd.core.tool import ToolSpec
from chatd.ports import SimpleTool
from chatd.testing import World, run
from tests.support import Conversation
from tests.tasks.scripted import in_script, with_files
from tests.tasks.web.people import logged_in

GUARD = """
tools.on_prompt(function(messages, call)
  local last = messages[#messages]
  if last.content:find("secret") then return "secrets stay here, " .. call.asker end
  if not last.content:find("mask") then return nil end
  for _, message in ipairs(messages) do message.content = message.content:gsub("%d+", "[number]") end
  return messages
end)
"""


def on_the_web(hook: str) -> Callable[[Conversation], Callable[[Path], None]]:
    """Make a test of a conversation in a world with a web gateway, whose script is this."""

    def decorate(conversation: Conversation) -> Callable[[Path], None]:
        def test(tmp_path: Path) -> None:
            async def main() -> None:
                async with World.open(scripts=with_files(tmp_path, mine=hook), web=True) as world:
                    await world.settle()
                    await conversation(world)

            run(main)

        return test

    return decorate


@in_script(guard=GUARD)
async def test_nil_lets_pass_and_a_table_replaces(world: World) -> None:
    bot = world.model("bot").says("yes").ends()
    assert (await world.command("alice", "ask --room lobby @bot is it 12?")).output == "yes\n"
    assert bot.questions[-1].text == "is it 12?"
    bot.says("maybe").ends()
    assert (await world.command("bob", "ask --room lobby @bot mask 42")).output == "maybe\n"
    question = bot.questions[-1]
    assert question.text == "mask [number]"
    assert question.messages == (
        Said("alice", "is it [number]?", asked=True), Answered("yes"), Said("bob", "mask [number]", asked=True),
    )  # fmt: skip
    assert ("bob", "@bot mask 42", "complete") in world.rows(), "people see what was written"
    assert '"refused":0,"replaced":1' in (await world.command("alice", "stats --json")).output


@on_the_web(GUARD)
async def test_a_text_refuses_everywhere_for_that_reason(world: World) -> None:
    bot = world.model("bot")
    asked = await world.command("alice", "ask @bot the secret")
    assert (asked.exit_status, asked.output) == (77, "") and "bot: secrets stay here, alice" in asked.errors
    bob = await world.lines("bob")
    bob.types("@bot the secret\n")
    await world.settle(1)
    assert world.rows()[-1] == ("system", "bot: secrets stay here, bob", "complete"), "one row says so"
    assert [row[0] for row in world.rows()] == ["bob", "system"]
    carol = await logged_in(world, "carol")
    for path, body in (
        ("/v1/chat/completions", {"model": "bot", "messages": [{"role": "user", "content": "secret"}]}),
        ("/v1/messages", {"model": "bot", "max_tokens": 9, "messages": [{"role": "user", "content": "secret"}]}),
        ("/v1/responses", {"model": "lobby/bot", "input": "a secret", "stream": True}),
        ("/api/generate", {"model": "bot", "prompt": "secret"}),
    ):
        answer = await carol.post(path, body)
        assert answer.status == 422 and "secrets stay here, carol" in answer.text, (
            f"{path} {answer.status} {answer.text}"
        )
    stream = await carol.post("/api/v1/chat/unified/stream", {"message": "my secret", "model": "bot"})
    assert stream.status == 200 and "event: error" in stream.text and "secrets stay here, carol" in stream.text
    assert not bot.questions
    metrics = (await world.browser("127.0.0.1").get("/metrics")).text
    assert "chatd_questions_refused_total 7\n" in metrics and "chatd_prompts_replaced_total 0\n" in metrics


CALLED = """
function on_prompt(messages, call)
  for _, message in ipairs(messages) do
    if message.role == "tool" and message.content:find("42") then return "no numbers for " .. call.model end
  end
  if #messages > 3 then
    table.remove(messages, 1)
    return messages
  end
end
"""


@in_script(called=CALLED)
async def test_what_tools_gave_is_reviewed_too(world: World) -> None:
    bot = world.model("bot").calls("calculate", '{"expression":"6*7"}').ends().says("it is 42").ends()
    asked = await world.command("alice", "ask --room lobby @bot six times seven")
    assert asked.exit_status == 77 and "no numbers for bot" in asked.errors and len(bot.questions) == 1
    assert [row[2] for row in world.rows()] == ["complete"] * 4, "the call has its result"


@in_script(called=CALLED)
async def test_messages_that_are_left_out_leave_a_whole_prompt(world: World) -> None:
    bot = world.model("bot").calls("calculate", '{"expression":"1"}').ends().says("one").ends()
    await world.command("bob", "say --room lobby hi")
    await world.command("alice", "ask --room lobby @bot count")
    assert bot.questions[0].messages[0] == Said("bob", "hi")
    assert [type(message) for message in bot.questions[1].messages] == [Said, Answered, ToolReturned]
    await world.command("bob", "say --room lobby more")
    bot.says("two").ends()
    await world.command("alice", "ask --room lobby @bot again")
    assert not any(isinstance(message, Said) and message.text == "hi" for message in bot.questions[2].messages)


HOSTILE = {
    "loops": ("while true do end", "stopped after"),
    "errs": ("error('oh no')", "mine.lua:1: oh no"),
    "errs oddly": ("error({})", "the error is a table"),
    "returns true": ("return true", "returned a boolean"),
    "returns a number": ("return 7", "returned a number"),
    "returns nothing of use": ("return {}", "returned no list of messages"),
    "returns rubbish": ("return { 1, 2 }", "message 1 that it returned has no role"),
    "returns itself": ("local t = {} t[1] = t return t", "nested too deeply"),
    "returns a function": ("return { { role = 'user', content = print } }", "cannot cross"),
    "returns 10 MB": (
        "local t = {} for i = 1, 50 do t[i] = { role = 'user', content = ('x'):rep(200000) } end return t",
        "",
    ),
    "makes up calls": ("return { { role = 'assistant', content = '', tool_calls = { { id = 'c' } } } }", "not made"),
    "refuses without a word": ("return ''", "this is not given to a model"),
    "refuses at length": ("return ('x\\n\\27[2J'):rep(5000)", "x"),
    "eats memory": ("local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end", ""),
    "waits too long": ("tools.call('slow') return nil", "took longer than 5 s"),
    "calls what is not there": ("tools.say('x') return nil", "there is no session here"),
}


@pytest.mark.parametrize("hook", HOSTILE)
def test_a_hook_that_misbehaves_refuses_and_holds_nobody_up(hook: str, tmp_path: Path) -> None:
    body, why = HOSTILE[hook]

    @in_script(mine=f"function on_prompt(messages, call) if call.asker == 'alice' then {body} end end")
    async def conversation(world: World) -> None:
        add_slow(world)
        bot = world.model("bot").says("yes").ends()
        asked = await world.command("alice", "ask --room lobby @bot go")
        assert asked.exit_status == 77 and why in asked.errors, asked.errors
        assert len(asked.errors) < 600 and "\x1b" not in asked.errors
        assert not bot.questions
        assert (await world.command("bob", "ask --room lobby @bot go")).output == "yes\n"

    conversation(tmp_path)


def add_slow(world: World) -> None:
    async def slow(*_: object) -> str:
        await trio.sleep(20)
        return "late"

    world.hub.answers.router.tools.add(SimpleTool(ToolSpec("slow", "slow", {"type": "object"}), slow))


@in_script(one="function on_prompt(m) m[#m].content = m[#m].content .. '1' return m end",
           two="tools.on_prompt(function(m) m[#m].content = m[#m].content .. '2' return m end)",
           wait="tools.on_prompt(function() tools.call('clock', {}) end)")  # fmt: skip
async def test_several_hooks_come_one_after_the_other_and_may_wait(world: World) -> None:
    bot = world.model("bot").says("yes").ends()
    await world.command("alice", "ask @bot go")
    assert bot.questions[-1].text == "go12"


@in_script(slow="tools.on_prompt(function() tools.call('slow', {}) end)")
async def test_cancelling_ends_a_hook_that_waits(world: World) -> None:
    add_slow(world)
    bot = world.model("bot")
    alice = await world.lines("alice")
    alice.types("@bot go\n")
    await world.settle(1)
    alice.types("/cancel\n")
    await world.settle(1)
    assert world.rows()[-1][0] == "alice" and not bot.questions and not world.hub.answers.running


def test_what_was_cached_is_reviewed_before_it_is_given(tmp_path: Path) -> None:
    """The answer was kept for one who may ask; another, whom the hook refuses, does not get it."""

    async def main() -> None:
        settings = replace(Config(), cache=CacheConfig(enabled=True))
        hook = "function on_prompt(m, call) if call.asker == 'mallory' then return 'not you' end end"
        async with World.open(settings, scripts=with_files(tmp_path, mine=hook)) as world:
            world.model("bot").says("yes").ends()
            await world.command("alice", "ask --room lobby @bot go")
            refused = await world.command("mallory", "ask --room lobby @bot go")
            assert refused.exit_status == 77 and "not you" in refused.errors and refused.output == ""

    run(main)


def test_a_reload_leaves_no_moment_without_the_hook(tmp_path: Path) -> None:
    async def main() -> None:
        hook = "function on_prompt() return 'first' end function on_stop() for _ = 1, 1e4 do end end"
        async with World.open(scripts=with_files(tmp_path, mine=hook)) as world:
            bot = world.model("bot")
            await world.settle(2)
            (tmp_path / "mine.lua").write_text("function on_prompt() return 'second' end")
            for _ in range(30):
                asked = await world.command("alice", "ask @bot go")
                assert asked.exit_status == 77 and not bot.questions
                await world.settle(0.1)
            assert "second" in asked.errors
            (tmp_path / "mine.lua").write_text("function on_prompt( broken")
            await world.settle(3)
            assert "second" in (await world.command("alice", "ask @bot go")).errors, "a broken file leaves the old one"
            (tmp_path / "mine.lua").write_text("")
            await world.settle(3)
            bot.says("free").ends()
            assert (await world.command("alice", "ask @bot go")).output == "free\n"

    run(main)


def test_without_a_hook_nobody_enters_the_scripts(tmp_path: Path) -> None:
    async def main() -> None:
        async with World.open(scripts=with_files(tmp_path, mine="")) as world:
            hook = world.hub.answers.router.prompt_hook
            hook._hook = None  # whoever would ask it fails
            world.model("bot").says("yes").ends()
            assert (await world.command("alice", "ask @bot go")).output == "yes\n"
            assert (hook.refused, hook.replaced) == (0, 0)

    run(main)


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        ({"guard": GUARD, "mine": "no lua"}, 77), ({"guard": GUARD + "function"}, 77), ({"mine": "no lua"}, 0),
    ],
)  # fmt: skip
def test_scripts_that_are_broken_at_the_start_let_nothing_pass_where_one_has_a_hook(
    tmp_path: Path, files: dict[str, str], asked: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with World.open(scripts=with_files(tmp_path, **files)) as world:
            bot = world.model("bot").says("yes").ends().says("yes").ends()
            first = await world.command("alice", "ask @bot go")
            assert first.exit_status == asked and len(bot.questions) == (asked == 0)
            if asked:
                assert (
                    "this is not given to a model, for the server's on_prompt failed: the scripts are" in first.errors
                )
            assert ("no questions to models, for there is an on_prompt in them" in caplog.text) == bool(asked)
            for name in files:
                (tmp_path / f"{name}.lua").write_text("")
            await world.settle(3)
            assert (await world.command("alice", "ask @bot go")).output == "yes\n", "mended, and without a hook"

    run(main)

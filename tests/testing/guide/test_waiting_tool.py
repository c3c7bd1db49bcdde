from chatd.core.tool import ToolSpec
from chatd.ports import Arguments, SimpleTool, ToolContext
from chatd.testing import MemoryTerminal, World
from chatd.testing.upstream import Gate

OVEN = ToolSpec("oven", "Bakes a cake.", {"type": "object", "properties": {}})


async def test_the_model_waits_for_the_cake(world: World, asker: MemoryTerminal) -> None:
    baked = Gate()

    async def bake(arguments: Arguments, context: ToolContext) -> str:
        await baked.wait()
        return f"a cake for {context.asker}"

    world.hub.answers.router.tools.add(SimpleTool(OVEN, bake))
    bot = world.model("bot")
    asker.types("@bot a cake, please\r")
    bot.calls("oven").ends()
    bot.says("It is ready.").ends()
    await world.settle(5)
    assert len(bot.questions) == 1
    baked.open()
    await world.settle()
    assert bot.questions[1].messages[-1].text == "a cake for alice"
    assert "It is ready." in asker.screen


async def test_whoever_does_not_want_to_wait_can_stop_it(world: World, asker: MemoryTerminal) -> None:
    async def bake(arguments: Arguments, context: ToolContext) -> str:
        await Gate().wait()
        return "never"

    world.hub.answers.router.tools.add(SimpleTool(OVEN, bake))
    asker.types("@bot a cake, please\r")
    world.model("bot").calls("oven").ends()
    await world.settle(5)
    asker.types("\x03")
    await world.settle()
    name, _, status = world.rows()[-1]
    assert (name, status) == ("oven", "cancelled")

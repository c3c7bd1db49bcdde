import pytest

from chatd.testing import MemoryTerminal, World


@pytest.mark.chatd(lua="lua_tool", seed=7, schedule="pct")
async def test_the_model_gets_what_the_tool_returns(world: World, asker: MemoryTerminal) -> None:
    bot = world.model("bot")
    asker.types("@bot how long is it?\r")
    bot.calls("count_words", '{"text": "one two three"}').ends()
    bot.says("Three words.").ends()
    await world.settle()
    assert "Three words." in asker.screen
    assert bot.questions[1].messages[-1].text == "3 words, alice"

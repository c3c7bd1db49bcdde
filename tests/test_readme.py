"""The README's examples run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatd.config import Config, LuaConfig
from chatd.testing import World
from tests.support import converse

README = (Path(__file__).parent.parent / "README.md").read_text()


def example(language: str, word: str) -> str:
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (found,) = (block for block in blocks if word in block)
    return found


@pytest.mark.real
def test_the_router_prints_tokens_as_they_come(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")  # nobody is there
    for key in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(key, raising=False)
    exec(compile(example("python", "open_router"), "README.md", "exec"), {})
    assert len(capsys.readouterr().out.split()) > 3


def test_the_tool_and_the_bot_in_lua_work(tmp_path: Path) -> None:
    (tmp_path / "mine.lua").write_text(example("lua", "tools.define"))

    async def conversation(world: World) -> None:
        bot = world.model("bot").calls("shout", '{"text": "hey"}').ends().says("done").ends()
        alice = await world.join("alice")
        alice.types("@bot go\r@parrot hello there\r")
        await world.settle(2)
        assert bot.questions[1].messages[-1].text == "HEY, alice"
        assert ("parrot", "hello! there! ", "complete") in world.rows()

    converse(conversation, Config(lua=LuaConfig(path=tmp_path)), shipped=True)

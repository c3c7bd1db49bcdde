"""The conversations behind the golden screens: each ends at a screen that people often have before them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from chatd.errors import NetworkFailure
from chatd.testing import MemoryTerminal, World
from chatd.testing.models import ScriptedModel

Scene = Callable[[World], Awaitable[MemoryTerminal]]

SCENES: dict[str, Scene] = {}

CODE = """Here is one:

```python
def fib(n: int) -> int:
    \"\"\"The n-th number.\"\"\"
    a, b = 0, 1
    for _ in range(n):  # adds
        a, b = b, a + b
    return a
```

It runs in linear time."""

MARKDOWN = """# Three ways home

1. **By train**, which takes *two hours*
2. By bus; see <https://example.org/bus>
   - cheaper
   - slower
3. On foot

> Not in winter.

| way | hours | price |
| --- | ----: | :---- |
| train | 2 | high |
| bus | 3 | low |
"""


def scene(make: Scene) -> Scene:
    """Files a scene under its name."""
    SCENES[getattr(make, "__name__", "")] = make
    return make


async def ask(world: World, person: MemoryTerminal, text: str = "how?") -> ScriptedModel:
    """A question, asked and begun."""
    bot = world.model("bot")
    person.types(f"@bot {text}\r")
    await world.settle()
    return bot


@scene
async def empty_room(world: World) -> MemoryTerminal:
    return await world.join("alice")


@scene
async def talk(world: World) -> MemoryTerminal:
    alice, bob = await world.join("alice"), await world.join("bob")
    bob.types("good morning, alice!\r")
    alice.types("/me waves\r")
    await world.settle()
    bob.types("a longer line, which has to be wrapped because it does not fit into the width of the screen at all\r")
    await world.settle()
    alice.types("two lines\nin one message")
    await world.settle()
    return alice


@scene
async def streaming(world: World) -> MemoryTerminal:
    alice, bob = await world.join("alice"), await world.join("bob")
    bot = await ask(world, bob, "why is the sky blue?")
    for words in ("Because ", "air scatters ", "short waves ", "more than ", "long ones"):
        bot.says(words)
        await world.settle(0.2)
    return alice


@scene
async def answered(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    bot = await ask(world, alice)
    bot.says("Like ", "this.")
    await world.settle(1)
    bot.ends()
    await world.settle()
    return alice


@scene
async def cancelled_and_failed(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    bot = await ask(world, alice, "one")
    bot.says("it begins")
    await world.settle()
    alice.types("\x03")
    await world.settle()
    bot = await ask(world, alice, "two")
    bot.says("it goes on").raises(NetworkFailure("the connection broke", cut=True))
    await world.settle()
    return alice


@scene
async def code_block(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    bot = await ask(world, alice, "fibonacci in python?")
    bot.says(CODE).ends()
    await world.settle()
    return alice


@scene
async def open_code_block(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    bot = await ask(world, alice, "fibonacci in python?")
    bot.says(CODE[:120])
    await world.settle()
    return alice


@scene
async def markdown(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    bot = await ask(world, alice, "how do I get home?")
    bot.says(MARKDOWN).ends()
    await world.settle()
    return alice


@scene
async def markdown_plain(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    bot = await ask(world, alice, "how do I get home?")
    bot.says(MARKDOWN).ends()
    alice.types("/set markdown off\r")
    await world.settle(8)
    return alice


async def _thought(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    bot = await ask(world, alice)
    bot.thinks("They want to know how. I know how: it is done like this, and like that.").says("Like this.").ends()
    await world.settle()
    return alice


@scene
async def thoughts_folded(world: World) -> MemoryTerminal:
    return await _thought(world)


@scene
async def thoughts_open(world: World) -> MemoryTerminal:
    alice = await _thought(world)
    alice.types("\x14")
    await world.settle()
    return alice


async def _with_tools(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    world.model("bot", tools=("*",))
    bot = await ask(world, alice, "what is 6*7, and who are you?")
    bot.says("I shall see.").calls("calculate", '{"expression": "6*7"}', call_id="1").calls(
        "whoami", call_id="2"
    ).ends()
    await world.settle()
    bot.says("It is 42.").ends()
    await world.settle()
    return alice


@scene
async def tools_folded(world: World) -> MemoryTerminal:
    return await _with_tools(world)


@scene
async def tools_open(world: World) -> MemoryTerminal:
    alice = await _with_tools(world)
    alice.types("\x0f")
    await world.settle()
    return alice


@scene
async def page(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    alice.types("/help keys\r")
    await world.settle()
    return alice


@scene
async def settings(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    alice.types("/set time short\r/set\r")
    await world.settle()
    return alice


@scene
async def completion_menu(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    alice.types("/c\t")
    await world.settle()
    return alice


@scene
async def search(world: World) -> MemoryTerminal:
    alice, bob = await world.join("alice"), await world.join("bob")
    for number in range(60):
        bob.types(f"line {number} of many{', with a needle in it' if number in (7, 41) else ''}\r")
        await world.settle(0.1)
    alice.types("/search needle\r")
    await world.settle(1)
    alice.types("n")
    await world.settle(1)
    return alice


@scene
async def history_search(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    alice.types("the quick fox\r")
    await world.settle()
    alice.types("\x12qui")
    await world.settle()
    return alice


@scene
async def new_below(world: World) -> MemoryTerminal:
    alice, bob = await world.join("alice"), await world.join("bob")
    for number in range(40):
        bob.types(f"line {number}\r")
        await world.settle(0.1)
    alice.types("\x1b[5~")
    await world.settle()
    bob.types("and more\r")
    await world.settle()
    return alice


@scene
async def cjk_and_emoji(world: World) -> MemoryTerminal:
    alice, bob = await world.join("alice"), await world.join("bob")
    bob.types("日本語の文章は単語の間に空白がないので、どこでも折り返すことができます。ただし句読点は別です。\r")
    bob.types("👩‍👩‍👧 🇩🇪 e\u0301 👍🏽 שלום עולם\r")
    await world.settle()
    alice.types("@bob 你好 👋")
    await world.settle()
    return alice


async def _themed(world: World, theme: str) -> MemoryTerminal:
    alice = await world.join("alice")
    alice.types(f"/set theme {theme}\r")
    bot = await ask(world, alice, "fibonacci in python?")
    bot.says(CODE).ends()
    await world.settle(8)
    return alice


@scene
async def theme_light(world: World) -> MemoryTerminal:
    return await _themed(world, "light")


@scene
async def theme_dark(world: World) -> MemoryTerminal:
    return await _themed(world, "dark")


@scene
async def no_colour(world: World) -> MemoryTerminal:
    alice = await world.join("alice", env={"NO_COLOR": "1"})
    bot = await ask(world, alice, "fibonacci in python?")
    bot.says(CODE).ends()
    await world.settle()
    return alice


@scene
async def error_shown(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    alice.types("/jion den\r")
    await world.settle()
    return alice


@scene
async def reconnect(world: World) -> MemoryTerminal:
    alice, bob = await world.join("alice"), await world.join("bob")
    bob.types("before you left\r")
    await world.settle()
    alice.types("a thought that was not fini")
    await world.settle(12)
    alice.hangs_up()
    await world.settle(2)
    bob.types("while you were away\r")
    bob.types("and again, alice\r")
    await world.settle(2)
    return await world.join("alice")


@scene
async def vi_keys(world: World) -> MemoryTerminal:
    alice = await world.join("alice")
    alice.types("/set keys vi\r")
    await world.settle(8)
    alice.types("hello brave world")
    await world.settle()
    alice.types("\x1b")
    await world.settle()
    alice.types("bcw")
    await world.settle()
    return alice


@scene
async def narrow(world: World) -> MemoryTerminal:
    alice, bob = await world.join("alice", size=(40, 12)), await world.join("bob")
    bob.types("this is what a phone shows of a longer line\r")
    bot = await ask(world, alice)
    bot.says("Like this, in forty columns").ends()
    await world.settle()
    return alice


@scene
async def small(world: World) -> MemoryTerminal:
    alice, bob = await world.join("alice", size=(20, 5)), await world.join("bob")
    bob.types("hello from a larger screen\r")
    await world.settle()
    alice.types("hi")
    await world.settle()
    return alice


@scene
async def tiny(world: World) -> MemoryTerminal:
    alice, bob = await world.join("alice", size=(16, 3)), await world.join("bob")
    bob.types("hello\r")
    await world.settle()
    alice.types("hi")
    await world.settle()
    return alice

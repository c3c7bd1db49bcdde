"""The ways that texts take through the server: each brings one in, or brings out what is there already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import trio

from chatd.core.row import Add, Method, NewRow, Status
from chatd.core.visit import Visit
from chatd.testing import MemoryTerminal, World

ATTACHMENT = 80 * 1024
"""Code points: three bytes each fill an attachment."""

MESSAGE = 5 * 1024
ANSWER = 340 * 1024
ROWS = 20
"""Rows of the room that is read."""


@dataclass(frozen=True)
class Way:
    """`prepare` does what is not measured; `go` is."""

    size: int
    go: Callable[[World, Any], Awaitable[None]]
    prepare: Callable[[World, str], Awaitable[Any]]


async def as_it_is(_: World, text: str) -> str:
    return text


async def posted(world: World, text: str) -> str:
    """Rows of it in the lobby, in no hurry."""
    hub, room = world.hub, world.hub.lobby.get("lobby", "")
    for _n in range(ROWS):
        row = NewRow(hub.ids.new(), Method.USER, "mallory", text, meta={})
        await hub.recorder.confirm(hub.recorder.submit(room, Add(row)))
    return text


def runs(command: str, *, piped: bool = False) -> Callable[[World, str], Awaitable[None]]:
    """A command over ssh, with the text as its stdin where it is `piped`."""

    async def go(world: World, text: str) -> None:
        await world.command("bob", command, text.encode("utf-8", "surrogatepass") if piped else b"")

    return go


async def line_given(world: World, text: str) -> None:
    await world.command("bob", "say " + text)
    await world.command("bob", text)


async def pasted(world: World, text: str) -> None:
    """Somebody pastes and sends it, and somebody looks on."""
    mallory, bob = await world.join("mallory"), await world.join("bob")
    await enter(mallory, text)
    await trio.sleep(0.5)
    bob.types("\x1b[5~")
    await trio.sleep(0.3)


async def enter(person: MemoryTerminal, text: str, before: str = "") -> None:
    data = f"\x1b[200~{before}{text}\x1b[201~\r".encode("utf-8", "surrogatepass")
    for at in range(0, len(data), 32_768):
        person.sends(data[at : at + 32_768])
        await trio.sleep(0.002)


async def whispered(world: World, text: str) -> None:
    mallory, _ = await world.join("mallory"), await world.join("bob")
    await enter(mallory, text, "/msg bob ")
    await trio.sleep(0.5)


async def acted(world: World, text: str) -> None:
    mallory, _ = await world.join("mallory"), await world.join("bob")
    await enter(mallory, text, "/me ")
    await trio.sleep(0.5)


async def looked_for(world: World, text: str) -> None:
    bob = await world.join("bob")
    await enter(bob, text[:900], "/search ")
    await trio.sleep(0.3)
    await world.command("bob", "search " + text[:900])


async def looked_at(world: World, _: str) -> None:
    """Somebody comes in, scrolls back, and makes the window narrow."""
    bob = await world.join("bob")
    for _n in range(30):
        bob.types("\x1b[5~")
        await trio.sleep(0.02)
    bob.resizes(30, 12)
    await trio.sleep(0.5)


async def copied(world: World, _: str) -> None:
    bob = await world.join("bob")
    bob.types("/copy 2\r")
    await trio.sleep(0.3)
    bob.types("\x1b[6~\x1b[F\x1b/history 50\r")
    await trio.sleep(0.5)


async def read_as_lines(world: World, _: str) -> None:
    bob = await world.lines("bob")
    await trio.sleep(0.5)
    bob.ends_input()
    with trio.move_on_after(20):
        await bob.ended.wait()


def answered(pieces: int, *, as_thoughts: bool = False) -> Callable[[World, str], Awaitable[None]]:
    """A model says it in so many pieces; three look on, and one reads what is said as events."""

    async def go(world: World, text: str) -> None:
        step = -(-len(text) // pieces)
        bot = world.model("bot")
        for at in range(0, len(text), step):
            (bot.thinks if as_thoughts else bot.says)(text[at : at + step])
        if as_thoughts:
            bot.says("so")
        bot.ends()
        people = [await world.join(name, size=size) for name, size in (("ann", (80, 24)), ("cat", (40, 12)))]
        await world.lines("dan")
        people[0].types("@bot go\r")
        await trio.sleep(1)
        for person in people:
            person.types("\x14\x1b[5~\x1b[5~")
        await trio.sleep(0.5)
        bot.says(text[: len(text) // 2]).ends()
        await world.command("eve", "ask --json @bot go")
        bot.says(text[: len(text) // 2]).ends()
        await world.command("eve", "ask @bot go")

    return go


async def called(world: World, text: str) -> None:
    """A model calls a tool that has this name, with this as its arguments; then one that is there."""
    world.model("bot").calls(text, text).calls("calculate", text).ends().says("so").ends()
    ann = await world.join("ann")
    ann.types("@bot go\r")
    await trio.sleep(0.5)
    ann.types("\x0f")
    await trio.sleep(0.3)


async def asked(world: World, text: str) -> None:
    """A model is asked in a room that is full of it."""
    world.model("bot", context_tokens=200_000).says("so").ends()
    await world.command("eve", "ask --room lobby @bot go -", text.encode("utf-8", "surrogatepass"))


async def followed(world: World, text: str) -> None:
    terminal = world.connect(Visit(world.visitor("bob"), "tail -n 100 --follow --json"))
    await trio.sleep(0.2)
    room, hub = world.hub.lobby.get("lobby", ""), world.hub
    row = NewRow(hub.ids.new(), Method.USER, "mallory", text, Status.COMPLETE)
    await hub.recorder.confirm(hub.recorder.submit(room, Add(row)))
    await trio.sleep(0.2)
    terminal.hangs_up()


WAYS: dict[str, Way] = {
    "say, piped": Way(ATTACHMENT, runs("say x -", piped=True), as_it_is),
    "ask, piped": Way(ATTACHMENT, runs("ask @echo x -", piped=True), as_it_is),
    "a command line": Way(3 * MESSAGE, line_given, as_it_is),
    "pasted and sent": Way(MESSAGE, pasted, as_it_is),
    "/msg": Way(MESSAGE, whispered, as_it_is),
    "/me": Way(MESSAGE, acted, as_it_is),
    "search": Way(ATTACHMENT, looked_for, posted),
    "history": Way(ATTACHMENT, runs("history"), posted),
    "history --json": Way(ATTACHMENT, runs("history --json"), posted),
    "tail --follow": Way(ATTACHMENT, followed, posted),
    "export md": Way(ATTACHMENT, runs("export"), posted),
    "export jsonl": Way(ATTACHMENT, runs("export --format jsonl"), posted),
    "export text": Way(ATTACHMENT, runs("export --format text"), posted),
    "on the screen": Way(ATTACHMENT, looked_at, posted),
    "/copy and /history": Way(ATTACHMENT, copied, posted),
    "line mode": Way(ATTACHMENT, read_as_lines, posted),
    "asked among": Way(ATTACHMENT, asked, posted),
    "answer, one piece": Way(ANSWER, answered(1), as_it_is),
    "answer, streamed": Way(ANSWER, answered(200), as_it_is),
    "thoughts": Way(ANSWER, answered(1, as_thoughts=True), as_it_is),
    "tool calls": Way(MESSAGE, called, as_it_is),
}

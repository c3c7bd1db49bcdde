"""Running tools: whatever a model asks for and whatever a tool does, the model gets an answer, in time and bounded."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trio
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.adapters.json_schema import compile_schema
from chatd.core.row import Status
from chatd.core.stream import ToolCall, ToolResult
from chatd.core.tool import NO_PARAMETERS, ToolSpec, clean_output
from chatd.errors import NotFound, StorageError
from chatd.ports import Arguments, SimpleTool, Tool, ToolContext
from chatd.tasks.asking.tools.registry import MAX_ARGUMENTS, MAX_TOOLS, ToolLimits, Tools
from chatd.testing import run

CONTEXT = ToolContext("lobby", "r", "alice", "m1")
LIMITS = ToolLimits(seconds=30, output=100)


class Scripted:
    """A tool that does what it is told to, and remembers how it ended."""

    def __init__(self, *steps: str | float | Exception, name: str = "t", leaving: float = 0) -> None:
        self.spec = ToolSpec(name, "a tool", NO_PARAMETERS)
        self._steps = iter(steps)
        self._leaving = leaving
        self.running = 0
        self.taken = 0

    @asynccontextmanager
    async def run(self, _arguments: Arguments, _context: ToolContext) -> AsyncIterator[AsyncIterator[str]]:
        self.running += 1
        try:
            async with trio.open_nursery() as nursery:  # as a tool with a child process or a connection has
                nursery.start_soon(trio.sleep_forever)
                yield self
                nursery.cancel_scope.cancel()
            await trio.sleep(self._leaving)
        finally:
            self.running -= 1

    def __aiter__(self) -> Scripted:
        return self

    async def __anext__(self) -> str:
        for step in self._steps:
            match step:
                case str():
                    self.taken += 1
                    return step
                case Exception():
                    raise step
                case _:
                    await trio.sleep(step)
        raise StopAsyncIteration


async def ignore(_piece: str) -> None:
    """An on_output that is not looked at."""


def registry(*tools: Tool, limits: ToolLimits = LIMITS) -> Tools:
    tools_ = Tools(compile_schema, limits)
    for tool in tools:
        tools_.add(tool)
    return tools_


def outcome(
    tool: Tool,
    arguments: str = "",
    *,
    limits: ToolLimits = LIMITS,
    on_output: Callable[[str], Awaitable[None]] = ignore,
) -> ToolResult:
    """Call the tool in a run of its own."""
    results: list[ToolResult] = []

    async def main() -> None:
        call = ToolCall("c1", tool.spec.name, arguments)
        results.append(await registry(tool, limits=limits).run(call, CONTEXT, on_output=on_output))

    run(main)
    assert (results[0].id, results[0].name) == ("c1", tool.spec.name)
    return results[0]


def failed(result: ToolResult) -> str:
    assert result.status is Status.FAILED
    return result.content


def said(result: ToolResult) -> str:
    assert result.status is Status.COMPLETE
    return result.content


# --- what there is


def test_tools_are_offered_by_name() -> None:
    tools = registry(*(Scripted(name=name) for name in ("b", "c", "a")))
    assert [spec.name for spec in tools.offered(("*",))] == ["a", "b", "c"]
    assert [spec.name for spec in tools.offered(("c", "none", "a"))] == ["a", "c"]
    assert tools.offered(()) == ()
    tools.remove("b")
    tools.remove("b")
    assert [spec.name for spec in tools.offered(("*", "b"))] == ["a", "c"]


@pytest.mark.parametrize("name", ["", "a b", "a.b", "é", "x" * 65, "a\n", "../a"])
def test_a_name_that_no_protocol_takes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name for a tool"):
        registry(Scripted(name=name))


def test_a_tool_is_replaced_only_on_purpose() -> None:
    first, second = Scripted("first"), Scripted("second")
    tools = registry(first)
    with pytest.raises(ValueError, match="there is a tool t already"):
        tools.add(second)
    tools.add(second, replace=True)

    async def main() -> None:
        assert said(await tools.run(ToolCall("c", "t", ""), CONTEXT, on_output=ignore)) == "second"

    run(main)


def test_there_are_so_many_tools_and_no_more() -> None:
    tools = registry(*(Scripted(name=f"t{i}") for i in range(MAX_TOOLS)))
    with pytest.raises(ValueError, match="64 tools already"):
        tools.add(Scripted(name="more"), replace=True)
    tools.add(Scripted(name="t0"), replace=True)


def test_a_schema_that_is_none_is_refused_and_leaves_what_there_was() -> None:
    tools, bad = registry(Scripted("kept")), Scripted()
    bad.spec = replace(bad.spec, parameters={"type": "string"})
    with pytest.raises(ValueError, match="tool t: the schema must describe an object"):
        tools.add(bad, replace=True)
    assert tools.offered(("t",))[0].parameters == NO_PARAMETERS


# --- what models ask for


def test_an_unknown_tool_and_one_that_is_not_allowed_are_answered_alike() -> None:
    secret = Scripted("secret", name="secret")
    tools = registry(secret, Scripted(name="a"), Scripted(name="b"))

    async def main() -> None:
        for name in ("secret", "none"):
            result = await tools.run(ToolCall("c", name, "{}"), CONTEXT, on_output=ignore, allowed=("a", "b", "none"))
            assert failed(result) == f"there is no tool {name!r}; there are: a, b"
        result = await tools.run(ToolCall("c", "\x1b]0;x", "{}"), CONTEXT, on_output=ignore, allowed=())
        assert failed(result) == "there is no tool '\\x1b]0;x'; there are: none"

    run(main)
    assert not secret.taken


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ('{"n": 1', "invalid arguments: not JSON"),
        ('"{}"', "invalid arguments: an object is wanted, this is a string"),
        ("[1]", "a list"),
        ('{"n": "1"}', "invalid arguments: n: '1' is not of type 'integer'"),
        ("", "invalid arguments: 'n' is a required property"),
        ("[" * 100_000, "invalid arguments: they are 97.7 KiB, the limit is 64 KiB"),
        ('{"n": "' + "é" * (MAX_ARGUMENTS // 2) + '"}', "invalid arguments: they are 64"),
    ],
)
def test_what_does_not_fit_is_never_run(arguments: str, reason: str) -> None:
    tool = Scripted("ran")
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    tool.spec = replace(tool.spec, parameters=schema)
    assert reason in failed(outcome(tool, arguments))
    assert not tool.taken
    assert said(outcome(tool, '{"n": 1}')) == "ran"


def test_a_simple_tool_gets_arguments_and_context_and_answers_once() -> None:
    async def answer(arguments: Arguments, context: ToolContext) -> str:
        return f"{dict(arguments)} for {context.asker}"

    assert said(outcome(SimpleTool(ToolSpec("t", "", NO_PARAMETERS), answer), '{"a": [1]}')) == "{'a': [1]} for alice"


# --- what tools do


def test_every_piece_is_handed_on_as_it_comes() -> None:
    seen: list[tuple[float, str]] = []

    async def main() -> None:
        began = trio.current_time()

        async def on_output(piece: str) -> None:
            seen.append((trio.current_time() - began, piece))

        tools = registry(Scripted("one ", 1, "two\x1b", 2, "[31m", "\r\nthree"))
        result = await tools.run(ToolCall("c", "t", ""), CONTEXT, on_output=on_output)
        assert said(result) == "one two␛[31m\nthree"

    run(main)
    assert seen == [(0, "one "), (1, "two␛"), (3, "[31m"), (3, "\nthree")]


@given(st.lists(st.text("ab \n\r\x1b\u200d\u0301\u4e16\U0001f600\ud83d\ude00", max_size=6), max_size=6))
@example(["a\ud83d", "", "\ude00b", "\r", "\nc\x1b", "[0m\ud83d"])
@settings(max_examples=60, deadline=None)
def test_output_is_clean_however_it_was_cut(pieces: list[str]) -> None:
    handed_on: list[str] = []

    async def on_output(piece: str) -> None:
        handed_on.append(piece)

    content = said(outcome(Scripted(*pieces), on_output=on_output, limits=ToolLimits(30, 10_000)))
    clean = clean_output("".join(pieces))
    assert "".join(handed_on) == clean
    assert content == (clean if clean.strip() else clean + "(no output)")


@pytest.mark.parametrize(
    "pieces", [["x" * 101], ["x" * 60, "y" * 41], ["é" * 50, "é"], ["世" * 40_000], ["x", *["y"] * 200]]
)
def test_too_much_output_is_cut_with_a_note(pieces: list[str]) -> None:
    handed_on: list[str] = []

    async def on_output(piece: str) -> None:
        handed_on.append(piece)

    tool = Scripted(*pieces, "never")
    content = said(outcome(tool, on_output=on_output))
    kept, note = content.split("\n")
    assert note == "… (cut at 100 bytes)"
    assert kept == "".join(handed_on) and "".join(pieces).startswith(kept) and 97 < len(kept.encode()) <= 100
    assert tool.taken <= 101 and not tool.running


def test_output_of_just_the_limit_is_whole() -> None:
    assert said(outcome(Scripted("x" * 100))) == "x" * 100


def test_a_tool_that_takes_too_long_is_stopped_and_keeps_what_it_said() -> None:
    tool = Scripted("begun", 29.9, "and", 1)
    assert failed(outcome(tool)) == "begunand\n(stopped: it took longer than 30 s)"
    assert not tool.running
    assert failed(outcome(Scripted(31))) == "(stopped: it took longer than 30 s)"
    assert failed(outcome(Scripted("said", leaving=31))) == "said\n(stopped: it took longer than 30 s)"


def test_what_its_output_waits_is_not_the_tools_time() -> None:
    async def slow(_piece: str) -> None:
        await trio.sleep(1000)

    assert said(outcome(Scripted(20, "a", 5, "b\r"), on_output=slow)) == "ab␍"
    assert failed(outcome(Scripted(20, "a", 11, "b"), on_output=slow)) == "a\n(stopped: it took longer than 30 s)"


def test_a_tool_that_never_waits_is_stopped_all_the_same() -> None:
    async def main() -> None:
        tool = Scripted(*[""] * 100_000)
        with trio.CancelScope() as scope:
            scope.cancel()
            await registry(tool).run(ToolCall("c", "t", ""), CONTEXT, on_output=ignore)
        assert scope.cancelled_caught and tool.taken <= 1

    run(main)


def test_what_a_tool_says_of_its_failure_is_for_the_model() -> None:
    assert failed(outcome(Scripted(NotFound("there is no\x1b such city")))) == "t failed: there is no␛ such city"
    assert failed(outcome(Scripted("so far", NotFound("gone")))) == "so far\nt failed: gone"


def test_a_bug_in_a_tool_is_logged_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "chatd.tools"):
        assert failed(outcome(Scripted(ValueError("secret")))) == "t failed: an internal error; it was logged"
    (record,) = caplog.records
    assert record.getMessage() == "tool t failed" and record.exc_info is not None


@pytest.mark.parametrize("output", [(), ("", ""), (" \n",)])
def test_a_tool_that_says_nothing_has_said_so(output: tuple[str, ...]) -> None:
    assert said(outcome(Scripted(*output))).endswith("(no output)")


def test_an_error_of_who_takes_the_output_is_not_the_tools() -> None:
    async def refuse(_piece: str) -> None:
        raise StorageError("the disk is full")

    tool = Scripted("x")

    async def main() -> None:
        with pytest.raises(StorageError, match="the disk is full"):
            await registry(tool).run(ToolCall("c", "t", ""), CONTEXT, on_output=refuse)

    run(main)
    assert not tool.running


@pytest.mark.parametrize("after", [0.5, 1.5, 2.5])
def test_cancellation_stops_the_tool_and_passes_through(after: float) -> None:
    async def slow(_piece: str) -> None:
        await trio.sleep(1)

    async def main() -> None:
        tool = Scripted(1, "x", 5, leaving=1)
        with trio.move_on_after(after) as scope:
            await registry(tool).run(ToolCall("c", "t", ""), CONTEXT, on_output=slow)
        assert scope.cancelled_caught and not tool.running

    run(main)

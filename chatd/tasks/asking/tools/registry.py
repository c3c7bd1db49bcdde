"""The tools there are, and running one: whatever a model asks for, it gets an answer, in time and of bounded size."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable
from dataclasses import dataclass

import trio

from chatd.core.row import Status
from chatd.core.stream import ToolCall, ToolResult
from chatd.core.text import human_size, size_of
from chatd.core.tool import BadArguments, ToolSpec, clean_output, parse_arguments
from chatd.errors import ChatdError, first_error
from chatd.ports import Arguments, Check, SchemaChecker, Tool, ToolContext
from chatd.tasks.asking.tools.output import OnOutput, Output

logger = logging.getLogger("chatd.tools")

MAX_TOOLS = 64
"""Each is described to the model in every request."""

MAX_ARGUMENTS = 64 * 1024
"""Bytes of a call's arguments: four messages of the largest size. They are parsed and checked on the loop."""

PAUSE_S = 86_400.0
"""Added to a tool's time while its output waits to be taken, and taken away again: that wait is not the tool's."""

ALL = "*"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """Bounds of one run of a tool."""

    seconds: float
    """From its start to its end, not counting what its output waits to be taken."""
    output: int
    """Bytes of output; the rest is cut, with a note."""


@dataclass(frozen=True, slots=True)
class _Kept:
    tool: Tool
    check: Check


class Tools:
    """Every tool by name."""

    def __init__(self, check_schema: SchemaChecker, limits: ToolLimits) -> None:
        self._check_schema = check_schema
        self._limits = limits
        self._tools: dict[str, _Kept] = {}

    def add(self, tool: Tool, *, replace: bool = False) -> None:
        """The tool can be called from now on; `replace` lets it take the place of one of its name.

        Raises ValueError, with a sentence, for a bad or taken name, a schema that is none, or one tool too many.
        """
        self._tools[tool.spec.name] = _Kept(tool, self.check(tool, replace=replace))

    def check(self, tool: Tool, *, replace: bool = False) -> Check:
        """Whether `add` would take it; returns what checks its arguments. Raises ValueError, as `add` does."""
        name = tool.spec.name
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"{name[:80]!r} is no name for a tool: 1-64 of A-Z a-z 0-9 _ -")
        if name in self._tools and not replace:
            raise ValueError(f"there is a tool {name} already")
        if name not in self._tools and len(self._tools) >= MAX_TOOLS:
            raise ValueError(f"there are {MAX_TOOLS} tools already")
        try:
            return self._check_schema(tool.spec.parameters)
        except ValueError as error:
            raise ValueError(f"tool {name}: {error}") from None

    def remove(self, name: str) -> None:
        """The tool is gone, if there was one; a run of it goes on to its end."""
        self._tools.pop(name, None)

    def offered(self, names: tuple[str, ...]) -> tuple[ToolSpec, ...]:
        """What a model with these `tools` may call, by name: `*` for all; names of tools there are not mean nothing."""
        return tuple(kept.tool.spec for name, kept in sorted(self._tools.items()) if ALL in names or name in names)

    async def run(
        self, call: ToolCall, context: ToolContext, *, on_output: OnOutput, allowed: tuple[str, ...] = (ALL,)
    ) -> ToolResult:
        """Run what the model called, if it is one of the `allowed` (as in `offered`) and its arguments fit.

        What goes wrong is a result with the status `failed`, in words for the model. `on_output` is awaited with each
        cleaned piece as it comes; all of them joined are the beginning of the result's content. Raises what
        `on_output` raises, and nothing else.
        """
        kept = self._tools.get(call.name)
        if kept is None or not (ALL in allowed or call.name in allowed):
            there = ", ".join(spec.name for spec in self.offered(allowed)) or "none"
            return _failed(call, f"there is no tool {call.name[:64]!r}; there are: {there}")
        arguments = _arguments(call.arguments, kept.check)
        if isinstance(arguments, str):
            return _failed(call, arguments)
        output = Output(self._limits.output, on_output)
        status, reason = await self._execute(kept.tool, arguments, context, output)
        if output.refusal is not None:
            raise output.refusal
        notes = [f"… (cut at {human_size(self._limits.output)})"] if output.cut else []
        if reason:
            notes.append(clean_output(reason))
        said = output.text
        if not notes and not said.strip():
            notes = ["(no output)"]
        elif notes and said:
            said += "\n"
        return ToolResult(call.id, call.name, said + "\n".join(notes), status)

    async def _execute(
        self, tool: Tool, arguments: Arguments, context: ToolContext, output: Output
    ) -> tuple[Status, str]:
        """How it ended, and why if it failed."""
        done = False
        try:
            # Around all of it, entering and leaving too: a tool may have tasks of its own within its block.
            with trio.move_on_after(self._limits.seconds) as scope:
                await _drain(tool, arguments, context, output, scope)
                done = True
        except Exception as error:  # noqa: BLE001 -- told to the model, and logged if it is a bug
            if output.refusal is not None:
                return Status.FAILED, ""
            return Status.FAILED, f"{tool.spec.name} failed: {_reason(tool, error)}"
        if done:
            return Status.COMPLETE, ""
        return Status.FAILED, f"(stopped: it took longer than {self._limits.seconds:g} s)"


def _arguments(raw: str, check: Check) -> Arguments | str:
    """The arguments, or what is wrong with them."""
    if len(raw) > MAX_ARGUMENTS or size_of(raw) > MAX_ARGUMENTS:
        return f"invalid arguments: they are {human_size(size_of(raw))}, the limit is {human_size(MAX_ARGUMENTS)}"
    try:
        arguments = parse_arguments(raw)
    except BadArguments as error:
        return str(error)
    problem = check(arguments)
    return arguments if problem is None else f"invalid arguments: {problem}"


async def _drain(
    tool: Tool, arguments: Arguments, context: ToolContext, output: Output, scope: trio.CancelScope
) -> None:
    """Take what the tool says until it ends, or until more would be cut."""
    async with tool.run(arguments, context) as pieces:
        async for piece in pieces:
            # A tool that never waits would otherwise never be stopped.
            await trio.lowlevel.checkpoint()
            await _off_the_clock(scope, output.put(piece))
            if output.cut:
                return
    await _off_the_clock(scope, output.end())


async def _off_the_clock(scope: trio.CancelScope, delivery: Awaitable[None]) -> None:
    """Await the delivery of output; how long it takes does not count as the tool's time."""
    scope.deadline += PAUSE_S
    began = trio.current_time()
    await delivery
    scope.deadline += trio.current_time() - began - PAUSE_S


def _reason(tool: Tool, error: Exception) -> str:
    cause = first_error(error) if isinstance(error, ExceptionGroup) else error
    if isinstance(cause, ChatdError):
        return str(cause)
    logger.error("tool %s failed", tool.spec.name, exc_info=error)
    return "an internal error; it was logged"


def _failed(call: ToolCall, reason: str) -> ToolResult:
    return ToolResult(call.id, call.name, clean_output(reason), Status.FAILED)

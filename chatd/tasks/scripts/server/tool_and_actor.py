"""A tool and an actor whose work is done by a function in Lua."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from chatd.core import names
from chatd.core.question import Question
from chatd.core.stream import StreamEvent
from chatd.core.tool import NO_PARAMETERS, ToolSpec
from chatd.errors import ScriptError
from chatd.ports import Arguments, ModelInfo, Plain, Speaking, ToolContext
from chatd.tasks.scripts.server.runs import ScriptRun

Run = Callable[[str, str, Plain, dict[str, Plain], ToolContext], AbstractAsyncContextManager[ScriptRun]]
"""Runs what a script defined, of this kind and name, with what it is given; iterate the block's value for what it says.
"""

MAX_DESCRIPTION = 4096
"""Characters: it goes with every request to every model."""


class ScriptTool:
    """Implements ports.Tool: `tools.define{name=, description=, parameters=, run=function(arguments, call)}`."""

    def __init__(self, run: Run, name: str, description: Plain, parameters: Plain) -> None:
        if not isinstance(description, str) or not description.strip() or len(description) > MAX_DESCRIPTION:
            raise ScriptError(f"description must say what the tool does, in up to {MAX_DESCRIPTION} characters")
        if parameters is not None and not isinstance(parameters, Mapping):
            raise ScriptError("parameters must be a JSON Schema of an object, as a table")
        # An empty table in Lua is as good a list as a mapping, and arrives as a mapping.
        wanted = {key: value for key, value in (parameters or {}).items() if key != "required" or value}
        self.spec = ToolSpec(name, description, wanted or NO_PARAMETERS)
        self._run = run

    def run(self, arguments: Arguments, context: ToolContext) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """What the function says and returns."""
        passed: Plain = json.loads(json.dumps(dict(arguments)))
        call: dict[str, Plain] = {"asker": context.asker, "room": context.room, "mention_id": context.mention_id}
        return self._run("define", self.spec.name, passed, call, context)


class ScriptActor:
    """Implements ports.Model: `tools.actor{name=, description=, run=function(text, call)}`."""

    def __init__(self, run: Run, name: str, description: Plain) -> None:
        folded = names.fold(name)
        if not names.is_name(folded) or names.is_reserved(folded):
            raise ScriptError(f"{name[:40]!r} is no name for an actor")
        about = str(description or folded)[:80]
        self.info = ModelInfo(folded, "lua", about, capabilities=("completion",), reads_room=False)
        self._name = name
        """As the script wrote it: by that it finds the function again."""
        self._run = run

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """What the function says and returns, as an answer."""
        return self._stream(question)

    @asynccontextmanager
    async def _stream(self, question: Question) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        call: dict[str, Plain] = {"asker": question.asker, "room": question.room, "continues": question.continues}
        context = ToolContext(question.room, question.room_id, question.asker, "")
        async with self._run("actor", self._name, question.text, call, context) as run:
            yield Speaking(run)

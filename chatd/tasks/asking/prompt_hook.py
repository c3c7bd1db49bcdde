"""A script's word on what goes to models: it lets a prompt pass, replaces its messages, or refuses it.

It is asked before each request that is one: before the first, and before those of further rounds, which have what tools
gave in them. What it does not say clearly and in time is a refusal: a hook stands there as people rely on it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from chatd.core.prompt_messages import messages_of, with_messages
from chatd.core.question import Question
from chatd.core.sanitize import sanitize_line
from chatd.errors import ChatdError, LimitReached, QuestionRefused, ServerStopping
from chatd.ports import ModelInfo, Plain
from chatd.ports.tool import ToolContext

HOOK_S = 5.0
"""Seconds that a hook may take with all that it waits for: somebody is waiting for an answer that has not begun."""

MAX_REASON = 300
"""Characters of a reason: it is one line in the room."""

REFUSED = "this is not given to a model"

Hook = Callable[[Plain, dict[str, Plain], ToolContext], Awaitable[Plain]]
"""Runs the scripts' `on_prompt` with messages and call; what they said: None, a text, or messages."""


class PromptHook:
    """The place for one; whoever runs scripts puts it there."""

    def __init__(self) -> None:
        self._there: Callable[[], bool] = _nobody
        self._hook: Hook | None = None
        self.refused = 0
        """Requests that it has kept from models."""
        self.replaced = 0
        """Requests whose messages it has replaced."""

    def put(self, hook: Hook, there: Callable[[], bool]) -> None:
        """This one is asked from now on, whenever `there` says that scripts have one."""
        self._hook, self._there = hook, there

    async def reviewed(self, info: ModelInfo, question: Question, context: ToolContext) -> Question:
        """The question as it may go to the model. Without a hook it is returned at once.

        Raises QuestionRefused with the reason; LimitReached when too much waits for the scripts, ServerStopping.
        """
        if self._hook is None or not self._there():
            return question
        try:
            said = await self._ask(self._hook, info, question, context)
            if said is None:
                return question
            if isinstance(said, str):
                raise QuestionRefused(sanitize_line(said.strip()[:MAX_REASON]) or REFUSED)
            changed = with_messages(question, said)
        except (QuestionRefused, LimitReached, ServerStopping):
            self.refused += 1
            raise
        except ChatdError as error:
            self.refused += 1
            why = sanitize_line(str(error)[:MAX_REASON])
            raise QuestionRefused(f"{REFUSED}, for the server's on_prompt failed: {why}") from error
        self.replaced += 1
        return changed

    @staticmethod
    async def _ask(hook: Hook, info: ModelInfo, question: Question, context: ToolContext) -> Plain:
        call: dict[str, Plain] = {
            "model": info.name, "asker": question.asker, "room": question.room or None,
            "mention_id": context.mention_id if question.room else None,
        }  # fmt: skip
        with trio.move_on_after(HOOK_S):
            return await hook(messages_of(question), call, context)  # type: ignore[arg-type]
        raise QuestionRefused(f"{REFUSED}, for the server's on_prompt took longer than {HOOK_S:g} s")


def _nobody() -> bool:
    return False

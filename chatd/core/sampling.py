"""How an answer is drawn: what somebody asks for beside the model's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REQUIRED = "*"
"""Some tool, whichever: no tool is called so."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """None, or empty: as the model's server has it. Values are handed on; whether they make sense, the server knows."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    max_tokens: int | None = None
    """Of the answer; the operator's limit holds beside it."""
    format: Mapping[str, object] | None = None
    """What the answer must be, as OpenAI's `response_format` says it: `{"type": "json_object"}`, or a schema."""
    tool_choice: str = ""
    """REQUIRED: some tool must be called; else the name of the one that must be."""

    def longest(self, limit: int) -> int:
        """Tokens of the answer at most, where the operator allows `limit`."""
        return limit if self.max_tokens is None else min(limit, self.max_tokens)


AS_IT_IS = Sampling()
"""Nobody asks for anything."""

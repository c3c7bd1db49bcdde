"""A server whose model has a strict template: it refuses what it does not know, in the words of real ones.

    fake.answers(Strict(OPENAI, refuses=("system", "tools"), context=4096))

Whatever else a request says wrongly for the strictest templates (whose turn it is, results behind their calls, blank
messages) is refused as well.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chatd.testing.upstream.fake import Received, Script
from chatd.testing.upstream.replies import json_reply, refusal, streamed, whole
from chatd.testing.upstream.wires import Wire

REFUSALS: Mapping[str, tuple[int, str]] = {
    "system": (500, "Value is not callable: Jinja Exception: System role not supported"),
    "tools": (400, "the-model does not support tools"),
    "stream_options": (422, "stream_options: Extra inputs are not permitted"),
    "max_tokens": (400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
}
"""What may be refused, with the status and the words."""

_TURNS = "After the optional system message, conversation roles must alternate user/assistant/user/assistant/..."
_BYTES_PER_TOKEN = 4


class Strict:
    """Answers what it is asked, unless something about it is wrong. Made for `FakeUpstream.answers`.

    Args:
        wire: the protocol.
        refuses: keys of REFUSALS.
        context: tokens that the messages may have, by a rough count; None for any number.
        answer: what it says.
    """

    def __init__(
        self, wire: Wire, *, refuses: Collection[str] = (), context: int | None = None, answer: str = "well answered"
    ) -> None:
        self._wire = wire
        self._refuses = refuses
        self._context = context
        self._answer = answer
        self.refused: list[str] = []
        """What was wrong with the requests that were refused, in order."""

    def __call__(self, request: Received) -> Script:
        """The reply to a request."""
        body = request.json
        wrong = self._wrong(body)
        if wrong is not None:
            status, words = wrong
            self.refused.append(words)
            return refusal(self._wire, status, words)
        tokens = _tokens(body)
        if self._context is not None and tokens > self._context:
            words = f"request ({tokens} tokens) exceeds the available context size ({self._context} tokens)"
            self.refused.append(words)
            error = {"code": 400, "message": words, "type": "exceed_context_size_error", "n_prompt_tokens": tokens,
                     "n_ctx": self._context}  # fmt: skip
            return json_reply({"error": error}, 400)
        if not body["stream"]:
            return whole(self._wire, self._answer)
        return streamed(self._wire, *self._wire.answer(self._answer))

    def _wrong(self, body: Mapping[str, Any]) -> tuple[int, str] | None:
        messages = body["messages"]
        roles = [message["role"] for message in messages]
        has = {*body, *(["system"] if "system" in roles else []), *(["tools"] if "tool" in roles else [])}
        for part in self._refuses:
            if part in has:
                return REFUSALS[part]
        return _out_of_turn(messages[roles[:1] == ["system"] :])


def _out_of_turn(messages: Sequence[Mapping[str, Any]]) -> tuple[int, str] | None:
    """What is wrong with the order of the messages, or with one of them."""
    before, owed = "assistant", list[str]()
    for message in messages:
        role, calls = message["role"], message.get("tool_calls", [])
        if not message["content"] and not calls and role != "tool":
            return 400, "messages: text content blocks must be non-empty"
        if role == "tool" and message.get("tool_call_id") in owed:
            owed.remove(message["tool_call_id"])
        elif owed or role == "tool" or (role == "user") != (before in ("assistant", "")):
            return 500, f"Value is not callable: Jinja Exception: {_TURNS}"
        owed = owed + [call["id"] for call in calls]
        before = "user" if role == "tool" else role
    return None if before == "user" and not owed else (500, f"Value is not callable: Jinja Exception: {_TURNS}")


def _tokens(body: Mapping[str, Any]) -> int:
    asked = {key: body[key] for key in ("messages", "system", "tools") if key in body}
    return len(json.dumps(asked, ensure_ascii=False).encode()) // _BYTES_PER_TOKEN

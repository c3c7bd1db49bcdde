"""A small provider for the demonstration: a model's server on a socket, which speaks Ollama's protocol."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chatd.testing.upstream import OLLAMA, FakeUpstream, Received, Step, Wait, json_reply, streamed

PACE_S = 0.04
"""Seconds between two words: about as fast as a model on a small machine."""

READING_S = 0.15
"""Until the first word, as a model reads its prompt first."""

ANSWERS = {
    "actor": "An actor owns its state, and is met by messages alone: it takes one after the other, answers, makes more "
    "actors, or changes how it takes the next. As nobody reaches into it, many of them can run on many machines, and "
    "one that fails is replaced without the others.",
    "shorter": "Nobody touches an actor: one writes to it.",
    "sea": "The sea keeps the warmth of summer far into the autumn, and gives it back to the coast.",
    "moon": "The moon turns once for each time it goes around, so that we know but one of its faces.",
    "rain": "Rain begins as dust: each drop has grown around a grain that the wind had taken along.",
}
"""A word of the question -> what is answered."""

OTHERWISE = "I am a small model for demonstrations, and know little: ask me about actors, the sea, the moon, or rain."


def answer_to(question: str) -> str:
    """What the model says to a question."""
    return next((answer for word, answer in ANSWERS.items() if word in question.lower()), OTHERWISE)


@asynccontextmanager
async def provider() -> AsyncIterator[str]:
    """A server with one model, of any name, while the block runs; gives its URL."""
    async with FakeUpstream().answers(_reply).listening() as url:
        yield url


def _reply(request: Received) -> tuple[Step, ...]:
    if request.method != "POST":
        return json_reply({"models": []})  # it is looked what there is; the model is configured
    messages = request.json["messages"]
    words = answer_to(messages[-1]["content"]).split(" ")
    steps: list[bytes | Step] = [Wait(READING_S), OLLAMA.token(words[0])]
    for word in words[1:]:
        steps += [Wait(PACE_S), OLLAMA.token(f" {word}")]
    end = {
        "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop",
        "prompt_eval_count": sum(len(message["content"].split()) for message in messages), "eval_count": len(words),
        "eval_duration": round(PACE_S * len(words) * 1e9), "prompt_eval_duration": round(READING_S * 1e9),
    }  # fmt: skip
    return streamed(OLLAMA, *steps, f"{json.dumps(end)}\n".encode())

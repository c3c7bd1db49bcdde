"""The embedded models: they answer without a network, deterministically. @eliza is the doctor, @echo says it back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from chatd.builtin import doctor
from chatd.core.question import Question
from chatd.core.stream import StreamEvent
from chatd.ports import ModelInfo, Speaking

_WORD = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+$")


class Words:
    """The words of a text, `pace` seconds apart and before the end. An iterator: there is nothing to close."""

    def __init__(self, text: str, pace: float) -> None:
        self._words: Iterator[str] = iter(_WORD.findall(text))
        self._pace = pace
        self._spoken = False

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        await trio.sleep(self._pace if self._spoken else 0)  # the first word comes at once
        self._spoken = True
        word = next(self._words, None)
        if word is None:
            raise StopAsyncIteration
        return word


class Eliza:
    """The doctor as a model, which pauses between words."""

    def __init__(self, name: str, pace: float) -> None:
        self.info = ModelInfo(name, "eliza", "doctor", capabilities=("completion",), reads_room=False)
        self._pace = pace

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """The doctor's answer to the question, which takes the asker's earlier questions into account."""
        answer = doctor.answer(question.earlier(), question.text)
        return _opened(Words(answer.removeprefix(question.continues), self._pace))


class Echo:
    """A model that repeats the question, as fast as it is read."""

    def __init__(self, name: str) -> None:
        self.info = ModelInfo(name, "echo", "echo", capabilities=("completion",), reads_room=False)

    def stream(self, question: Question) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """The question's text, word by word without a pause."""
        return _opened(Words(question.text.removeprefix(question.continues), 0))


@asynccontextmanager
async def _opened(words: Words) -> AsyncIterator[AsyncIterator[StreamEvent]]:
    await trio.lowlevel.checkpoint()  # other tasks run, as they do while a server is asked
    yield Speaking(words)

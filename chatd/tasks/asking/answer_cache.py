"""Answers that are kept for those who ask the same again: the same model with the same settings, tools and messages.

What was said in one private room answers nobody in another. An answer that ran tools is not kept, for those look at the
world, nor one that was cut off in any way.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from chatd.core.names import PRIVATE_PREFIX
from chatd.core.question import Question
from chatd.core.row import Status
from chatd.core.stream import Cached, Done, StreamEvent, Thinking, Token, ToolCall
from chatd.core.text import size_of
from chatd.ports import ModelInfo

Tell = Callable[[StreamEvent], Awaitable[None]]

OVERHEAD = 200
"""Bytes that an entry takes beside its texts, about."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A whole answer, and when it was kept, in seconds of the caller's clock."""

    text: str
    thought: str
    at: float

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return size_of(self.text) + size_of(self.thought) + OVERHEAD


class AnswerCache:
    """Kept answers, each for `ttl` seconds, the last ones used that fit into `size` bytes. `now` gives seconds."""

    def __init__(self, ttl: float, size: int, now: Callable[[], float]) -> None:
        self._ttl = ttl
        self._size = size
        self._now = now
        self._kept: OrderedDict[str, KeptAnswer] = OrderedDict()
        self._taken = 0
        """Bytes of all that is kept."""
        self.hits = 0
        self.misses = 0

    def holds(self, info: ModelInfo, question: Question) -> bool:
        """Whether there is an answer to this question at the moment; that is not counted."""
        kept = None if question.fresh else self._kept.get(key_of(info, question))
        return kept is not None and self._now() - kept.at < self._ttl

    def find(self, info: ModelInfo, question: Question) -> KeptAnswer | None:
        """The answer that was kept to this question. Counted, unless the asker wants it asked anew."""
        if question.fresh or not _may_be_kept(question):
            return None
        key = key_of(info, question)
        kept = self._kept.get(key)
        if kept is not None and self._now() - kept.at >= self._ttl:
            self._drop(key)
            kept = None
        if kept is None:
            self.misses += 1
            return None
        self._kept.move_to_end(key)
        self.hits += 1
        return kept

    async def tell(self, info: ModelInfo, question: Question, tell: Tell) -> bool:
        """Tell the answer that was kept to this question as the stream that it was; returns whether there was one."""
        kept = self.find(info, question)
        if kept is None:
            return False
        thought: list[StreamEvent] = [Thinking(kept.thought)] if kept.thought else []
        for event in (Cached(), *thought, Token(kept.text), Done()):
            await tell(event)
        return True

    def hearing(self, info: ModelInfo, question: Question, tell: Tell) -> Tell:
        """`tell`, in front of it what hears the answer to this question and keeps it when it has ended well."""
        return _Listening(self, key_of(info, question), tell) if _may_be_kept(question) else tell

    def keep(self, key: str, text: str, thought: str) -> None:
        """Keep an answer; those that were not used for longest go for it."""
        kept = KeptAnswer(text, thought, self._now())
        self._drop(key)
        if kept.size > self._size:
            return
        self._kept[key] = kept
        self._taken += kept.size
        while self._taken > self._size:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        if (old := self._kept.pop(key, None)) is not None:
            self._taken -= old.size


class _Listening:
    """Hears one answer's stream."""

    def __init__(self, cache: AnswerCache, key: str, tell: Tell) -> None:
        self._cache = cache
        self._key = key
        self._tell = tell
        self._text: list[str] = []
        self._thought: list[str] = []
        self._called = False

    async def __call__(self, event: StreamEvent) -> None:
        match event:
            case Token(text=text):
                self._text.append(text)
            case Thinking(text=text):
                self._thought.append(text)
            case ToolCall():
                self._called = True
            case Done(status=Status.COMPLETE) if self._text and not self._called:
                self._cache.keep(self._key, "".join(self._text), "".join(self._thought))
            case _:
                pass
        await self._tell(event)


def _may_be_kept(question: Question) -> bool:
    """An answer that is carried on is the rest of one, and no answer to anything."""
    return not question.continues


def key_of(info: ModelInfo, question: Question) -> str:
    """What is the same for two questions that may have one answer."""
    private = question.room.startswith(PRIVATE_PREFIX) or not question.room_id
    whose = (question.room_id or question.account or question.asker) if private else ""
    same = (
        info.provider, info.endpoint, info.model, info.name, info.max_tokens, info.context_tokens, question.system,
        question.messages, question.tools, question.may_call, question.sampling, question.hands_back, whose,
    )  # fmt: skip
    return sha256(repr(same).encode("utf-8", "replace")).hexdigest()

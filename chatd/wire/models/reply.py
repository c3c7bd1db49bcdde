"""Collects what a dialect reads of one reply, and makes stream events of it in their order.

Thoughts and text become events at once. Tool calls are complete only at the end of the reply, so they come then, before
Usage and Done. Nothing here depends on a protocol.
"""

from __future__ import annotations

import json
from dataclasses import replace

from chatd.core.row import Status
from chatd.core.stream import Done, StreamEvent, Thinking, Token, ToolCall, Usage
from chatd.core.text import human_size, size_of
from chatd.errors import LimitFailure, ProtocolFailure
from chatd.wire.models.json_values import Object
from chatd.wire.models.quotation import quote
from chatd.wire.models.sent_back import MESSAGE, SentBack
from chatd.wire.models.surrogates import SurrogateJoiner
from chatd.wire.models.think_tags import ThinkSplitter
from chatd.wire.models.thought_fields import parts_of_content, thought_of
from chatd.wire.models.tool_calls import CallAssembler, OpenCall

_LENGTH = {"length", "max_tokens", "model_length", "model_context_window_exceeded"}
"""Finish reasons of an answer that a limit on tokens ended."""

_FILTERED = {
    "content_filter", "content_filtered", "safety", "sensitive", "recitation", "blocklist", "prohibited_content",
    "spii", "image_safety", "guardrail_intervened", "moderation", "language",
}  # fmt: skip
"""Finish reasons of an answer that a filter of the server ended."""

_REFUSED = "refusal"
_PAUSED = "pause_turn"

REPEATED = 16
"""Characters of an answer that no model says twice in a row: a last piece that begins with them repeats the answer."""


_MAX_REASON = 64
"""Characters of a finish reason: it is one word."""


class _Channel:
    """One of the two texts of a reply, answer or thoughts, as far as it was received."""

    def __init__(self, cumulative: bool) -> None:
        self._cumulative = cumulative
        self._so_far = ""
        self._pieces: list[str] = []
        """The text so far of a server that is not cumulative, in pieces."""
        self._halves = SurrogateJoiner()

    def last(self, delta: str, surely: int) -> str:
        """The new part of the last piece. Some servers repeat the whole text in it: a piece that begins with the text
        so far, if that has at least `surely` characters, adds only the rest.
        """
        so_far = "".join(self._pieces)
        if self._cumulative or len(so_far) < surely or not delta.startswith(so_far):
            return delta
        rest = delta.removeprefix(so_far)
        laughs = len(so_far) < REPEATED and rest.lstrip().startswith(so_far)  # "ha", "haha"
        return delta if laughs else rest

    def news(self, delta: str) -> str:
        """The text that `delta` adds. Raises ProtocolFailure if a cumulative server does not repeat the text so far."""
        if self._cumulative:
            if not delta.startswith(self._so_far):
                # The server is not cumulative, or it takes back text that was shown: both would garble the answer.
                raise ProtocolFailure(
                    "a piece of the answer does not repeat what came before: is the server cumulative?"
                )
            delta, self._so_far = delta[len(self._so_far) :], delta
        else:
            self._pieces.append(delta)
        return self._halves.feed(delta)

    def end(self) -> str:
        """The text that was held back."""
        return self._halves.end()


class Reply:
    """A reply as far as it was received, and the events that it makes.

    Args:
        limit: bytes (UTF-8) of text, thoughts and tool calls together.
        untagged: whether the text begins with a thought whose tag is not opened, see `ThinkSplitter`.
        cumulative: whether each delta repeats the whole text so far.
    """

    def __init__(self, limit: int, *, untagged: bool = False, cumulative: bool = False) -> None:
        self.over = False
        self.finish_reason = ""
        self.cumulative = cumulative
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None
        self._times = Usage()
        self._left = self._limit = limit
        self.received = 0
        """Bytes of text, thoughts and tool calls so far, which measure the progress of the reply."""
        self._text = _Channel(cumulative)
        self._thoughts = _Channel(cumulative)
        self._splitter = ThinkSplitter(begun=untagged)
        self._calls = CallAssembler()
        self._refused = False
        self.sent_back = SentBack()
        """The values that the server wants back with the message, if it calls tools."""
        self.first_undefined: str | None = None
        """The first message that the protocol does not define, if there was one."""
        self._events: list[StreamEvent] = []

    def drain(self) -> list[StreamEvent]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def undefined(self, text: str) -> None:
        """A message that the protocol does not define: it is ignored, unless the reply holds nothing else."""
        if self.first_undefined is None:
            self.first_undefined = text

    def message(self, message: Object, *, last: bool, surely: int = 0) -> bool:
        """A piece of the model's message, in any shape of fields. Returns whether it holds thoughts or text.

        `last` says that no other piece follows; `surely` is passed to `_Channel.last`.
        """
        thought = thought_of(message)
        parts = [(is_thought, text) for is_thought, text in parts_of_content(message.get("content")) if text]
        if thought:  # a thought that several fields repeat is one
            parts = [(True, thought), *(part for part in parts if not part[0])]
        for is_thought, text in parts:
            channel = self._thoughts if is_thought else self._text
            (self.think if is_thought else self.say)(channel.last(text, surely) if last else text)
        return bool(parts)

    def refuse(self, delta: str) -> None:
        """A piece of the words with which the model refuses."""
        self._refused = self._refused or bool(delta)
        self.say(delta)

    def say(self, delta: str) -> None:
        """A piece of the answer's text."""
        if delta:
            text = self._text.news(delta)
            self._count(text)
            self._say(text)

    def think(self, delta: str) -> None:
        """A piece of what the model thinks, where the protocol keeps it apart."""
        if delta:
            text = self._thoughts.news(delta)
            self._count(text)
            self._think(text)

    def begin_call(self, said_id: str, name: str) -> OpenCall:
        """A tool call begins."""
        self._count(name)
        return self._calls.begin(said_id, name)

    def extend_call(self, call: OpenCall, arguments: str) -> None:
        """A piece of a call's arguments."""
        self._count(arguments)
        call.add(arguments)

    def call_fragment(self, index: int, said_id: str, name: str, arguments: str) -> OpenCall | None:
        """A piece of some call, which is returned if there is one; what is missing is empty."""
        self._count(arguments)
        return self._calls.fragment(index, said_id, name, arguments)

    def count(self, text: str) -> None:
        """Count a value that is kept and is neither text nor thought nor call. Raises LimitFailure over the limit."""
        self._count(text)

    def took(
        self, *, eval_ms: float | None = None, prompt_eval_ms: float | None = None,
        load_ms: float | None = None, total_ms: float | None = None,
    ) -> None:  # fmt: skip
        """What the server tells of its own clock, in milliseconds. What it does not tell stays as it was."""
        before = self._times
        self._times = Usage(
            eval_ms=eval_ms or before.eval_ms, prompt_eval_ms=prompt_eval_ms or before.prompt_eval_ms,
            load_ms=load_ms or before.load_ms, total_ms=total_ms or before.total_ms,
        )  # fmt: skip

    def finish(self, otherwise: str = "stop") -> None:
        """The server ended the reply, with the finish reason noted before, or else with `otherwise`.

        Raises ProtocolFailure when a call has no name.
        """
        self.release()
        reason = quote(self.finish_reason or otherwise, limit=_MAX_REASON)
        self._events += self._whole_calls()
        usage = replace(self._times, prompt_tokens=self.prompt_tokens, completion_tokens=self.completion_tokens)
        if usage != Usage():
            self._events.append(usage)
        self._events.append(self._end(reason))
        self.over = True

    def _whole_calls(self) -> list[ToolCall]:
        """The calls; the first one carries the values that the server wants back with the message."""
        calls = self._calls.calls()
        kept = self.sent_back.value() if calls else {}
        if kept:
            calls[0] = replace(calls[0], extra={**calls[0].extra, MESSAGE: kept})
        return calls

    def _end(self, reason: str) -> Done:
        """The Done that a finish reason means."""
        word = reason.lower()
        if word in _LENGTH:
            return Done(Status.LENGTH, reason)
        if word in _FILTERED:
            return Done(Status.TRUNCATED, reason, f"a filter of the model's server ended the answer ({reason})")
        if word == _REFUSED or self._refused:
            return Done(Status.TRUNCATED, reason, f"the model refused to answer ({_REFUSED})")
        if word == _PAUSED:
            return Done(Status.TRUNCATED, reason, f"the model's server paused in the middle of the answer ({reason})")
        return Done(Status.COMPLETE, reason)

    def release(self) -> None:
        """No more text follows: make events of the text that was held back."""
        self._think(self._thoughts.end())
        self._say(self._text.end())
        self._give(self._splitter.end())

    def release_calls(self) -> None:
        """The reply was cut: make events of the calls as far as they came, so that people are told what was not run."""
        self._events += self._calls.calls(cut=True)

    def _say(self, text: str) -> None:
        if text:
            self._give(self._splitter.feed(text))

    def _think(self, text: str) -> None:
        if text:
            self._give([Thinking(text)])

    def _give(self, events: list[Thinking | Token]) -> None:
        self._events += events

    def _count(self, text: str) -> None:
        size = size_of(text)
        self.received += size
        self._left -= size
        if self._left < 0:
            raise LimitFailure(f"the reply is over the limit of {human_size(self._limit)}")


def arguments_text(value: object) -> str:
    """A call's arguments as JSON text: a string stays as the model wrote it, None is empty."""
    if value is None:
        return ""
    try:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        raise ProtocolFailure("the arguments of a tool call are nested too deeply") from None

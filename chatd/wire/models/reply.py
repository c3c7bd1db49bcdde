"""One reply as its dialect tells it, turned into events in their order.

Thoughts and text are given as they come. Tool calls are whole only when the reply has ended, so they come then, before
the usage and the Done. Nothing here knows a protocol.
"""

from __future__ import annotations

import json

from chatd.core.row import Status
from chatd.core.stream import Done, StreamEvent, Thinking, Token, Usage
from chatd.core.text import human_size, size_of
from chatd.errors import LimitFailure, ProtocolFailure, UpstreamFailure
from chatd.wire.models.excerpt import quote
from chatd.wire.models.surrogates import SurrogateJoiner
from chatd.wire.models.think import ThinkSplitter
from chatd.wire.models.tool_calls import CallAssembler, OpenCall

_LENGTH = {"length", "max_tokens", "model_length", "model_context_window_exceeded"}
"""What servers call an answer that a limit on tokens ended."""

_WITHHELD = {"content_filter", "refusal", "safety"}
"""What servers call an answer that they keep back."""


_MAX_REASON = 64
"""Characters of a finish reason: it is one word."""


class _Channel:
    """One of the two texts of a reply, as far as it came."""

    def __init__(self, cumulative: bool) -> None:
        self._cumulative = cumulative
        self._so_far = ""
        self._halves = SurrogateJoiner()

    def news(self, delta: str) -> str:
        """What is new in `delta`."""
        if self._cumulative:
            if not delta.startswith(self._so_far):
                # A server that is not cumulative, or takes back what was shown: either way the text would be mixed up.
                raise ProtocolFailure(
                    "a piece of the answer does not repeat what came before: is the server cumulative?"
                )
            delta, self._so_far = delta[len(self._so_far) :], delta
        return self._halves.feed(delta)

    def end(self) -> str:
        """What was held back."""
        return self._halves.end()


class Reply:
    """What is known of a reply, and the events that follow from it.

    Args:
        limit: bytes (UTF-8) of text, thoughts and tool calls together.
        tagged: whether thoughts may come inside the text, between `<think>` tags.
        cumulative: whether each delta repeats the whole text so far.
    """

    def __init__(self, limit: int, *, tagged: bool, cumulative: bool = False) -> None:
        self.over = False
        self.finish_reason = ""
        self.cumulative = cumulative
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None
        self._left = self._limit = limit
        self.received = 0
        """Bytes of text, thoughts and tool calls so far: what counts as progress."""
        self._text = _Channel(cumulative)
        self._thoughts = _Channel(cumulative)
        self._splitter = ThinkSplitter() if tagged else None
        self._calls = CallAssembler()
        self._spoke = False
        self._events: list[StreamEvent] = []

    def drain(self) -> list[StreamEvent]:
        """The events since the last time."""
        events, self._events = self._events, []
        return events

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

    def call_fragment(self, index: int, said_id: str, name: str, arguments: str) -> None:
        """A piece of some call; what is missing is empty."""
        self._count(arguments)
        self._calls.fragment(index, said_id, name, arguments)

    def finish(self, otherwise: str = "stop") -> None:
        """The server said that the reply ends here, for the reason noted before, `otherwise` for this one.

        Raises UpstreamFailure when it says that it failed or keeps the answer back, ProtocolFailure when a call has no
        name.
        """
        self.release()
        reason = self.finish_reason or otherwise
        calls = self._calls.calls()
        if reason in _WITHHELD and not self._spoke and not calls:
            raise UpstreamFailure(f"the model's server kept the answer back ({reason})")
        self._events += calls
        if self.prompt_tokens is not None or self.completion_tokens is not None:
            self._events.append(Usage(self.prompt_tokens, self.completion_tokens))
        status = Status.LENGTH if reason in _LENGTH else Status.COMPLETE
        self._events.append(Done(status, quote(reason, limit=_MAX_REASON)))
        self.over = True

    def release(self) -> None:
        """No more text will come: give what was held back."""
        self._think(self._thoughts.end())
        self._say(self._text.end())
        if self._splitter is not None:
            self._give(self._splitter.end())

    def release_calls(self) -> None:
        """The reply was cut: give the calls as far as they came, so that it can be told what was not run."""
        self._events += self._calls.calls(cut=True)

    def _say(self, text: str) -> None:
        if text:
            self._give([Token(text)] if self._splitter is None else self._splitter.feed(text))

    def _think(self, text: str) -> None:
        if text:
            self._give([Thinking(text)])

    def _give(self, events: list[Thinking | Token]) -> None:
        for event in events:
            self._spoke = self._spoke or (isinstance(event, Token) and not event.text.isspace())
        self._events += events

    def _count(self, text: str) -> None:
        size = size_of(text)
        self.received += size
        self._left -= size
        if self._left < 0:
            raise LimitFailure(f"the reply is over the limit of {human_size(self._limit)}")


def arguments_text(value: object) -> str:
    """A call's arguments as JSON text: what is text already stays as the model wrote it, nothing is nothing."""
    if value is None:
        return ""
    try:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        raise ProtocolFailure("the arguments of a tool call are nested too deeply") from None

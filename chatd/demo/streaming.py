"""The router alone: a provider, a session with its model, answers printed while they stream, and what they took."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import trio

from chatd.config import Config, ModelConfig, ServerConfig
from chatd.core.question import Answered, Message, Question, Said
from chatd.core.sanitize import sanitize
from chatd.core.stream import Done, Failed, Retrying, StreamEvent, Token, Usage
from chatd.demo.provider import provider
from chatd.embed import open_router
from chatd.errors import ChatdError, Exit, first_error
from chatd.tasks.asking.router import Router
from chatd.wire.models.protocols import PROTOCOLS

MODEL = "demo"
"""What the model is called here, whatever its name is at its server."""

IN_TURN = ("Explain how actors work in distributed systems.", "And shorter?")
TOGETHER = ("Tell me about the sea.", "Tell me about the moon.", "Tell me about rain.")


def write(text: str) -> None:
    """Print it as it is, now."""
    sys.stdout.write(text)
    sys.stdout.flush()


@dataclass
class Measured:
    """What one stream took, by the times that its events have."""

    began_ms: int | None = None
    first_ms: int | None = None
    last_ms: int = 0
    pieces: int = 0
    characters: int = 0
    usage: Usage = field(default_factory=Usage)

    def note(self, event: StreamEvent) -> None:
        """Take the next event."""
        now = event.time_ms or 0
        self.began_ms = now if self.began_ms is None else self.began_ms
        self.last_ms = now
        match event:
            case Token(text=text):
                self.first_ms = now if self.first_ms is None else self.first_ms
                self.pieces += 1
                self.characters += len(text)
            case Usage():
                self.usage = event
            case _:
                pass

    @property
    def line(self) -> str:
        """All of it in a line."""
        began = self.began_ms or 0
        first = "no token" if self.first_ms is None else f"first token after {self.first_ms - began} ms"
        speaking = self.last_ms - (self.first_ms or began)
        tokens = self.usage.completion_tokens or self.pieces
        speed = f"{tokens * 1000 / speaking:.1f} tokens/s" if speaking > 0 else "at once"
        return (
            f"{first}, {self.pieces} pieces, {self.characters} characters, {tokens} tokens, {speed}, "
            f"{(self.last_ms - began) / 1000:.2f} s"
        )


class Dialogue:
    """A session with one model, outside of any room: each question goes with what was said before."""

    def __init__(self, router: Router, model: str) -> None:
        self._router = router
        self._model = model
        self._messages: list[Message] = []

    async def ask(self, text: str, show: Callable[[str], None]) -> Measured:
        """Ask, and show each piece as it comes. Raises ChatdError when there is no answer, or half of one."""
        measured, said = Measured(), list[str]()

        def hear(event: StreamEvent) -> None:
            measured.note(event)
            if isinstance(event, Token):
                said.append(event.text)
                show(sanitize(event.text))
            elif isinstance(event, Retrying):
                show(f"[{event.reason}: again in {event.wait:g} s] ")

        asked = Said("", text, asked=True)
        question = Question(text, messages=(*self._messages, asked))
        end = await self._router.stream_ask(self._model, "inference", question, on_chunk=hear)
        match end:
            case Failed(reason=reason, exit=code):
                failure = ChatdError(reason)
                failure.exit_code = code
                raise failure
            case Done():
                self._messages += [asked, Answered("".join(said))]
        return measured


class Tagged:
    """Pieces of several streams on one line, each behind the number of its stream where another's came before."""

    def __init__(self) -> None:
        self._last = 0

    def show(self, number: int, text: str) -> None:
        """The next piece of a stream."""
        write(text if number == self._last else f" [{number}]{text}")
        self._last = number


async def demonstrate(arguments: argparse.Namespace) -> None:
    """All of it, one thing after the other. Leaving early closes the model's connections."""
    async with AsyncExitStack() as stack:
        endpoint = arguments.endpoint or await stack.enter_async_context(provider())
        whose = "" if arguments.endpoint else " (a small one that comes along; --endpoint names a real one)"
        write(f"The provider: {arguments.provider} at {endpoint}{whose}\n")
        model = ModelConfig(
            MODEL, arguments.provider, endpoint, arguments.model, arguments.api_key_env, system="", tools=()
        )
        settings = Config(server=ServerConfig(discover=False), models=(model,))
        router = await stack.enter_async_context(open_router(settings, environ=os.environ))
        write(f"The model: {arguments.model} as @{MODEL}; the session: one conversation with it\n")
        session = Dialogue(router, MODEL)
        for question in arguments.question or IN_TURN:
            write(f"\n> {question}\n")
            measured = await session.ask(question, write)
            write(f"\n  ({measured.line})\n")
        await _together(router)


async def _together(router: Router) -> None:
    """Several sessions at once; each waits only for its own model."""
    write(f"\n{len(TOGETHER)} sessions at once:\n")
    for number, question in enumerate(TOGETHER, 1):
        write(f"> [{number}] {question}\n")
    tagged, found = Tagged(), dict[int, Measured]()

    async def ask(number: int, question: str) -> None:
        found[number] = await Dialogue(router, MODEL).ask(question, lambda text: tagged.show(number, text))

    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for number, question in enumerate(TOGETHER, 1):
            nursery.start_soon(ask, number, question)
    whole = trio.current_time() - began
    write("\n")
    for number in sorted(found):
        write(f"  [{number}] {found[number].line}\n")
    write(f"  together in {whole:.2f} s\n")


def parser() -> argparse.ArgumentParser:
    """The arguments of `python -m chatd.demo`."""
    top = argparse.ArgumentParser(prog="python -m chatd.demo", description="Answers that stream, by the router alone.")
    top.add_argument("question", nargs="*", help="asked one after the other, in one conversation")
    top.add_argument(
        "--endpoint", default="", metavar="URL", help="a real model's server; else a small one comes along"
    )
    top.add_argument("--model", default="llama3.2", metavar="NAME", help="the model's name at its server")
    top.add_argument("--provider", default=next(iter(PROTOCOLS)), choices=PROTOCOLS, help="its protocol")
    top.add_argument("--api-key-env", default="", metavar="NAME", help="the environment variable that has the key")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Demonstrate; returns the exit status: 0, what a failure means, 130 after Ctrl-C."""
    arguments, code = parser().parse_args(argv), int(Exit.OK)
    try:
        trio.run(demonstrate, arguments)
    except* KeyboardInterrupt:
        write("\n[interrupted: the model's connection is closed]\n")
        code = int(Exit.CANCELLED)
    except* ChatdError as group:
        error = first_error(group)
        assert isinstance(error, ChatdError)
        write("\n")
        sys.stderr.write(f"chatd: {error}\n")
        code = int(error.exit_code)
    return code

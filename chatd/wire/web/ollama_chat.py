"""Ollama's chat and generate, as its clients speak them (https://github.com/ollama/ollama/blob/main/docs/api.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from chatd.core.sampling import Sampling
from chatd.core.stream import ToolCall
from chatd.core.times import iso
from chatd.core.tool import BadArguments, parse_arguments
from chatd.wire.web.chat_request import MAX_MESSAGES, MAX_STOPS, MAX_TOOLS, ChatRequest, Conversation
from chatd.wire.web.client_form import NDJSON, Cost, Refusal, StopReason, WholeReply, compact
from chatd.wire.web.completions import LONGEST, read_tools
from chatd.wire.web.json_body import Fields, parse_object

_REASONS = {StopReason.STOP: "stop", StopReason.LENGTH: "length", StopReason.CALLS: "stop", StopReason.FILTERED: "stop"}
Said = Callable[[str, str, tuple[ToolCall, ...]], Mapping[str, object]]
"""What carries a piece of text, of a thought, or calls."""

NS = 1_000_000
"""Nanoseconds of a millisecond: Ollama counts in them."""


class OllamaChat:
    """See client_form.ClientForm. `/api/chat`; `/api/generate` is `OllamaGenerate`."""

    stream_type = NDJSON

    def read(self, body: bytes) -> ChatRequest:
        """Read a request. One without messages only has the model loaded; here it always is."""
        asked = parse_object(body)
        talk = Conversation()
        for message in asked.objects("messages", MAX_MESSAGES):
            self._add(talk, message)
        return _request(asked, talk)

    def writer(self, request: ChatRequest, reply_id: str, created_ms: int) -> OllamaWriter:
        """What writes a streamed reply to it."""
        return OllamaWriter(request, created_ms, self.said)

    def whole(self, request: ChatRequest, reply_id: str, created_ms: int, reply: WholeReply) -> Mapping[str, object]:
        """A reply at once."""
        said = self.said(reply.text, reply.thought, reply.calls)
        return {**_head(request, created_ms), **said, **_end(reply.finish, reply.cost)}

    def refusal(self, refusal: Refusal) -> Mapping[str, object]:
        """The body of an answer whose status says that there is no reply."""
        return {"error": refusal.message}

    def said(self, text: str, thought: str, calls: tuple[ToolCall, ...]) -> Mapping[str, object]:
        """What carries a piece."""
        message: dict[str, object] = {"role": "assistant", "content": text}
        if thought:
            message["thinking"] = thought
        if calls:
            message["tool_calls"] = [{"function": {"name": call.name, "arguments": _arguments(call)}} for call in calls]
        return {"message": message}

    def _add(self, talk: Conversation, message: Fields) -> None:
        role, text = message.text("role"), message.text("content", "")
        if message.items("images", MAX_MESSAGES):
            raise message.wrong("images", "pictures are not taken here")
        match role:
            case "system":
                talk.instruct(text)
            case "user":
                talk.say(text)
            case "assistant":
                talk.answer(text, _calls(message, len(talk.messages)))
            case "tool":
                if "tool_call_id" in message:
                    talk.result(message.text("tool_call_id"), text, message.path("tool_call_id"))
                else:
                    talk.result_of(message.text("tool_name", ""), text, message.path("tool_name"))
            case _:
                raise message.wrong("role", f"{role[:40]!r} is none; system, user, assistant or tool is")


class OllamaGenerate(OllamaChat):
    """A prompt instead of messages, and a text instead of a message."""

    def read(self, body: bytes) -> ChatRequest:
        """Read a request."""
        asked = parse_object(body)
        talk = Conversation()
        talk.instruct(asked.text("system", ""))
        if asked.items("images", MAX_MESSAGES):
            raise asked.wrong("images", "pictures are not taken here")
        if prompt := asked.text("prompt", ""):
            talk.say(prompt)
        return _request(asked, talk)

    def said(self, text: str, thought: str, calls: tuple[ToolCall, ...]) -> Mapping[str, object]:
        """What carries a piece."""
        return {"response": text, **({"thinking": thought} if thought else {})}


class OllamaWriter:
    """See client_form.ReplyWriter. Each piece is a line."""

    def __init__(self, request: ChatRequest, created_ms: int, said: Said) -> None:
        self._head = _head(request, created_ms)
        self._said = said

    def begin(self) -> str:
        """Nothing is told before the first piece."""
        return ""

    def thought(self, text: str) -> str:
        """The model thinks this."""
        return self._line(self._said("", text, ()))

    def piece(self, text: str) -> str:
        """The reply goes on with this."""
        return self._line(self._said(text, "", ()))

    def call(self, call: ToolCall) -> str:
        """The client is to run a tool."""
        return self._line(self._said("", "", (call,)))

    def end(self, finish: StopReason, cost: Cost) -> str:
        """The reply has ended."""
        return compact({**self._head, **self._said("", "", ()), **_end(finish, cost)}) + "\n"

    def fail(self, refusal: Refusal) -> str:
        """It ends here, and not well."""
        return compact({"error": refusal.message}) + "\n"

    def _line(self, said: Mapping[str, object]) -> str:
        return compact({**self._head, **said, "done": False}) + "\n"


def _request(asked: Fields, talk: Conversation) -> ChatRequest:
    options, form, thinks = asked.inner("options") or Fields({}), asked.value.get("format"), asked.value.get("think")
    wanted: Mapping[str, object] | None = None
    if form == "json":
        wanted = {"type": "json_object"}
    elif isinstance(form, dict):
        wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": form}}
    longest = options.whole("num_predict", -2, LONGEST)
    sampling = Sampling(
        temperature=options.number("temperature", 0, 100), top_p=options.number("top_p", 0, 1),
        top_k=options.whole("top_k", 0, 1_000_000), seed=options.whole("seed", -(2**63), 2**63 - 1),
        stop=options.texts("stop", MAX_STOPS), presence_penalty=options.number("presence_penalty", -2, 2),
        frequency_penalty=options.number("frequency_penalty", -2, 2),
        max_tokens=longest if longest is not None and longest > 0 else None, format=wanted,
    )  # fmt: skip
    return ChatRequest(
        asked.text("model"), talk.system, talk.closed(), read_tools(asked), sampling, asked.flag("stream", True),
        with_thoughts=thinks is not False,
    )  # fmt: skip


def _head(request: ChatRequest, created_ms: int) -> Mapping[str, object]:
    return {"model": request.model, "created_at": iso(created_ms)}


def _end(finish: StopReason, cost: Cost) -> Mapping[str, object]:
    return {
        "done": True, "done_reason": _REASONS[finish], "total_duration": cost.duration_ms * NS, "load_duration": 0,
        "prompt_eval_count": cost.prompt, "prompt_eval_duration": 0, "eval_count": cost.completion,
        "eval_duration": cost.duration_ms * NS,
    }  # fmt: skip


def _calls(message: Fields, place: int) -> tuple[ToolCall, ...]:
    """The calls in a message of the model's; the form gives them no ids, or later versions of it do."""
    calls = []
    for number, call in enumerate(message.objects("tool_calls", MAX_TOOLS)):
        function = call.inner("function") or call
        arguments = function.inner("arguments")
        text = "{}" if arguments is None else json.dumps(arguments.value)
        calls.append(ToolCall(call.text("id", f"call-{place}-{number}"), function.text("name"), text))
    return tuple(calls)


def _arguments(call: ToolCall) -> Mapping[str, object]:
    try:
        return parse_arguments(call.arguments)
    except BadArguments:
        return {}

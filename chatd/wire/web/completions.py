"""Chat Completions, as OpenAI's clients speak it (https://platform.openai.com/docs/api-reference/chat)."""

from __future__ import annotations

from collections.abc import Mapping

from chatd.core.sampling import REQUIRED, Sampling
from chatd.core.stream import ToolCall
from chatd.core.tool import ToolSpec
from chatd.wire.web.chat_request import MAX_MESSAGES, MAX_STOPS, MAX_TOOLS, ChatRequest, Conversation, text_of, tool
from chatd.wire.web.client_form import EVENT_STREAM, Cost, Refusal, StopReason, WholeReply, event
from chatd.wire.web.json_body import Fields, parse_object

_TEXTS = frozenset({"text", "input_text", "output_text", "refusal"})

_FINISH = {
    StopReason.STOP: "stop", StopReason.LENGTH: "length", StopReason.CALLS: "tool_calls",
    StopReason.FILTERED: "content_filter",
}  # fmt: skip

_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "invalid_request_error",
    413: "invalid_request_error", 422: "invalid_request_error", 429: "rate_limit_error",
}  # fmt: skip
"""Of errors, by their status; others are the server's."""

DONE = "data: [DONE]\n\n"
LONGEST = 10_000_000
"""Tokens of an answer that may be asked for: more than any model gives."""


class Completions:
    """See client_form.ClientForm."""

    stream_type = EVENT_STREAM

    def read(self, body: bytes) -> ChatRequest:
        """Read a request."""
        asked = parse_object(body)
        if (asked.whole("n", 1, 128) or 1) != 1:
            raise asked.wrong("n", "only one answer is given at once")
        talk = Conversation()
        for message in asked.objects("messages", MAX_MESSAGES):
            _add(talk, message)
        messages = talk.closed()
        if not messages:
            raise asked.wrong("messages", "a list with at least one message of somebody's is wanted")
        tools, choice = read_tools(asked), read_choice(asked)
        options = asked.inner("stream_options")
        return ChatRequest(
            asked.text("model"), talk.system, messages, () if choice == "none" else tools,
            read_sampling(asked, choice), asked.flag("stream"), options is not None and options.flag("include_usage"),
        )  # fmt: skip

    def writer(self, request: ChatRequest, reply_id: str, created_ms: int) -> CompletionsWriter:
        """What writes a streamed reply to it."""
        return CompletionsWriter(request, reply_id, created_ms)

    def whole(self, request: ChatRequest, reply_id: str, created_ms: int, reply: WholeReply) -> Mapping[str, object]:
        """A reply at once."""
        message: dict[str, object] = {"role": "assistant", "content": reply.text or None, "refusal": None}
        if reply.thought:
            message["reasoning_content"] = reply.thought
        if reply.calls:
            message["tool_calls"] = [called(call) for call in reply.calls]
        else:
            message["content"] = reply.text
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _FINISH[reply.finish]}
        return {
            "id": f"chatcmpl-{reply_id}", "object": "chat.completion", "created": created_ms // 1000,
            "model": request.model, "choices": [choice], "usage": usage(reply.cost),
        }  # fmt: skip

    def refusal(self, refusal: Refusal) -> Mapping[str, object]:
        """The body of an answer whose status says that there is no reply."""
        return refused(refusal)


class CompletionsWriter:
    """See client_form.ReplyWriter."""

    def __init__(self, request: ChatRequest, reply_id: str, created_ms: int) -> None:
        self._with_usage = request.with_usage
        self._head = {
            "id": f"chatcmpl-{reply_id}", "object": "chat.completion.chunk", "created": created_ms // 1000,
            "model": request.model,
        }  # fmt: skip
        self._calls = 0

    def begin(self) -> str:
        """Whose message it is."""
        return self._chunk({"role": "assistant", "content": ""})

    def thought(self, text: str) -> str:
        """As most servers of models that think have it."""
        return self._chunk({"reasoning_content": text})

    def piece(self, text: str) -> str:
        """The reply goes on with this."""
        return self._chunk({"content": text})

    def call(self, call: ToolCall) -> str:
        """The client is to run a tool."""
        number, self._calls = self._calls, self._calls + 1
        return self._chunk({"tool_calls": [{"index": number, **called(call)}]})

    def end(self, finish: StopReason, cost: Cost) -> str:
        """The reply has ended."""
        last = self._chunk({}, _FINISH[finish])
        if self._with_usage:
            last += event({**self._head, "choices": [], "usage": usage(cost)})
        return last + DONE

    def fail(self, refusal: Refusal) -> str:
        """It ends here, and not well."""
        return event(refused(refusal)) + DONE

    def _chunk(self, delta: Mapping[str, object], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return event({**self._head, "choices": [choice]})


def refused(refusal: Refusal) -> Mapping[str, object]:
    """An error as OpenAI's clients understand it; that of the Responses, too."""
    return {"error": {
        "message": refusal.message, "type": _TYPES.get(refusal.status, "api_error"),
        "param": refusal.field or None, "code": refusal.code or None,
    }}  # fmt: skip


def usage(cost: Cost) -> Mapping[str, object]:
    """What it took."""
    return {
        "prompt_tokens": cost.prompt, "completion_tokens": cost.completion,
        "total_tokens": cost.prompt + cost.completion,
    }  # fmt: skip


def called(call: ToolCall) -> Mapping[str, object]:
    """A call that the client is to carry out."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments or "{}"}}


def _add(talk: Conversation, message: Fields) -> None:
    role = message.text("role")
    match role:
        case "system" | "developer":
            talk.instruct(text_of(message, "content", _TEXTS))
        case "user":
            talk.say(text_of(message, "content", _TEXTS))
        case "assistant":
            talk.answer(text_of(message, "content", _TEXTS), read_calls(message))
        case "tool" | "function":
            result = text_of(message, "content", _TEXTS)
            if role == "tool":
                talk.result(message.text("tool_call_id"), result, message.path("tool_call_id"))
            else:
                talk.result_of(message.text("name"), result, message.path("name"))
        case _:
            raise message.wrong("role", f"{role[:40]!r} is none; system, developer, user, assistant or tool is")


def read_calls(message: Fields) -> tuple[ToolCall, ...]:
    """The calls in a message of the model's."""
    calls = []
    for number, call in enumerate(message.objects("tool_calls", MAX_TOOLS)):
        function = call.inner("function") or call
        arguments = function.text("arguments", "{}")
        calls.append(ToolCall(call.text("id", f"call-{number}"), function.text("name"), arguments))
    return tuple(calls)


def read_tools(asked: Fields) -> tuple[ToolSpec, ...]:
    """The functions that are offered; tools that run at OpenAI are not known here, and left out."""
    tools = []
    for given in asked.objects("tools", MAX_TOOLS):
        if given.text("type", "function") == "function":
            function = given.inner("function") or given
            tools.append(tool(function.text("name"), function.text("description", ""), function.inner("parameters")))
    return tuple(tools)


def read_choice(asked: Fields) -> str:
    """Whether a tool must be called: "" for as the model likes, `none`, REQUIRED, or the name of one."""
    choice = asked.value.get("tool_choice")
    if isinstance(choice, str):
        return {"auto": "", "required": REQUIRED, "any": REQUIRED}.get(choice, choice)
    named = asked.inner("tool_choice")
    if named is None:
        return ""
    return (named.inner("function") or named).text("name", "")


def read_sampling(asked: Fields, choice: str) -> Sampling:
    """How the answer is to be drawn."""
    form = asked.inner("response_format")
    return Sampling(
        temperature=asked.number("temperature", 0, 2),
        top_p=asked.number("top_p", 0, 1),
        seed=asked.whole("seed", -(2**63), 2**63 - 1),
        stop=asked.texts("stop", MAX_STOPS),
        presence_penalty=asked.number("presence_penalty", -2, 2),
        frequency_penalty=asked.number("frequency_penalty", -2, 2),
        max_tokens=asked.whole("max_completion_tokens", 1, LONGEST) or asked.whole("max_tokens", 1, LONGEST),
        format=None if form is None or form.text("type", "text") == "text" else form.value,
        tool_choice="" if choice == "none" else choice,
    )

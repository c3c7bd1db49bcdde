"""Responses, as OpenAI's newer clients and coding assistants speak it. Each request brings all: nothing is kept here.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from collections.abc import Mapping

from chatd.core.sampling import Sampling
from chatd.core.stream import ToolCall
from chatd.wire.web.chat_request import MAX_MESSAGES, ChatRequest, Conversation, text_of
from chatd.wire.web.client_form import EVENT_STREAM, Refusal, WholeReply
from chatd.wire.web.completions import LONGEST, read_choice, read_tools, refused
from chatd.wire.web.json_body import Fields, parse_object
from chatd.wire.web.responses_events import ResponsesWriter, call_item, message_item, response, thought_item

_TEXTS = frozenset({"input_text", "output_text", "text", "refusal", "summary_text"})


class Responses:
    """See client_form.ClientForm."""

    stream_type = EVENT_STREAM

    def read(self, body: bytes) -> ChatRequest:
        """Read a request. One that goes on from a response before it is refused: none is kept."""
        asked = parse_object(body)
        for kept in ("previous_response_id", "conversation", "prompt"):
            if kept in asked:
                raise asked.wrong(kept, "nothing is kept here; send the whole conversation as input")
        if asked.flag("background"):
            raise asked.wrong("background", "an answer runs while its request does")
        talk = Conversation()
        talk.instruct(asked.text("instructions", ""))
        if isinstance(asked.value.get("input"), str):
            talk.say(asked.text("input"))
        else:
            for item in asked.objects("input", MAX_MESSAGES):
                _add(talk, item)
        messages = talk.closed()
        if not messages:
            raise asked.wrong("input", "a text, or a list with at least one message, is wanted")
        choice = read_choice(asked)
        sampling = Sampling(
            temperature=asked.number("temperature", 0, 2), top_p=asked.number("top_p", 0, 1),
            max_tokens=asked.whole("max_output_tokens", 1, LONGEST), format=_format(asked),
            tool_choice="" if choice == "none" else choice,
        )  # fmt: skip
        tools = () if choice == "none" else read_tools(asked)
        return ChatRequest(asked.text("model"), talk.system, messages, tools, sampling, asked.flag("stream"), True)

    def writer(self, request: ChatRequest, reply_id: str, created_ms: int) -> ResponsesWriter:
        """What writes a streamed reply to it."""
        return ResponsesWriter(request, reply_id, created_ms)

    def whole(self, request: ChatRequest, reply_id: str, created_ms: int, reply: WholeReply) -> Mapping[str, object]:
        """A reply at once."""
        output: list[Mapping[str, object]] = []
        if reply.thought:
            output.append(thought_item(f"rs_{reply_id}", reply.thought))
        if reply.text or not reply.calls:
            output.append(message_item(f"msg_{reply_id}", reply.text))
        output += (call_item(f"fc_{reply_id}_{number}", call) for number, call in enumerate(reply.calls))
        return response(request, reply_id, created_ms, output=output, finish=reply.finish, cost=reply.cost)

    def refusal(self, refusal: Refusal) -> Mapping[str, object]:
        """The body of an answer whose status says that there is no reply."""
        return refused(refusal)


def _add(talk: Conversation, item: Fields) -> None:
    match item.text("type", "message"):
        case "message":
            text = text_of(item, "content", _TEXTS)
            match item.text("role"):
                case "system" | "developer":
                    talk.instruct(text)
                case "user":
                    talk.say(text)
                case "assistant":
                    talk.answer(text)
                case role:
                    raise item.wrong("role", f"{role[:40]!r} is none; system, developer, user or assistant is")
        case "function_call":
            talk.call(ToolCall(item.text("call_id"), item.text("name"), item.text("arguments", "{}")))
        case "function_call_output":
            talk.result(item.text("call_id"), text_of(item, "output", _TEXTS), item.path("call_id"))
        case "item_reference":
            raise item.wrong("type", "nothing is kept here that could be referred to; send the item itself")
        case _:
            pass  # thoughts, and calls of tools that run elsewhere: they are for whoever made them


def _format(asked: Fields) -> Mapping[str, object] | None:
    """What the answer must be, as Chat Completions say it."""
    text = asked.inner("text")
    form = None if text is None else text.inner("format")
    if form is None or form.text("type", "text") == "text":
        return None
    if form.text("type") != "json_schema":
        return {"type": "json_object"}
    schema = {key: form.value[key] for key in ("name", "schema", "strict", "description") if key in form}
    return {"type": "json_schema", "json_schema": schema}

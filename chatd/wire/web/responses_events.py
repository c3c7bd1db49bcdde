"""The items of a response, and the events of one that streams: each item is added, grows, and is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatd.core.stream import ToolCall
from chatd.wire.web.chat_request import ChatRequest
from chatd.wire.web.client_form import Cost, Refusal, StopReason, event

Item = Mapping[str, object]


class ResponsesWriter:
    """See client_form.ReplyWriter."""

    def __init__(self, request: ChatRequest, reply_id: str, created_ms: int) -> None:
        self._request = request
        self._id = reply_id
        self._created_ms = created_ms
        self._number = 0
        """Of the next event."""
        self._output: list[Item] = []
        """Items that are done."""
        self._open = ""
        """The kind of the item that grows; "" when none does."""
        self._text: list[str] = []
        """What it has said."""

    def begin(self) -> str:
        """The response without its items."""
        begun = response(self._request, self._id, self._created_ms)
        return self._event("response.created", response=begun) + self._event("response.in_progress", response=begun)

    def thought(self, text: str) -> str:
        """The model thinks this; it is told as the summary of its reasoning."""
        opened = ""
        if self._open != "reasoning":
            opened = self._close() + self._added("reasoning", thought_item(self._item_id("rs"), "", done=False))
            part = {"type": "summary_text", "text": ""}
            opened += self._of_item("response.reasoning_summary_part.added", "rs", summary_index=0, part=part)
        self._text.append(text)
        return opened + self._of_item("response.reasoning_summary_text.delta", "rs", summary_index=0, delta=text)

    def piece(self, text: str) -> str:
        """The reply goes on with this."""
        opened = ""
        if self._open != "message":
            opened = self._close() + self._added("message", message_item(self._item_id("msg"), None))
            opened += self._of_item("response.content_part.added", "msg", content_index=0, part=_part(""))
        self._text.append(text)
        return opened + self._of_item(
            "response.output_text.delta", "msg", content_index=0, delta=text, logprobs=[]
        )  # fmt: skip

    def call(self, call: ToolCall) -> str:
        """The client is to run a tool."""
        told = self._close()
        item = call_item(self._item_id("fc"), call)
        told += self._added("call", {**item, "status": "in_progress", "arguments": ""})
        self._open = ""
        told += self._of_item("response.function_call_arguments.delta", "fc", delta=item["arguments"])
        told += self._of_item(
            "response.function_call_arguments.done", "fc", name=call.name, arguments=item["arguments"]
        )  # fmt: skip
        return told + self._done(item)

    def end(self, finish: StopReason, cost: Cost) -> str:
        """The reply has ended."""
        closed = self._close()
        whole = response(self._request, self._id, self._created_ms, output=self._output, finish=finish, cost=cost)
        return closed + self._event(f"response.{whole['status']}", response=whole)

    def fail(self, refusal: Refusal) -> str:
        """It ends here, and not well."""
        closed = self._close()
        failed = response(self._request, self._id, self._created_ms, output=self._output)
        error = {"code": refusal.code or "server_error", "message": refusal.message}
        return closed + self._event("response.failed", response={**failed, "status": "failed", "error": error})

    # --- items

    def _item_id(self, prefix: str) -> str:
        return f"{prefix}_{self._id}_{len(self._output)}"

    def _added(self, kind: str, item: Item) -> str:
        self._open, self._text = kind, []
        return self._event("response.output_item.added", output_index=len(self._output), item=item)

    def _of_item(self, kind: str, prefix: str, **fields: object) -> str:
        return self._event(kind, item_id=self._item_id(prefix), output_index=len(self._output), **fields)

    def _close(self) -> str:
        text, kind = "".join(self._text), self._open
        self._open, self._text = "", []
        if kind == "message":
            told = self._of_item("response.output_text.done", "msg", content_index=0, text=text, logprobs=[])
            told += self._of_item("response.content_part.done", "msg", content_index=0, part=_part(text))
            return told + self._done(message_item(self._item_id("msg"), text))
        if kind == "reasoning":
            part = {"type": "summary_text", "text": text}
            told = self._of_item("response.reasoning_summary_text.done", "rs", summary_index=0, text=text)
            told += self._of_item("response.reasoning_summary_part.done", "rs", summary_index=0, part=part)
            return told + self._done(thought_item(self._item_id("rs"), text))
        return ""

    def _done(self, item: Item) -> str:
        told = self._event("response.output_item.done", output_index=len(self._output), item=item)
        self._output.append(item)
        return told

    def _event(self, kind: str, **fields: object) -> str:
        number, self._number = self._number, self._number + 1
        return event({"type": kind, "sequence_number": number, **fields}, kind)


def response(
    request: ChatRequest, reply_id: str, created_ms: int, *, output: Sequence[Item] = (),
    finish: StopReason | None = None, cost: Cost | None = None,
) -> dict[str, object]:  # fmt: skip
    """The object that stands for all of it; without `finish` it is still made."""
    whole = finish in (StopReason.STOP, StopReason.CALLS)
    why = (
        {StopReason.LENGTH: "max_output_tokens", StopReason.FILTERED: "content_filter"}.get(finish) if finish else None
    )
    sampling = request.sampling
    return {
        "id": f"resp_{reply_id}", "object": "response", "created_at": created_ms // 1000,
        "status": "in_progress" if finish is None else "completed" if whole else "incomplete",
        "error": None, "incomplete_details": None if why is None else {"reason": why},
        "instructions": request.system or None, "max_output_tokens": sampling.max_tokens, "metadata": {},
        "model": request.model, "output": list(output), "parallel_tool_calls": True, "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None}, "store": False, "temperature": sampling.temperature,
        "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": sampling.top_p,
        "truncation": "disabled", "usage": None if cost is None else _usage(cost),
    }  # fmt: skip


def message_item(item_id: str, text: str | None) -> Item:
    """What the model says; without a text it has not begun."""
    content = [] if text is None else [_part(text)]
    status = "in_progress" if text is None else "completed"
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def thought_item(item_id: str, text: str, *, done: bool = True) -> Item:
    """What the model thought."""
    return {"id": item_id, "type": "reasoning", "summary": [{"type": "summary_text", "text": text}] if done else []}


def call_item(item_id: str, call: ToolCall) -> Item:
    """A call that the client is to carry out."""
    return {
        "id": item_id, "type": "function_call", "status": "completed", "call_id": call.id, "name": call.name,
        "arguments": call.arguments or "{}",
    }  # fmt: skip


def _part(text: str) -> Item:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(cost: Cost) -> Item:
    return {
        "input_tokens": cost.prompt, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": cost.completion,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": cost.prompt + cost.completion,
    }  # fmt: skip

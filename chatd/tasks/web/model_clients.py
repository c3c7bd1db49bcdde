"""Clients of models' servers: they ask an actor with a conversation of their own, or, as `ROOM/NAME`, in a room."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from chatd.core.prompt import tokens_of_question
from chatd.core.question import Question
from chatd.core.room import Room
from chatd.core.stream import Done, Failed, Thinking, Token, ToolCall, Usage
from chatd.core.visit import Visitor
from chatd.errors import (
    ChatdError,
    LimitReached,
    NotFound,
    NotLoggedIn,
    WrongField,
)
from chatd.ports import Model, Route, WebHandler, WebReply, WebRequest
from chatd.tasks.chat.answering import AnswerEvent, AnswerEventKind, answering
from chatd.tasks.chat.ask import reserve
from chatd.tasks.chat.ask_alone import asking_alone
from chatd.tasks.chat.hub import Hub
from chatd.tasks.web.bodies import MAX_BODY
from chatd.tasks.web.client_reply import ClientReply, send
from chatd.tasks.web.front import WebFront, staying
from chatd.tasks.web.problems import problem_of
from chatd.tasks.web.reading import room_of
from chatd.tasks.web.replies import refusing, reply_json
from chatd.tasks.web.shared_answer import SharedAnswer
from chatd.wire.web.chat_request import ChatRequest
from chatd.wire.web.client_form import ClientForm, Refusal
from chatd.wire.web.completions import Completions
from chatd.wire.web.messages import Messages
from chatd.wire.web.ollama_chat import OllamaChat, OllamaGenerate
from chatd.wire.web.responses import Responses

logger = logging.getLogger("chatd.web")

FORMS: dict[str, ClientForm] = {
    "/v1/chat/completions": Completions(), "/v1/responses": Responses(), "/v1/messages": Messages(),
    "/api/chat": OllamaChat(), "/api/generate": OllamaGenerate(),
}  # fmt: skip

_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
"""What clients know refusals by."""

Handler = Callable[[WebFront, ClientForm, WebRequest, WebReply], Awaitable[None]]


def routes(front: WebFront) -> list[Route]:
    """This part of the table."""
    asked = [Route("POST", path, in_form(form, partial(_answer, front, form))) for path, form in FORMS.items()]
    counted = in_form(FORMS["/v1/messages"], partial(_count_tokens, front))
    return [*asked, Route("POST", "/v1/messages/count_tokens", counted)]


def in_form(form: ClientForm, handler: WebHandler) -> WebHandler:
    """The handler, with what it refuses told as clients of this form understand it."""

    async def tell(_: WebRequest, reply: WebReply, failure: ChatdError) -> None:
        problem, refusal = problem_of(failure), refusal_of(failure)
        await reply_json(reply, form.refusal(refusal), status=refusal.status, headers=problem.headers)

    return refusing(handler, tell)


def refusal_of(error: ChatdError) -> Refusal:
    """An expected failure, for whoever asks as of a model's server."""
    problem = problem_of(error)
    status = 400 if isinstance(error, WrongField) else problem.status
    code = _CODES.get(status, "") if isinstance(error, NotFound | NotLoggedIn | LimitReached) else ""
    return Refusal(status, problem.detail, code, error.path if isinstance(error, WrongField) else "")


async def _answer(front: WebFront, form: ClientForm, request: WebRequest, reply: WebReply) -> None:
    with front.callers.acting(request) as caller:
        body = await request.read(MAX_BODY)
        asked = form.read(body)
        target = await _target(front, caller.visitor, asked.model)
        repeated = request.headers.get("idempotency-key") or sha256(body).hexdigest()
        key = (caller.visitor.account, caller.visitor.name, request.path, repeated)
        async with front.answers.read(key, target.maker(front, caller.visitor, asked)) as reader:
            await send(ClientReply(form, asked, front.hub.ids.new(), front.hub.clock.now_ms()), reader, reply)


async def _count_tokens(front: WebFront, request: WebRequest, reply: WebReply) -> None:
    with front.callers.acting(request) as caller:
        asked = Messages().read_counted(await request.read(MAX_BODY))
        target = await _target(front, caller.visitor, asked.model)
        await reply_json(reply, {"input_tokens": tokens_of_question(_question(target.model, caller.visitor, asked))})


# --- whom a request asks


@dataclass(frozen=True, slots=True)
class _Target:
    """An actor, alone or in a room."""

    model: Model
    room: Room | None

    def maker(self, front: WebFront, visitor: Visitor, asked: ChatRequest) -> Callable[[SharedAnswer], Awaitable[None]]:
        """What makes the answer. Raises UsageError for what cannot be asked."""
        if self.room is not None and not asked.last_said.strip():
            raise WrongField("messages", "the last one has to be somebody's, who asks: it is said in the room")
        if not asked.messages:
            return _nothing
        if self.room is not None:
            return partial(_ask_in_room, front, visitor, self, asked)
        return partial(_ask_alone, front, visitor, self.model, asked)


async def _target(front: WebFront, visitor: Visitor, name: str) -> _Target:
    """Whom a name means: an actor's own name may have a slash in it, too. Raises NotFound, StorageError."""
    models = front.hub.models
    model = models.named(name)
    room_name, slash, actor = name.partition("/")
    if model is None and slash and (model := models.named(actor)) is not None:
        return _Target(model, await room_of(front, visitor, room_name))
    return _Target(model or models.find(name), None)


def _question(model: Model, visitor: Visitor, asked: ChatRequest, hub: Hub | None = None) -> Question:
    """The client's conversation. With tools of its own, calls are handed back to it; else the model's own run here."""
    own = hub.answers.router.tools_for(model.info) if hub is not None else ()
    return Question(
        asked.last_said, visitor.name, messages=asked.messages, system=asked.system, tools=asked.tools or own,
        account=visitor.account, sampling=asked.sampling, hands_back=bool(asked.tools),
    )  # fmt: skip


async def _nothing(answer: SharedAnswer) -> None:
    """Nothing was said: whoever does that wants the model to be there, and it is."""
    await answer.add(Done(finish_reason="load"))


async def _ask_alone(front: WebFront, visitor: Visitor, model: Model, asked: ChatRequest, answer: SharedAnswer) -> None:
    hub, question = front.hub, _question(model, visitor, asked, front.hub)
    async with staying(hub, visitor), asking_alone(hub, visitor, model, question) as events:
        started = hub.clock.now_ms()
        async for event in events:
            answer.usage, answer.duration_ms = events.answer.usage, max(0, hub.clock.now_ms() - started)
            if not isinstance(event, ToolCall) or question.hands_back:
                await answer.add(event)


async def _ask_in_room(
    front: WebFront, visitor: Visitor, target: _Target, asked: ChatRequest, answer: SharedAnswer
) -> None:
    hub, name, text = front.hub, target.model.info.name, asked.last_said.strip()
    assert target.room is not None
    async with staying(hub, visitor):
        question = reserve(
            hub, visitor, target.room, [name], text, typed=f"@{name} {text}", owner=answer, sampling=asked.sampling
        )
        async with answering(hub, question) as events:
            async for event in events:
                await _take(answer, event)


async def _take(answer: SharedAnswer, event: AnswerEvent) -> None:
    """What was read of the room, as one who asks alone is told it."""
    answer.cached = event.answer.mention.measures.cached
    match event.kind:
        case AnswerEventKind.TOKEN:
            await answer.add(Token(f"\n\n{event.content}" if event.first else event.content))
        case AnswerEventKind.THINKING:
            await answer.add(Thinking(event.content))
        case AnswerEventKind.DONE | AnswerEventKind.ERROR:
            stats = event.stats
            prompt, completion, took = (stats.get(key) for key in ("prompt_tokens", "completion_tokens", "duration_ms"))
            answer.usage = Usage(
                prompt if isinstance(prompt, int) else 0, completion if isinstance(completion, int) else 0
            )
            answer.duration_ms = took if isinstance(took, int) else 0
            ending = event.answer.mention.ending
            refused = ending is not None and ending.refused
            reason = event.reason or f"the answer was {event.status}"
            good = event.kind is AnswerEventKind.DONE
            await answer.add(Done(event.status) if good else Failed(reason, event.status, refused=refused))
        case _:
            pass

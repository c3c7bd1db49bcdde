"""Asking models: from a question's text to reserved answers, in two steps.

`reserve` checks everything and takes the places; `Asked.submit` writes the asker's row. Between them nothing can fail,
so a script can be answered at once and the effects follow when its callback has returned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache

from chatd.core.guard import listed
from chatd.core.live_row import LiveRow
from chatd.core.prompt import BYTES_PER_TOKEN, conversation, first_read, fitted
from chatd.core.question import Question, Said
from chatd.core.room import Room
from chatd.core.room_settings import ON, RETRIEVAL, SYSTEM
from chatd.core.row import NO_META, Method
from chatd.core.sampling import AS_IT_IS, Sampling
from chatd.core.text import check_size
from chatd.core.visit import Visitor
from chatd.errors import LimitReached, UsageError
from chatd.ports import Model
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.permission import check_ask
from chatd.tasks.chat.say import say, with_attachment
from chatd.tasks.log.receipt import Receipt

MANNERS = (
    "You are {name}, in the room {room} of a chat. What others say begins with their name and a colon; what you say"
    " does not."
)
"""What a model is told beside the operator's words: the shape of what it reads. An operator who says nothing leaves a
model its own words (an Ollama's Modelfile has some), which a system message would replace.
"""

MAX_ASKED = 8
"""Models one line may ask."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that has its places: one answer for each model, all children of the row `row_id`."""

    room: Room
    visitor: Visitor
    row_id: str
    typed: str
    answers: tuple[RunningAnswer, ...]
    about: Mapping[str, object] = field(default_factory=lambda: NO_META)
    """What else the asker's row tells of itself."""

    def mention_id(self) -> str | None:
        """The mention the asker's row belongs to: none when several models were asked."""
        return self.answers[0].id if len(self.answers) == 1 else None

    def meta(self) -> dict[str, object]:
        """What tells the asker's row of several answers from one that was only said."""
        return {**self.about, **({"asked": len(self.answers)} if len(self.answers) > 1 else {})}

    def submit(self, hub: Hub) -> Receipt:
        """Write the asker's row, exactly as typed."""
        return say(
            hub, self.visitor, self.room, self.typed, row_id=self.row_id, mention_id=self.mention_id(),
            meta=self.meta(), promised=True,
        )  # fmt: skip


def reserve(
    hub: Hub,
    visitor: Visitor,
    room: Room,
    asked: Sequence[str],
    message: str,
    *,
    typed: str,
    owner: object,
    row_id: str | None = None,
    attachment: str = "",
    about: Mapping[str, object] = NO_META,
    sampling: Sampling = AS_IT_IS,
    fresh: bool = False,
) -> Asked:
    """Check a question and take a place for each model it asks.

    `row_id` names the asker's row, if it is to have a certain id, or somebody else writes it; `about` is what it tells
    of itself. `fresh`: an answer that was given before will not do.

    Raises NotFound (a name that is nobody's), UsageError (too long, or empty), NotPermitted (guests), QuestionRefused,
    LimitReached, StorageError; then no place is taken.
    """
    models = list({id(model): model for model in map(hub.models.find, asked)}.values())
    if not models or not (message.strip() or attachment):
        raise UsageError(f"say what you want to ask: @{','.join(asked) or 'MODEL'} TEXT")
    for text in (typed, message):  # a script may have them differ
        check_size("message", text, hub.limits.max_message)
    _check(hub, visitor, room, models)
    noticed = hub.answers.look(f"{message}\n{attachment}" if attachment else message)
    question_id = row_id or hub.ids.new()
    answers: list[RunningAnswer] = []
    with ExitStack() as undo:
        for model in models:
            question = put(hub, room, model, visitor, with_attachment(message, attachment), rows=room.tail(room.seq))
            question = replace(question, sampling=sampling, fresh=fresh, noticed=noticed)
            if attachment:  # its fence is for models that read the conversation
                question = replace(question, text=f"{message}\n\n{attachment}")
            answer = hub.answers.reserve(
                model, question, room, mention_id=hub.ids.new(), question_id=question_id, owner=owner,
                meta=left_out(question), asked=len(models),
            )  # fmt: skip
            undo.callback(hub.answers.abandon, answer)
            answers.append(answer)
        undo.pop_all()
    return Asked(room, visitor, question_id, with_attachment(typed, attachment), tuple(answers), about)


def _check(hub: Hub, visitor: Visitor, room: Room, models: Sequence[Model]) -> None:
    """Whether the visitor may ask so many models, and each of these, in the room. Raises as `reserve` does."""
    if len(models) > MAX_ASKED:
        raise LimitReached(f"{len(models)} models asked at once, the limit is {MAX_ASKED}")
    hub.check_exists(room)
    hub.recorder.check()
    for model in models:
        check_ask(hub.facts, visitor, model.info)


def put(
    hub: Hub, room: Room, model: Model, asker: Visitor, text: str, *, rows: Sequence[LiveRow],
    begun: Sequence[Sequence[LiveRow]] = (),
) -> Question:  # fmt: skip
    """The question as the model gets it: with who it is, its tools, and of the room's rows before it what fits.

    `begun` are the rows of an answer to it that is to be carried on, see `core.prompt`.
    """
    info = model.info
    words = [said for said in (info.system, room.settings.get(SYSTEM, "")) if said.strip()]
    system = "\n\n".join([*words, MANNERS.format(name=info.name, room=room.name)]) if words else ""
    called = cache(lambda name: hub.models.named(name) is model)
    messages, older = conversation(rows, info.name, Said(asker.name, text, asked=True), called=called, begun=begun)
    continues = "".join(live.text for attempt in begun for live in attempt if live.head.method == Method.MODEL)
    question = Question(
        text, asker.name, room.name, room.id, messages, system, hub.answers.router.tools_for(info),
        continues=continues, older=older, account=asker.account,
    )  # fmt: skip
    retrieval = hub.answers.retrieval if info.reads_room and room.settings.get(RETRIEVAL) == ON else None
    if retrieval is None:
        return fitted(question, info.context_tokens, info.max_tokens)
    question = fitted(question, info.context_tokens, info.max_tokens, retrieval.limits.size // BYTES_PER_TOKEN)
    first = first_read(rows, info.name, called, question.older)
    end = rows[-1].head.seq + 1 if rows else 0  # what came after the question is no answer to it
    return replace(question, related_before=end if first is None else first)


def left_out(question: Question) -> dict[str, object]:
    """What the answer's rows tell of what the model did not get, and of what is in the question."""
    told = {"left_out": question.left_out, "over": question.over, "guard": list(question.noticed)}
    return {key: value for key, value in told.items() if value}


def warning(answer: RunningAnswer) -> str:
    """What the asker must know before the answer comes, in words; "" when there is nothing."""
    question, model = answer.question, answer.facts.model
    said: list[str] = []
    if question.over:
        said.append(f"the question is about {question.over:,} tokens larger than the context; it may be read in part")
    if question.noticed:
        said.append(f"there is {listed(question.noticed)} in the question")
    if question.tools_left_out:
        said.append("its context has no room for tools, so it is asked without them")
    return f"{model}: {'; '.join(said)}" if said else ""

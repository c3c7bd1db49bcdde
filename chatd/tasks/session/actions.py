"""What scripts may do: each call checks, reserves and answers at once; its effect follows after the callback.

Effects are a closed union, applied in the order of the calls by the script loop once Lua has returned. Results are
`{success=true, …}` or `{success=false, error="…"}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chatd.core.line import split_names
from chatd.core.room import Room
from chatd.core.row import Method
from chatd.core.visit import Visitor
from chatd.errors import ChatdError, ScriptError
from chatd.ports import Plain
from chatd.tasks.chat.ask import Asked, reserve
from chatd.tasks.chat.ask_again import carry_on, retry
from chatd.tasks.chat.cancel import cancel, find
from chatd.tasks.chat.entering import destination, new_room, way_back
from chatd.tasks.chat.permission import check_write
from chatd.tasks.chat.say import check_message, check_method
from chatd.tasks.scripts.arguments import as_string
from chatd.tasks.session.state import State

MAX_EFFECTS = 64
"""Effects of one callback: a script that wants more is in a loop."""


@dataclass(slots=True)
class PostRow:
    """Write a row of the person's; a mention made in the same callback may still claim it as its question."""

    room: Room
    row_id: str
    text: str
    method: str
    parent_id: str | None = None
    mention_id: str | None = None
    asked: int = 0


@dataclass(frozen=True, slots=True)
class StartAnswers:
    """Run the reserved answers; `submit` when the asker's row is theirs to write."""

    asked: Asked
    submit: bool


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """Go to a room, making it if need be."""

    name: str


@dataclass(frozen=True, slots=True)
class ChangeRoom:
    """Set something of a room."""

    room: Room
    setting: str
    text: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Go on as this visitor, who has been let in."""

    visitor: Visitor


@dataclass(frozen=True, slots=True)
class Quit:
    """An effect: the session ends."""


Effect = PostRow | StartAnswers | ChangeRoom | OpenRoom | Rename | Quit
Result = dict[str, Plain]
Again = Callable[..., Asked]


def answered(action: Callable[[], Result]) -> Result:
    """Run an action; an expected refusal becomes `{success=false, error=…}`."""
    try:
        return {"success": True, **action()}
    except ScriptError:
        raise
    except ChatdError as error:
        return {"success": False, "error": str(error)}


class Actions:
    """The acting half of `tools`, for one session. `effects` is taken by the script loop after each callback."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._hub = state.hub
        self.effects: list[Effect] = []

    def take(self) -> list[Effect]:
        """The effects since the last time, in order."""
        effects, self.effects = self.effects, []
        return effects

    # --- rows

    def say(self, text: str) -> Result:
        """tools.say(text)"""
        return answered(lambda: self._post(as_string("text", text), Method.USER, None))

    def add_row(self, row: Mapping[str, Plain]) -> Result:
        """tools.add_row{content_method=, content=, parent_id=}: the author is always the person themself."""
        if not isinstance(row, Mapping):
            raise ScriptError("add_row wants a table")
        method = as_string("content_method", row.get("content_method", Method.USER))
        content = as_string("content", row.get("content"))
        parent = row.get("parent_id")
        author = row.get("author")

        def add() -> Result:
            parent_id = None if parent is None else str(parent)
            check_write(self._state.visitor, self._state.visitor.name if author is None else str(author))
            check_method(self._state.room, method, parent_id)
            return self._post(content, method, parent_id)

        return answered(add)

    def _post(self, text: str, method: str, parent_id: str | None) -> Result:
        check_message(self._hub, text)
        row_id = self._hub.ids.new()
        self.add(PostRow(self._state.room, row_id, text, method, parent_id))
        return {"row_id": row_id}

    # --- mentions

    def mention(self, models: str, message: str, typed: str | None = None, fresh: Plain = False) -> Result:
        """tools.mention(models, message [, typed [, fresh]]): `typed` is the whole line for the asker's row, `fresh`
        that no answer will do that was given before.

        Without it, a `message.user` row added earlier in the same callback is the question, else one is made.
        """
        asked = split_names(as_string("model", models))
        text = as_string("message", message)
        result = answered(lambda: self._ask(asked, text, typed, fresh=bool(fresh)))
        if any(self._hub.models.named(name) is None for name in asked):
            result["candidates"] = list(self._hub.models)
        return result

    def _ask(self, asked: list[str], message: str, typed: str | None, *, fresh: bool) -> Result:
        self.check_room()
        claimed = None if typed is not None else self._unclaimed()
        line = typed if typed is not None else claimed.text if claimed else f"@{','.join(asked)} {message}"
        question = reserve(
            self._hub, self._state.visitor, self._state.room, asked, message,
            typed=as_string("typed", line), owner=self._state, row_id=claimed.row_id if claimed else None,
            fresh=fresh,
        )  # fmt: skip
        if claimed is not None:
            claimed.asked += len(question.answers)
            claimed.mention_id = question.mention_id() if claimed.asked == 1 else None
        self.add(StartAnswers(question, submit=claimed is None))
        ids: list[Plain] = [answer.id for answer in question.answers]
        return {"id": ids[0], "ids": ids, "row_id": question.row_id}

    def retry(self, model: str | None = None) -> Result:
        """tools.retry([model]): ask one's newest answered question again; no row of the asker's is added."""
        return answered(lambda: self._again(retry, model))

    def carry_on(self, model: str | None = None) -> Result:
        """tools.carry_on([model]): have one's newest answer that broke off carried on."""
        return answered(lambda: self._again(carry_on, model))

    def _again(self, how: Again, model: str | None) -> Result:
        self.check_room()
        asked = how(
            self._hub, self._state.visitor, self._state.room, None if model is None else as_string("model", model),
            owner=self._state,
        )  # fmt: skip
        self.add(StartAnswers(asked, submit=False))
        return {"id": asked.answers[0].id, "model": asked.answers[0].facts.model}

    def _unclaimed(self) -> PostRow | None:
        posts = [e for e in self.effects if isinstance(e, PostRow) and e.method == Method.USER]
        return posts[-1] if posts else None

    def cancel(self, mention_id: str | None = None) -> Result:
        """tools.cancel([id]): without an id the person's newest answer, this session's first."""
        return answered(lambda: self._cancel(mention_id))

    def _cancel(self, mention_id: str | None) -> Result:
        wanted = None if mention_id is None else str(mention_id)
        answer = find(self._hub, self._state.visitor, wanted, owner=self._state)
        cancel([answer])
        return {"cancelled": answer.facts.model, "id": answer.id}

    # --- rooms

    def join(self, name: str) -> Result:
        """tools.join(room): `on_room` follows when the room is open."""
        return self._go(lambda: destination(self._state.visitor, self._state.room, as_string("room", name)))

    def create(self, name: str) -> Result:
        """tools.create(room): as join, for a room that does not exist yet."""
        return self._go(lambda: new_room(self._hub, self._state.visitor, self._state.room, as_string("room", name)))

    def leave(self) -> Result:
        """tools.leave(): back to the lobby."""
        return self._go(lambda: way_back(self._state.visitor, self._state.room))

    def _go(self, where: Callable[[], str]) -> Result:
        def go() -> Result:
            name = where()
            self.add(OpenRoom(name))
            return {"room": name}

        return answered(go)

    def quit(self) -> Result:
        """tools.quit(): end the session."""
        self.add(Quit())
        return {"success": True}

    def add(self, effect: Effect) -> None:
        """An effect more. Raises ScriptError when there are too many of one callback."""
        self.check_room()
        self.effects.append(effect)

    def check_room(self) -> None:
        """Before anything is reserved for an effect: afterwards nothing may fail."""
        if len(self.effects) >= MAX_EFFECTS:
            raise ScriptError(f"more than {MAX_EFFECTS} actions in one callback")

"""Applying what scripts asked for: rows, answers, other rooms, another name, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from chatd.core.row import Add, NewRow, Status
from chatd.core.text import storable
from chatd.errors import ChatdError
from chatd.tasks.chat.ask import warning
from chatd.tasks.log.receipt import Receipt
from chatd.tasks.session.actions import Effect, OpenRoom, PostRow, Quit, Rename, StartAnswers

if TYPE_CHECKING:
    from chatd.tasks.session.session import Session

MAX_RECEIPTS = 1000
"""Receipts kept before those of rows that have been committed are thrown away."""


class Effects:
    """Applies the effects of a session's callbacks, in order, each time Lua has returned."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._unwritten: list[Receipt] = []

    @property
    def unwritten(self) -> bool:
        """Whether something the person wrote is not on disk yet."""
        self._unwritten = [receipt for receipt in self._unwritten if not receipt.committed]
        return bool(self._unwritten)

    def apply(self) -> None:
        """Take and apply what was asked for."""
        for effect in self._session.actions.take():
            try:
                self._apply(effect)
            except ChatdError as error:
                self._session.notice(str(error), "error")

    def drop(self) -> None:
        """What was asked for by a runtime that came to nothing is not done, and its places are free again."""
        for effect in self._session.actions.take():
            self._abandon(effect)

    def last(self) -> None:
        """The session is over: what was said is still said, and nothing new begins."""
        for effect in self._session.actions.take():
            if isinstance(effect, PostRow):
                self._post(effect)
            else:
                self._abandon(effect)

    def _abandon(self, effect: Effect) -> None:
        if isinstance(effect, StartAnswers):
            for answer in effect.asked.answers:
                self._session.hub.answers.abandon(answer)

    def _apply(self, effect: Effect) -> None:
        session = self._session
        match effect:
            case PostRow():
                self._post(effect)
            case StartAnswers():
                self._start(effect)
            case OpenRoom() | Rename():
                session.moves.want(effect)
            case Quit():
                session.quit()
            case _:
                assert_never(effect)
        if len(self._unwritten) > MAX_RECEIPTS:
            self._unwritten = [receipt for receipt in self._unwritten if not receipt.committed]

    def _post(self, effect: PostRow) -> None:
        hub, name = self._session.hub, self._session.visitor.name
        hub.lobby.set_away(name, None)
        row = NewRow(effect.row_id, effect.method, name, storable(effect.text),
                     parent_id=effect.parent_id, mention_id=effect.mention_id,
                     meta={"asked": effect.asked} if effect.asked > 1 else {})  # fmt: skip
        # The script was told that it is said: whatever the log has come to since, it is not taken back.
        self._unwritten.append(hub.recorder.submit(effect.room, Add(row), urgent=True))

    def _start(self, effect: StartAnswers) -> None:
        session, asked = self._session, effect.asked
        if effect.submit:
            self._unwritten.append(asked.submit(session.hub))
        for answer in asked.answers:
            if warned := warning(answer):
                session.notice(warned, "warn")
            session.nursery.start_soon(answer.run, name=f"mention {answer.id}")

    def stop_answers(self) -> None:
        """End the answers this session started, as if the person had cancelled them."""
        for answer in self._session.hub.answers.running:
            if answer.owner is self._session:
                answer.stop(Status.CANCELLED)

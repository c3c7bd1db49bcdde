"""Applying what scripts asked for: rows, answers, other rooms, another name, the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import assert_never

from chatd.errors import ChatdError
from chatd.tasks.chat.ask import warning
from chatd.tasks.chat.cancel import cancel
from chatd.tasks.chat.notices import Level
from chatd.tasks.chat.room_settings import set_room
from chatd.tasks.chat.say import say
from chatd.tasks.log.receipt import Receipt
from chatd.tasks.session.actions import Actions, ChangeRoom, Effect, OpenRoom, PostRow, Quit, Rename, StartAnswers
from chatd.tasks.session.state import State
from chatd.tasks.session.transitions import Transitions

MAX_RECEIPTS = 1000
"""Receipts kept before those of rows that have been committed are thrown away."""


class Effects:
    """Applies the effects of a session's callbacks, in order, each time one has ended."""

    def __init__(
        self, state: State, actions: Actions, transitions: Transitions, quit_session: Callable[[], None]
    ) -> None:
        self._state = state
        self._actions = actions
        self._transitions = transitions
        self._quit = quit_session
        self._unwritten: list[Receipt] = []

    @property
    def unwritten(self) -> bool:
        """Whether something the person wrote is not on disk yet."""
        self._unwritten = [receipt for receipt in self._unwritten if not receipt.committed]
        return bool(self._unwritten)

    def apply(self) -> None:
        """Take and apply what was asked for."""
        for effect in self._actions.take():
            try:
                self._apply(effect)
            except ChatdError as error:
                self._state.notice(str(error), Level.ERROR)

    def abandon_all(self) -> None:
        """What was asked for by a runtime that came to nothing is not done, and its places are free again."""
        for effect in self._actions.take():
            self._abandon(effect)

    def last(self) -> None:
        """The session is over: what was said is still said, and nothing new begins."""
        for effect in self._actions.take():
            if isinstance(effect, PostRow):
                with suppress(ChatdError):  # nobody is left to be told
                    self._post(effect)
            else:
                self._abandon(effect)

    def _abandon(self, effect: Effect) -> None:
        if isinstance(effect, StartAnswers):
            for answer in effect.asked.answers:
                self._state.hub.answers.abandon(answer)

    def _apply(self, effect: Effect) -> None:
        match effect:
            case PostRow():
                self._post(effect)
            case StartAnswers():
                self._start(effect)
            case ChangeRoom(room=room, setting=setting, text=text):
                self._unwritten.append(set_room(self._state.hub, self._state.visitor, room, {setting: text}))
            case OpenRoom() | Rename():
                self._transitions.want(effect)
            case Quit():
                self._quit()
            case _:
                assert_never(effect)
        if len(self._unwritten) > MAX_RECEIPTS:
            self._unwritten = [receipt for receipt in self._unwritten if not receipt.committed]

    def _post(self, effect: PostRow) -> None:
        # The script was told that it is said.
        meta = {"asked": effect.asked} if effect.asked > 1 else {}
        self._unwritten.append(say(
            self._state.hub, self._state.visitor, effect.room, effect.text, row_id=effect.row_id,
            method=effect.method, parent_id=effect.parent_id, mention_id=effect.mention_id, meta=meta, promised=True,
        ))  # fmt: skip

    def _start(self, effect: StartAnswers) -> None:
        state, asked = self._state, effect.asked
        if effect.submit:
            self._unwritten.append(asked.submit(state.hub))
        for answer in asked.answers:
            if warned := warning(answer):
                state.notice(warned, Level.WARN)
            state.start(answer.run, name=f"mention {answer.id}")

    def stop_answers(self) -> None:
        """End the answers this session started, as if the person had cancelled them."""
        cancel([answer for answer in self._state.hub.answers.running if answer.owner is self._state])

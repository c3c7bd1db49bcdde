"""What must hold in every world, whatever happens: checked while it lives, after a kill, and at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import trio

from chatd.config import Config
from chatd.core.lobby import LOBBY
from chatd.core.question import Question
from chatd.core.room import Room
from chatd.core.row import Method
from chatd.ports import Model, ModelInfo, ToolContext
from chatd.tasks.asking.answer import RunningAnswer
from chatd.tasks.asking.retrieval import Retrieval
from chatd.tasks.asking.running_answers import Answers
from chatd.testing.checks import Broken, check_committed, check_recoverable, check_whole, count
from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.models import SimulatedModel
from chatd.testing.simulation.oracles.following import check_events, check_lines
from chatd.testing.simulation.oracles.judge import Judge
from chatd.testing.simulation.oracles.presence import Attendance
from chatd.testing.simulation.oracles.prompts import Known, check_carried_on, check_prompt
from chatd.testing.simulation.oracles.related import check_named, check_related
from chatd.testing.simulation.oracles.screens import Painted
from chatd.testing.simulation.oracles.web import GivenSecrets
from chatd.testing.world import World

ONE_MORE = 3
"""Changes that one more event may bring to an answer which has `chunk_buffer_size` of them unwritten."""

WRONGLY = "told wrongly"
"""What the simulation's scripts say when what they are told of rows does not fit together."""


class Invariants:
    """Of one server in a world. Every check raises Broken, with the invariant's name."""

    def __init__(
        self, world: World, settings: Config, models: Iterable[SimulatedModel], secrets: GivenSecrets | None = None
    ) -> None:
        self._settings = settings
        self._world = world
        self.models = tuple(models)
        self.broken: Broken | None = None
        """The first invariant that broke while something was shown."""
        self.disturbances = 0
        """Faults of the disk so far."""
        self.pressed = 0
        self.attendance = Attendance()
        self.judge = Judge(world, self.attendance, self.is_calm, lambda: self.disturbances)
        self.secrets = secrets or GivenSecrets()
        self._painted: dict[int, Painted] = {}
        self._asked: list[tuple[Model, RunningAnswer]] = []
        """Answers that have not been seen to end."""
        self._overhear(world.hub.answers)

    # --- what people and faults do

    def comes(self, person: PlayedPerson) -> None:
        """Somebody connects."""
        self.attendance.comes(person)
        self.judge.comes(person)

    def disturbed(self) -> None:
        """Another fault of the disk, the end of one, or the server is told to stop."""
        self.disturbances += 1

    def is_calm(self) -> bool:
        """Whether the disk does at once what it should, nothing waits for it, and the server goes on."""
        hub, disk = self._world.hub, self._world.disk
        return not (disk.failing or disk.is_slow or disk.will_fail or hub.recorder.trouble or hub.stopping.is_set())

    # --- at any moment

    def when_shown(self) -> None:
        """Something is about to reach a person: whatever the rooms hold is on disk."""
        try:
            check_committed(self._world)
        except Broken as broken:
            self.breaks(broken.name, broken.detail)

    def is_told_of_a_name(self, name: str) -> None:
        """Somebody is told that a name is theirs: it is on disk."""
        if name not in self.judge.record.members():
            self.breaks("a name that is told is kept", f"{name} is registered, and not on disk")

    def is_painted(self, person: PlayedPerson, data: bytes, unsent: int) -> None:
        """Somebody's screen is sent this, while so many bytes wait for its terminal."""
        try:
            self._painted.setdefault(id(person), Painted()).sent(data, person, unsent)
        except Broken as broken:
            self.breaks(broken.name, broken.detail)

    def breaks(self, name: str, detail: str) -> None:
        """An invariant is broken, seen from inside the server: it is kept, for a boundary there may take the error.

        Raises Broken.
        """
        broken = Broken(name, detail)
        self.notes(broken)
        raise broken

    def notes(self, broken: Broken) -> None:
        """An invariant is broken, as a task of somebody's has seen: the first one counts."""
        self.broken = self.broken or broken

    def _overhear(self, answers: Answers) -> None:
        """Hear of each question when it is put, with what it is made of still at hand."""
        reserve = answers.reserve

        def overheard(model: Model, question: Question, room: Room, **more: Any) -> RunningAnswer:
            self._is_put(model.info.name, question, room, more["question_id"], more.get("meta") or {})
            answer = reserve(model, question, room, **more)
            self._asked.append((model, answer))
            return answer

        answers.reserve = overheard  # type: ignore[method-assign]
        if answers.retrieval is not None:
            self._overhear_retrieval(answers.retrieval)

    def _overhear_retrieval(self, retrieval: Retrieval) -> None:
        looked_up = retrieval.looked_up

        async def overheard(question: Question, info: ModelInfo) -> tuple[Question, Mapping[str, object]]:
            given, told = await looked_up(question, info)
            try:
                check_related(self.judge.record, question, given)
            except Broken as broken:
                self.breaks(broken.name, broken.detail)
            return given, told

        retrieval.looked_up = overheard  # type: ignore[method-assign]

    def _is_put(self, model: str, question: Question, room: Room, question_id: str, meta: Mapping[str, object]) -> None:
        self.judge.is_asked(question.asker)
        known = Known(room.seq, room.number, self._settings.limits.history_rows, question_id)
        try:
            check_prompt(self.judge.record, question, model, known)
            check_carried_on(self.judge.record, question, model, meta.get("continues"))
        except Broken as broken:
            self.breaks(broken.name, broken.detail)

    def tool_begins(self, name: str, context: ToolContext) -> None:
        """A tool begins, in the task of the answer: its call is on disk, but for one outside of any room."""
        if not context.room:
            return
        sql = "SELECT count(*) FROM rows WHERE content_method = 'tool.call' AND tool_name = ? AND mention_id = ?"
        if not self._world.database.writer.execute(sql, (name, context.mention_id)).fetchone()[0]:
            self.breaks("a tool that begins has its call on disk", f"{name} in {context.room}")

    def in_life(self) -> None:
        """Limits hold, nobody is asked for nobody, and commands that have ended printed what they should."""
        hub = self._world.hub
        running = hub.answers.running
        for model in self.models:
            if model.open_streams > model.info.max_parallel:
                raise Broken("limits hold", f"{model.info.name} answers {model.open_streams} at once")
        if sum(model.open_streams for model in self.models) > len(hub.answers.progresses):
            raise Broken("left upstreams are closed", "a model's stream is open that no answer reads")
        for answer in running:
            if not answer.mention.over and answer.unwritten > self._settings.streaming.chunk_buffer_size + ONE_MORE:
                raise Broken("limits hold", f"an answer has {answer.unwritten} changes unwritten")
        self._check_places()
        self._check_ended()
        self.judge.look()
        for error in self._world.heard.found:
            if WRONGLY in error:
                raise Broken("scripts are told of rows", error)

    def _check_ended(self) -> None:
        ended = [one for one in self._asked if one[1].mention.over and not one[1].owes]
        for model, answer in ended:
            for live in filter(None, map(answer.room.get, answer.mention.rows)):
                if live.head.method == Method.MODEL:
                    check_named(answer.question.related, live.head, may_be_left_out=model not in self.models)
        self._asked = [one for one in self._asked if one not in ended]

    def _check_places(self) -> None:
        limits, running = self._settings.limits, self._world.hub.answers.running
        for what, most, groups in (
            ("a person", limits.max_streams_per_user, [answer.facts.asker for answer in running]),
            ("a room", limits.max_streams_per_room, [answer.room.id for answer in running]),
        ):
            for one in set(groups):
                if groups.count(one) > most:
                    raise Broken("limits hold", f"{what}, {one}, has {groups.count(one)} answers of {most}")

    def after_a_kill(self) -> None:
        """What a `kill -9` here would leave, recovered in a copy."""
        check_recoverable(self._world)
        self._check_typed()

    def _check_typed(self) -> None:
        """No row has what is drawn as keys. In line mode an escape sequence is text, and stands there whole."""
        typed = "replace(content, char(27) || '[', '')"
        keys = " OR ".join(f"{typed} LIKE '%{key}%'" for key in ("[200~", "[A", "[B", "[F", "[31m"))
        sql = f"SELECT count(*) FROM rows WHERE content_method = 'message.user' AND ({keys})"  # noqa: S608
        if found := count(self._world.database.writer, sql):
            raise Broken("no key is taken for text", f"in {found} rows")

    def _check_annotations(self) -> None:
        """What the simulation's script has found out about an answer was so at some time: no answer had more bytes."""
        found = "json_extract(meta, '$.x.bytes')"
        sql = f"SELECT count(*) FROM rows WHERE {found} > length(CAST(content AS BLOB)) OR {found} < 0"  # noqa: S608
        if wrong := count(self._world.database.writer, sql):
            raise Broken("annotations are of their rows", f"{wrong} are not")

    # --- at the end, when everything has come to rest

    def at_rest(self, viewers: Iterable[PlayedPerson]) -> None:
        """Nothing is open or waits, and every viewer of events has seen exactly what is on disk."""
        check_whole(self._world.database.writer, "at the end")
        self._check_typed()
        hub = self._world.hub
        if going := hub.answers.progresses:
            raise Broken("answers end", f"{len(going)} run still")
        if not hub.answers.router.idle:
            raise Broken("places are given back", "the router is not idle")
        if open_streams := sum(model.open_streams for model in self.models):
            raise Broken("left upstreams are closed", f"{open_streams} are open")
        if hub.recorder.debt:
            raise Broken("what is submitted is committed", f"{hub.recorder.debt} drafts wait")
        self.judge.look()
        self._check_annotations()
        self._check_presence()
        self.secrets.check("the database", self._world.image())
        rows = self.judge.record.rows(LOBBY)
        for viewer in viewers:
            check_events(viewer.output, rows)

    def _check_presence(self) -> None:
        """Private rooms are those of people there are, and nobody is in a room who is not here."""
        here = {person.name for person in self._world.hub.lobby.people}
        present = self.attendance.since(trio.current_time())
        ghosts = {name for name in here - present.possible if not name.startswith(tuple(self.attendance.begun))}
        if ghosts:
            raise Broken("who has gone is not here", f"{sorted(ghosts)}")
        for name in self.judge.record.rooms():
            if name.startswith("~guest-") and name[1:] not in present.possible:
                raise Broken("a guest's private room goes with them", name)
        for room in self._world.hub.lobby.rooms:
            if strangers := set(self._world.hub.lobby.members(room)) - here:
                raise Broken("who has gone is not here", f"{sorted(strangers)} are in {room.name}")

    def lines_at_rest(self, person: PlayedPerson, since: int) -> None:
        """Somebody in line mode, who was in the lobby all the time since it had so many rows, has seen each of them."""
        check_lines(person.output, self.judge.record.rows(LOBBY), since)

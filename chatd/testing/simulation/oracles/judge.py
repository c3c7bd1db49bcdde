"""Judging commands: what was so when one began and when it had ended says what it may have printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import trio

from chatd.core.names import GUEST_PREFIX
from chatd.testing import program as acts
from chatd.testing.checks import Broken
from chatd.testing.people import PlayedPerson
from chatd.testing.simulation.oracles import asking, people, reading, room_settings, statuses
from chatd.testing.simulation.oracles.command_line import option, plain_words, room_of, words_of
from chatd.testing.simulation.oracles.presence import Attendance
from chatd.testing.simulation.oracles.record import Record, RecordedRow, is_visible
from chatd.testing.world import World


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was so when a command began."""

    at: float
    rooms: dict[str, int]
    """The rows of each room that the server had told of."""
    lengths: dict[str, int]
    """Characters of the rows that were open."""
    written: int
    """The rowid of the newest row on disk."""
    asked: int
    """How many questions of the person's had been put."""
    own: frozenset[str]
    """The person's own rows: numbers of rows that are gone are given again, ids are not."""
    answers: frozenset[str]
    """Mentions of the person's own that ran, and that nobody had stopped."""
    public: dict[str, int]
    """Every room on disk, with its rows."""
    settings: dict[str, dict[str, str]]
    """What was set of each, on disk."""
    calm: bool
    """Whether the disk worked, and nothing waited for it."""
    faults: int


@dataclass(slots=True)
class _Running:
    act: acts.RunCommand
    person: PlayedPerson
    beginning: Beginning
    drawn: bool
    """Whether it is one of those that are drawn; whoever runs another one knows how it must end."""


class Judge:
    """Of one server. `is_calm` tells whether it does at once what it should, `faults` how often it was disturbed."""

    def __init__(
        self, world: World, attendance: Attendance, is_calm: Callable[[], bool], faults: Callable[[], int]
    ) -> None:
        self._world = world
        self._is_calm = is_calm
        self._faults = faults
        self._attendance = attendance
        self._running: list[_Running] = []
        self._next: acts.RunCommand | None = None
        self._asked: Counter[str] = Counter()
        """Questions that have been put, by who asked: an answer may have begun and ended while a command waited."""
        self.record = Record(world.database.writer)

    # --- watching

    def begins(self, act: acts.RunCommand) -> None:
        """The next who comes runs this command."""
        self._next = act

    def is_asked(self, who: str) -> None:
        """A question of somebody's is put, from whatever front; it may not be on disk for a while."""
        self._asked[who] += 1

    def comes(self, person: PlayedPerson) -> None:
        """Somebody has connected."""
        act, self._next = self._next, None
        who, line = person.visit.visitor.name, person.visit.command
        if line is not None:
            drawn = act is not None
            self._running.append(_Running(act or acts.RunCommand(who, line), person, self.beginning(who), drawn))

    def beginning(self, who: str) -> Beginning:
        """What is so now, for a command of somebody's."""
        hub = self._world.hub
        newest = self._world.database.writer.execute("SELECT coalesce(max(n), 0) FROM rows").fetchone()[0]
        return Beginning(
            trio.current_time(), {room.name: room.seq for room in hub.lobby.rooms},
            {row.head.id: row.length for room in hub.lobby.rooms for row in room.open_rows}, newest, self._asked[who],
            self._own_rows(who), self._own_answers(who), self.record.rooms(), self.record.settings(), self._is_calm(),
            self._faults(),
        )  # fmt: skip

    def look(self) -> None:
        """Judge the commands that have ended since the last time. Raises Broken."""
        ended = [one for one in self._running if one.person.ended.is_set()]
        self._running = [one for one in self._running if not one.person.ended.is_set()]
        for one in ended:
            if one.act.gone_after is None:
                self._judge(one)

    def _judge(self, ended: _Running) -> None:
        line, person, began = ended.act.line, ended.person, ended.beginning
        calm = began.calm and self._is_calm() and began.faults == self._faults()
        words = words_of(line)
        who, status = person.visit.visitor.name, person.exit_status
        answers = self._own_answers(who)
        if ended.drawn:
            statuses.check(
                line, words, status, person.errors, calm=calm, stopping=self._world.hub.stopping.is_set(),
                guest=who.startswith(GUEST_PREFIX),
                asked=bool(began.answers | answers) or self._asked[who] > began.asked,
                certain=bool(began.answers & answers),
                exists=lambda room: self._exists(room, who, began),
            )  # fmt: skip
        gone = f"~{who}" in words and who.startswith(GUEST_PREFIX)  # with the guest, as soon as it was said
        if words[:1] == ["say"] and status == 0 and not gone and not self._own_rows(who) - began.own:
            raise Broken("what is said is there", f"{line!r} of {who} has ended with 0, and no row is on disk")
        if calm and status in (0, 1, 130, 75):
            self._check_output(words, person, began, status)

    def _exists(self, room: str, who: str, began: Beginning) -> set[bool]:
        """Whether a room existed for somebody, on both ends of a command. One's own private room always does."""
        if room.startswith("~"):
            return {room == f"~{who}"}
        return {room in began.public, room in self.record.rooms()}

    def _own_rows(self, who: str) -> frozenset[str]:
        sql = "SELECT id FROM rows WHERE author = ?"
        return frozenset(row_id for (row_id,) in self._world.database.writer.execute(sql, (who,)))

    def _own_answers(self, who: str) -> frozenset[str]:
        running = self._world.hub.answers.running
        return frozenset(one.id for one in running if one.facts.asker == who and not one.stopped)

    # --- by command

    def _check_output(self, words: Sequence[str], person: PlayedPerson, began: Beginning, status: int) -> None:
        name, who, output = f"{words[0]} shows what is" if words else "", person.visit.visitor.name, person.output
        # A guest's own room goes with the guest, and with it what was asked there.
        stays = "--room" in words or not who.startswith(GUEST_PREFIX)
        match words:
            case ["history", *rest] if status == 0:
                self._check_history(name, rest, output, began)
            case ["tail", *rest] if status == 0 and "--follow" not in rest and "--since" not in rest:
                self._check_tail(name, rest, output, began)
            case ["export", *rest] if status == 0:
                self._check_export(name, rest, output, began)
            case ["search", *rest] if status in (0, 1):
                self._check_search(name, rest, person, began)
            case ["rooms", "--json"] if status == 0:
                told = reading.json_lines(name, output)
                after = self.record.rooms()
                before = {room: seq for room, seq in began.rooms.items() if room in began.public}
                people.check_rooms(
                    name, told, asker=who, before=before, after=after, present=self._present(began),
                )  # fmt: skip
            case ["room", *rest] if status == 0:
                self._check_room(rest, person, began)
            case ["who", "--json"] if status == 0:
                people.check_who(name, reading.json_lines(name, output), self._present(began), who)
            case ["whoami"] if status == 0 and output.partition("\n")[0] != who:
                raise Broken(name, f"{who} is {output!r}")
            case ["health"] if status != 75 and (output, status) != ("ok\n", 0):
                raise Broken(name, f"the disk works, told is {output!r}, {status}")
            case ["ask", "--json", *_] if output and stays:
                asking.check_events(reading.json_lines(name, output), self.record.everywhere(), status)
            case ["ask", *rest] if status == 0 and stays:
                asking.check_answer_text(output, who, self.record.everywhere(), self._asked_by(rest), began.own)
            case _:
                pass

    def _check_room(self, words: Sequence[str], person: PlayedPerson, began: Beginning) -> None:
        room, setting = room_settings.named(words)
        if "--json" in words:
            before, after = (held.get(room, {}) for held in (began.settings, self.record.settings()))
            for told in reading.json_lines(room_settings.NAME, person.output):
                room_settings.check_shown(told, room, before, after)
        elif len(setting) > 1:
            room_settings.check_set(person.visit.visitor.name, self.record.rows(room), began.written)

    def _asked_by(self, words: Sequence[str]) -> list[str]:
        """The models that a question names, or the default of its room."""
        named = next((word for word in words if word.startswith("@")), None)
        room = option(words, "--room") or ""
        return [self.record.settings()[room].get("default", "")] if named is None else named[1:].split(",")

    def _present(self, began: Beginning) -> people.Present:
        return self._attendance.since(began.at)

    def _check_history(self, name: str, words: Sequence[str], output: str, began: Beginning) -> None:
        room, most = room_of(words), int(option(words, "--limit") or 50)
        if "--before" in words:
            return
        self._check_window(name, room, most, output, began, as_json="--json" in words)

    def _check_tail(self, name: str, words: Sequence[str], output: str, began: Beginning) -> None:
        room, most = room_of(words), int(option(words, "-n") or 20)
        if "--json" not in words:
            self._check_window(name, room, most, output, began, as_json=False)
            return
        events = reading.json_lines(name, output)
        rows, least, newest = self._rows(room, began)
        added = {row.id: row.added for row in rows}
        for event in events:
            if event["event"] != "added" or event["n"] != added.get(event["row"]["id"]):
                raise Broken(name, f"no beginning of a row: {str(event)[:200]}")
        reading.check_window(
            name, [event["row"] for event in events], rows, most=most, least=least, newest=newest, known=began.lengths
        )

    def _check_window(self, name: str, room: str, most: int, output: str, began: Beginning, *, as_json: bool) -> None:
        rows, least, newest = self._rows(room, began)
        if as_json:
            told = reading.json_lines(name, output)
            reading.check_window(name, told, rows, most=most, least=least, newest=newest, known=began.lengths)
        elif self._is_quiet(rows, began):
            reading.check_text(name, output, rows, most=most, least=least, newest=newest)

    def _rows(self, room: str, began: Beginning) -> tuple[list[RecordedRow], int, int]:
        rows = self.record.rows(room)
        return rows, began.rooms.get(room, 0), rows[-1].seq if rows else 0

    def _is_quiet(self, rows: Sequence[RecordedRow], began: Beginning) -> bool:
        """Whether no row of these has changed meanwhile, but by being there."""
        return not any(row.is_open or row.id in began.lengths or _has_grown(row, began) for row in rows)

    def _check_export(self, name: str, words: Sequence[str], output: str, began: Beginning) -> None:
        form, room = option(words, "--format") or "md", room_of(words)
        rows, least, newest = self._rows(room, began)
        if form == "jsonl":
            told = reading.json_lines(name, output)
            reading.check_window(name, told, rows, most=newest, least=least, newest=newest, known=began.lengths)
        elif not self._is_quiet(rows, began):
            return
        elif form == "text":
            reading.check_text(name, output, rows, most=newest, least=least, newest=newest)
        else:
            reading.check_markdown(name, output, rows, least)

    def _check_search(self, name: str, words: Sequence[str], person: PlayedPerson, began: Beginning) -> None:
        who, output, status = person.visit.visitor.name, person.output, person.exit_status
        query, room = plain_words(words), option(words, "--room")
        author = next((word.removeprefix("from:") for word in query if word.startswith("from:")), None)
        asked = [word.lower() for word in query if not word.startswith("from:")]
        rows = [row for row in self.record.everywhere() if room in (None, row.room)]
        known = {
            row.id for row in rows
            if row.n <= began.written and row.id not in began.lengths and row.seq <= began.rooms.get(row.room, 0)
        }  # fmt: skip
        if "--json" in words:
            reading.check_found(
                name, reading.json_lines(name, output), rows, who=who, words=asked, author=author, known=known
            )
        if status == 1 and (output or any(r.id in known and reading.matches(r, asked, author) and
                                          is_visible(r.room, who) for r in rows)):  # fmt: skip
            raise Broken(name, f"{who} finds nothing of {asked} by {author}, and there is some")


def _has_grown(row: RecordedRow, began: Beginning) -> bool:
    """Whether a row that has come since, or that the server had not told of yet, has had other states."""
    is_new = row.n > began.written or row.seq > began.rooms.get(row.room, 0)
    return is_new and row.last != row.added

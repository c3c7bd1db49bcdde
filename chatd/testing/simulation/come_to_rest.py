"""How a world ends: its faults go and it must be well again, or it was told to stop and must have stopped."""

from __future__ import annotations

import trio

from chatd.core.visit import Visit
from chatd.testing import program as acts
from chatd.testing.checks import Broken
from chatd.testing.people import PlayedPerson
from chatd.testing.schedule import Mode
from chatd.testing.simulation.conversations.talk import NO_KEY
from chatd.testing.simulation.oracles.screens import stale, standing
from chatd.testing.simulation.player import REDRAW, WatchedPlayer

WELL = "all is well"
LIVELY = "日本 naïve\n```\ncode\n```\nand text that is long enough to be wrapped on every screen there is"
LONG = "日本語 👩‍👩‍👧 and words, " * 6

ESC = b"\x1b"
SETTLES_S = 0.2
"""Virtual seconds in which a key has its effect."""
END = b"\x1b[F"

REST_S = 25.0
"""Virtual seconds after which everything that was begun has met one of its limits."""

SAID = 12
"""Rows that are said while the bots are slow: more than the simulation's rooms keep as entries."""

COMPARED = 8
"""Lines at the bottom of a screen that are compared: rows that were said when everybody could see them."""

BIG, BIG_ROWS = "big " * 4000, 6
"""A message that is nearly as large as one may be; so many of them are more than a client takes in one go."""

WELL_LOOKED_AT = 4
"""Of so many worlds one has its end looked at by newcomers: it takes as long as all of its acts."""

LATE_AND_SLOW = 8
"""One of so many of those has somebody who comes late and slowly: a fifth of its time."""

LOOKS_EVERY_S = 0.05
"""Virtual seconds between two looks at something that is waited for."""

MOST_COMPARED = 2
"""Screens of one world: each costs another session."""


async def stop(player: WatchedPlayer, *, orderly: bool) -> None:
    """The server was told to stop. Within its grace every session is over, whatever else is wrong; with a disk that
    works and people who read, everything is on disk then, too.
    """
    world, grace = player.world, player.world.hub.limits.grace / 2
    await player.web.asks_whether_it_is_ready()
    if orderly:
        player.watch.disturbed()
        player.set_disk("works")
        player.everybody_reads()
        player.web.everybody_reads()
    with trio.move_on_after(grace):
        for someone in player.people.terminals:
            await someone.ended.wait()
        while world.hub.crowd.sessions:  # over the web
            await world.settle(LOOKS_EVERY_S)
    if world.hub.crowd.sessions:
        raise Broken("a server that stops ends its sessions", f"{world.hub.crowd.sessions} go on")
    if not orderly:
        player.watch.after_a_kill()
        return
    with trio.move_on_after(grace):
        await world.hub.recorder.flushed()
    with trio.move_on_after(grace):
        await world.hub.stored.flushed()
    player.watch.at_rest(())


async def recover(player: WatchedPlayer) -> None:
    """Faults are off: everything converges, and a new question is answered."""
    player.tell("the faults end")
    player.watch.disturbed()
    player.set_disk("works")
    player.everybody_reads()
    player.web.everybody_reads()
    await _rest(player)
    newcomer = await _command(player, f"ask --room lobby @echo '{LIVELY}'", REST_S)
    if (newcomer.output, newcomer.exit_status) != (LIVELY + "\n", 0):
        found = f"{newcomer.output!r}, {newcomer.exit_status}, {newcomer.errors!r}"
        raise Broken("a new question is answered", found)
    await player.world.settle()
    if player.seed // len(Mode) % WELL_LOOKED_AT == 0:
        await _converge(player)
        await _compare_screens(player)
    else:
        await _command(player, f"say --room lobby {WELL}")
        await player.world.settle(1)
    await _compare_repaints(player)
    player.watch.at_rest([viewer for viewer in player.viewers if not viewer.ended.is_set()])
    await player.web.at_rest()
    for person, since in player.readers:
        if not person.ended.is_set() and not any(one is person for one in player.strayed):
            player.watch.lines_at_rest(person, since)


async def _rest(player: WatchedPlayer) -> None:
    """Let everything that was begun meet one of its limits, or end before."""
    hub, patience = player.world.hub, trio.current_time() + REST_S
    while trio.current_time() < patience:
        await player.world.settle(1)
        busy = hub.answers.progresses or hub.recorder.debt or hub.stored.debt or hub.recorder.trouble
        if not busy and not any(not person.ended.is_set() for _, person in player.commands):
            return


async def _command(player: WatchedPlayer, line: str, patience: float = 5.0) -> PlayedPerson:
    person = player.people.connect(Visit(player.people.visitor("zoe"), line))
    person.ends_input()
    with trio.move_on_after(patience):
        await person.ended.wait()
    return person


async def _converge(player: WatchedPlayer) -> None:
    """Everybody looks at the newest rows; who follows events is slow once more while something is said."""
    world = player.world
    for key in (ESC, END):
        for person in _screens(player):
            person.sends(key)
        await world.settle(1)
    # What is said meanwhile comes when they read on, though nothing follows.
    player.join(acts.Join("yan", "events"))
    for viewer in player.viewers:
        viewer.stops_reading()
    for number in range(SAID):
        await _command(player, f"say --room lobby {number} {LONG if number % 4 == 0 else ''}")
    if player.seed // (len(Mode) * WELL_LOOKED_AT) % LATE_AND_SLOW == 0:
        await _comes_late_and_slowly(player)
    await _command(player, f"say --room lobby {WELL}")
    await world.settle(1)
    for viewer in player.viewers:
        viewer.reads_on()
    await world.settle(1)


async def _comes_late_and_slowly(player: WatchedPlayer) -> None:
    """There is more to catch up on than is sent at once, and while that waits the room goes on."""
    for _ in range(BIG_ROWS):
        await _command(player, f"say --room lobby {BIG}")
    player.join(acts.Join("xan", "events, slowly"))
    await player.world.settle()


def _screens(player: WatchedPlayer) -> list[PlayedPerson]:
    people = player.here.values()
    return [one for one in people if one.visit.pty and one.visit.term != "dumb" and not one.ended.is_set()]


async def _compare_repaints(player: WatchedPlayer) -> None:
    """Each screen is what it is after all of it is drawn anew: nothing has been left from before, in whatever room."""
    if player.world.hub.answers.running:  # what is shown of them moves
        return
    people = _screens(player)
    for person in people:
        person.sends(ESC)
    await player.world.settle(1)
    for person in people:
        person.sends(NO_KEY.encode())
    await player.world.settle(SETTLES_S)
    for person in people:
        # What was drawn once for all must be what is drawn for each of them alone.
        player.world.server.screens.shared.looks.forget()
        before = standing(person.screen)
        person.sends(REDRAW)
        await player.world.settle(SETTLES_S)
        others = stale(before, standing(person.screen))
        if others and not person.ended.is_set():
            raise Broken("a screen is what a full repaint makes it", f"{person.visit.visitor.name}: {others}")


async def _compare_screens(player: WatchedPlayer) -> None:
    """Whoever sits in the lobby sees what somebody sees who comes in now, under the same name and at the same size."""
    lobby = player.world.hub.lobby
    for old in _screens(player)[:MOST_COMPARED]:
        visit, size = old.visit, (old.screen.columns, old.screen.rows)
        if lobby.rooms_of(visit.visitor.name) != ["lobby"] or size[0] < 40:
            continue
        new = player.people.connect(Visit(visit.visitor, pty=True, term=visit.term, size=size))
        await player.world.settle(1)
        for one in (old, new):  # a notice may lie over the newest row
            one.sends(NO_KEY.encode())
        await player.world.settle(SETTLES_S)
        # They have as many sessions as they may, or are told first that the scripts are broken.
        refused = new.ended.is_set() or player.scripts.are_broken
        new.hangs_up()
        if refused:
            continue
        ours, theirs = _newest_rows(old), _newest_rows(new)
        shown = min(len(ours), len(theirs), COMPARED)
        if not shown or ours[-shown:] != theirs[-shown:]:
            raise Broken("every screen shows the rows", f"{visit.visitor.name} sees {ours}, a newcomer {theirs}")


def _newest_rows(person: PlayedPerson) -> list[str]:
    """The lines of the chat, as far as the row that was said last; none when that is not in sight."""
    lines = [line.rstrip() for line in person.screen.lines]
    ends = [at for at, line in enumerate(lines) if WELL in line]
    return lines[: ends[-1] + 1] if ends else []

"""What happens in a world, as data: a list of acts. Being data, it can be shortened and replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody comes: with a screen, in line mode, or as a bot that follows the lobby's events, perhaps slowly."""

    who: str
    how: str
    size: tuple[int, int] = (80, 24)


@dataclass(frozen=True, slots=True)
class RunCommand:
    """Somebody runs a command over ssh; perhaps their connection goes while it runs, after so many seconds, or they
    take nothing of what it prints until everybody reads on.
    """

    who: str
    line: str
    gone_after: float | None = None
    piped: str = ""
    """What comes in through stdin."""
    reads: bool = True


@dataclass(frozen=True, slots=True)
class Type:
    """Somebody types, in packets of these sizes (an escape sequence may be split anywhere)."""

    who: str
    text: str
    cut: int


@dataclass(frozen=True, slots=True)
class Flood:
    """So many connections of somebody's at once: each runs a command, or wants to."""

    who: str
    count: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """SIGHUP, with a configuration that is good, or one that is not."""

    good: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody goes: hangs up, is cut off, or has no more input."""

    who: str
    how: str


@dataclass(frozen=True, slots=True)
class Window:
    """Somebody's terminal has another size, stops taking output, or takes it again."""

    who: str
    how: str
    size: tuple[int, int] = (80, 24)


@dataclass(frozen=True, slots=True)
class DiskFault:
    """The disk becomes slow, full, read-only, lies about what is safe, fails at its `write`-th next write, or works
    again.
    """

    how: str
    write: int = 0


@dataclass(frozen=True, slots=True)
class DiskDamage:
    """The next restart finds something else than was written: the WAL's tail is torn, or a bit is flipped, in it or in
    the database itself. After a server that was stopped there is no WAL.
    """

    how: str
    where: int
    """Bytes that are gone, or the bit; counted anew behind the last there is."""


@dataclass(frozen=True, slots=True)
class Crash:
    """What a `kill -9` here would leave is recovered, in a copy, and looked at."""


@dataclass(frozen=True, slots=True)
class Stop:
    """SIGTERM. `how` it is for those who are there: everything works, or whatever is wrong stays wrong."""

    how: str


@dataclass(frozen=True, slots=True)
class Restart:
    """The server ends, as told or killed, and the next one goes on with what is on disk. Everybody is out."""

    killed: bool


@dataclass(frozen=True, slots=True)
class Converse:
    """A whole conversation of people who come for it alone, and know what they must be shown."""

    which: str
    number: int
    """Theirs alone: it is part of their names."""


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody presses keys, and must see them on the screen in time, whatever else happens."""

    who: str


@dataclass(frozen=True, slots=True)
class Redraw:
    """Somebody has their screen drawn anew, and sees what they saw."""

    who: str


@dataclass(frozen=True, slots=True)
class SaveScripts:
    """Somebody saves the server's scripts: in this edition, a broken one among them."""

    edition: str


@dataclass(frozen=True, slots=True)
class LinkFault:
    """Somebody's connection is from now on as `connection.QUALITIES` names it."""

    who: str
    how: str


@dataclass(frozen=True, slots=True)
class ClockFault:
    """The wall clock is set by so many seconds; time itself goes on as before."""

    how: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DiscoveryFault:
    """The server at which models are looked for offers other ones, none, or cannot be had."""

    how: str


@dataclass(frozen=True, slots=True)
class Browse:
    """Somebody does something over the web: `what` it is, `text` whatever that takes; see `simulation.web`. Their
    client leaves after so many seconds, whatever is on its way.
    """

    who: str
    what: str
    text: str = ""
    gone_after: float | None = None


@dataclass(frozen=True, slots=True)
class LetPass:
    """Time passes, in seconds."""

    seconds: float


Act = (
    Join | RunCommand | Flood | HangUp | Type | Leave | Window | DiskFault | DiskDamage | Crash | Stop | Restart
    | Converse | Press | Redraw | SaveScripts | LinkFault | ClockFault | DiscoveryFault | Browse | LetPass
)  # fmt: skip

FAULTS = (Leave, Flood, DiskFault, DiskDamage, Crash, Stop, Restart, LinkFault, ClockFault, DiscoveryFault)
"""The acts that are counted as faults; what models do wrong is counted by them."""


@dataclass(frozen=True, slots=True)
class Program:
    """The acts of a world, in order, and the seed of everything that is not an act."""

    seed: int
    acts: tuple[Act, ...]
    drawn: bool = False
    """Whether the world's limits and features are drawn from the seed, too; else they are the usual ones."""


def describe(act: Act) -> str:
    """The act as a line of the trace."""
    match act:
        case Join(who=who, how=how, size=size):
            return f"{who} joins: {how} {size[0]}x{size[1]}"
        case RunCommand(who=who, line=line, gone_after=gone, piped=piped, reads=reads):
            said = f"{who} runs {line}" + (f" with {len(piped)} characters of {piped[:8]!a}" if piped else "")
            said += "" if reads else ", and reads nothing"
            return said + (f" and is gone after {gone:g} s" if gone is not None else "")
        case Flood(who=who, count=count):
            return f"{count} connections of {who}"
        case HangUp(good=good):
            return f"the configuration is read again: {'a good one' if good else 'a bad one'}"
        case Type(who=who, text=text, cut=cut):
            return f"{who} types {text!a}" + (f" in packets of {cut}" if cut else "")
        case Leave(who=who, how=how):
            return f"{who} {how}"
        case Window(who=who, how=how, size=size):
            return f"{who} {how}" + (f" to {size[0]}x{size[1]}" if how == "resizes" else "")
        case DiskFault(how=how, write=write):
            return f"the disk: {how}" + (f" the next write but {write - 1}" if write else "")
        case DiskDamage(how=how, where=where):
            return f"what the next server finds: {how}, {where}"
        case Crash():
            return "a kill here"
        case Stop(how=how):
            return f"the server is told to stop, {how}"
        case Restart(killed=killed):
            return f"the server is {'killed' if killed else 'stopped'}, and the next one starts"
        case Converse(which=which, number=number):
            return f"conversation {number}: {which}"
        case Press(who=who):
            return f"{who} presses keys"
        case Redraw(who=who):
            return f"{who} has the screen drawn anew"
        case SaveScripts(edition=edition):
            return f"the scripts are saved: {edition}"
        case LinkFault(who=who, how=how):
            return f"the connection of {who}: {how}"
        case ClockFault(how=how, seconds=seconds):
            return f"the clock is set {how} by {seconds:g} s"
        case DiscoveryFault(how=how):
            return f"the models that can be found: {how}"
        case Browse(who=who, what=what, text=text, gone_after=gone):
            return f"{who} over the web {what}: {text[:60]!a}" + (f", for {gone:g} s" if gone is not None else "")
        case LetPass(seconds=seconds):
            return f"{seconds:g} s pass"
        case _:
            assert_never(act)

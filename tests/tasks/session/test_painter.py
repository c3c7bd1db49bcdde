"""The painter: each wish for a frame is fulfilled once, at once where that is possible, and never too often."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import TerminalGone
from chatd.tasks.session.painter import INTERVAL_S, Painter
from chatd.testing import run


class Terminal:
    """One that takes what it is sent, or does not for a while."""

    def __init__(self) -> None:
        self.takes = True
        self.gone = False
        self.changed = trio.Event()

    def takes_more(self) -> bool:
        return self.takes and not self.gone

    async def wait_sent(self) -> None:
        await trio.lowlevel.checkpoint()
        while not self.takes_more():
            if self.gone:
                raise TerminalGone("it is gone")
            await self.changed.wait()

    def becomes(self, *, takes: bool = True, gone: bool = False) -> None:
        self.takes, self.gone = takes, gone
        self.changed.set()
        self.changed = trio.Event()


class Session:
    """Does things that want a frame, and draws when it may, or is asked."""

    def __init__(self) -> None:
        self.terminal = Terminal()
        terminal: Any = self.terminal
        self.painter = Painter(terminal, ask=self.draw)
        self.wanted = False
        self.drawn: list[float] = []

    def draw(self) -> None:
        assert self.wanted, "a frame is drawn that nobody wants"
        self.wanted = False
        self.drawn.append(trio.current_time())

    def wants(self) -> None:
        self.wanted = True
        self.painter.want()

    async def does(self, *, at_once: bool = True, seconds: float = 0.0) -> None:
        """Something that takes so long."""
        self.painter.gather()
        self.wants()
        await trio.sleep(seconds)
        if self.painter.take_turn(at_once=at_once):
            self.draw()


def in_session(talk: Any) -> Session:
    session = Session()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.painter.run)
            await trio.sleep(1)
            await talk(session)
            nursery.cancel_scope.cancel()

    run(main)
    return session


def test_what_a_session_does_is_shown_at_its_end() -> None:
    async def talk(session: Session) -> None:
        await session.does()
        assert session.drawn == [trio.current_time()]
        await trio.sleep(1)
        assert len(session.drawn) == 1, "and the painter does not ask for it, too"

    in_session(talk)


def test_where_more_waits_the_painter_asks_behind_that() -> None:
    async def talk(session: Session) -> None:
        await session.does(at_once=False)
        assert not session.drawn
        await trio.sleep(0.001)
        assert len(session.drawn) == 1

    in_session(talk)


def test_a_terminal_that_takes_nothing_is_drawn_for_when_it_does() -> None:
    async def talk(session: Session) -> None:
        session.terminal.becomes(takes=False)
        for _ in range(5):
            await session.does()
            await trio.sleep(1)
        assert not session.drawn
        session.terminal.becomes(takes=True)
        await trio.sleep(0.001)
        assert len(session.drawn) == 1

    in_session(talk)


def test_a_terminal_that_is_gone_ends_it() -> None:
    async def talk(session: Session) -> None:
        session.terminal.becomes(gone=True)
        await session.does()
        await trio.sleep(1)

    with pytest.RaisesGroup(TerminalGone):
        in_session(talk)


def test_the_interval_holds_when_the_painter_wakes_as_the_session_draws() -> None:
    async def talk(session: Session) -> None:
        await session.does()
        began = trio.current_time()
        await trio.sleep(0.001)
        await session.does()
        await trio.sleep_until(began + INTERVAL_S)
        await session.does()
        await session.does()
        await trio.sleep(1)

    drawn = in_session(talk).drawn
    assert all(after - before >= INTERVAL_S - 1e-9 for before, after in pairwise(drawn))


@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["does", "does behind", "wants", "stops", "goes on"]), st.sampled_from([0, 0.001, 0.02])
        ),
        max_size=30,
    )
)
def test_every_wish_is_fulfilled_and_never_two_within_the_interval(acts: list[tuple[str, float]]) -> None:
    async def talk(session: Session) -> None:
        for act, seconds in acts:
            match act:
                case "does":
                    await session.does(seconds=seconds)
                case "does behind":
                    await session.does(at_once=False)
                case "wants":
                    session.wants()
                case "stops":
                    session.terminal.becomes(takes=False)
                case _:
                    session.terminal.becomes(takes=True)
            await trio.sleep(seconds)
        session.terminal.becomes(takes=True)
        await trio.sleep(1)
        assert not session.wanted

    drawn = in_session(talk).drawn
    assert all(after - before >= INTERVAL_S - 1e-9 for before, after in pairwise(drawn))

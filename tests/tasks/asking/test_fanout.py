"""Listeners beside the opener: each hears a stream's end, in order, and who is slow is told how much was missed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.stream import Done, Failed, Lagged, StreamEvent, Token
from chatd.tasks.asking.fanout import Fanout, Listener
from chatd.testing import run
from chatd.testing.sources import VirtualTime


async def rest(listener: Listener) -> list[StreamEvent]:
    return [event async for event in listener]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_what_is_heard_and_what_is_missed_add_up(takes: list[bool], room: int) -> None:
    async def main() -> None:
        fanout, heard, said = Fanout("s", VirtualTime()), list[StreamEvent](), 0
        with fanout.listen(room) as listener:
            for take in takes:
                if take and listener.behind:
                    heard.append(await anext(listener))
                elif not take:
                    fanout.publish(Token(str(said)))
                    said += 1
            fanout.publish(Done())
            heard += await rest(listener)
        missed = sum(event.missed for event in heard if isinstance(event, Lagged))
        tokens = [int(event.text) for event in heard if isinstance(event, Token)]
        assert tokens == sorted(tokens) and len(tokens) + missed == said
        assert heard[-1] == Done() and heard.count(Done()) == 1

    run(main)


def test_who_comes_late_hears_the_end_and_who_has_left_hears_nothing() -> None:
    async def main() -> None:
        fanout = Fanout("s", VirtualTime())
        with fanout.listen(5) as gone:
            pass
        fanout.publish(Token("a"))
        fanout.publish(Done())
        fanout.publish(Token("after the end"))
        fanout.publish(Failed("after the end"))
        with fanout.listen(5) as late:
            assert await rest(late) == [Done()]
        assert not gone._events

    run(main)

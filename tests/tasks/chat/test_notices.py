"""Notices: each session of a person is told once, in the order of their coming, and nobody who has gone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.tasks.chat.notices import Level, Notices, Show

ACTS = st.lists(
    st.tuples(st.sampled_from(["subscribe", "unsubscribe", "tell"]), st.sampled_from(["alice", "bob"]),
              st.integers(0, 2)),
    max_size=30,
)  # fmt: skip


@given(ACTS)
def test_exactly_those_who_are_there_are_told(acts: list[tuple[str, str, int]]) -> None:
    notices, there, heard = Notices(), dict[str, list[int]](alice=[], bob=[]), list[tuple[int, str]]()

    def showing(number: int) -> Show:
        return lambda text, _: heard.append((number, text))

    shows = [showing(number) for number in range(3)]
    for at, (act, name, number) in enumerate(acts):
        match act:
            case "subscribe":
                notices.subscribe(name, shows[number])
                there[name] += [number] if number not in there[name] else []
            case "unsubscribe":
                notices.unsubscribe(name, shows[number])
                there[name] = [one for one in there[name] if one != number]
            case _:
                heard.clear()
                assert notices.tell(name, str(at)) == len(there[name])
                assert heard == [(one, str(at)) for one in there[name]]
        assert sorted(notices.subscribed) == [name for name in ("alice", "bob") if there[name]]
        assert notices.sessions(name) == [shows[one] for one in there[name]]


def test_a_session_that_goes_while_it_is_told_keeps_nobody_from_being_told() -> None:
    notices, heard = Notices(), list[tuple[str, Level]]()

    def leaves(text: str, level: Level) -> None:
        heard.append((text, level))
        notices.unsubscribe("alice", leaves)

    def stays(text: str, level: Level) -> None:
        heard.append((text, level))

    notices.subscribe("alice", leaves)
    notices.subscribe("alice", stays)
    assert notices.tell("alice", "psst", Level.MESSAGE) == 2 and notices.tell("alice", "again") == 1
    assert heard == [("psst", Level.MESSAGE)] * 2 + [("again", Level.INFO)]

"""An answer that several read runs once, for as long as anybody does, at the pace of the fastest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.stream import Done, Token
from chatd.errors import InternalFault, NotFound
from chatd.tasks.web.shared_answer import AHEAD, SAME_S, Reader, SharedAnswer, SharedAnswers
from chatd.testing import run


def made(*texts: str, pause: float = 0, log: list[str] | None = None) -> Callable[[SharedAnswer], Awaitable[None]]:
    async def make(answer: SharedAnswer) -> None:
        if log is not None:
            log.append("made")
        try:
            for text in texts:
                await trio.sleep(pause)
                await answer.add(Token(text))
            await answer.add(Done())
        finally:
            if log is not None:
                log.append("over")

    return make


async def whole(reader: Reader) -> str:
    text = ""
    while items := await reader.next():
        text += "".join(item.text for item in items if isinstance(item, Token))
    return text


@settings(deadline=None)
@given(st.lists(st.floats(0, 20), min_size=1, max_size=4))
def test_whoever_joins_reads_all_of_it_and_it_is_made_once(joins: list[float]) -> None:
    async def main() -> None:
        log: list[str] = []
        read: list[str] = []
        async with trio.open_nursery() as nursery:
            answers = SharedAnswers(nursery)

            async def join(after: float) -> None:
                await trio.sleep(after - min(joins))
                async with answers.read("key", made(*"abcdefghijklmnopqrstu", pause=1, log=log)) as reader:
                    read.append(await whole(reader))

            for after in joins:
                nursery.start_soon(join, after)
        assert read == ["abcdefghijklmnopqrstu"] * len(joins)
        assert log == ["made", "over"] * log.count("made")
        assert log.count("made") == 1

    run(main)


def test_when_nobody_reads_it_any_more_it_is_ended() -> None:
    async def main() -> None:
        log: list[str] = []
        async with trio.open_nursery() as nursery:
            answers = SharedAnswers(nursery)
            async with answers.read("key", made("a", "b", pause=10, log=log)) as first:
                await first.next()
                async with answers.read("key", made("never")) as second:
                    assert second.answer is first.answer
            with trio.fail_after(1):
                await trio.testing.wait_all_tasks_blocked()
            assert log == ["made", "over"]
            async with answers.read("key", made("anew")) as reader:
                assert await whole(reader) == "anew"

    run(main)


def test_it_goes_no_further_than_its_fastest_reader() -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            answers = SharedAnswers(nursery)
            async with answers.read("key", made(*["x"] * 1000)) as reader:
                await trio.sleep(5)
                assert len(reader.answer.items) == AHEAD
                assert await whole(reader) == "x" * 1000

    run(main)


def test_an_older_one_is_not_the_same_any_more() -> None:
    async def main() -> None:
        async with trio.open_nursery() as nursery:
            answers = SharedAnswers(nursery)
            async with answers.read("key", made("a", pause=SAME_S * 3)) as first:
                await trio.sleep(SAME_S + 1)
                async with answers.read("key", made("b")) as second:
                    assert second.answer is not first.answer and await whole(second) == "b"
                assert await whole(first) == "a"

    run(main)


def test_what_goes_wrong_is_told_to_all() -> None:
    async def main() -> None:
        async def refused(_: SharedAnswer) -> None:
            raise NotFound("there is no model")

        async def silent(_: SharedAnswer) -> None:
            pass

        async with trio.open_nursery() as nursery:
            answers = SharedAnswers(nursery)
            async with answers.read("a", refused) as one, answers.read("a", refused) as two:
                for reader in (one, two):
                    with pytest.raises(NotFound, match="no model"):
                        await reader.next()
            async with answers.read("b", silent) as reader:
                with pytest.raises(InternalFault):
                    await reader.next()

    run(main)

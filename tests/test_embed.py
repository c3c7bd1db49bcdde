"""The router for programs: models and tools are there without a server, and what goes wrong comes out as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from chatd import open_router
from chatd.config import Config, ServerConfig
from chatd.core.stream import Done, StreamEvent, Token
from chatd.errors import BadConfig, MissingFile
from chatd.testing import run
from chatd.testing.sources import VirtualTime

ALONE = Config(server=ServerConfig(discover=False))
"""Nobody looks for models' servers."""


def test_an_embedded_model_answers() -> None:
    async def main() -> None:
        heard: list[StreamEvent] = []
        async with open_router(ALONE, environ={}) as router:
            end = await router.stream_ask("echo", "inference", "hello there", on_chunk=heard.append)
            assert router.idle
        assert isinstance(end, Done)
        assert "".join(event.text for event in heard if isinstance(event, Token)) == "hello there"

    run(main)


def test_events_have_their_times_from_the_clock_that_is_given() -> None:
    async def main() -> None:
        heard: list[StreamEvent] = []
        clock = VirtualTime()
        async with open_router(ALONE, environ={}, clock=clock) as router:
            await trio.sleep(60)
            await router.stream_ask("echo", "inference", "hello", on_chunk=heard.append)
        assert {event.time_ms for event in heard} == {clock.now_ms()} and {event.stream_id for event in heard} != {""}

    run(main)


def test_several_are_asked_at_once() -> None:
    async def main() -> None:
        async with open_router(ALONE, environ={}) as router:
            one, other = await router.ask_many(["echo", "nobody"], "inference", ["hello there", "hello"])
        assert (one.text, one.ok, other.ok) == ("hello there", True, False)

    run(main)


def test_the_tools_that_need_no_room_are_there() -> None:
    async def main() -> None:
        async with open_router(ALONE, environ={}) as router:
            assert sorted(spec.name for spec in router.tools.offered(("*",))) == ["calculate", "clock", "roll_dice"]

    run(main)


def test_the_programs_own_exception_comes_out_bare() -> None:
    async def main() -> None:
        async with open_router(ALONE, environ={}):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(main)


@pytest.mark.parametrize(("text", "error"), [(None, MissingFile), ("[server]\nnonsense = 1\n", BadConfig)])
def test_a_configuration_that_is_none_is_refused(text: str | None, error: type, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "chatd.toml").write_text(text)

    async def main() -> None:
        async with open_router(tmp_path / "chatd.toml", environ={}):
            pytest.fail("it has begun")

    with pytest.raises(error, match=r"chatd\.toml"):
        run(main)

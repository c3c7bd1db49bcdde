"""The router for programs: models and tools are there without a server, and what goes wrong comes out as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatd import open_router
from chatd.config import Config, ServerConfig
from chatd.core.stream import Done, StreamEvent, Token
from chatd.errors import BadConfig, MissingFile
from chatd.testing import run

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

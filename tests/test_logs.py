"""One event is one line, without raw control bytes, whatever is in it; each component has a level of its own."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.config import LogConfig
from chatd.log_components import COMPONENTS
from chatd.logs import JsonLine, OneLine, set_levels, set_up

ROOT = Path(__file__).parent.parent


@pytest.fixture
def own_levels() -> Iterator[None]:
    """What a test sets of the loggers is as it was afterwards."""
    named = [
        logging.getLogger(),
        *(logging.getLogger(f"chatd.{name}") for name in COMPONENTS),
        logging.getLogger("chatd"),
    ]
    before, handlers = [logger.level for logger in named], list(logging.getLogger().handlers)
    yield
    for logger, level in zip(named, before, strict=True):
        logger.setLevel(level)
    logging.getLogger().handlers[:] = handlers


def formatted(message: str, error: Exception | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    return OneLine().format(logging.LogRecord("chatd.x", logging.INFO, "f", 1, "%s", (message,), info))


@given(st.text(max_size=60))
def test_any_message_is_one_safe_line(message: str) -> None:
    line = formatted(message)
    assert all(char >= " " and not "\x7f" <= char <= "\x9f" for char in line)


def test_a_traceback_stays_on_its_line() -> None:
    try:
        raise ValueError("\x1b[31mred\nand more")
    except ValueError as error:
        line = formatted("it failed", error)
    assert "\n" not in line and "\x1b" not in line
    assert "INFO chatd.x: it failed␤Traceback" in line and line[10] == "T" and line[23] == "Z"


@given(st.text(max_size=60))
def test_any_message_is_one_safe_line_of_json(message: str) -> None:
    line = JsonLine().format(logging.LogRecord("chatd.models.router", logging.INFO, "f", 1, "%s", (message,), None))
    assert all(" " <= char <= "~" for char in line)
    value = json.loads(line)
    assert set(value) == {"ts", "level", "component", "message"}
    assert (value["level"], value["component"]) == ("info", "models.router")
    assert value["ts"][10] == "T" and all(char >= " " for char in value["message"])


@pytest.mark.usefixtures("own_levels")
def test_a_component_is_heard_from_its_own_level_on(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogConfig("warning", "json", {"models": "debug", "models.router": "error"}))
    for name in ("chatd.models.answers", "chatd.models.router", "chatd.ssh", "httpx"):
        for level in (logging.DEBUG, logging.WARNING, logging.ERROR):
            logging.getLogger(name).log(level, "hm")
    heard = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["component"], line["level"]) for line in heard] == [
        ("models.answers", "debug"), ("models.answers", "warning"), ("models.answers", "error"),
        ("models.router", "error"), ("ssh", "warning"), ("ssh", "error"), ("httpx", "warning"), ("httpx", "error"),
    ]  # fmt: skip


@pytest.mark.usefixtures("own_levels")
def test_levels_that_are_taken_back_are() -> None:
    set_levels(LogConfig("error", components={"web": "debug"}))
    assert logging.getLogger("chatd.web").isEnabledFor(logging.DEBUG)
    set_levels(LogConfig("error"))
    assert not logging.getLogger("chatd.web").isEnabledFor(logging.WARNING)


@pytest.mark.usefixtures("own_levels")
def test_libraries_are_silent_below_warnings_also_at_debug() -> None:
    """They quote what people say, and whole addresses with the keys in them."""
    set_up(LogConfig("debug"))
    for library in ("httpx", "httpcore.http11", "markdown_it.rules", "asyncio"):
        assert not logging.getLogger(library).isEnabledFor(logging.INFO)


def loggers() -> set[str]:
    """The components that the code names, wherever it makes a logger."""
    sources = [path for path in (ROOT / "chatd").rglob("*.py") if "testing" not in path.parts]
    return {name for path in sources for name in re.findall(r'getLogger\("chatd\.([a-z.]+)"\)', path.read_text())}


def test_the_list_of_components_is_that_of_the_loggers() -> None:
    assert loggers() == set(COMPONENTS)


@pytest.mark.parametrize("where", ["chatd.example.toml", "lua/help/log.md"])
def test_the_components_are_listed_where_people_look(where: str) -> None:
    text = (ROOT / where).read_text()
    assert not [name for name in COMPONENTS if not re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text)]
